"""Mineral blocks with what happened to them."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Json, JsonList, Located, located_indexes
from app.values import WGS84


class Block(Located, Base):
    """A mineral block, as offered or held; its geometry is the published boundary or an indicative area."""

    __tablename__ = "block"
    aliases: Mapped[list[str]]
    state: Mapped[str]
    state_code: Mapped[str]  # ISO 3166-2
    district: Mapped[str | None]
    locality: Mapped[str | None]
    minerals: Mapped[list[str]]  # vocabulary slugs, as ordered in the tender
    primary_mineral: Mapped[str | None]  # the first named
    critical: Mapped[bool]  # any of its minerals is a critical one
    asset_class: Mapped[str]
    concession: Mapped[str | None]  # CL composite licence, ML mining lease, EL exploration licence
    stage: Mapped[str | None]  # G4, G3, G2, G1
    stage_date: Mapped[str | None]
    status: Mapped[str | None]  # follows from the events, never typed by hand
    status_since: Mapped[str | None]  # date of the event that set it: 2026, 2026-03 or 2026-03-23
    status_period: Mapped[Range[date] | None] = mapped_column(DATERANGE)  # the same as days
    tranches: Mapped[list[str]]  # of its offers, in their order
    latest_tranche: Mapped[str | None]
    attempts: Mapped[int | None]  # offers known; null where none is
    area_ha: Mapped[float | None]  # as declared, hectares
    computed_area_ha: Mapped[float | None]  # of the published boundary, on the WGS 84 spheroid
    boundary_kind: Mapped[str]  # published, indicative
    position_accuracy: Mapped[str]
    position_uncertainty_km: Mapped[float | None]
    position_note: Mapped[str | None]
    boundary_note: Mapped[str | None]
    datum: Mapped[str | None]
    offshore: Mapped[bool]
    lon: Mapped[float]
    lat: Mapped[float]
    resource_mt: Mapped[float | None]  # million tonnes
    resource_category: Mapped[str | None]
    resource_text: Mapped[str | None]
    grade: Mapped[str | None]
    preferred_bidder: Mapped[str | None]
    premium_percent: Mapped[float | None]  # of the value of mineral despatched; may pass 100
    agency: Mapped[str | None]
    exploration: Mapped[Json | None]  # {boreholes, drilled_m, agency, …}
    access: Mapped[Json | None]  # {nearest_rail, nearest_town, airport}
    notes: Mapped[list[str]]
    field_sources: Mapped[Json]  # property → {source, confidence, note}, where it is not the record's
    contradictions: Mapped[JsonList]  # [{field, values: [{value, source, note}], note}]
    events: Mapped[
        JsonList
    ]  # [{seq, date, kind, tranche, note, source, counts_from}]; their order is seq, not the date
    offers: Mapped[JsonList]  # [{attempt, tranche, offered_on, result, result_on, note, documents}]
    standings: Mapped[JsonList]  # where the block stood from which day on: what as_of answers from
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=WGS84, spatial_index=False), nullable=False)
    __table_args__ = (
        *located_indexes("block", "minerals", "tranches", "state_code", "status"),
        Index("ix_block_name", "name", "id"),
    )
