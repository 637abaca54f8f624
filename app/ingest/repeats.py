"""Whether this very file was imported before and nothing was published since: then there is nothing to do.

A second look at a million rows would find what the first one found. What the outcome rests on is summed up: the file's
bytes, the mapping, the options, the code that reads and checks, and the edition of the data.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import __version__
from app.models import DataFile
from app.queries.vocabulary import get_edition

if TYPE_CHECKING:
    from app.ingest.imports import Options

_CHUNK_BYTES = 1 << 20


def fingerprint_of(path: str, collection: str, options: Options) -> str | None:
    """SHA-256 over all that an import rests on but the data; None for what is no file, such as a web address."""
    file = Path(path)
    if not file.is_file():
        return None
    digest = hashlib.sha256(f"{__version__} {collection} {options.layer} {options.datum} {options.mapping}".encode())
    digest.update(f" {options.replaces} {options.skip_bad}".encode())
    code = Path(__file__).parent
    parts = [*sorted(code.rglob("*.py")), *sorted(code.rglob("*.toml")), code.parent / "words.py"]
    if options.mapping and Path(options.mapping).is_file():
        parts.append(Path(options.mapping))
    for part in (*parts, *_with_siblings(file)):
        digest.update(part.name.encode() + b"\0")
        _add(digest, part)
    return digest.hexdigest()


def _with_siblings(file: Path) -> list[Path]:
    """The file and those that belong to it: a Shapefile's parts, a GeoPackage's journal."""
    return sorted({file, *(found for found in file.parent.glob(f"{_escaped(file.stem)}.*") if found.is_file())})


def _escaped(stem: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)


def _add(digest: hashlib._Hash, file: Path) -> None:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            digest.update(chunk)


def find_repeat(session: Session, collection: str, fingerprint: str | None) -> int | None:
    """How many records the same import left unchanged or published, where nothing was published since; else None."""
    if fingerprint is None:
        return None
    known = select(DataFile.record_count).where(
        DataFile.name == _row_name(collection), DataFile.sha256 == _with_edition(session, fingerprint)
    )
    return session.scalar(known)


def note_import(session: Session, collection: str, fingerprint: str | None, record_count: int) -> None:
    """Note, in the import's own transaction, that the data now hold this file."""
    if fingerprint is None:
        return
    row = {
        "name": _row_name(collection),
        "sha256": _with_edition(session, fingerprint),
        "record_count": record_count,
    }
    session.execute(insert(DataFile).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def _row_name(collection: str) -> str:
    """A name without a dot stands for no data file."""
    return f"*{collection}"


def _with_edition(session: Session, fingerprint: str) -> str:
    edition = get_edition(session)
    return hashlib.sha256(f"{fingerprint} {edition.number} {edition.at.isoformat()}".encode()).hexdigest()
