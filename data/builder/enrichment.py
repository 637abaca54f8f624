"""Later finds, merged into a block field by field, each with its own source and confidence."""

from __future__ import annotations

from typing import Any

from .records import Json, Record, make_sources, name_source, sentence

# Catalogue key of a find → property of the block.
FIELDS = {"stage": "stage", "stage_date": "stage_date", "agency": "agency", "locality": "locality",
          "premium_percent": "premium_percent"}  # fmt: skip
RESOURCE_FIELDS = {"tonnage_mt": "resource_mt", "category": "resource_category"}


def merge_finds(block: Json, finds: Record) -> None:
    """Fill what the block lacks, confirm what agrees, and keep both values where they differ."""
    sources, confidence = make_sources(finds.take("sources")), finds.take("confidence")
    about = "; ".join(name_source(source) for source in sources)
    field_notes = {"stage": finds.take("stage_note"), "premium_percent": finds.take("premium_note"),
                   "resource_mt": finds.take("resource_note")}  # fmt: skip
    resource = finds.sub("resource")
    values = {prop: finds.take(key) for key, prop in FIELDS.items()}
    values |= {prop: resource.take(key) for key, prop in RESOURCE_FIELDS.items()}
    values["exploration"] = _read_exploration(finds.take("exploration"))
    values["district"] = finds.take("district_suggested")
    resource.close()
    field_notes["district"] = finds.take("district_check")
    for prop, value in values.items():
        note = field_notes.get(prop)
        if value is not None:
            _merge(block, prop, value, {"source": sources[0], "confidence": confidence, "note": _own_words(note)})
        elif note:
            block["notes"].append(f"{sentence(_own_words(note) or '')[:-1]} ({about}).")
    block["notes"] += [f"{text} ({about})." for text in _read_remarks(finds)]
    block["sources"] += [source for source in sources if source not in block["sources"]]
    finds.close()


def _merge(block: Json, prop: str, value: Any, find: Json) -> None:
    if block[prop] is None:
        block[prop] = value
        block["field_sources"][prop] = find | {"agrees": False}
    elif block[prop] == value:
        block["field_sources"][prop] = find | {"agrees": True}
    else:
        tender = block["sources"][0]
        values = [{"value": block[prop], "source": tender, "note": None},
                  {"value": value, "source": find["source"], "note": f"confidence: {find['confidence']}"}]  # fmt: skip
        block["contradictions"].append({"field": prop, "values": values, "note": find["note"]})


def _own_words(note: str | None) -> str | None:
    """The note without the names of catalogue files; that a find agrees is told by its `agrees`."""
    if note is None:
        return None
    note = note.replace("; agrees with blocks.json", "")
    return sentence(note.replace("blocks.json says", "the tender says"))


def _read_exploration(found: Json | None) -> Json | None:
    """What is known of the exploration, without the figures that are not."""
    known = {key: value for key, value in (found or {}).items() if value is not None}
    return {"agency": None, "boreholes": None, "drilled_m": None, **known} if known else None


def _read_remarks(finds: Record) -> list[str]:
    """Finds that are no field, as sentences without their full stop."""
    remarks = []
    if reason := finds.take("annulment_reason"):
        remarks.append(f"Reason given for the annulment: {reason}")
    if status := finds.take("exploration_status"):
        remarks.append(f"Reported as {status}")
    if overlap := finds.take("overlap"):
        shared = Record("overlap", overlap)
        name, area_ha, of_ha = (shared.take(key) for key in ("name", "area_ha", "of_block_ha"))
        shared.close()
        remarks.append(f"The {name} covers {area_ha:g} ha of the block's {of_ha:g} ha")
    for other in finds.take("adjoins") or []:
        remarks.append(f"The boundary adjoins that of the block {other}")
    for near in finds.take("near") or []:
        gap = Record("near", near)
        remarks.append(f"The boundary lies {gap.take('gap_m')} m from that of the block {gap.take('id')}")
        gap.close()
    return remarks
