"""Five years of events for synthetic blocks: each block follows one of a few courses, at its own pace."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.ingest.history import OFFER_KINDS
from app.ingest.synth.plan import Integers
from app.values import CONCESSIONS

FIRST_DAY, LAST_DAY = date(2021, 11, 1), date(2026, 10, 31)
DAYS = (LAST_DAY - FIRST_DAY).days
TRANCHE_DAYS = 122  # three tranches a year
LICENCE = "licence"  # becomes the kind of event by which the block's concession is granted
GRANT = {"CL": "composite_licence_granted", "EL": "licence_granted", "ML": "lease_executed"}

# Course, and how many of 1,000 blocks follow it.
COURSES: dict[tuple[str, ...], int] = {
    ("offered",): 260,
    ("announced",): 130,
    ("offered", "preferred_bidder"): 140,
    ("offered", "annulled"): 130,
    ("offered", "annulled", "re-offered"): 90,
    ("offered", "annulled", "re-offered", "annulled"): 60,
    ("offered", "annulled", "re-offered", "preferred_bidder"): 50,
    ("offered", "preferred_bidder", "letter_of_intent"): 40,
    ("offered", "annulled", "re-offered", "annulled", "re-offered"): 25,
    ("offered", "preferred_bidder", "letter_of_intent", LICENCE): 25,
    (): 15,
    ("announced", "offered", "preferred_bidder", "letter_of_intent", "clearance", LICENCE): 12,
    ("offered", "annulled", "re-offered", "preferred_bidder", "letter_of_intent", LICENCE): 8,
    ("offered", "preferred_bidder", "on_hold", "cancelled"): 7,
    ("offered", "preferred_bidder", "letter_of_intent", LICENCE, "producing"): 5,
    ("offered", "cancelled"): 3,
}
# Days since the event before: least and most.
GAPS = {
    "announced": (0, 1),
    "offered": (30, 300),
    "annulled": (70, 200),
    "re-offered": (60, 150),  # with an annulment always longer than a tranche: the offer is in a later one
    "preferred_bidder": (90, 240),
    "letter_of_intent": (30, 150),
    "clearance": (60, 300),
    LICENCE: (90, 400),
    "producing": (150, 500),
    "on_hold": (30, 200),
    "cancelled": (60, 300),
}
NOTES = {
    "announced": "made up: handed over for auction",
    "offered": "made up: notice inviting tender",
    "annulled": "made up: fewer than three technically qualified bidders",
    "re-offered": "made up: second or later attempt",
    "preferred_bidder": "made up: highest final price offer",
    "on_hold": "made up: held up",
}
_ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV".split()
_TRANCHES = ["null", *(json.dumps(number) for number in _ROMAN)]
_DATES = [(FIRST_DAY + timedelta(days=day)).isoformat() for day in range(DAYS + 1)]


class Histories(NamedTuple):
    """What happened to a batch of blocks."""

    events: list[str]  # JSON
    first_year: list[int]  # of the first event, or of the first day where there is none
    has_bidder: NDArray[np.bool_]  # a preferred bidder stands


class _Courses(NamedTuple):
    """COURSES as tables: a row per course, a column per event, unused columns 0."""

    kinds: list[tuple[str, ...]]
    shares: NDArray[np.float64]
    length: Integers
    least: Integers
    most: Integers
    is_offer: NDArray[np.bool_]
    has_bidder: NDArray[np.bool_]


def _tabulate() -> _Courses:
    kinds = list(COURSES)
    width = max(map(len, kinds))
    gaps = np.zeros((2, len(kinds), width), dtype=np.int64)
    for row, course in enumerate(kinds):
        for column, kind in enumerate(course[1:], 1):
            gaps[:, row, column] = GAPS[kind]
    is_offer = np.array([[k in OFFER_KINDS for k in course] + [False] * (width - len(course)) for course in kinds])
    bidder = ["preferred_bidder" in course and "cancelled" not in course for course in kinds]
    shares = np.array(list(COURSES.values())) / sum(COURSES.values())
    return _Courses(kinds, shares, np.array([*map(len, kinds)]), gaps[0], gaps[1], is_offer, np.array(bidder))


_TABLE = _tabulate()


def _template(course: tuple[str, ...], concession: str) -> str:
    """The events as JSON, with a place for each date and tranche."""
    events: list[dict[str, Any]] = []
    for seq, step in enumerate(course, 1):
        kind = GRANT[concession] if step == LICENCE else step
        events.append(
            {"seq": seq, "date": "%s", "kind": kind, "tranche": "%t", "note": NOTES.get(step), "source": None}
        )
    return json.dumps(events, separators=(",", ":")).replace('"%t"', "%s")


_TEMPLATES = [[_template(course, concession) for concession in CONCESSIONS] for course in _TABLE.kinds]


def make_histories(rng: np.random.Generator, concession: Integers, in_tranches: NDArray[np.bool_]) -> Histories:
    """Events by each block's concession (place in CONCESSIONS); only some auctions are counted in tranches."""
    count = len(concession)
    course = rng.choice(len(_TABLE.kinds), count, p=_TABLE.shares)
    least, most = _TABLE.least[course], _TABLE.most[course]
    after = np.cumsum(least + np.floor(rng.random(least.shape) * (most - least)).astype(np.int64), axis=1)
    start = np.floor(rng.random(count) * (DAYS - after[:, -1])).astype(np.int64)
    day = start[:, None] + after
    offered = np.maximum.accumulate(np.where(_TABLE.is_offer[course], day, -1), axis=1)
    tranche = np.where((offered < 0) | ~in_tranches[:, None], 0, offered // TRANCHE_DAYS + 1)
    rows = zip(
        course.tolist(),
        concession.tolist(),
        _TABLE.length[course].tolist(),
        day.tolist(),
        tranche.tolist(),
        strict=True,
    )
    events = [
        _TEMPLATES[c][held]
        % tuple(v for d, t in zip(days[:n], tranches, strict=False) for v in (_DATES[d], _TRANCHES[t]))
        for c, held, n, days, tranches in rows
    ]
    first_year = [int(_DATES[d][:4]) for d in start.tolist()]
    return Histories(events, first_year, _TABLE.has_bidder[course])
