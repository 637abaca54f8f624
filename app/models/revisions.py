"""What was published when, and from which files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Revision(Base):
    """One publication: every load or import that changes anything makes a new one."""

    __tablename__ = "revision"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    note: Mapped[str]
    who: Mapped[str]


class Renaming(Base):
    """An id that was given up for another; the old address leads to the new one for ever."""

    __tablename__ = "renaming"
    collection: Mapped[str] = mapped_column(primary_key=True)
    old_id: Mapped[str] = mapped_column(primary_key=True)
    new_id: Mapped[str]
    revision: Mapped[int] = mapped_column(Integer, ForeignKey("revision.number"))


class DataFile(Base):
    """A data file as it was last loaded, with what it says of itself."""

    __tablename__ = "data_file"
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    record_count: Mapped[int]
    title: Mapped[str | None]
    description: Mapped[str | None]
    licence: Mapped[str | None]
    attribution: Mapped[str | None]
    as_of: Mapped[str | None]
