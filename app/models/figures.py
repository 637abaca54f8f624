"""Records without a place on the map: what is not located, and tables of figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Json, Record


class UnlocatedRecord(Record, Base):
    """A record whose place is not published: known, named, and not on the map."""

    __tablename__ = "unlocated_record"
    collection: Mapped[str]
    name: Mapped[str]
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    country: Mapped[str | None]
    district: Mapped[str | None]
    minerals: Mapped[list[str]]
    status: Mapped[str | None]
    reason: Mapped[str | None]
    details: Mapped[Json]
    __table_args__ = (Index("ix_unlocated_record_state_code", "state_code"),)


class Figure(Record, Base):
    """A figure or date of the mission, of exploration statistics or of coal-mine closures."""

    __tablename__ = "figure"
    dataset: Mapped[str]  # mission-facts, exploration-statistics, coal-closure-figures
    topic: Mapped[str | None]
    key: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSONB)  # a number, a text, a list or an object
    unit: Mapped[str | None]
    as_of: Mapped[str | None]
    state: Mapped[str | None]
    note: Mapped[str | None]


class InventoryRow(Record, Base):
    """Reserves and resources of a mineral, India or a state, 1 April 2025; never add classes or measures."""

    __tablename__ = "inventory_row"
    mineral: Mapped[str]
    mineral_slug: Mapped[str | None]
    scope: Mapped[str]
    state: Mapped[str | None]
    measure: Mapped[str]
    unit: Mapped[str]
    reserves: Mapped[float | None]
    remaining_resources: Mapped[float | None]
    total: Mapped[float | None]
    unfc: Mapped[Json]
    as_of: Mapped[str]
    table: Mapped[str | None]
    note: Mapped[str | None]
