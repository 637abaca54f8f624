"""The history of a block: events in their given order, the source of each where it is certain, the status."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .records import CatalogueError, Json, Record

STATUS_BY_KIND: dict[str, str | None] = {
    "announced": "under_exploration",
    "offered": "offered",
    "re-offered": "offered",
    "annulled": "annulled",
    "preferred_bidder": "preferred_bidder_declared",
    "letter_of_intent": "letter_of_intent",
    "composite_licence_granted": "licence_granted",
    "licence_granted": "licence_granted",
    "lease_executed": "lease_executed",
    "producing": "producing",
    "cancelled": "cancelled",
    "on_hold": None,
    "clearance": None,
}
ROMAN = re.compile(r"^[IVX]+$")
# A note that tells of a second step: it becomes an event of its own, so that the status follows from the events.
LETTER_ISSUED = "; letter of intent issued"
OFFERS = ("offered", "re-offered")
# Short forms in the catalogue's notes, written out for the reader.
WRITTEN_OUT = {
    "NIT issued; first offer": "notice inviting tender issued; first offer by the Centre",
    "NIT issued; offer no. 2": "notice inviting tender issued; second offer by the Centre",
    "NIT issued; offer no. 3": "notice inviting tender issued; third offer by the Centre",
    "NIT date in the MSTC table": "date of the notice inviting tender in the table of MSTC",
}
ENDED = re.compile(r"annul|scrap|cancel", re.IGNORECASE)
TENDER_PAPERS = ("Notice Inviting Tender", "Mineral block summary")


def make_events(name: str, events: list[Json], sources: list[Json]) -> list[Json]:
    made: list[Json] = []
    for values in events:
        event = Record(f"{name} event", values)
        date, kind, tranche, note = (event.take(key) for key in ("date", "kind", "tranche", "note"))
        event.close()
        if kind not in STATUS_BY_KIND:
            raise CatalogueError(f"{name}: event kind {kind}")
        source = match_source(date, kind, tranche, note, sources)
        made.append({"date": date, "kind": kind, "tranche": tranche, "note": write_out(note), "source": source})
        if kind == "preferred_bidder" and note.endswith(LETTER_ISSUED):
            made.append({"date": None, "kind": "letter_of_intent", "tranche": tranche,
                         "note": "letter of intent issued; its date is not stated", "source": source})  # fmt: skip
    return [{"seq": seq, **event} for seq, event in enumerate(made, 1)]


def write_out(note: str | None) -> str | None:
    """The note without short forms that only the catalogue's makers know."""
    if note is None:
        return None
    return WRITTEN_OUT.get(note, note.replace("IBM yearbook 2024", "Indian Minerals Yearbook 2024"))


def match_source(date: str | None, kind: str, tranche: str | None, note: str, sources: list[Json]) -> Json | None:
    """The one source that certainly speaks of this event, else None. The rules stand in the README."""
    if kind in OFFERS and tranche and ROMAN.match(tranche):
        return _only(s for s in sources if s["title"].startswith(f"Notice Inviting Tender, Tranche {tranche} "))
    if "IBM yearbook 2024" in note:
        return _only(s for s in sources if s["title"].startswith("Indian Minerals Yearbook 2024"))
    reports = [s for s in sources if s["title"] and not s["title"].startswith(TENDER_PAPERS)]
    if kind in ("annulled", "cancelled"):
        reports = [s for s in reports if ENDED.search(s["title"])]
    same_time = [s for s in reports if date and s["date"] == date]
    same_time = same_time or [s for s in reports if date and (s["date"] or "").startswith(f"{date}-")]
    if len(same_time) > 1:  # the press repeating a government release of that day
        same_time = [s for s in same_time if s["publisher"].startswith("Press Information Bureau")] or same_time
    return _only(same_time) or _only(s for s in reports if _reports_result(kind, tranche, s["title"]))


def _reports_result(kind: str, tranche: str | None, title: str) -> bool:
    """True where the title names this tranche and this kind of outcome."""
    if not (tranche and ROMAN.match(tranche)):
        return False
    if kind == "preferred_bidder":
        return title == f"MSTC auction result table, Tranche {tranche}"
    return kind == "annulled" and bool(
        re.search(rf"Tranche {tranche} auctions annulled|annulled in Tranche {tranche}\b", title)
    )


def _only(found: Iterable[Json]) -> Json | None:
    candidates = list(found)
    return candidates[0] if len(candidates) == 1 else None


def derive_status(events: list[Json]) -> str | None:
    """The status that the last telling event gives."""
    told = [status for event in events if (status := STATUS_BY_KIND[event["kind"]])]
    return told[-1] if told else None


def check_history(name: str, events: list[Json], status: str, tranches: list[str]) -> None:
    """Raises CatalogueError unless the catalogue's status and central tranches follow from the events."""
    if derive_status(events) != status:
        raise CatalogueError(f"{name}: status {status}, but the events say {derive_status(events)}")
    offered = [e["tranche"] for e in events if e["kind"] in OFFERS and e["tranche"] and ROMAN.match(e["tranche"])]
    if list(dict.fromkeys(offered)) != tranches:
        raise CatalogueError(f"{name}: tranches {tranches}, but the events say {offered}")
