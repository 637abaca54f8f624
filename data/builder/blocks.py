"""Blocks: the boundary where it is published, else a point; the facts, the history, the contradictions."""

from __future__ import annotations

from .enrichment import merge_finds
from .events import check_history, make_events
from .records import CatalogueError, Json, Record, feature, make_sources, point, sentence
from .shapes import clean_outline, measure_ha
from .vocabulary import Vocabulary

# Other spellings of the name in the sources' own titles and addresses, in the Ministry's releases or in the projects.
ALIASES = {
    "dudhiasol-east-nickel-copper": ["Dudhiyasol East Nickel and Copper Block"],
    "khattali-chhoti-graphite": ["Khattali Chotti Graphite Block"],
    "naringpanga-south-graphite": ["Naringapanga Graphite Block", "Naringapanga South Graphite Block"],
    "salal-haimna-lithium-titanium-bauxite": ["Salal-Haimana lithium"],
    "salepali-graphite": ["Salepalli Graphite Block"],
    "siskari-pat-titanium-bauxite": ["Siskaripat Block"],
    "ka-jaisinghpura-north-iron-ore": ["Jaisingpura North"],
    "ka-basavanagudda-gold": ["Basavangudda Block"],
    "ka-nidodi-bauxite": ["Niddodi"],
    "mp-shitalpani-copper": ["Sheetalpani Block"],
    "mh-minzhari-copper": ["Minzari Block"],
    "rj-nayorana-dandela-iron-ore": ["Nyorana-Dhandela Block"],
    "rj-hariyav-jashpura-limestone": ["Hariyav-Jaspura Block"],
    "up-sona-pahari-gold": ["Sonapahari Gold Block"],
}
PROPERTIES = [
    "name", "aliases", "state", "district", "locality", "offshore", "minerals", "asset_class", "concession", "stage",
    "stage_date", "agency", "exploration", "area_ha", "resource_mt", "resource_category", "resource_text", "grade",
    "preferred_bidder", "premium_percent", "lon", "lat", "position_accuracy", "position_uncertainty_km",
    "position_note", "boundary_note", "datum", "access", "notes", "field_sources", "contradictions", "events",
    "sources", "confidence",
]  # fmt: skip
# Their catalogue tonnage adds ores of different kinds: the figures stay in the text, the sum is left out.
ADDED_ORES = {"gj-mevasa", "gj-kukaras", "gj-nandana", "gj-kodidra"}
ADDED_ORES_NOTE = "Tonnages of different ores are not added: see the resource text for each."
FLAG_NOTES = {
    "boundary not wholly inside the simplified state outline": (
        "a coarse state outline leaves part of the boundary outside; the outline used here does not"
    ),
    "no boundary, no position": "neither boundary nor position is published",
}
NO_DATUM = "datum not stated in source"
DISTRICT_NOTES = {
    "general knowledge": "The district is given from general knowledge.",
    "centroid in the district outline": "The district is the one in whose outline the centroid lies.",
    "block summary text": "The district is as named in the block summary.",
    "inferred from the published coordinates": "The district is inferred from the published coordinates.",
    "district page": "The district is as named on the district's page.",
    "press report": "The district is as named in a press report.",
}
YEARBOOK_NOTE = (
    "Listed in the Indian Minerals Yearbook 2024 among the leases and composite licences granted through auction in "
    "2023-24; the present legal status is not verified."
)


def make_block(values: Json, vocabulary: Vocabulary) -> Json:
    row = Record(values["id"], values)
    block_id, lon, lat = row.take("id"), row.take("lon"), row.take("lat")
    boundary = row.take("boundary")
    block = read_facts(row, block_id, vocabulary)
    block |= {"lon": lon, "lat": lat, "offshore": row.take("offshore")}
    for key in ("position_accuracy", "position_uncertainty_km", "position_note"):
        block[key] = row.take(key)
    status = row.take("boundary_status")
    block["boundary_note"] = sentence(status) if status else None
    block["datum"] = _name_datum(boundary, status, block.pop("flags"))
    geometry = _make_geometry(block_id, boundary, block)
    _compare_areas(row, block, geometry, status)
    _keep_printed_boundary(row, block)
    _reword_place(block)
    check_history(block_id, block["events"], row.take("status"), row.take("tranches"))
    if enrichment := row.take("enrichment"):
        merge_finds(block, Record(f"{block_id}.enrichment", enrichment))
    _add_known_contradictions(block_id, block)
    row.close()
    return feature(block_id, geometry, {key: block.pop(key) for key in PROPERTIES} | _left_nothing(block))


def _left_nothing(block: Json) -> Json:
    if block:
        raise CatalogueError(f"properties without a place: {sorted(block)}")
    return block


def read_facts(row: Record, block_id: str, vocabulary: Vocabulary) -> Json:
    """What located and unlocated blocks have in common, and `flags` for the caller to read."""
    minerals, notes = vocabulary.map_terms(row.take("minerals"))
    sources, resource = make_sources(row.take("sources")), row.sub("resource")
    block: Json = {"name": row.take("name"), "aliases": ALIASES.get(block_id, [])}
    block |= {key: row.take(key) for key in ("state", "district", "locality")}
    block |= {"offshore": False, "minerals": minerals}
    block |= {key: row.take(key) for key in ("asset_class", "concession", "stage")}
    block |= {"stage_date": None, "agency": row.take("agency"), "exploration": _read_exploration(row)}
    block["area_ha"] = row.take("area_ha")
    tonnage = resource.take("tonnage_mt")
    block["resource_mt"] = None if block_id in ADDED_ORES else tonnage
    block |= {"resource_category": resource.take("category"), "resource_text": resource.take("text")}
    block["grade"] = resource.take("grade")
    resource.close()
    block |= {key: row.take(key) for key in ("preferred_bidder", "premium_percent")}
    block["access"] = _read_access(row)
    notes += [ADDED_ORES_NOTE] if block_id in ADDED_ORES else []
    block["flags"] = row.take("flags") or []
    flags = [sentence(FLAG_NOTES.get(flag, flag)) for flag in block["flags"] if flag != NO_DATUM]
    block["notes"] = notes + _read_notes(row) + flags
    block |= {"field_sources": {}, "contradictions": []}
    block["events"] = make_events(block_id, row.take("events"), sources)
    block |= {"sources": sources, "confidence": row.take("confidence")}
    _compare_yearbook(row.take("area_ha_ibm_yearbook"), block)
    return block


def _read_exploration(row: Record) -> Json | None:
    found = row.take("exploration")
    if not found or all(value is None for value in found.values()):
        return None
    work = Record(f"{row.name}.exploration", found)
    made = {key: work.take(key) for key in ("agency", "boreholes", "drilled_m")}
    planned = work.take("boreholes_planned")
    work.close()
    return made | ({"boreholes_planned": planned} if planned is not None else {})


def _read_access(row: Record) -> Json | None:
    """Nearest rail, town and airport as the tender names them: name and, where printed, kilometres."""
    access = {key: row.take(key) for key in ("nearest_rail", "nearest_town", "airport")}
    return access if any(access.values()) else None


def _read_notes(row: Record) -> list[str]:
    notes = [sentence(note)] if (note := row.take("note")) else []
    if district := row.take("district_note"):
        notes.append(DISTRICT_NOTES[district])
    if status := row.take("status_note"):
        status = f"status from the {status}" if status.startswith("press, ") else status
        notes.append(YEARBOOK_NOTE if status.startswith("IBM Table 5 title") else sentence(status))
    if record := row.take("ibm_record"):
        notes.append(sentence(record.replace("IMYB 2024", "Indian Minerals Yearbook 2024,")))
    if (forest_ha := row.take("forest_area_ha")) is not None:
        notes.append(f"Forest: {forest_ha:g} ha.")
    return notes


def _name_datum(boundary: Json | None, status: str | None, flags: list[str]) -> str | None:
    if boundary is None:
        return None
    if "WGS84" in (status or ""):
        return "WGS 84"
    if NO_DATUM in flags:
        return "WGS 84 (assumed; not named in the tender)"
    return "WGS 84 (assumed; whether the tender names a datum is not recorded)"


def _make_geometry(block_id: str, boundary: Json | None, block: Json) -> Json:
    if boundary is None:
        return point(block["lon"], block["lat"])
    outline, mended = clean_outline(block_id, boundary)
    if mended:
        block["boundary_note"] = f"{block['boundary_note']} {sentence('; '.join(mended))}"
    return outline


def _find_source(block: Json, start: str) -> Json:
    return next(source for source in block["sources"] if (source["title"] or "").startswith(start))


def _compare_yearbook(yearbook_ha: float | None, block: Json) -> None:
    """A yearbook area that is only rounded confirms the tender's; one that differs stands beside it."""
    area_ha = block["area_ha"]
    if yearbook_ha is None or area_ha is None:
        return
    source = _find_source(block, "Indian Minerals Yearbook 2024")
    decimals = len(str(yearbook_ha).partition(".")[2].rstrip("0"))
    if abs(yearbook_ha - area_ha) <= 0.5 * 10**-decimals + 1e-9:
        note = None if yearbook_ha == area_ha else f"Printed rounded: {yearbook_ha} ha."
        find = {"source": source, "confidence": block["confidence"], "note": note, "agrees": True}
        block["field_sources"]["area_ha"] = find
        return
    values = [{"value": area_ha, "source": block["sources"][0], "note": None},
              {"value": yearbook_ha, "source": source, "note": None}]  # fmt: skip
    note = "The Indian Minerals Yearbook prints another area than the tender."
    block["contradictions"].append({"field": "area_ha", "values": values, "note": note})


def _compare_areas(row: Record, block: Json, geometry: Json, status: str | None) -> None:
    """Check the catalogue's computed area, which is derived at load, and record a difference that it names.

    Raises CatalogueError where our own measure is more than 0.5 % from the catalogue's, or 0.1 from its percentage.
    """
    row_ha, percent = row.take("computed_area_ha"), row.take("area_difference_pct")
    if geometry["type"] == "Point" or block["area_ha"] is None:
        return
    own_ha = measure_ha(geometry)
    own_percent = abs(own_ha - block["area_ha"]) / block["area_ha"] * 100
    if row_ha is not None and (abs(own_ha - row_ha) > row_ha * 0.005 or abs(own_percent - abs(percent)) > 0.5):
        raise CatalogueError(f"{row.name}: computed area {row_ha} ha, measured {own_ha:.3f} ha")
    if "differs from the published area by" not in (status or ""):
        return
    stated = float((status or "").rpartition(" by ")[2].rstrip("%"))
    if abs(own_percent - stated) > 0.1:
        raise CatalogueError(f"{row.name}: area differs by {own_percent:.2f} %, the catalogue says {stated} %")
    computed = {"title": "Area of the published boundary", "publisher": "own computation", "date": None, "url": None}
    values = [{"value": block["area_ha"], "source": block["sources"][0], "note": "declared"},
              {"value": round(own_ha, 2), "source": computed, "note": "computed"}]  # fmt: skip
    note = f"The published boundary holds an area that differs from the declared one by {stated}%."
    block["contradictions"].append({"field": "area_ha", "values": values, "note": note})


def _reword_place(block: Json) -> None:
    """Say what is the case where the catalogue's word would mislead, and tell of a boundary's fault beside it."""
    if block["offshore"]:
        block["position_note"] = "approximate: sea area, from general geographic knowledge"
    if (fault := "Corner point 6 absent in source.") in block["notes"]:
        block["notes"].remove(fault)
        block["boundary_note"] += f" {fault}"
    if block["position_note"] == "centroid given in the dataset":
        block["position_note"] = "centroid of the published boundary, as given in the dataset that transcribed it"
        count = next(note for note in block["notes"] if note.startswith("Boundary of "))
        block["notes"].remove(count)
        points = count.split()[2]
        block["boundary_note"] = f"Published in the tender document with {points} corner points, not taken over here."


def _keep_printed_boundary(row: Record, block: Json) -> None:
    """A boundary that cannot be true as printed is kept for the reader, never as geometry."""
    if printed := row.take("boundary_as_printed"):
        shown = {"value": printed, "source": block["sources"][0], "note": "as printed in the tender"}
        read = {"value": [block["lon"], block["lat"]], "source": None, "note": block["position_note"]}
        block["contradictions"].append({"field": "boundary", "values": [shown, read], "note": block["boundary_note"]})


def _add_known_contradictions(block_id: str, block: Json) -> None:
    """Kundol: the annulment was first put off, then counted. The sources are those of its one annulment event.

    Makra: the geological report behind the block summary gives another area.
    """
    if (note := "Geological report gives 35 ha.") in block["notes"]:
        block["notes"].remove(note)
        values = [{"value": block["area_ha"], "source": block["sources"][0], "note": "declared"},
                  {"value": 35, "source": block["sources"][0], "note": "as the geological report has it"}]  # fmt: skip
        note = "The block summary and the geological report give different areas."
        block["contradictions"].append({"field": "area_ha", "values": values, "note": note})
    if block_id != "kundol-nickel-chromium":
        return
    count = _find_source(block, "Govt cancels auction of 11")
    values = [{"value": "offered; decision deferred in March 2024", "source": None, "note": "source not recorded"},
              {"value": "annulled", "source": count, "note": "14 annulments counted in Tranche I"}]  # fmt: skip
    note = "The decision was deferred in March 2024; a later count of annulments in Tranche I takes this block in."
    block["contradictions"].append({"field": "status", "values": values, "note": note})
