"""`khanij db`: the database, up, down, migrated."""

from __future__ import annotations

import typer

from app.cli.common import console, open_database
from app.settings import PROJECT_ROOT, Settings

database = typer.Typer(help="The database: up, down, migrate, url.", no_args_is_help=True)


@database.command()
def up() -> None:
    """Make and start the project's own database where it is not running."""
    from app.cluster import ensure_running

    ensure_running(PROJECT_ROOT)
    console.print("The database runs.")


@database.command()
def down() -> None:
    """Stop the project's own database; its data stay."""
    from app.cluster import stop

    console.print("The database is stopped." if stop(PROJECT_ROOT) else "The database was not running.")


@database.command(name="migrate")
def migrate_command() -> None:
    """Bring the tables up to date."""
    from app.migrate import migrate

    engine, _ = open_database(Settings())
    migrate(engine)
    console.print("The tables are up to date.")


@database.command()
def url() -> None:
    """Print the database's address, for psql and other tools."""
    from app.db import database_address

    print(database_address(Settings()).replace("+psycopg", ""))
