"""What each property of a collection is: title, meaning, type, unit, closed list.

Kept once for the schema, queryables and sortables of the API (OGC API Features Part 3 and 5): `property_schema` gives a
property's JSON Schema, `geometry_schema` that of the geometry; who adds a property adds its line to DESCRIPTIONS.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, Boolean, DateTime, Float, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from app.catalogue import Collection
from app.facts import say_field
from app.values import POSITION_ACCURACIES

DESCRIPTIONS: dict[str, str] = {
    "id": "Slug that stays the same for ever.",
    "name": "Name, as the source has it.",
    "aliases": "Other names and spellings.",
    "alias": "An older or more common spelling.",
    "state": "State or union territory, plain name.",
    "state_code": "State or union territory, ISO 3166-2.",
    "code": "ISO 3166-2.",
    "country": "ISO 3166-1, two letters.",
    "country_name": "Country, plain name.",
    "region": "Province, state or region of the country.",
    "district": "District, as the source names it.",
    "city": "Town or city.",
    "locality": "Village, tehsil or other place near by.",
    "minerals": "Slugs of the mineral vocabulary, in the order of the source.",
    "primary_mineral": "The mineral that the source names first.",
    "critical": "Whether any of its minerals is one of the critical minerals.",
    "asset_class": "Which kind of block or deposit it is.",
    "concession": "CL composite licence, ML mining lease, EL exploration licence.",
    "stage": "Stage of exploration, from G4 reconnaissance to G1 detailed exploration.",
    "status": "Where it stands now.",
    "status_since": "When it came to its status: a year, a month or a day. The datetime parameter asks for this.",
    "status_basis": "What the status rests on.",
    "status_confidence": "How sure the status is.",
    "tranches": "Rounds of auctions in which it was offered, in their order.",
    "latest_tranche": "The last round in which it was offered.",
    "attempts": "How many offers of it are known.",
    "area_ha": "Area as declared in the tender.",
    "computed_area_ha": "Area of the published boundary on the WGS 84 spheroid; null where none is published.",
    "area_km2": "Area explored, as stated.",
    "boundary_kind": "published, or indicative: the area within which the block is known to lie.",
    "position_accuracy": "How well the position is known; from district on it is a label, no site.",
    "position_uncertainty_km": "It lies within so far of the position.",
    "position_note": "How the position was found.",
    "position_basis": "What the position rests on.",
    "offshore": "Whether it lies at sea.",
    "lon": "Longitude of a point in or near it.",
    "lat": "Latitude of a point in or near it.",
    "resource_mt": "Resource as published.",
    "resource_category": "Category of the resource, as published.",
    "resource_text": "Resource in the words of the source.",
    "grade": "Grade, as published.",
    "preferred_bidder": "Company that the auction named.",
    "premium_percent": "Final price offer, of the value of mineral despatched; it may pass 100.",
    "agency": "Who explores or explored it.",
    "agency_kind": "What kind of body explores it.",
    "funding": "Who pays for it.",
    "funding_basis": "Whether the funding is stated or inferred.",
    "season": "Field season or year.",
    "boreholes": "Boreholes drilled.",
    "drilled_m": "Metres drilled.",
    "planned_boreholes": "Boreholes planned.",
    "planned_drilling_m": "Metres to be drilled.",
    "result": "What was found, as reported.",
    "as_of": "The day, month or year for which the status was stated; null: it is not verified.",
    "related_block_id": "Id of the block that it concerns.",
    "basis": "Which kind of document it is from.",
    "note": "A remark.",
    "notes": "Remarks.",
    "kind": "Which kind it is.",
    "operator": "Who runs it.",
    "owners": "Who owns it, with shares in per cent where known.",
    "feedstock": "What it takes in.",
    "products": "What it makes.",
    "capacity": "Capacities: value, unit, of what, and the basis of the figure.",
    "capacity_mt_per_year": "Cargo capacity.",
    "announced_year": "Year in which it was announced.",
    "commissioned_year": "Year in which it began to work.",
    "expected_year": "Year in which it is expected to work.",
    "expected": "When it is expected to be ready.",
    "host": "Institute that hosts it.",
    "role": "Its part in the mission.",
    "batch": "Batch in which it was recognised.",
    "recognised_on": "When it was recognised.",
    "port_class": "Major or non-major port.",
    "unlocode": "Code of the place in UN/LOCODE.",
    "indian_interest": "Which Indian company has or seeks a part of it.",
    "indian_interest_as_of": "When that was stated.",
    "figure": "A figure of size or output, as published.",
    "tier": "How important it is: A, B or C.",
    "mine_kind": "Opencast or underground.",
    "year": "Year of closing.",
    "period": "Years within which it closes or closed.",
    "vintage": "State of the outline.",
    "layer": "Which layer of land and environment it belongs to.",
    "licence": "Licence of the dataset that it is from.",
    "coverage": "Which part of the country its dataset covers.",
    "confidence": "How sure the record is: high, medium or low.",
    "updated_at": "When the portal's record last changed.",
}
# Case-sensitive codes of UCUM: har is the hectare, Mt the million tonnes.
UNITS: dict[str, str] = {
    "area_ha": "har",
    "computed_area_ha": "har",
    "area_km2": "km2",
    "position_uncertainty_km": "km",
    "lon": "deg",
    "lat": "deg",
    "resource_mt": "Mt",
    "premium_percent": "%",
    "drilled_m": "m",
    "planned_drilling_m": "m",
    "capacity_mt_per_year": "Mt/a",
}
_ENUMS: dict[str, tuple[str, ...]] = {
    "boundary_kind": ("published", "indicative"),
    "confidence": ("high", "medium", "low"),
    "position_accuracy": POSITION_ACCURACIES,
}
_LEAST: dict[str, float] = {"lon": -180, "lat": -90}
_GREATEST: dict[str, float] = {"lon": 180, "lat": 90}
# A year, a month or a day: no JSON Schema format has all three, the Library of Congress's EDTF (level 0) does.
_PARTIAL_DATE = {"format": "edtf", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"}
_ROLES = {"id": "id", "status_since": "primary-instant"}


def property_schema(collection: Collection, name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one property as its values are where they are known: one type, never a list.

    Source: OGC API Features Part 5, /req/schemas/properties, role, unit.
    """
    kind = collection.table.c[name].type
    schema: dict[str, Any] = {"title": say_field(name), "description": DESCRIPTIONS[name], **_type_of(kind)}
    if name in _ROLES:
        schema["x-ogc-role"] = _ROLES[name]
    if name == "status_since":
        schema |= _PARTIAL_DATE
    if values := collection.closed_lists.get(name) or _ENUMS.get(name):
        schema["enum"] = list(values)
    if name in UNITS:
        schema |= {"x-ogc-unit": UNITS[name], "x-ogc-unitLang": "UCUM"}
    if schema["type"] in ("number", "integer") and not name.endswith("_year") and name != "year":
        schema["minimum"] = _LEAST.get(name, 0)
    if name in _GREATEST:
        schema["maximum"] = _GREATEST[name]
    return schema


def geometry_schema(collection: Collection) -> dict[str, Any]:
    """The geometry as a property. Source: OGC API Features Part 5, /req/schemas/properties B and C."""
    indicative = " Where boundary_kind is indicative, the area within which it is known to lie."
    return {
        "title": "Geometry",
        "description": f"Where it lies.{indicative if 'boundary_kind' in collection.properties else ''}",
        "format": f"geometry-{collection.geometry_type.lower()}",
        "x-ogc-role": "primary-geometry",
    }


def required_properties(collection: Collection) -> list[str]:
    """Names of the properties that are never null."""
    return [name for name in collection.properties if not collection.table.c[name].nullable]


def _type_of(kind: TypeEngine[Any]) -> dict[str, Any]:
    if isinstance(kind, ARRAY):
        return {"type": "array", "items": {"type": "string"}}
    if isinstance(kind, JSONB):
        return {"type": "array", "items": {"type": "object"}}
    if isinstance(kind, Boolean):
        return {"type": "boolean"}
    if isinstance(kind, Integer):
        return {"type": "integer"}
    if isinstance(kind, Float):
        return {"type": "number"}
    if isinstance(kind, DateTime):
        return {"type": "string", "format": "date-time"}
    return {"type": "string"}
