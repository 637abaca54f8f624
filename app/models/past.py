"""What the portal said before: every record that was superseded, beside the tables of today."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from app.models.base import Base, Record, table_of
from app.models.blocks import Block
from app.models.constraints import ConstraintArea, ConstraintLine
from app.models.figures import Figure, InventoryRow, UnlocatedRecord
from app.models.points import (
    CentreOfExcellence,
    CoalMineClosure,
    ExplorationProject,
    GlobalAsset,
    Occurrence,
    Port,
    ProcessingUnit,
)
from app.models.vocabulary import District, Mineral, State


def _past_of(model: type[Base]) -> Table:
    """A table with the same columns and the revision that superseded the row.

    A row held from its `revision` on and before `until_revision`.
    """
    table = table_of(model)
    columns = [Column(c.name, c.type, primary_key=c.name == "id", nullable=c.nullable) for c in table.columns]
    until = Column("until_revision", Integer, primary_key=True, autoincrement=False)
    indexes = [
        Index(f"ix_{table.name}_past_revision", "revision", "id"),
        Index(f"ix_{table.name}_past_until", "until_revision", "id"),
    ]
    if "geom" in table.c:
        indexes.append(Index(f"ix_{table.name}_past_geom", "geom", postgresql_using="gist"))
    return Table(f"{table.name}_past", Base.metadata, *columns, until, *indexes)


# In the order in which they are published: later ones name what earlier ones hold.
RECORDS: tuple[type[Base], ...] = (
    Mineral,
    State,
    District,
    Block,
    Occurrence,
    ExplorationProject,
    ProcessingUnit,
    CentreOfExcellence,
    Port,
    GlobalAsset,
    CoalMineClosure,
    ConstraintArea,
    ConstraintLine,
    UnlocatedRecord,
    Figure,
    InventoryRow,
)
PAST: dict[type[Base], Table] = {model: _past_of(model) for model in RECORDS if issubclass(model, Record)}
