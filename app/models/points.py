"""Records at a point: deposits, projects, plants, centres, ports, assets abroad, coal mines."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, JsonList, Located, located_indexes
from app.values import WGS84


class Occurrence(Located, Base):
    """A known deposit, an exploration target or a beach-sand deposit: a point, mostly approximate."""

    __tablename__ = "occurrence"
    aliases: Mapped[list[str]]
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    district: Mapped[str | None]
    locality: Mapped[str | None]
    minerals: Mapped[list[str]]
    primary_mineral: Mapped[str | None]
    asset_class: Mapped[str]
    status: Mapped[str | None]
    agency: Mapped[str | None]
    resource_text: Mapped[str | None]
    position_accuracy: Mapped[str]
    position_uncertainty_km: Mapped[float | None]
    position_note: Mapped[str | None]
    notes: Mapped[list[str]]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("occurrence", "minerals", "state_code")


class ExplorationProject(Located, Base):
    """A named exploration project; a sample of what is published, no register."""

    __tablename__ = "exploration_project"
    agency: Mapped[str | None]
    agency_kind: Mapped[str | None]
    funding: Mapped[str | None]
    funding_basis: Mapped[str | None]
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    district: Mapped[str | None]
    locality: Mapped[str | None]
    minerals: Mapped[list[str]]
    primary_mineral: Mapped[str | None]
    critical: Mapped[bool]
    stage: Mapped[str | None]
    season: Mapped[str | None]
    area_km2: Mapped[float | None]
    boreholes: Mapped[int | None]
    drilled_m: Mapped[float | None]
    planned_boreholes: Mapped[int | None]
    planned_drilling_m: Mapped[float | None]
    result: Mapped[str | None]
    status: Mapped[str | None]
    as_of: Mapped[str | None]
    position_accuracy: Mapped[str]
    related_block_id: Mapped[str | None]
    basis: Mapped[str | None]
    note: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("exploration_project", "minerals", "state_code")


class ProcessingUnit(Located, Base):
    """A plant or park that takes, or is to take, critical minerals."""

    __tablename__ = "processing_unit"
    kind: Mapped[str]
    operator: Mapped[str | None]
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    district: Mapped[str | None]
    locality: Mapped[str | None]
    minerals: Mapped[list[str]]
    primary_mineral: Mapped[str | None]
    feedstock: Mapped[list[str]]
    products: Mapped[list[str]]
    capacity: Mapped[JsonList]  # [{value, unit, of, basis}]
    status: Mapped[str | None]
    announced_year: Mapped[int | None]
    commissioned_year: Mapped[int | None]
    expected_year: Mapped[int | None]
    position_accuracy: Mapped[str]
    note: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("processing_unit", "minerals", "state_code")


class CentreOfExcellence(Located, Base):
    """A hub of the National Critical Mineral Mission's research."""

    __tablename__ = "centre_of_excellence"
    host: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    role: Mapped[str | None]
    batch: Mapped[int | None]
    recognised_on: Mapped[str | None]
    position_accuracy: Mapped[str]
    note: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("centre_of_excellence", "state_code")


class Port(Located, Base):
    """A sea port."""

    __tablename__ = "port"
    port_class: Mapped[str | None]  # major, non-major
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    district: Mapped[str | None]
    operator: Mapped[str | None]
    unlocode: Mapped[str | None]
    capacity_mt_per_year: Mapped[float | None]
    status: Mapped[str | None]
    expected: Mapped[str | None]
    position_accuracy: Mapped[str]
    note: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("port", "state_code")


class GlobalAsset(Located, Base):
    """A mine, project, deposit, refinery or smelter outside India."""

    __tablename__ = "global_asset"
    country: Mapped[str]  # ISO 3166-1 alpha-2
    country_name: Mapped[str]
    region: Mapped[str | None]
    kind: Mapped[str]
    minerals: Mapped[list[str]]
    primary_mineral: Mapped[str | None]
    critical: Mapped[bool]
    operator: Mapped[str | None]
    owners: Mapped[JsonList]  # [{name, pct}]
    indian_interest: Mapped[str | None]
    indian_interest_as_of: Mapped[str | None]
    status: Mapped[str | None]
    status_basis: Mapped[str | None]
    status_confidence: Mapped[str | None]
    as_of: Mapped[str | None]  # of the status; null: not verified
    figure: Mapped[str | None]
    tier: Mapped[str | None]
    position_accuracy: Mapped[str]
    position_basis: Mapped[str | None]
    note: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("global_asset", "minerals", "country")


class CoalMineClosure(Located, Base):
    """A named coal mine closed or to be closed; only these are named in what was found."""

    __tablename__ = "coal_mine_closure"
    operator: Mapped[str | None]
    mine_kind: Mapped[str | None]
    state: Mapped[str | None]
    state_code: Mapped[str | None]
    district: Mapped[str | None]
    status: Mapped[str | None]
    year: Mapped[int | None]
    period: Mapped[str | None]
    position_accuracy: Mapped[str]
    note: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = located_indexes("coal_mine_closure", "state_code")
