"""A block's events as a picture: years as an axis, each dated event as a mark, in units of the drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.wording import EVENT_WORDS, format_date, format_slug

WIDTH, MARGIN = 720.0, 24.0
# So much room a mark's words take before another mark may stand in the same row.
_LETTER, _GAP = 6.6, 26.0


class Heights(NamedTuple):
    """Of a row of marks, and of the axis with its years."""

    row: float
    axis: float


HEIGHTS = Heights(26.0, 24.0)


class Mark(NamedTuple):
    """`x`: where its day, or the middle of its month or year, lies. `row`: from 0, so that no two texts meet."""

    x: float
    row: int
    words: str
    day: str
    kind: str
    right: bool  # whether the words stand right of the mark, else left


class Timeline(NamedTuple):
    marks: list[Mark]
    years: list[tuple[float, int]]
    height: float
    undated: int


def draw_timeline(events: Sequence[Mapping[str, Any]]) -> Timeline | None:
    """The events that have a date; None where fewer than two have one, as one needs no axis."""
    dated = sorted(((_middle(e["date"]), e) for e in events if e["date"]), key=lambda pair: pair[0])
    if len({day for day, _ in dated}) < 2:
        return None
    first, last = date(dated[0][0].year, 1, 1), date(dated[-1][0].year + 1, 1, 1)
    span = (last - first).days

    def place(day: date) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (day - first).days / span, 1)

    ends: list[list[tuple[float, float]]] = []
    marks = []
    for day, event in dated:
        words = EVENT_WORDS.get(event["kind"]) or format_slug(event["kind"])
        x, length = place(day), len(words) * _LETTER + _GAP
        right = x + length <= WIDTH
        taken = (x - 8, x + length) if right else (x - length, x + 8)
        row = next((n for n, row in enumerate(ends) if all(taken[1] < a or b < taken[0] for a, b in row)), len(ends))
        if row == len(ends):
            ends.append([])
        ends[row].append(taken)
        marks.append(Mark(x, row, words, format_date(event["date"]), event["kind"], right))
    years = [(place(date(year, 1, 1)), year) for year in range(first.year, last.year + 1)]
    return Timeline(marks, years, HEIGHTS.axis + HEIGHTS.row * len(ends) + 12, len(events) - len(dated))


def _middle(text: str) -> date:
    """A day; of a month its 15th, of a year its 1 July."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return date(parts[0], 7, 1)
    return date(parts[0], parts[1], parts[2] if len(parts) > 2 else 15)
