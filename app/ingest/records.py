"""Shapes of the records in the data files; what does not fit is refused with its reason.

Units end names. Unknown is null; a missing or an extra member is an error, so that nothing is dropped silently.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.values import AREA_LAYERS, BLOCK_ASSET_CLASSES, CONCESSIONS, LINE_LAYERS, STAGES

EVENT_KINDS = (
    "announced",
    "offered",
    "re-offered",
    "annulled",
    "preferred_bidder",
    "letter_of_intent",
    "composite_licence_granted",
    "licence_granted",
    "lease_executed",
    "producing",
    "cancelled",
    "on_hold",
    "clearance",
)


@lru_cache(maxsize=10_000)
def _is_partial_date(text: str) -> str:
    try:
        if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
            raise ValueError(text)
        year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
        date(year, month, day)
    except ValueError:
        raise ValueError(f"“{text}” is no date such as 2026, 2026-03 or 2026-03-23") from None
    return text


PartialDate = Annotated[str, AfterValidator(_is_partial_date)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2_147_483_647)]
Year = Annotated[int, Field(ge=1700, le=2200)]
Confidence = Literal["high", "medium", "low"]
Stage = Literal[STAGES]  # type: ignore[valid-type]
Accuracy = Literal["surveyed", "site", "locality", "district", "state", "region"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Strict):
    """Where a fact is from; `via` tells through whose copy it was read."""

    title: str | None
    publisher: str | None
    date: str | None  # as the source gives it: a day, a month, a year, "2021/2022", "undated"
    url: str | None
    via: str | None = None
    date_inferred: bool | None = None


class Sourced(Strict):
    sources: Annotated[list[Source], Field(min_length=1)]
    confidence: Confidence


class Event(Strict):
    seq: Annotated[int, Field(ge=1, le=10_000)]
    date: PartialDate | None
    kind: Literal[EVENT_KINDS]  # type: ignore[valid-type]
    tranche: Text | None
    note: str | None
    source: Source | None


def _in_order(events: list[Event]) -> list[Event]:
    """By their number, which is what status follows from."""
    numbers = [event.seq for event in events]
    doubled = sorted({n for n in numbers if numbers.count(n) > 1})
    if doubled:
        raise ValueError(f"several events have the number (seq) {', '.join(map(str, doubled))}")
    return sorted(events, key=lambda event: event.seq)


class Block(Sourced):
    name: Text
    aliases: list[Text]
    state: Text
    district: Text | None
    locality: Text | None
    offshore: bool
    minerals: list[Slug]
    asset_class: Literal[BLOCK_ASSET_CLASSES]  # type: ignore[valid-type]
    concession: Literal[CONCESSIONS] | None  # type: ignore[valid-type]
    stage: Stage | None
    stage_date: PartialDate | None
    agency: Text | None
    exploration: dict[str, Any] | None
    area_ha: Positive | None
    resource_mt: NotNegative | None
    resource_category: Text | None
    resource_text: Text | None
    grade: Text | None
    preferred_bidder: Text | None
    premium_percent: NotNegative | None
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    position_accuracy: Accuracy
    position_uncertainty_km: Positive | None
    position_note: Text | None
    boundary_note: Text | None
    datum: Text | None
    access: dict[str, Any] | None
    notes: list[Text]
    field_sources: dict[str, dict[str, Any]]
    contradictions: list[dict[str, Any]]
    events: Annotated[list[Event], AfterValidator(_in_order)]


class Occurrence(Sourced):
    name: Text
    aliases: list[Text]
    state: Text
    district: Text | None
    locality: Text | None
    minerals: list[Slug]
    asset_class: Literal["beach_sand_deposit", "known_deposit", "exploration_target", "usgs_site"]
    status: Literal["known_deposit", "under_exploration", "project_development", "operating"] | None
    agency: Text | None
    resource_text: Text | None
    position_accuracy: Accuracy
    position_uncertainty_km: Positive | None
    position_note: Text | None
    notes: list[Text]


class ExplorationProject(Sourced):
    name: Text
    agency: Text | None
    agency_kind: Text | None
    funding: Text | None
    funding_basis: Text | None
    state: Text
    district: Text | None
    locality: Text | None
    minerals: list[Slug]
    critical: bool
    stage: Stage | None
    season: Text | None
    area_km2: Positive | None
    boreholes: Count | None
    drilled_m: NotNegative | None
    planned_boreholes: Count | None
    planned_drilling_m: NotNegative | None
    result: Text | None
    status: Text | None
    as_of: Text | None  # a date, or a span such as 2014/2015
    position_accuracy: Accuracy
    related_block_id: Slug | None
    basis: Text | None
    note: Text | None


class Capacity(Strict):
    value: float | None
    unit: str | None
    of: str | None
    basis: str | None


class ProcessingUnit(Sourced):
    name: Text
    kind: Text
    operator: Text | None
    state: Text
    district: Text | None
    locality: Text | None
    minerals: list[Slug]
    feedstock: list[Text]
    products: list[Text]
    capacity: list[Capacity]
    status: Text | None
    announced_year: Year | None
    commissioned_year: Year | None
    expected_year: Year | None
    position_accuracy: Accuracy
    note: Text | None


class CentreOfExcellence(Sourced):
    name: Text
    host: Text | None
    city: Text | None
    state: Text
    role: Text | None
    batch: Count | None
    recognised_on: PartialDate | None
    position_accuracy: Accuracy
    note: Text | None


class Port(Sourced):
    name: Text
    port_class: Text | None
    state: Text
    district: Text | None
    operator: Text | None
    unlocode: Text | None
    capacity_mt_per_year: Positive | None
    status: Text | None
    expected: Text | None
    position_accuracy: Accuracy
    note: Text | None


class Owner(Strict):
    name: Text
    pct: float | None


class GlobalAsset(Sourced):
    name: Text
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    country_name: Text
    region: Text | None
    kind: Text
    minerals: list[Slug]
    critical: bool
    operator: Text | None
    owners: list[Owner]
    indian_interest: Text | None
    indian_interest_as_of: PartialDate | None
    status: Text | None
    status_basis: Text | None
    status_confidence: Confidence | None
    as_of: PartialDate | None
    figure: Text | None
    tier: Text | None
    position_accuracy: Accuracy
    position_basis: Text | None
    note: Text | None


class CoalMineClosure(Sourced):
    name: Text
    operator: Text | None
    mine_kind: Text | None
    state: Text
    district: Text | None
    status: Text | None
    year: Year | None
    period: Text | None
    position_accuracy: Accuracy
    note: Text | None


class State(Strict):
    name: Text
    code: Annotated[str, StringConstraints(pattern=r"^IN-[A-Z]{2}$")]
    kind: Literal["state", "union territory"]


class District(Sourced):
    name: Text
    state: Text | None
    alias: Text | None
    vintage: Text | None


class ConstraintArea(Sourced):
    name: Text
    layer: Literal[AREA_LAYERS]  # type: ignore[valid-type]
    kind: Text | None
    licence: Text
    coverage: Text | None
    state: Text | None
    note: Text | None


class ConstraintLine(Sourced):
    name: Text
    layer: Literal[LINE_LAYERS]  # type: ignore[valid-type]
    kind: Text | None
    licence: Text
    coverage: Text | None
    state: Text | None
    note: Text | None


class Mineral(Sourced):
    id: Slug
    name: Text
    symbol: Text | None
    group: Text | None
    uses: Text | None
    broader: Slug | None
    critical: bool
    in_30_list: bool
    part_d: bool | None
    part_d_name: Text | None
    aliases: list[Text]
    note: Text | None


class MineralTerm(Strict):
    term: Text
    mineral: Slug | None  # null: a name such as “Multiple” that is no mineral


class Unlocated(Sourced):
    id: Slug
    collection: Text
    name: Text
    state: Text | None
    country: Text | None
    district: Text | None
    minerals: list[Slug]
    status: Text | None
    reason: Text | None
    details: dict[str, Any]


class Figure(Sourced):
    id: Text
    topic: Text | None
    key: Text
    value: Any
    unit: Text | None
    as_of: Text | None
    state: Text | None
    note: Text | None


class InventoryRow(Strict):
    id: Text
    mineral: Text
    mineral_slug: Slug | None
    scope: Text
    state: Text | None
    measure: Text
    unit: Text
    reserves: NotNegative | None
    remaining_resources: NotNegative | None
    total: NotNegative | None
    unfc: dict[str, float]
    as_of: PartialDate
    table: Text | None
    note: Text | None
