"""Several records at once, by their ids, and what became of ids that were given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal, select
from sqlalchemy.orm import Session

from app.catalogue import View
from app.models import Renaming, table_of
from app.queries.records import Row
from app.words import nearest


def list_records(session: Session, view: View, ids: Sequence[str]) -> list[Row]:
    """Every column but the geometry of the records with these ids, in the order in which they are asked for."""
    columns = [c for c in view.rows.columns if c.name not in ("geom", "search")]
    found = session.execute(select(*columns).where(_is_one(view.c.id, ids))).mappings()
    by_id = {row["id"]: cast("Row", row) for row in found}
    return [by_id[one] for one in ids if one in by_id]


def find_all_renamed(session: Session, view: View, ids: Sequence[str]) -> dict[str, str]:
    """Id given up → the id under which the view holds the record, also where it was renamed more than once."""
    moved = table_of(Renaming)
    here = moved.c.collection == view.collection.id
    first = select(moved.c.old_id.label("asked"), moved.c.new_id).where(here, _is_one(moved.c.old_id, ids))
    chain = first.cte("chain", recursive=True)
    # A union keeps each row once, so a chain that leads back to its beginning ends.
    chain = chain.union(select(chain.c.asked, moved.c.new_id).join(moved, moved.c.old_id == chain.c.new_id).where(here))
    held = select(literal(1)).where(view.c.id == chain.c.new_id).exists()
    return {row.asked: row.new_id for row in session.execute(select(chain).where(held))}


def list_nearest(session: Session, view: View, ids: Sequence[str]) -> dict[str, list[str]]:
    """For each id the ids of the view that are spelled most like it."""
    if not ids:
        return {}
    held = list(session.scalars(select(view.c.id)))
    return {one: nearest(one, held) for one in ids}


def _is_one(column: ColumnElement[str], ids: Sequence[str]) -> ColumnElement[bool]:
    """True where the column is one of the ids; they go as one array, however many an address holds.

    PostgreSQL knows no text with a NUL character in it.
    """
    return column == any_(literal([one for one in ids if "\0" not in one], ARRAY(Text)))
