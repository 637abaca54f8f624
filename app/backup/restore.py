"""Restoring a backup in one transaction that is committed only when every table holds what the manifest says.

Where the tables are the same as in the backup, their rows are taken out and put in again: whoever reads meanwhile
neither waits nor sees anything but the old rows, or the new ones once all are there. Where they are not (an empty
database, or another version of the tables), the tables themselves are made anew; whoever reads meanwhile waits, and a
reader whose snapshot is older than the new tables finds them empty: a portal that is running is better stopped first.

The dump is SQL that runs as the role at hand: restore what you trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

from app.backup.archive import Archive, BackupError, Manifest
from app.backup.check import differences
from app.backup.checksums import SETTINGS, Columns, list_tables, select_checksum
from app.backup.dump import ALEMBIC_TABLE
from app.backup.psql import psql
from app.backup.tools import Address, find_programs
from app.models import Base
from app.settings import PROJECT_ROOT

_LOCK_WAIT = "30s"
_EXTENSIONS: tuple[LiteralString, ...] = (
    "CREATE EXTENSION IF NOT EXISTS postgis",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS unaccent",
)
# A foreign key: the table that names, the table that is named.
_FOREIGN_KEYS = SQL(
    "SELECT t.relname, r.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid "
    "JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
    "WHERE k.contype = 'f' AND n.nspname = 'public' AND t.oid <> r.oid"
)


class Restored(NamedTuple):
    """What a restore did."""

    manifest: Manifest
    rows_only: bool  # the tables were the same; only their rows were replaced
    is_current: bool  # the tables are those of this version of the portal


class _Plan(NamedTuple):
    """What is done before the dump is read, and which parts of the dump follow, as arguments of pg_restore."""

    before: Sequence[Composable]
    parts: Sequence[Sequence[str]]


def tables_in_the_way(url: str) -> dict[str, int]:
    """The portal's tables that hold rows in a database: name → rows."""
    with Address.of(url).connect() as connection:
        connection.execute(SETTINGS)
        there = [name for name in list_tables(connection) if name in Base.metadata.tables]
        return {name: rows for name in there if (rows := _count(connection, name))}


def restore(url: str, archive: Archive, clean: bool = False) -> Restored:
    """Make the database's tables what the backup holds; with `clean`, over records that are there.

    Raises: BackupError; then the database is as it was.
    """
    manifest = archive.manifest
    is_current = _is_of_known_schema(manifest)
    address = Address.of(url)
    with address.connect() as connection:
        programs = find_programs(connection)
        connection.execute(SETTINGS)
        existing = list_tables(connection)
        known = {*Base.metadata.tables, *manifest.tables, ALEMBIC_TABLE}
        ours = {name: columns for name, columns in existing.items() if name in known}
        if not clean and any(_count(connection, name) for name in ours if name != ALEMBIC_TABLE):
            raise BackupError("The database holds records already; --clean replaces them.")
        rows_only = _has_same_tables(connection, ours, manifest)
        plan = _plan_rows(connection, ours) if rows_only else _plan_tables(sorted(ours))
        before = [statement.as_string(connection) for statement in plan.before]
    _carry_out(address, programs, archive, before, plan.parts)
    # Not within: a restore that is done must not be called undone for want of statistics.
    with suppress(psycopg.Error), address.connect() as connection:
        connection.execute("ANALYZE")
    return Restored(manifest, rows_only, is_current)


def _carry_out(
    address: Address, programs: Path, archive: Archive, before: Sequence[str], parts: Sequence[Sequence[str]]
) -> None:
    """The one transaction.

    Raises: BackupError where anything fails, or a table does not hold what the manifest says.
    """
    tables = archive.manifest.tables
    with psql(address, programs) as run:
        run.say(f"BEGIN; SET LOCAL lock_timeout = '{_LOCK_WAIT}'", *before)
        for part in parts:
            run.read_dump(archive, part)
        run.say(SETTINGS.as_string(None))
        held = run.ask([select_checksum(name, table.columns).as_string(None) for name, table in tables.items()])
        wrong = differences(archive.manifest, {name: (int(rows), sha256) for name, rows, sha256 in held})
        if wrong:
            raise BackupError(f"The restore was undone, as not all came out as the manifest says: {'; '.join(wrong)}.")
        run.say("COMMIT")


def _has_same_tables(connection: Connection[Any], tables: Mapping[str, Columns], manifest: Manifest) -> bool:
    """True where columns and migrations are those of the backup; indexes follow from the migrations."""
    if tables != {name: table.columns for name, table in manifest.tables.items()}:
        return False
    row = connection.execute(SQL("SELECT version_num FROM public.alembic_version")).fetchone()
    return row is not None and row[0] == manifest.alembic


def _count(connection: Connection[Any], table: str) -> int:
    row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier("public", table))).fetchone()
    return int(row[0]) if row else 0


def _is_of_known_schema(manifest: Manifest) -> bool:
    """Whether the backup's tables are those of today's code.

    Raises: BackupError where the code has never heard of them.
    """
    scripts = ScriptDirectory.from_config(Config(PROJECT_ROOT / "alembic.ini"))
    try:
        if manifest.alembic is None or scripts.get_revision(manifest.alembic) is None:
            raise CommandError("no revision")
    except CommandError:
        raise BackupError(
            f"The backup's tables are of a version ({manifest.alembic}) that this portal does not know; "
            f"{manifest.made_by} made it. Bring the portal up to that version first."
        ) from None
    return manifest.alembic == scripts.get_current_head()


def _plan_rows(connection: Connection[Any], tables: Iterable[str]) -> _Plan:
    """The rows alone: writers are kept out, readers are not; a table comes after those that it names."""
    generations = _generations(sorted(tables), connection.execute(_FOREIGN_KEYS).fetchall())
    names = [name for generation in generations for name in generation]
    locked = SQL(", ").join(Identifier("public", name) for name in names)
    before = [
        SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(locked),
        *(SQL("DELETE FROM {}").format(Identifier("public", name)) for name in reversed(names)),
    ]
    parts = [["--data-only", "--schema=public", *(f"--table={n}" for n in generation)] for generation in generations]
    return _Plan(before, parts)


def _plan_tables(tables: Sequence[str]) -> _Plan:
    """The tables anew: those that are there go, the extensions come where they are missing."""
    dropped = SQL(", ").join(Identifier("public", name) for name in tables)
    extensions = [SQL(name) for name in _EXTENSIONS]
    return _Plan([*extensions, *([SQL("DROP TABLE {}").format(dropped)] if tables else [])], [[]])


def _generations(tables: Sequence[str], keys: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The tables in groups, each of which names earlier ones only.

    Raises: BackupError where tables name each other in a circle.
    """
    wants = {name: {named for naming, named in keys if naming == name and named in tables} for name in tables}
    generations: list[list[str]] = []
    done: set[str] = set()
    while len(done) < len(tables):
        ready = [name for name in tables if name not in done and wants[name] <= done]
        if not ready:
            raise BackupError("Tables of the database name each other in a circle; their rows cannot be replaced.")
        generations.append(ready)
        done |= set(ready)
    return generations
