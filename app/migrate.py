"""Bringing the database's tables up to what the code expects."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.settings import PROJECT_ROOT

EXTENSIONS = (
    text("CREATE EXTENSION IF NOT EXISTS postgis"),
    text("CREATE EXTENSION IF NOT EXISTS pg_trgm"),
    text("CREATE EXTENSION IF NOT EXISTS unaccent"),
)


class MigrationError(Exception):
    """The tables cannot be made; the sentence says what to do."""


def is_current(engine: Engine) -> bool:
    """True where the last migration has run."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def migrate(engine: Engine) -> None:
    """Create the extensions where they are missing and run the migrations that have not run.

    Raises: MigrationError where the role may not create an extension or the server has no PostGIS.
    """
    try:
        with engine.begin() as connection:
            for statement in EXTENSIONS:
                connection.execute(statement)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        wanted = "; ".join(map(str, EXTENSIONS))
        raise MigrationError(
            f"the database lacks an extension, and this role may not create it ({reason}). "
            f"A superuser runs once: {wanted};"
        ) from error
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    return Config(PROJECT_ROOT / "alembic.ini")
