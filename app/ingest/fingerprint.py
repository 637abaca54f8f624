"""Whether the database holds the data files as they are: a start need not read them again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import DataFile

# The row of `data_file` that stands for all of them and the code that reads them.
_ALL = "*"


def fingerprint(data_dir: Path) -> str:
    """SHA-256 over the data files and the code that makes rows of them; equal: a load would change nothing."""
    digest = hashlib.sha256()
    code = Path(__file__).parent
    for path in (*sorted(data_dir.glob("*.*json")), *sorted(code.glob("*.py")), code.parent / "words.py"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_loaded(engine: Engine, data_dir: Path) -> bool:
    """True where the last load was of just these files."""
    with engine.connect() as connection:
        return connection.scalar(select(DataFile.sha256).where(DataFile.name == _ALL)) == fingerprint(data_dir)


def remember(session: Session, data_dir: Path) -> None:
    """Note, in the load's own transaction, which files it read."""
    row = {"name": _ALL, "sha256": fingerprint(data_dir), "record_count": 0}
    session.execute(insert(DataFile).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
