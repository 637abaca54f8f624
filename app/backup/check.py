"""Comparing what a database holds with what a backup's manifest says."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from app.backup.archive import BackupError, Manifest
from app.backup.checksums import SETTINGS, list_tables, read_table
from app.backup.tools import Address, sentence_of


def compare(url: str, manifest: Manifest) -> list[str]:
    """What differs between a live database and a backup, a sentence for each table; none where all is the same.

    Raises: BackupError where the database does not answer.
    """
    with Address.of(url).connect() as connection:
        try:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute(SETTINGS)
            tables = list_tables(connection)
            shapes = [
                f"{name}: its columns are others"
                for name, table in manifest.tables.items()
                if name in tables and tables[name] != table.columns
            ]
            alike = [name for name, table in manifest.tables.items() if tables.get(name) == table.columns]
            held = {name: read_table(connection, name, tables[name]) for name in alike}
        except psycopg.Error as error:
            raise BackupError(f"The database gave up: {sentence_of(str(error))}.") from error
    found = {name: (table.rows, table.sha256) for name, table in held.items()}
    missing = [f"{name}: it is not there" for name in manifest.tables if name not in tables]
    return [*missing, *shapes, *differences(manifest, found, alike)]


def differences(manifest: Manifest, found: Mapping[str, tuple[int, str]], names: list[str] | None = None) -> list[str]:
    """The tables whose rows are not those of the manifest: `found` is table → (rows, checksum)."""
    wrong = []
    for name in manifest.tables if names is None else names:
        wanted = manifest.tables[name]
        rows, sha256 = found.get(name, (0, ""))
        if rows != wanted.rows:
            wrong.append(f"{name}: {rows:,} rows, {wanted.rows:,} in the backup")
        elif sha256 != wanted.sha256:
            wrong.append(f"{name}: as many rows as in the backup ({rows:,}), but not the same")
    return wrong
