"""Facets: how many records each choice of a filter would find, with all other filters as they are."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.filters import LIST_COLUMNS
from app.queries.tallies import EDGES, SINCE, Tally, tally
from app.queries.vocabulary import Vocabulary
from app.values import UNKNOWN, Selection


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a facet. `count`: what the answer would have with it alone in its facet."""

    value: str
    title: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """Records by a number or a year. `counts[i]` lie from `edges[i - 1]` up to, not including, `edges[i]`."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    unknown: int


class Facets(NamedTuple):
    choices: dict[str, list[Choice]]
    histograms: dict[str, Histogram]


def facets_of(collection: Collection) -> tuple[str, ...]:
    """The list filters that the collection knows, but for ids."""
    return tuple(n for n, column in LIST_COLUMNS.items() if n != "ids" and collection.column(column) is not None)


def histograms_of(collection: Collection) -> tuple[str, ...]:
    return tuple(name for name in (*EDGES, SINCE) if collection.column(name) is not None)


def list_facets(
    session: Session, view: View, selection: Selection, vocabulary: Vocabulary, question: Hashable
) -> Facets:
    """All facets of a selection, with every choice that any record has, also where it would find nothing now.

    `question` tells the view from every other: the data's edition, the collection and the moment.
    """
    names = (*facets_of(view.collection), *histograms_of(view.collection))
    found = tally(session, view, {name: _without(selection, name) for name in names}, vocabulary, question)
    everything = tally(session, view, dict.fromkeys(names, Selection()), vocabulary, question)
    wanted = dict(selection.lists)
    choices = {
        name: _choices(name, everything[name], found[name], wanted.get(name, ()), vocabulary)
        for name in facets_of(view.collection)
    }
    return Facets(choices, {name: _histogram(name, found[name]) for name in histograms_of(view.collection)})


def _without(selection: Selection, name: str) -> Selection:
    if name == SINCE:
        return selection.without_period()
    return selection.without_range(name) if name in EDGES else selection.without(name)


def _choices(name: str, everything: Tally, found: Tally, wanted: Sequence[str], vocabulary: Vocabulary) -> list[Choice]:
    """Choices in the order of their words; those that are selected are there even where no record has them."""
    words = {value: value for value in everything.used}
    if name == "mineral":
        # A broader mineral is a choice where a narrower one is in use.
        words = {m.slug: m.name for m in vocabulary.minerals.values() if not words.keys().isdisjoint(m.finds)}
    if name == "state":
        words = {s.code: s.name for s in vocabulary.states.values() if s.code in words}
    if everything.unknown:
        words[UNKNOWN] = UNKNOWN
    selected = _selected(name, wanted, vocabulary)
    for value in selected:
        words.setdefault(value, value)
    # A value may be called as the null is; the filter means the null.
    counts = {**found.counts, UNKNOWN: found.unknown}
    folded = name == "district"
    return [
        Choice(value, title, counts.get(value.casefold() if folded else value, 0), value in selected)
        for value, title in sorted(words.items(), key=lambda item: (item[0] == UNKNOWN, item[1].casefold()))
    ]


def _selected(name: str, wanted: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """The choices that were made. A broader mineral stands for all that it finds."""
    if name != "mineral":
        return list(wanted)
    broad = [m for m in vocabulary.minerals.values() if len(m.finds) > 1 and set(m.finds) <= set(wanted)]
    covered = {slug for m in broad for slug in m.finds if slug != m.slug}
    return [slug for slug in wanted if slug not in covered]


def _histogram(name: str, found: Tally) -> Histogram:
    counts = {int(value): count for value, count in found.counts.items()}
    if name in EDGES:
        edges = EDGES[name]
        return Histogram(edges, tuple(counts.get(i, 0) for i in range(len(edges) + 1)), found.unknown)
    # By years: the first bar holds nothing, as nothing is older than the oldest.
    years = tuple(float(y) for y in range(min(counts), max(counts) + 1)) if counts else ()
    return Histogram(years, (0, *(counts.get(int(y), 0) for y in years)) if years else (), found.unknown)
