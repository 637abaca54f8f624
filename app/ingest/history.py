"""What a block's events say of it: status, offers, attempts. Nothing of this is ever typed by hand."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from app.ingest.records import Event, Source
from app.values import STATUS_AFTER

OFFER_KINDS = frozenset({"offered", "re-offered"})


class Standing(NamedTuple):
    """Where a block stands after its events."""

    status: str | None
    since: str | None  # as dated: 2026, 2026-03 or 2026-03-23
    tranches: list[str]
    attempts: int | None


class OfferRecord(NamedTuple):
    """One offer, from its notice to its result."""

    attempt: int
    tranche: str | None
    offered_on: str | None
    result: str | None
    result_on: str | None
    note: str | None
    documents: list[Source]


NOTHING_YET = Standing(None, None, [], None)


def standing_after(events: Sequence[Event]) -> Standing:
    """Status, tranches and attempts after `events`, taken in their given order, not by date."""
    return next(reversed(standings_after_each(events)), NOTHING_YET)


def standings_after_each(events: Sequence[Event]) -> list[Standing]:
    """Where the block stands after each event."""
    status = since = None
    tranches: list[str] = []
    attempts = 0
    found = []
    for event in events:
        if event.kind in STATUS_AFTER:
            status, since = STATUS_AFTER[event.kind], event.date
        if event.kind in OFFER_KINDS:
            attempts += 1
            if event.tranche and event.tranche not in tranches:
                tranches = [*tranches, event.tranche]
        found.append(Standing(status, since, tranches, attempts or None))
    return found


def offers_of(events: Sequence[Event], sources: Sequence[Source]) -> list[OfferRecord]:
    """The offers among `events`: each begins with a notice and ends where the next one begins."""
    starts = [i for i, e in enumerate(events) if e.kind in OFFER_KINDS]
    offers = []
    ends = [*starts[1:], len(events)]
    for attempt, start in enumerate(starts, 1):
        end = ends[attempt - 1]
        notice, later = events[start], events[start + 1 : end]
        outcome = next((e for e in reversed(later) if e.kind in STATUS_AFTER), None)
        offers.append(
            OfferRecord(
                attempt,
                notice.tranche,
                notice.date,
                STATUS_AFTER[outcome.kind] if outcome else None,
                outcome.date if outcome else None,
                outcome.note if outcome else notice.note,
                [s for s in sources if notice.tranche and _names_tranche(s.title, notice.tranche)],
            )
        )
    return offers


@lru_cache(maxsize=4096)
def _names_tranche(title: str | None, tranche: str) -> bool:
    """True where the title names this very tranche: "Tranche II" is not "Tranche III"."""
    words = (title or "").replace(",", " ").replace(")", " ").replace("(", " ").split()
    return any(a.casefold() == "tranche" and b == tranche for a, b in pairwise(words))


def counts_from(events: Sequence[Event]) -> list[str | None]:
    """The day from which each event counts for `as_of`: the last day of its date, but never later than the next dated
    event's; None where neither is known.
    """
    days: list[str | None] = []
    following: str | None = None
    for event in reversed(events):
        day = _last_day(event.date)
        # Days as ISO texts stand in the order of the calendar.
        if day is None or (following is not None and following < day):
            day = following
        days.append(day)
        following = day
    return days[::-1]


def standings_of(
    events: Sequence[Event], days: Sequence[str | None], standings: Sequence[Standing]
) -> list[dict[str, Any]]:
    """Where a block stood from which day on, oldest first: what `as_of` answers from.

    `days` and `standings` are those of the events. An event without a day, and whatever comes after it, counts for no
    day.
    """
    found: dict[str, dict[str, Any]] = {}
    has_bidder = False
    for event, day, standing in zip(events, days, standings, strict=True):
        has_bidder = has_bidder or event.kind == "preferred_bidder"
        if day is None:
            continue
        found[day] = {
            "from_day": day,
            "status": standing.status,
            "status_since": standing.since,
            "status_period": days_of(standing.since),
            "tranches": standing.tranches,
            "latest_tranche": standing.tranches[-1] if standing.tranches else None,
            "attempts": standing.attempts,
            "has_bidder": has_bidder,
        }
    return list(found.values())


@lru_cache(maxsize=4096)
def days_of(text: str | None) -> str | None:
    """A date's days as PostgreSQL writes a range."""
    period = period_of(text)
    return f"[{period[0]},{period[1]}]" if period else None


@lru_cache(maxsize=4096)
def _last_day(text: str | None) -> str | None:
    period = period_of(text)
    return period[1].isoformat() if period else None


@lru_cache(maxsize=4096)
def period_of(text: str | None) -> tuple[date, date] | None:
    """First and last day of a date given as year, month or day; None where it is unknown."""
    if text is None:
        return None
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    last_month = month or 12
    return first, date(year, last_month, day or monthrange(year, last_month)[1])
