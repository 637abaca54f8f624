"""Which source each figure of a block is from: numbers that pages, documents and prints share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.wording import FIELD_WORDS, format_slug

# Figures of a block, in the order of its page, with their units.
FIGURES: Mapping[str, str | None] = {
    "concession": None,
    "asset_class": None,
    "status": None,
    "status_since": None,
    "tranches": None,
    "attempts": None,
    "preferred_bidder": None,
    "premium_percent": "% of the value of mineral despatched",
    "area_ha": "ha",
    "computed_area_ha": "ha",
    "resource_mt": "million tonnes",
    "resource_category": None,
    "resource_text": None,
    "grade": None,
    "stage": None,
    "stage_date": None,
    "agency": None,
    "exploration": None,
    "access": None,
    "position": "degrees, EPSG:4326",
}
# Worked out here from what sources say.
COMPUTED = ("computed_area_ha",)
# These follow from the events, each of which has its own source.
FROM_EVENTS = ("status", "status_since", "tranches", "attempts")


class Footnotes(NamedTuple):
    """The sources in the order of their numbers, from 1; figure → the numbers of its sources."""

    sources: list[Mapping[str, Any]]
    numbers: Mapping[str, tuple[int, ...]]
    confidence: Mapping[str, str]


def footnotes_of(block: Mapping[str, Any]) -> Footnotes:
    """The record's own sources come first. A figure that was found elsewhere names that source; what follows from the
    events names theirs; any other is from one of the record's own.
    """
    sources: list[Mapping[str, Any]] = []

    def number(source: Mapping[str, Any]) -> int:
        key = _key(source)
        for place, known in enumerate(sources, 1):
            if _key(known) == key:
                return place
        sources.append({"title": None, "publisher": None, "date": None, "url": None, "via": None, **source})
        return len(sources)

    own = tuple(dict.fromkeys(number(source) for source in block["sources"]))
    events = tuple(dict.fromkeys(number(e["source"]) for e in block["events"] if e["source"]))
    numbers: dict[str, tuple[int, ...]] = {}
    confidence: dict[str, str] = {}
    for name in FIGURES:
        find = block["field_sources"].get(name)
        numbers[name] = own
        confidence[name] = block["confidence"]
        if name in FROM_EVENTS:
            numbers[name] = events or own
        if find:
            found = number(find["source"])
            # A find that agrees with the record stands beside the record's own sources.
            numbers[name] = tuple(dict.fromkeys((*own, found))) if find.get("agrees") else (found,)
            confidence[name] = block["confidence"] if find.get("agrees") else find["confidence"]
    for disagreement in block["contradictions"]:
        for value in disagreement["values"]:
            if value.get("source"):
                number(value["source"])
    return Footnotes(sources, numbers, confidence)


def _key(source: Mapping[str, Any]) -> tuple[Any, ...]:
    return source.get("url"), source.get("title"), source.get("publisher"), source.get("date")


def say_numbers(numbers: Sequence[int]) -> str:
    """1–4, 7."""
    runs: list[list[int]] = []
    for one in sorted(numbers):
        if runs and one == runs[-1][-1] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def list_figures(block: Mapping[str, Any], footnotes: Footnotes) -> list[dict[str, Any]]:
    """Every figure with value, unit, source numbers and confidence; one that is not known has the value null."""
    found = []
    for name, unit in FIGURES.items():
        value = [block["lon"], block["lat"]] if name == "position" else block[name]
        others = [c for c in block["contradictions"] if c["field"] == name]
        known = value is not None and value != []
        found.append(
            {
                "figure": name,
                "label": FIELD_WORDS.get(name) or format_slug(name),
                "value": value if known else None,
                "unit": unit if known else None,
                "known": known,
                "computed": name in COMPUTED,
                "sources": list(footnotes.numbers[name]) if known else [],
                "confidence": footnotes.confidence[name] if known else None,
                "sources_disagree": [v for c in others for v in c["values"]],
            }
        )
    return found
