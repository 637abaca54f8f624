"""Writing a backup: checksums and dump see one snapshot, and the file has its name only when it is whole."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL

from app import __version__
from app.backup.archive import (
    CHUNK_BYTES,
    DUMP,
    FORMAT_VERSION,
    MANIFEST,
    BackupError,
    DumpManifest,
    Manifest,
    RevisionManifest,
    is_backup,
)
from app.backup.checksums import SETTINGS, list_tables, read_table
from app.backup.tools import Address, find_programs, sentence_of

ALEMBIC_TABLE = "alembic_version"
_LOCK_WAIT = "60s"


def write_backup(url: str, path: Path) -> Manifest:
    """Everything in the portal's tables into one file; an older backup of that name is replaced at the end.

    Raises: BackupError; then no file is left, and an older one is as it was.
    """
    if path.exists() and not is_backup(path):
        raise BackupError(f"{path} is there already and is no backup; it is left as it is.")
    address = Address.of(url)
    with address.connect() as connection:
        programs = find_programs(connection)
        part = _make_part(path)
        try:
            manifest = _write(address, connection, programs, part)
            # As any other new file, not for the owner alone.
            part.chmod(0o666 & ~_umask())
            os.replace(part, path)
        except OSError as error:
            raise BackupError(f"{path} cannot be written: {error.strerror or error}.") from error
        except psycopg.Error as error:
            raise BackupError(f"The database gave up: {sentence_of(str(error))}.") from error
        finally:
            part.unlink(missing_ok=True)
    return manifest


def _make_part(path: Path) -> Path:
    """An empty file beside the one to be, so that it can be given the name in one step."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror or error}.") from error
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write(address: Address, connection: Connection[Any], programs: Path, part: Path) -> Manifest:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    connection.execute(SETTINGS)
    snapshot = _scalar(connection, "SELECT pg_export_snapshot()")
    tables = list_tables(connection)
    if ALEMBIC_TABLE not in tables:
        raise BackupError("The database holds no tables of this portal: there is nothing to back up.")
    held = {name: read_table(connection, name, columns) for name, columns in tables.items()}
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            with archive.open(DUMP, "w", force_zip64=True) as entry:
                dump = _dump(address, programs, snapshot, list(tables), entry)
            manifest = Manifest(
                format="khanij-backup",
                version=FORMAT_VERSION,
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                made_by=f"Khanij Atlas {__version__}",
                server=_scalar(connection, "SHOW server_version"),
                postgis=_scalar(connection, "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"),
                alembic=_scalar(connection, "SELECT version_num FROM public.alembic_version"),
                revision=_revision(connection, tables),
                tables=held,
                dump=dump,
            )
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _dump(address: Address, programs: Path, snapshot: str, tables: list[str], into: IO[bytes]) -> DumpManifest:
    """Run pg_dump on the exported snapshot; its bytes are hashed as they pass."""
    command = [str(programs / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
    command += [f"--snapshot={snapshot}", f"--lock-wait-timeout={_LOCK_WAIT}", f"--dbname={address.conninfo}"]
    command += [f'--table=public."{name}"' for name in tables]
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages, env=address.environment)  # noqa: S603
        assert process.stdout is not None
        try:
            while chunk := process.stdout.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                into.write(chunk)
        finally:
            # Where writing failed, nobody reads any more and pg_dump ends by its broken pipe.
            process.stdout.close()
            process.wait()
        if process.returncode != 0:
            messages.seek(0)
            raise BackupError(f"pg_dump gave up: {sentence_of(messages.read().decode(errors='replace'))}.")
    return DumpManifest(bytes=size, sha256=digest.hexdigest())


def _revision(connection: Connection[Any], tables: dict[str, dict[str, str]]) -> RevisionManifest | None:
    if "revision" not in tables:
        return None
    row = connection.execute(
        SQL("SELECT number, at, note FROM public.revision ORDER BY number DESC LIMIT 1")
    ).fetchone()
    return RevisionManifest(number=row[0], at=row[1].isoformat(), note=row[2]) if row else None


def _scalar(connection: Connection[Any], statement: str) -> Any:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None
