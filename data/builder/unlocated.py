"""Records without any position: known, but not on the map."""

from __future__ import annotations

from .blocks import read_facts
from .events import check_history, derive_status
from .records import CatalogueError, Json, Record, make_sources, sentence
from .vocabulary import Vocabulary

# Statuses of unlocated blocks that say more than the offer or announcement that their events end with.
BEYOND_EVENTS = {"outcome_not_found": {"offered", "under_exploration"}, "identified_for_auction": {"under_exploration"}}
NO_POSITION = "No position is published in the sources read."


def make_unlocated_block(values: Json, vocabulary: Vocabulary) -> Json:
    row = Record(values["id"], values)
    record_id = row.take("id")
    for key in ("lat", "lon", "boundary", "position_accuracy"):
        row.expect(key)
    row.expect("tranches", [])
    facts = read_facts(row, record_id, vocabulary)
    facts.pop("flags")
    facts.pop("offshore")
    status, boundary = row.take("status"), row.take("boundary_status")
    row.expect("position_note", "no position in the sources read")
    if derive_status(facts["events"]) not in BEYOND_EVENTS.get(status, set()):
        check_history(record_id, facts["events"], status, [])
    row.close()
    facts["boundary_note"] = sentence(f"boundary: {boundary}")
    return _make_record(record_id, "blocks", facts, status=status)


def make_unlocated_feature(made: Json, collection: str) -> Json:
    """A record of a point collection whose geometry is null."""
    facts = dict(made["properties"])
    return _make_record(made["id"], collection, facts, status=facts.pop("status"))


def _make_record(record_id: str, collection: str, facts: Json, status: str | None) -> Json:
    head = {key: facts.pop(key) for key in ("name", "state", "district")}
    sources, confidence = facts.pop("sources"), facts.pop("confidence")
    return {
        "id": record_id, "collection": collection, "name": head["name"], "state": head["state"], "country": "IN",
        "district": head["district"], "minerals": facts.pop("minerals", []), "status": status, "reason": NO_POSITION,
        "details": facts, "sources": sources, "confidence": confidence,
    }  # fmt: skip


def make_unlocated_interest(values: Json, vocabulary: Vocabulary) -> Json:
    """An Indian interest abroad that names no place; the catalogue gives it one source and no confidence."""
    row = Record(values["id"], values)
    minerals, notes = vocabulary.map_terms(row.take("minerals"))
    if notes:
        raise CatalogueError(f"{row.name}: {notes}")
    made = {"id": row.take("id"), "collection": "global-assets", "name": row.take("company"), "state": None,
            "country": row.take("country"), "district": None, "minerals": minerals, "status": None,
            "reason": "The sources name no mine, project or block."}  # fmt: skip
    made["details"] = {"fact": row.take("fact"), "date": row.take("date")}
    made |= {"sources": make_sources([row.take("source")]), "confidence": "medium"}
    row.close()
    return made
