"""The console command `khanij`: one file for each family of commands."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from rich.console import Console

from app.cli import backup, database, imports, load, revisions, serve, synth

app = typer.Typer(
    help="Khanij Atlas: a portal of critical-mineral blocks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(load.load)
app.command("import")(imports.import_file)
app.command()(revisions.revisions)
app.command()(revisions.revert)
app.command()(revisions.rename)
app.command()(synth.synth)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(backup.check)
app.add_typer(database.database, name="db")


def main() -> None:
    """Run a command; what a person can mend is said in one line."""
    from sqlalchemy.exc import OperationalError

    from app.cluster import ClusterError
    from app.db import BadAddress
    from app.ingest.read import LoadError
    from app.migrate import MigrationError

    try:
        app()
    except (BadAddress, ClusterError, LoadError, MigrationError) as error:
        _end(str(error))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        _end(f"the database went away ({reason}). `khanij revisions` tells what is published.")


def _end(sentence: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"khanij: {sentence}", markup=False, highlight=False)
    sys.exit(1)
