"""The console command `khanij`: one file for each family of commands."""

from __future__ import annotations

import sys

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
    from app.cluster import ClusterError
    from app.ingest.read import LoadError
    from app.migrate import MigrationError

    try:
        app()
    except (ClusterError, LoadError, MigrationError) as error:
        Console(stderr=True, soft_wrap=True).print(f"khanij: {error}", markup=False, highlight=False)
        sys.exit(1)
