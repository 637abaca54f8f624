"""Whether a record's facts agree with each other and with the calendar.

Types and closed lists are what app.ingest.records checks; here is what a value may be and still not make sense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from app.ingest.checks.findings import Finding

if TYPE_CHECKING:
    from app.ingest.reading import Record

Fault = tuple[str | None, str, str, str]  # column, rule, message, mend

# What must have come before an event, at some time; one of these is enough.
_NEEDS = {
    "preferred_bidder": {"offered", "re-offered"},
    "letter_of_intent": {"preferred_bidder"},
    "composite_licence_granted": {"preferred_bidder", "letter_of_intent"},
    "lease_executed": {"preferred_bidder", "letter_of_intent", "composite_licence_granted", "licence_granted"},
    "annulled": {"offered", "re-offered"},
    "re-offered": {"offered", "annulled", "re-offered"},
}
# What ends an offer: only these may follow at once.
_AFTER = {
    "annulled": {"offered", "re-offered", "announced", "cancelled", "on_hold", "clearance"},
    "cancelled": {"offered", "re-offered", "announced"},
    "producing": {"on_hold", "clearance", "producing", "cancelled"},
}
# Premiums of Indian auctions have reached 835 %; beyond this a decimal point is likely lost.
_HIGHEST_PREMIUM = 2_000.0
# No Indian block is larger: exploration-licence areas end at 1,000 km².
_LARGEST_HA = 200_000.0
_EARLIEST = "1700"
_DATES = ("stage_date", "recognised_on", "indian_interest_as_of", "as_of")
# Concessions that need a stage of exploration: Minerals (Evidence of Mineral Contents) Rules 2015.
_ENOUGH_FOR_A_LEASE = {"G2", "G1", None}


def check_facts(collection: str, records: Sequence[Record]) -> list[Finding]:
    """Ranges, dates, transitions of each record."""
    today = datetime.now(UTC).date().isoformat()
    checks: list[Callable[[dict[str, Any], str], Iterator[Fault]]] = [_dates]
    if collection == "blocks":
        checks += [_block_ranges, _events]
    if collection == "processing-units":
        checks.append(_years)
    if not any(name in records[0].properties for name in _DATES):
        checks.remove(_dates)
    return [
        Finding(record.number, record.id, column, "warning", rule, message, mend)
        for record in records
        for check in checks
        for column, rule, message, mend in check(record.properties, today)
    ]


def _dates(properties: dict[str, Any], today: str) -> Iterator[Fault]:
    for name in _DATES:
        day = properties.get(name)
        if isinstance(day, str) and not _EARLIEST <= day <= today:
            yield name, "date", f"“{day}” lies in the future or before {_EARLIEST}.", "Correct the date."


def _block_ranges(properties: dict[str, Any], today: str) -> Iterator[Fault]:
    premium, area = properties.get("premium_percent"), properties.get("area_ha")
    if isinstance(premium, int | float) and premium > _HIGHEST_PREMIUM:
        yield (
            "premium_percent",
            "range",
            f"A premium of {premium:,} % is higher than any known.",
            "Look for a lost point.",
        )
    if isinstance(area, int | float) and area > _LARGEST_HA:
        yield (
            "area_ha",
            "range",
            f"An area of {area:,} ha is larger than any block's.",
            "Give hectares, not square metres.",
        )
    if properties.get("concession") == "ML" and properties.get("stage") not in _ENOUGH_FOR_A_LEASE:
        yield (
            "stage",
            "transition",
            f"A mining lease (ML) is offered at stage {properties['stage']}; it needs G2.",
            "Look whether a composite licence (CL) is meant, or the stage has moved on.",
        )


def _events(properties: dict[str, Any], today: str) -> Iterator[Fault]:
    """Events in their given order: what follows what, and dates that run backwards."""
    events = properties.get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return
    for message in _transitions(tuple(str(event.get("kind")) for event in events)):
        yield "events", "transition", message, "Add the event that is missing, or correct the order (seq)."
    last = ""
    for event in events:
        day = event.get("date")
        if not isinstance(day, str):
            continue
        if day > today:
            yield (
                "events",
                "date",
                f"The event “{event.get('kind')}” is dated {day}, in the future.",
                "Correct the date.",
            )
        # A date such as 2026-03 is a whole month: compare what both have.
        if day[: len(last)] < last[: len(day)]:
            yield (
                "events",
                "date",
                f"The event “{event.get('kind')}” of {day} stands after one of {last}.",
                "Events count in their order (seq): correct the order or the date.",
            )
        last = day


@lru_cache(maxsize=10_000)
def _transitions(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """What is odd in the order of these events."""
    messages = []
    seen: set[str] = set()
    for kind in kinds:
        # A history that begins in the middle is a gap of the sources, no contradiction.
        if seen and kind in _NEEDS and not seen & _NEEDS[kind]:
            messages.append(f"“{kind}” has none of {', '.join(sorted(_NEEDS[kind]))} before it.")
        seen.add(kind)
    for before, after in pairwise(kinds):
        if before in _AFTER and after not in _AFTER[before]:
            messages.append(f"“{after}” follows at once on “{before}”.")
    return tuple(messages)


def _years(properties: dict[str, Any], today: str) -> Iterator[Fault]:
    announced, commissioned = properties.get("announced_year"), properties.get("commissioned_year")
    if isinstance(announced, int) and isinstance(commissioned, int) and commissioned < announced:
        yield (
            "commissioned_year",
            "date",
            f"It was commissioned in {commissioned}, before it was announced in {announced}.",
            "Correct the year that is wrong.",
        )
    if isinstance(commissioned, int) and commissioned > int(today[:4]):
        yield "commissioned_year", "date", f"{commissioned} lies in the future.", "Use expected_year."
