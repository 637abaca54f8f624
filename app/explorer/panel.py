"""Facets as the page shows them: groups of choices with words, and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.dossier import tranche_order
from app.explorer.words import FACET_TITLES, say_value
from app.languages import gettext as _
from app.queries.facets import Choice, Facets, Histogram
from app.queries.tallies import SINCE
from app.queries.vocabulary import Vocabulary
from app.values import BLOCK_ASSET_CLASSES, CONCESSIONS, POSITION_ACCURACIES, STAGES, UNKNOWN
from app.wording import STATUS_WORDS, group_digits

# Lists that have an order of their own; the others go by their words.
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "status": tuple(STATUS_WORDS),
    "stage": STAGES[::-1],
    "concession": CONCESSIONS,
    "asset_class": BLOCK_ASSET_CLASSES,
    "position_accuracy": POSITION_ACCURACIES,
}
# These are open when the page opens; the others when something in them is chosen.
_OPEN = ("mineral", "state", "status", "stage")
_BAR_WIDTH, _BAR_HEIGHT = 20.0, 40.0


@dataclass(frozen=True, slots=True)
class PageChoice:
    """A box to tick. `value`: as the address has it."""

    value: str
    words: str
    count: int
    selected: bool


class Section(NamedTuple):
    """Choices under one heading; no heading where the group has but one section."""

    title: str
    choices: list[PageChoice]


class Group(NamedTuple):
    """One filter with its choices."""

    name: str
    title: str
    sections: list[Section]
    chosen: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: what it holds in words, where it stands and how high it is, in a box 40 high."""

    words: str
    count: int
    x: float
    height: float
    least: str
    most: str


class Bars(NamedTuple):
    bars: list[Bar]
    width: float
    unknown: int


def groups_of(facets: Facets, vocabulary: Vocabulary, asked: Mapping[str, str]) -> list[Group]:
    """The list filters in the order of the page.

    `asked`: the filters as the address has them. A mineral that it names beside a broader one is ticked as well,
    though it adds nothing: the form says what the address says.
    """
    groups = []
    for name, title in FACET_TITLES.items():
        named = asked.get(name, "").split(",")
        choices = [_page_choice(name, choice, vocabulary, named) for choice in _in_order(name, facets.choices[name])]
        chosen = sum(choice.selected for choice in choices)
        groups.append(Group(name, title, _sections(name, choices, vocabulary), chosen, name in _OPEN or bool(chosen)))
    return groups


def _in_order(name: str, choices: list[Choice]) -> list[Choice]:
    if name == "tranche":
        return sorted(choices, key=lambda c: (c.value == UNKNOWN, *tranche_order(c.value)))
    order = _ORDERS.get(name)
    if order is None:
        return choices
    return sorted(choices, key=lambda c: (c.value == UNKNOWN, order.index(c.value) if c.value in order else len(order)))


def _page_choice(name: str, choice: Choice, vocabulary: Vocabulary, named: Sequence[str]) -> PageChoice:
    value = choice.value
    if name == "state" and (state := vocabulary.find_state(value)):
        value = state.slug
    return PageChoice(value, say_value(name, value, vocabulary), choice.count, choice.selected or value in named)


def _sections(name: str, choices: list[PageChoice], vocabulary: Vocabulary) -> list[Section]:
    """Critical minerals apart from the others."""
    if name != "mineral":
        return [Section("", choices)]
    critical = {slug for slug, word in vocabulary.minerals.items() if word.critical}
    return [
        Section(_("Critical minerals"), [c for c in choices if c.value in critical]),
        Section(_("Other minerals"), [c for c in choices if c.value not in critical]),
    ]


def bars_of(facets: Facets) -> dict[str, Bars]:
    """The histograms, as bars."""
    return {name: _bars(name, histogram) for name, histogram in facets.histograms.items()}


def _bars(name: str, histogram: Histogram) -> Bars:
    edges = histogram.edges
    highest = max(histogram.counts, default=0) or 1
    bars: list[Bar] = []
    for place, count in enumerate(histogram.counts):
        if name == SINCE and place == 0:
            continue
        least, most = _bounds(name, edges, place)
        words = least[:4] if name == SINCE else _between(name, least, most)
        x = len(bars) * _BAR_WIDTH
        height = 0.0 if not count else max(2.0, round(_BAR_HEIGHT * count / highest, 1))
        bars.append(Bar(words, count, x, height, least, most))
    return Bars(bars, len(bars) * _BAR_WIDTH, histogram.unknown)


def _bounds(name: str, edges: tuple[float, ...], place: int) -> tuple[str, str]:
    """The filter's bounds that hold the bar; a bar ends just before its edge, the filter on it."""
    if name == SINCE:
        year = f"{edges[place - 1]:.0f}"
        return f"{year}-01-01", f"{year}-12-31"
    return (f"{edges[place - 1]:g}" if place else "", f"{edges[place]:g}" if place < len(edges) else "")


def _between(name: str, least: str, most: str) -> str:
    unit = "%" if name == "premium_percent" else " " + _("ha")
    first, last = (group_digits(f"{float(text):,g}") + unit if text else "" for text in (least, most))
    if not least:
        return _("under %(most)s", most=last)
    if not most:
        return _("%(least)s and more", least=first)
    return _("%(least)s to %(most)s", least=first.removesuffix(unit), most=last)
