"""Land and environment: what an operator imports to screen blocks against. Nothing of it comes with the portal."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Located, located_indexes
from app.values import WGS84


class Constraint(Located):
    """A record of a dataset: what it is, under which licence, which part of the country its dataset covers."""

    layer: Mapped[str]  # one of values.AREA_LAYERS or values.LINE_LAYERS
    kind: Mapped[str | None]  # as the dataset has it: reserved forest, national park, 400 kV line
    licence: Mapped[str]
    coverage: Mapped[str | None]  # of the dataset: all India, Odisha
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    note: Mapped[str | None]


class ConstraintArea(Constraint, Base):
    """A forest, protected area, eco-sensitive zone, tiger corridor, water body or settlement."""

    __tablename__ = "constraint_area"
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("constraint_area", "layer")


class ConstraintLine(Constraint, Base):
    """A railway, road or power line."""

    __tablename__ = "constraint_line"
    geom: Mapped[WKBElement] = mapped_column(
        Geometry("MULTILINESTRING", srid=WGS84, spatial_index=False), nullable=False
    )
    __table_args__ = located_indexes("constraint_line", "layer")
