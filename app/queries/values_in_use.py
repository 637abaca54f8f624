"""The values that records of a collection have in the properties that readers name: of very many, as prepared."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import Collection
from app.queries.prepared import VALUES, read_prepared

# What the vocabulary lists, by column.
CHOICES = ("status", "stage", "concession", "asset_class", "position_accuracy", "tranches")
# Column → what the company is to the record.
ROLES = {"preferred_bidder": "bidder", "agency": "agency"}


class ValuesInUse(NamedTuple):
    """As JSON they are lists."""

    choices: dict[str, list[str]]
    districts: list[tuple[str, str]]  # name, state
    companies: list[tuple[str, str, int]]  # name, role, records
    words: list[str]  # of names, aliases and localities, folded; none with a digit


def read_values(session: Session, collection: Collection) -> ValuesInUse | None:
    """As the last publication left them; None where it prepared none."""
    content = read_prepared(session, collection, VALUES)
    return None if content is None else ValuesInUse(*orjson.loads(content))


def list_choices(session: Session, collection: Collection) -> dict[str, tuple[str, ...]]:
    """Column → the values in use, of those that the vocabulary lists."""
    known = read_values(session, collection)
    if known is not None:
        return {column: tuple(values) for column, values in known.choices.items()}
    return {column: _ask(session, collection, column) for column in CHOICES if collection.column(column) is not None}


def _ask(session: Session, collection: Collection, name: str) -> tuple[str, ...]:
    column = collection.table.c[name]
    value = func.unnest(column) if name == "tranches" else column
    return tuple(v for v in session.scalars(select(value).distinct()) if v is not None)
