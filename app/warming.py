"""What is read once for each revision is read before somebody asks for it."""

from __future__ import annotations

import logging
import threading

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, view_of
from app.queries.columns import find_columns
from app.queries.vocabulary import Edition, get_vocabulary
from app.traces import UNTRACED
from app.values import Moment

log = logging.getLogger(__name__)

_LOOKS_EVERY_SECONDS = 2.0


class Warming:
    """Looks for a new revision now and then, in a thread of its own; what fails is tried again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done: Edition | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """At the end; what is being read is not waited for."""
        self._over.set()

    def look(self) -> None:
        """Read what the newest revision makes anew, if that was not done.

        Raises: SQLAlchemyError or psycopg.Error where the database is away.
        """
        with Session(self._engine) as session:
            session.connection(execution_options={UNTRACED: True})
            edition = get_vocabulary(session).edition
            if edition == self._done:
                return
            # Few are kept, and the last of the catalogue are asked for least.
            for collection in reversed(COLLECTIONS.values()):
                # The question as routes ask it, of the collection as it is today.
                find_columns(session, view_of(collection), (edition, collection.id, Moment()))
            self._done = edition

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.look()
            except (SQLAlchemyError, psycopg.Error) as error:
                log.info("What pages are made of was not read ahead: %s", type(error).__name__)
            self._over.wait(_LOOKS_EVERY_SECONDS)
