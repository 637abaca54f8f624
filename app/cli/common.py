"""What the commands share: the terminal, the engine, the last word."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Rich would cut reasons to 80 columns where nobody looks at a terminal.
console = Console(width=None if sys.stdout.isatty() else 160)


def fail(sentence: str) -> NoReturn:
    """End the command with one line and exit code 1."""
    Console(stderr=True, soft_wrap=True).print(f"khanij: {sentence}", markup=False, highlight=False)
    raise typer.Exit(1)


def open_database(settings: Settings) -> tuple[Engine, str]:
    """The engine of who writes, and its address; waits a while for a database that is not there yet."""
    from app.db import database_address, make_engine

    address = database_address(settings)
    engine = make_engine(address)
    reason = wait_for(engine, settings.database_wait_seconds)
    if reason:
        fail(f"the database does not answer: {reason}")
    return engine, address


def wait_for(engine: Engine, seconds: float) -> str:
    """Wait until the database answers; why it does not, where it does not in time."""
    from sqlalchemy.exc import OperationalError

    until = time.monotonic() + seconds
    said = False
    while True:
        try:
            engine.connect().close()
            return ""
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
        if "does not exist" in reason or "authentication failed" in reason:
            return reason  # waiting mends neither
        if time.monotonic() >= until:
            return reason
        if not said:
            console.print("Waiting for the database …")
            said = True
        time.sleep(min(1, max(0, until - time.monotonic())))


def open_current(settings: Settings) -> Engine:
    """The engine of who writes, with the tables brought up to date."""
    from app.migrate import is_current, migrate

    engine, _ = open_database(settings)
    if is_standby(engine):
        fail("that is a standby, which cannot be written to; DATABASE_URL is to name the primary, or all hosts.")
    if not is_current(engine):
        migrate(engine)
    return engine


def is_standby(engine: Engine) -> bool:
    """Whether the server follows another one, and takes no writing."""
    from sqlalchemy import text

    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT pg_is_in_recovery()")))


def finish_texts(engine: Engine) -> None:
    """Write the Feature texts that a large publication left to be written after it."""
    from app.ingest.texts import finish_texts as finish

    with console.status("Published; finishing what pages are made of …"):
        for _ in finish(engine):
            pass
