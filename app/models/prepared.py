"""What questions about very many records are answered from, made at publishing."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Prepared(Base):
    """A part of what was made of a collection's rows; good for as long as none of them was written later.

    Nothing rests on it: where it is missing, the rows themselves are asked.
    """

    __tablename__ = "prepared"
    collection: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]  # the newest that wrote or superseded a row then
    content: Mapped[bytes]
