"""A process that starts reads what was prepared of very many records before anybody asks."""

from __future__ import annotations

import logging

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, view_of
from app.models import Prepared
from app.queries.facets import list_facets
from app.queries.prepared import COLUMNS
from app.queries.tallies import get_table_page
from app.queries.vocabulary import get_vocabulary
from app.search.asked import read
from app.search.suggest import suggest
from app.traces import UNTRACED
from app.values import Moment, Page, Selection, SortKey

log = logging.getLogger(__name__)


def warm(engine: Engine) -> None:
    """Ask of each such collection what everybody asks first; where the database is away, who asks first waits."""
    try:
        with Session(engine) as session:
            # It belongs to the trace of no request.
            session.connection(execution_options={UNTRACED: True})
            prepared = session.scalars(select(Prepared.collection).where(Prepared.kind == COLUMNS).distinct()).all()
            for name in prepared:
                _ask(session, name)
    except SQLAlchemyError as error:
        log.info("nothing was read before the first question: %s", error)


def _ask(session: Session, name: str) -> None:
    vocabulary = get_vocabulary(session)
    view = view_of(COLLECTIONS[name])
    question = vocabulary.edition, name, Moment()
    list_facets(session, view, Selection(), vocabulary, question)
    get_table_page(session, view, Selection(), Page(limit=1, sort=(SortKey("name", False),)), 0, question)
    if name == "blocks":
        asked = read(session, vocabulary, "graphite 0000")
        suggest(asked, asked.understood(), 1)
