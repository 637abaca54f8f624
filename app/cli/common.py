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
    """The engine and its address; waits up to half a minute for a database that is not there yet."""
    from sqlalchemy.exc import OperationalError

    from app.db import database_address, make_engine

    address = database_address(settings)
    engine = make_engine(address)
    for attempt in range(30):
        try:
            engine.connect().close()
            return engine, address
        except OperationalError as error:
            if attempt == 0:
                console.print("Waiting for the database …")
            reason = str(error.orig).strip().splitlines()[-1]
            if "does not exist" in reason or "authentication failed" in reason:
                break  # waiting mends neither
            time.sleep(1)
    fail(f"the database does not answer: {reason}")


def open_current(settings: Settings) -> Engine:
    """The engine, with the tables brought up to date."""
    from app.migrate import is_current, migrate

    engine, _ = open_database(settings)
    if not is_current(engine):
        migrate(engine)
    return engine
