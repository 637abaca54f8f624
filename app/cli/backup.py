"""`khanij backup`, `khanij restore`, `khanij check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.common import console, fail, open_database
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.backup import Manifest

_DatabaseUrl = Annotated[str, typer.Option(help="Another database than the portal's: postgresql://…")]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; an older backup of that name is replaced.")],
) -> None:
    """Write everything that the database holds into one file, with a checksum for each table."""
    from app.backup import BackupError, write_backup

    _, address = open_database(Settings())
    try:
        manifest = write_backup(address, file)
    except BackupError as error:
        fail(str(error))
    console.print(f"{file}: {_described(manifest)}.", markup=False, highlight=False, soft_wrap=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `khanij backup` wrote.")],
    database_url: _DatabaseUrl = "",
    clean: Annotated[bool, typer.Option("--clean", help="Replace the records that are there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before records are replaced.")] = False,
) -> None:
    """Make the database what it was at a backup, all at once, and verify it against the backup's manifest."""
    from app.backup import BackupError, open_archive, tables_in_the_way
    from app.backup import restore as restore_archive
    from app.migrate import let_read

    try:
        archive = open_archive(file)
        engine, address = open_database(_settings_for(database_url))
        there = tables_in_the_way(address)
        if there:
            _ask_before_replacing(there, archive.manifest, clean, yes)
        done = restore_archive(address, archive, clean)
        let_read(engine)
    except BackupError as error:
        fail(str(error))
    console.print(f"Restored and verified: {_described(done.manifest)}.", markup=False, highlight=False, soft_wrap=True)
    if not done.is_current:
        console.print("Its tables are of an older version of the portal; `khanij db migrate` brings them up to date.")
    elif not done.rows_only:
        console.print("The tables themselves are new: restart a portal that is running.")


def _ask_before_replacing(there: dict[str, int], manifest: Manifest, clean: bool, yes: bool) -> None:
    """Ends the command unless somebody wants the records that are there to go."""
    held = f"The database holds {sum(there.values()):,} rows in {len(there)} tables"
    if not clean:
        fail(f"{held}. To replace them: --clean.")
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{held}. To replace them without being asked: --clean --yes.")
    if not typer.confirm(f"{held}. Replace them by {_described(manifest)}?"):
        fail("Nothing was changed.")


def check(
    file: Annotated[Path | None, typer.Argument(help="A backup to compare the database with.")] = None,
    database_url: _DatabaseUrl = "",
) -> None:
    """Verify the database: its own rules, and with FILE that it holds just what the backup says."""
    from app.backup import BackupError, compare, open_archive

    try:
        archive = open_archive(file) if file else None
        engine, address = open_database(_settings_for(database_url))
        sound = _check_rules(engine)
        wrong = compare(address, archive.manifest) if archive else []
    except BackupError as error:
        fail(str(error))
    for sentence in wrong:
        console.print(f"Not as in the backup: {sentence}", markup=False, highlight=False, style="red", soft_wrap=True)
    if archive and not wrong:
        console.print(f"The same as in the backup: {_described(archive.manifest)}.", markup=False, highlight=False)
    if wrong or not sound:
        raise typer.Exit(1)


def _check_rules(engine: Engine) -> bool:
    """Print how each rule fares; true where none fails."""
    from sqlalchemy.orm import Session

    from app.migrate import is_current
    from app.queries.quality import OWN_RULES, check
    from app.queries.quality.revisions import check_revisions

    if not is_current(engine):
        fail("the tables are not those of this version of the portal: khanij db migrate brings them up to date.")
    table = Table(title="What must hold of the database", title_justify="left")
    table.add_column("rule")
    table.add_column("checked", justify="right")
    table.add_column("fail", justify="right")
    table.add_column("which")
    sound = True
    with Session(engine) as session:
        findings = [check(session, rule) for rule in OWN_RULES]
        findings += check_revisions(session)
    for finding in findings:
        named = ", ".join(f"{r['collection']}/{r['id']}" for r in finding.failing[:5])
        more = ", …" if finding.fails > 5 else ""
        table.add_row(finding.rule.holds, f"{finding.checked:,}", f"{finding.fails:,}", named + more)
        sound = sound and not finding.fails
    console.print(table)
    console.print("Every rule holds." if sound else "Not every rule holds.", style="" if sound else "red")
    return sound


def _settings_for(database_url: str) -> Settings:
    return Settings(database_url=database_url) if database_url else Settings()


def _described(manifest: Manifest) -> str:
    held = f"{manifest.rows:,} rows in {len(manifest.tables)} tables"
    revision = f"revision {manifest.revision.number}" if manifest.revision else "no revision"
    return f"{held}, {revision}, made {manifest.made_at}"
