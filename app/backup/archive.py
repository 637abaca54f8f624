"""The backup file: a zip of `khanij.dump` (pg_dump's custom format) and `manifest.json`, neither compressed again.

The directory of a zip stands at its end, so that a file that was cut off is known at once.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

DUMP, MANIFEST = "khanij.dump", "manifest.json"
FORMAT, FORMAT_VERSION = "khanij-backup", 1
CHUNK_BYTES = 1 << 20


class BackupError(Exception):
    """A backup cannot be made, read or restored; the sentence says why."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableManifest(_Shape):
    """What a table must hold; how `sha256` comes about stands in `checksums`."""

    columns: dict[str, str]  # name → type
    rows: int
    sha256: str


class RevisionManifest(_Shape):
    number: int
    at: str
    note: str


class DumpManifest(_Shape):
    bytes: int
    sha256: str


class Manifest(_Shape):
    """What a backup holds, by whom and when it was made."""

    format: Literal["khanij-backup"]
    version: Literal[1]
    made_at: str
    made_by: str
    server: str
    postgis: str
    alembic: str | None  # the last migration that had run
    revision: RevisionManifest | None
    tables: dict[str, TableManifest]
    dump: DumpManifest

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True)
class Archive:
    """A backup file that was read through and found whole."""

    path: Path
    manifest: Manifest

    @contextmanager
    def open_dump(self) -> Iterator[IO[bytes]]:
        """The dump, to be read from its beginning to its end."""
        with zipfile.ZipFile(self.path) as archive, archive.open(DUMP) as dump:
            yield dump


def is_backup(path: Path) -> bool:
    """True where the file looks like one of ours; it may be damaged all the same."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {DUMP, MANIFEST} == set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def open_archive(path: Path) -> Archive:
    """Read a backup through and check it against its own manifest.

    Raises: BackupError where it is no backup, cut off, damaged or of a later format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if {DUMP, MANIFEST} != set(archive.namelist()):
                raise BackupError(f"{path} is no backup of this portal: it holds other files.")
            manifest = _read_manifest(path, archive.read(MANIFEST))
            with archive.open(DUMP) as dump:
                found = _measure(dump)
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BackupError(f"{path} is no backup of this portal, or it is cut off or damaged ({error}).") from error
    if found != manifest.dump:
        raise BackupError(f"{path} is damaged: the checksum of the dump in it is not the one of its manifest.")
    return Archive(path, manifest)


def _read_manifest(path: Path, text: bytes) -> Manifest:
    try:
        given = json.loads(text)
        version = given.get("version") if isinstance(given, dict) and given.get("format") == FORMAT else FORMAT_VERSION
        if version != FORMAT_VERSION:
            raise BackupError(f"{path} has a form (version {version}) that this portal does not know yet.")
        return Manifest.model_validate(given)
    except (ValueError, ValidationError) as error:
        raise BackupError(f"{path} is no backup of this portal: its manifest cannot be read.") from error


def _measure(dump: IO[bytes]) -> DumpManifest:
    digest, size = hashlib.sha256(), 0
    while chunk := dump.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return DumpManifest(bytes=size, sha256=digest.hexdigest())
