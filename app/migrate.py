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

# Where there is a role khanij_reader: it may read our tables, and those that this role makes later.
_LET_READ = text("""
DO $$ DECLARE found regclass; BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'khanij_reader') THEN
        FOR found IN
            SELECT c.oid FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner AND r.rolname = current_user
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
        LOOP
            EXECUTE format('GRANT SELECT ON %s TO khanij_reader', found);
        END LOOP;
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO khanij_reader;
    END IF;
END $$
""")
_CAN_READ = text("""
SELECT bool_and(has_table_privilege(reader.oid, c.oid, 'SELECT'))
FROM pg_roles reader, pg_class c JOIN pg_roles r ON r.oid = c.relowner AND r.rolname = current_user
WHERE reader.rolname = 'khanij_reader' AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
""")


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
    let_read(engine)


def let_read(engine: Engine) -> None:
    """Let the role khanij_reader, where there is one, read the portal's tables."""
    with engine.begin() as connection:
        if connection.scalar(_CAN_READ) is not None:
            connection.execute(_LET_READ)


def can_be_read(engine: Engine) -> bool:
    """False where there is a role khanij_reader that may not read every table."""
    with engine.connect() as connection:
        return connection.scalar(_CAN_READ) is not False


def _config() -> Config:
    return Config(PROJECT_ROOT / "alembic.ini")
