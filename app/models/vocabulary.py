"""What other records name: minerals, states, districts."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Located, Record, located_indexes
from app.values import WGS84


class Mineral(Record, Base):
    """A mineral or ore of the vocabulary, with one step up (`monazite` is a `rare-earth-elements`)."""

    __tablename__ = "mineral"
    name: Mapped[str]
    symbol: Mapped[str | None]
    group: Mapped[str | None]
    uses: Mapped[str | None]
    broader: Mapped[str | None]
    critical: Mapped[bool]
    in_30_list: Mapped[bool]  # the thirty critical minerals of 24 July 2023
    part_d: Mapped[bool | None]  # First Schedule, Part D, of the MMDR Act 1957
    part_d_name: Mapped[str | None]
    aliases: Mapped[list[str]]
    terms: Mapped[list[str]]  # every name that leads to it, lower case
    note: Mapped[str | None]


class State(Located, Base):
    """A state or union territory, as outlined for a national map; no survey boundary."""

    __tablename__ = "state"
    code: Mapped[str] = mapped_column(unique=True)  # ISO 3166-2
    kind: Mapped[str]  # state, union territory
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("state")


class District(Located, Base):
    """A district; empty until an operator imports the outlines."""

    __tablename__ = "district"
    alias: Mapped[str | None]  # older or more common spelling
    vintage: Mapped[str | None]  # of the outline
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("district", "state_code")
