"""Facets: how many records each choice of a filter would find, with all other filters as they are."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ARRAY as AnyArray
from sqlalchemy import ColumnElement, Float, Text, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.filters import LIST_COLUMNS, where
from app.queries.columns import Columns, Mask, find_columns, find_places, is_plain, peek_columns, select_records
from app.queries.counts import count_known
from app.queries.items import get_extent
from app.queries.records import RowPage, list_page, list_page_of
from app.queries.vocabulary import Vocabulary
from app.values import UNKNOWN, BBox, Page, Selection

# Where one bar of a histogram ends and the next begins: hectares, and per cent of the value of mineral despatched.
EDGES: Mapping[str, tuple[float, ...]] = {
    "area_ha": (10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
    "premium_percent": (5, 10, 25, 50, 100, 200, 400),
}
SINCE = "status_since"
# Groups of so many records are worth remembering; fewer are counted in no time.
_WORTH_KEEPING = 10_000
_MOST_KEPT = 500
_kept: OrderedDict[tuple[int, Hashable], list[Group]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are alike in one facet: the values they have there, none where it is unknown."""

    facet: str
    values: tuple[str, ...]
    count: int


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
    found = _count(session, view, {name: _without(selection, name) for name in names}, question)
    everything = _count(session, view, dict.fromkeys(names, Selection()), question)
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


def _count(session: Session, view: View, asked: Mapping[str, Selection], question: Hashable) -> dict[str, list[Group]]:
    """The groups of each facet, one statement for all facets that are asked of the same records."""
    together: dict[Selection, list[str]] = {}
    for name, selection in asked.items():
        together.setdefault(selection, []).append(name)
    found: dict[str, list[Group]] = {name: [] for name in asked}
    for selection, names in together.items():
        for group in _groups(session, view, selection, tuple(names), question):
            found[group.facet].append(group)
    return found


def _groups(
    session: Session, view: View, selection: Selection, names: tuple[str, ...], question: Hashable
) -> list[Group]:
    key = (id(session.get_bind().engine), (question, selection, names))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    columns = find_columns(session, view, question)
    groups = (
        _read_groups(session, view, selection, names)
        if columns is None
        else _in_columns(columns, select_records(session, view, columns, selection, question), names)
    )
    if max((group.count for group in groups), default=0) >= _WORTH_KEEPING / 10:
        with _lock:
            _kept[key] = groups
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return groups


def count_matched(session: Session, view: View, selection: Selection, question: Hashable) -> int:
    """How many records a selection finds; of very many from the columns, where they tell it. `question` as above."""
    columns = find_columns(session, view, question)
    return _count_all(session, view, selection, question, columns)


def count_at_once(session: Session, view: View, selection: Selection, question: Hashable) -> int:
    """The same, from the columns only where they are at hand."""
    columns = peek_columns(session, view, question) if is_plain(selection) else None
    return _count_all(session, view, selection, question, columns)


def _count_all(session: Session, view: View, selection: Selection, question: Hashable, columns: Columns | None) -> int:
    if columns is None:
        return count_known(session, view, where(view, selection), (question, selection))
    mask = select_records(session, view, columns, selection, question)
    return columns.count if mask is None else int(np.count_nonzero(mask))


def get_matched_extent(session: Session, view: View, selection: Selection, question: Hashable) -> BBox | None:
    """The box around the records that a selection finds, degrees, EPSG:4326; None where there is none."""
    columns = find_columns(session, view, question)
    if columns is None:
        return get_extent(session, view, where(view, selection))
    return columns.extent(select_records(session, view, columns, selection, question))


def get_table_page(
    session: Session, view: View, selection: Selection, page: Page, matched: int, question: Hashable
) -> RowPage:
    """A page of the table of what a selection finds; of very many in an order that the columns know, from them."""
    columns = find_columns(session, view, question)
    mask = None if columns is None else select_records(session, view, columns, selection, question)
    places = None if columns is None else find_places(columns, mask, page)
    if places is None:
        return list_page(session, view, where(view, selection), page, matched)
    return list_page_of(session, view, places, page, matched)


def _in_columns(columns: Columns, mask: Mask | None, names: Sequence[str]) -> list[Group]:
    # Where they are, once for all facets: taking by place is several times faster than by a mask.
    places = None if mask is None else np.flatnonzero(mask)
    found = []
    for name in names:
        coded = columns.coded.get(name) or columns.bars(name, EDGES[name])
        counts = coded.count(places)
        found += [Group(name, coded.values[i], int(counts[i])) for i in np.flatnonzero(counts)]
    return found


def _read_groups(session: Session, view: View, selection: Selection, names: Sequence[str]) -> list[Group]:
    columns = {name: LIST_COLUMNS.get(name, name) for name in names}
    chosen = select(*(view.c[column] for column in dict.fromkeys(columns.values()))).where(where(view, selection)).cte()
    parts = []
    for name, column in columns.items():
        value = _value(name, chosen.c[column])
        parts.append(select(literal(name), value.label("value"), func.count()).group_by(value))
    return [
        Group(name, tuple(v for v in values or () if v is not None), count)
        for name, values, count in session.execute(union_all(*parts))
    ]


def _value(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What records are grouped by, as a list of texts."""
    if isinstance(column.type, AnyArray):
        return column
    if name in EDGES:
        return array([cast(func.width_bucket(column, cast(list(EDGES[name]), ARRAY(Float))), Text)])
    if name == SINCE:
        return array([func.left(column, 4)])
    return array([cast(column, Text)])


def _choices(
    name: str, everything: list[Group], found: list[Group], wanted: Sequence[str], vocabulary: Vocabulary
) -> list[Choice]:
    """Choices in the order of their words; those that are selected are there even where no record has them."""
    words = {v: v for group in everything for v in group.values}
    if name == "mineral":
        # A broader mineral is a choice where a narrower one is in use.
        words = {m.slug: m.name for m in vocabulary.minerals.values() if not words.keys().isdisjoint(m.finds)}
    if name == "state":
        words = {s.code: s.name for s in vocabulary.states.values() if s.code in words}
    if any(not group.values for group in everything):
        words[UNKNOWN] = UNKNOWN
    selected = _selected(name, wanted, vocabulary)
    for value in selected:
        words.setdefault(value, value)
    counts = _count_hits(name, found, vocabulary)
    folded = name == "district"
    return [
        Choice(value, title, counts[value.casefold() if folded else value], value in selected)
        for value, title in sorted(words.items(), key=lambda item: (item[0] == UNKNOWN, item[1].casefold()))
    ]


def _selected(name: str, wanted: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """The choices that were made. A broader mineral stands for all that it finds."""
    if name != "mineral":
        return list(wanted)
    broad = [m for m in vocabulary.minerals.values() if len(m.finds) > 1 and set(m.finds) <= set(wanted)]
    covered = {slug for m in broad for slug in m.finds if slug != m.slug}
    return [slug for slug in wanted if slug not in covered]


def _count_hits(name: str, groups: list[Group], vocabulary: Vocabulary) -> Counter[str]:
    """How many records the filter finds with each value alone; districts by their names in lower case."""
    counts: Counter[str] = Counter()
    broader = _found_by(vocabulary) if name == "mineral" else {}
    for group in groups:
        hit: set[str] = set()
        for value in group.values:
            if name == "district":
                hit.update(_names_of_district(value))
            else:
                hit.update(broader.get(value, (value,)))
        for value in hit:
            counts[value] += group.count
    # A value may be called as the null is; the filter means the null.
    counts[UNKNOWN] = sum(group.count for group in groups if not group.values)
    return counts


def _found_by(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Mineral → those that find it when they are asked for: itself and what is broader."""
    found: dict[str, list[str]] = {}
    for word in vocabulary.minerals.values():
        for slug in word.finds:
            found.setdefault(slug, []).append(word.slug)
    return found


def _names_of_district(text: str) -> Iterable[str]:
    """A district's name, and without what stands behind it in brackets."""
    return text.casefold(), text.split(" (")[0].casefold()


def _histogram(name: str, groups: list[Group]) -> Histogram:
    counts = {int(group.values[0]): group.count for group in groups if group.values}
    unknown = sum(group.count for group in groups if not group.values)
    if name in EDGES:
        edges = EDGES[name]
        return Histogram(edges, tuple(counts.get(i, 0) for i in range(len(edges) + 1)), unknown)
    # By years: the first bar holds nothing, as nothing is older than the oldest.
    years = tuple(float(y) for y in range(min(counts), max(counts) + 1)) if counts else ()
    return Histogram(years, (0, *(counts.get(int(y), 0) for y in years)) if years else (), unknown)


def forget_all() -> None:
    """Let all that is kept go: for tests, whose records come and go within one edition."""
    with _lock:
        _kept.clear()
