"""Tables of figures: the mission, exploration statistics, coal closures, the national mineral inventory."""

from __future__ import annotations

from .records import CatalogueError, Json, Record, make_sources, sentence, slug
from .vocabulary import Vocabulary

# Catalogue notes that speak to its makers, in words for readers.
REWORDED_NOTES = {
    "The 143 mines by 2028 figure in the request was NOT found. 147 is the figure in July 2025 and Feb 2026 reports.": (
        "147 is the figure in reports of July 2025 and February 2026; another report says 143 by 2028."
    ),
}


def make_figure(values: Json, topic: str | None = None) -> Json:
    """One figure or date; `value` is a number, text, list or object, as the source gives it."""
    row = Record(str(values.get("key")), values)
    topic, key, state, as_of = row.take("topic", topic), row.take("key"), row.take("state"), row.take("as_of")
    note = row.take("note")
    made = {"id": slug(f"{topic} {key} {state or ''}"), "topic": topic, "key": key, "value": row.take("value"),
            "unit": row.take("unit"), "as_of": as_of, "state": state}  # fmt: skip
    made["note"] = sentence(REWORDED_NOTES.get(note, note)) if note else None
    made |= {"confidence": row.take("confidence"), "sources": make_sources(row.take("sources"))}
    row.close()
    return made


def make_inventory(values: Json, vocabulary: Vocabulary) -> tuple[Json, list[Json]]:
    """Head and rows of the national mineral inventory. Raises CatalogueError where its counts do not hold."""
    document = Record("inventory", values)
    meta, rows = document.sub("meta"), [_make_row(Record("row", row), vocabulary) for row in document.take("rows")]
    document.close()
    if (meta.take("rows"), meta.take("minerals")) != (len(rows), len({row["mineral"] for row in rows})):
        raise CatalogueError("inventory: its own counts do not hold")
    note = " ".join([
        "Never add ore to metal rows, national or grade rows to state rows, or classes of different certainty.",
        sentence(f"Not in the inventory: {meta.take('not_in_inventory')}"),
        sentence(f"Checks made: {meta.take('checks')}"),
    ])  # fmt: skip
    head = {"source": meta.take("source"), "unfc_key": meta.take("unfc_key"), "note": note}
    meta.close()
    return head, rows


def _make_row(row: Record, vocabulary: Vocabulary) -> Json:
    mineral, scope, state, measure = (row.take(key) for key in ("mineral", "scope", "state", "measure"))
    mineral_slug = vocabulary.slugs.get(mineral)
    critical = row.take("critical_mineral")
    if critical and vocabulary.slugs[critical] not in (mineral_slug, vocabulary.broader.get(mineral_slug or "")):
        raise CatalogueError(f"inventory: {mineral} is not {critical}")
    made = {"id": slug(f"{mineral} {measure} {state or scope}"), "mineral": mineral, "mineral_slug": mineral_slug,
            "scope": scope, "state": state, "measure": measure}  # fmt: skip
    made |= {key: row.take(key) for key in ("unit", "reserves", "remaining_resources", "total", "unfc", "as_of")}
    made |= {"table": row.take("table"), "note": row.take("note")}
    row.close()
    return made
