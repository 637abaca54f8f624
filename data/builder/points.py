"""Collections of points, and the records among them that have no position."""

from __future__ import annotations

from typing import Any

from .blocks import ADDED_ORES
from .records import CatalogueError, Json, Record, feature, join_notes, make_sources, point, sentence
from .vocabulary import Vocabulary

OCCURRENCE_ALIASES = {
    "ap-bhimunipatnam-bsm": ["Bheemunipatnam beach sand deposit"],
    "od-boula-nausahi-pge": ["Baula-Nuasahi"],
    "od-adash-cu-ni-au": ["Adas"],
    "gj-ambadongar-ree": ["Ambadungar"],
}


def take_all(row: Record, *keys: str) -> Json:
    return {key: row.take(key) for key in keys}


def close_point(row: Record, record_id: str, properties: Json) -> Json:
    """Finish a record that must have a position."""
    lon, lat = row.take("lon"), row.take("lat")
    properties["sources"], properties["confidence"] = make_sources(row.take("sources")), row.take("confidence")
    row.close()
    return feature(record_id, point(lon, lat), properties)


def make_occurrence(values: Json, vocabulary: Vocabulary) -> Json:
    row = Record(values["id"], values)
    for key in ("concession", "stage", "area_ha", "preferred_bidder", "premium_percent", "boundary", "boundary_status"):
        row.expect(key)
    row.expect("tranches", [])
    row.expect("offshore", False)
    resource = row.sub("resource")
    resource.expect("tonnage_mt")
    resource.expect("grade")
    record_id = row.take("id")
    minerals, notes = vocabulary.map_terms(row.take("minerals"))
    properties = {"name": row.take("name"), "aliases": OCCURRENCE_ALIASES.get(record_id, [])}
    properties |= take_all(row, "state", "district", "locality") | {"minerals": minerals}
    properties |= take_all(row, "asset_class", "status", "agency") | {"resource_text": resource.take("text")}
    properties |= take_all(row, "position_accuracy", "position_uncertainty_km", "position_note")
    notes += [sentence(note)] if (note := row.take("note")) else []
    notes += [_tell_event(Record(f"{record_id} event", event)) for event in row.take("events")]
    resource.close()
    return close_point(row, record_id, properties | {"notes": notes})


def _tell_event(event: Record) -> str:
    """An occurrence has no status from events: what happened is told in its notes."""
    event.expect("kind", "project_announced")
    event.expect("tranche")
    told = f"{event.take('date')}: {sentence(event.take('note'))}"
    event.close()
    return told


def make_project(values: Json, vocabulary: Vocabulary, blocks: set[str], occurrences: dict[str, str]) -> Json:
    """An exploration project; geometry null where no position is known (it then goes to unlocated.json)."""
    row = Record(values["id"], values)
    record_id, lon, lat = row.take("id"), row.take("lon"), row.take("lat")
    minerals, notes = vocabulary.map_terms(row.take("minerals"))
    properties = take_all(row, "name", "agency", "agency_kind", "funding", "funding_basis", "state", "district",
                          "locality") | {"minerals": minerals, "critical": row.take("critical_mineral")}  # fmt: skip
    properties |= {"stage": row.take("stage"), "season": row.take("season_or_years")}
    properties |= take_all(row, "area_km2", "boreholes", "drilled_m", "planned_boreholes", "planned_drilling_m",
                           "result", "status", "as_of", "position_accuracy")  # fmt: skip
    related = row.take("related_block_id")
    if related in occurrences:
        notes.append(f"Concerns the occurrence {occurrences[related]} ({related}), which is not a block")
    elif related is not None and related not in blocks:
        raise CatalogueError(f"{record_id}: related block {related} is not known")
    if related in ADDED_ORES and properties["result"]:
        notes.append("The tonnage in the result adds different ores; the block's resource text gives each")
    properties |= {"related_block_id": related if related in blocks else None, "basis": row.take("basis")}
    properties["note"] = join_notes(row.take("note"), *notes)
    properties["sources"], properties["confidence"] = make_sources(row.take("sources")), row.take("confidence")
    row.close()
    made = feature(record_id, {}, properties)
    made["geometry"] = None if lat is None else point(lon, lat)
    return made


def make_processing_unit(values: Json, vocabulary: Vocabulary) -> Json:
    row = Record(values["id"], values)
    record_id, year = row.take("id"), row.sub("year")
    minerals, notes = vocabulary.map_terms(row.take("minerals"))
    properties = take_all(row, "name", "kind", "operator", "state", "district", "locality")
    properties |= {"minerals": minerals} | take_all(row, "feedstock", "products", "capacity", "status")
    properties |= {f"{key}_year": year.take(key) for key in ("announced", "commissioned", "expected")}
    year.close()
    properties["position_accuracy"] = row.take("position_accuracy")
    if row.take("location_announced") is False:
        notes.append("No site is named in the sources read")
    properties["note"] = join_notes(row.take("notes"), *notes)
    return close_point(row, record_id, properties)


def make_centre(values: Json) -> Json:
    row = Record(values["id"], values)
    row.expect("spokes")
    record_id = row.take("id")
    properties = take_all(row, "name", "host", "city", "state", "role", "batch")
    properties |= {"recognised_on": row.take("recognised"), "position_accuracy": row.take("position_accuracy")}
    return close_point(row, record_id, properties | {"note": None})


def make_port(values: Json) -> Json:
    row = Record(values["id"], values)
    row.expect("type", "port")
    record_id, capacity = row.take("id"), row.sub("capacity")
    capacity.expect("unit", "Mt/year")
    properties = {"name": row.take("name"), "port_class": row.take("class")}
    properties |= take_all(row, "state", "district", "operator", "unlocode")
    properties |= {"capacity_mt_per_year": capacity.take("value")} | take_all(row, "status", "expected")
    capacity.close()
    properties["position_accuracy"] = row.take("position_accuracy")
    away_km = row.take("distance_to_searoute_point_km")
    check = None if away_km is None else f"The port point of searoute 1.6.0 lies {away_km:g} km away"
    properties["note"] = join_notes(row.take("notes"), check)
    return close_point(row, record_id, properties)


def make_global_asset(values: Json, vocabulary: Vocabulary) -> Json:
    row = Record(values["id"], values)
    record_id = row.take("id")
    minerals, notes = vocabulary.map_terms(row.take("minerals"))
    properties = take_all(row, "name", "country", "country_name", "region", "kind") | {"minerals": minerals}
    properties |= {"critical": row.take("on_india_critical_list")}
    properties |= take_all(row, "operator", "owners", "indian_interest", "indian_interest_as_of", "status",
                           "status_basis", "status_confidence", "as_of", "figure", "tier", "position_accuracy",
                           "position_basis")  # fmt: skip
    properties["note"] = join_notes(row.take("notes"), *notes)
    return close_point(row, record_id, properties)


def make_coal_mine(values: Json) -> Json:
    """A coal mine closed or to be closed; geometry null where no position is known."""
    row = Record(values["id"], values)
    record_id, lon, lat = row.take("id"), row.take("lon"), row.take("lat")
    properties: dict[str, Any] = take_all(
        row, "name", "operator", "mine_kind", "state", "district", "status", "year", "period", "position_accuracy"
    )
    properties["note"] = join_notes(row.take("note"))
    properties["sources"], properties["confidence"] = make_sources(row.take("sources")), row.take("confidence")
    row.close()
    made = feature(record_id, {}, properties)
    made["geometry"] = None if lat is None else point(lon, lat)
    return made
