"""Finished Feature texts beside the tables of today: what a page of items is made of, written once at publishing."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from app.models.base import Base, table_of
from app.models.past import PAST

# Bytes up to which a row's text is neither compressed nor moved out of its table; PostgreSQL takes no more.
_LONGEST_INLINE_BYTES = 8_160


def _texts_of(model: type[Base]) -> Table:
    """A text is that of the record as the revision wrote it; `form` tells how this release writes one.

    Where either is another, or no text is there, the text is made when it is asked for: nothing rests on these rows.
    """
    return Table(
        f"{table_of(model).name}_text",
        Base.metadata,
        Column("id", Text, primary_key=True),
        Column("revision", Integer, nullable=False, autoincrement=False),
        Column("form", Text, nullable=False),
        Column("feature", Text, nullable=False),
        postgresql_with={"toast_tuple_target": _LONGEST_INLINE_BYTES},
    )


TEXTS: dict[type[Base], Table] = {model: _texts_of(model) for model in PAST if "geom" in table_of(model).c}
