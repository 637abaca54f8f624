"""Zip files, unpacked within bounds: a file of some kilobytes can claim gigabytes."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from app.ingest.read import LoadError

LARGEST_BYTES = 2 * 1024**3
# Unpacked bytes per packed byte; tables of text reach some 30.
GREATEST_RATIO = 200
# Below this a ratio is no danger: a few kilobytes of blanks pack very well.
_SMALL_BYTES = 10 * 1024**2
_STEP = 1024**2


def check_archive(path: Path) -> None:
    """Refuse an archive that would unpack to too much, by its own directory.

    Raises: LoadError.
    """
    with open_archive(path) as archive:
        _check_sizes(path, archive)


def open_archive(path: Path) -> zipfile.ZipFile:
    """Raises: LoadError where it is no archive."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise LoadError(f"{path.name} cannot be unpacked: {error}.") from error


def _check_sizes(path: Path, archive: zipfile.ZipFile) -> None:
    total = sum(item.file_size for item in archive.infolist())
    packed = path.stat().st_size
    if total > LARGEST_BYTES or (total > _SMALL_BYTES and total > GREATEST_RATIO * packed):
        raise LoadError(
            f"{path.name} would unpack from {packed:,} to {total:,} bytes; at most {LARGEST_BYTES:,} bytes and "
            f"{GREATEST_RATIO} times its size are read. Unpack it by hand if it is what you think."
        )


def unpack(path: Path, endings: frozenset[str]) -> tempfile.TemporaryDirectory[str]:
    """The files with these endings, under their own names without folders, in a new temporary folder.

    Raises: LoadError where it is too large, damaged or encrypted.
    """
    folder: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(prefix="khanij-import-")
    try:
        with open_archive(path) as archive:
            _check_sizes(path, archive)
            _copy_all(path, archive, endings, Path(folder.name))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, NotImplementedError, ValueError) as error:
        folder.cleanup()
        raise LoadError(f"{path.name} cannot be unpacked: {error}.") from error
    except LoadError:
        folder.cleanup()
        raise
    return folder


def _copy_all(path: Path, archive: zipfile.ZipFile, endings: frozenset[str], folder: Path) -> None:
    left = LARGEST_BYTES
    for item in archive.infolist():
        name = PurePosixPath(item.filename.replace("\\", "/"))
        if item.is_dir() or name.suffix.lower() not in endings or "__MACOSX" in name.parts:
            continue
        target = folder / name.name
        if target.exists():
            raise LoadError(f"{path.name} holds two files named {name.name}; pack one layer by itself.")
        with archive.open(item) as packed, target.open("wb") as unpacked:
            left -= _copy(path, packed, unpacked, left)


def _copy(path: Path, packed: IO[bytes], unpacked: IO[bytes], left: int) -> int:
    """Bytes written. The archive's directory may lie, so they are counted."""
    written = 0
    while step := packed.read(_STEP):
        written += len(step)
        if written > left:
            raise LoadError(f"{path.name} unpacks to more than {LARGEST_BYTES:,} bytes.")
        unpacked.write(step)
    return written
