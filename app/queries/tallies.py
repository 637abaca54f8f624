"""Records of a selection, counted by their values; where there are many, once for each selection and edition."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ARRAY as AnyArray
from sqlalchemy import ColumnElement, Float, Text, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from app.catalogue import View
from app.filters import LIST_COLUMNS, where
from app.queries.columns import Columns, Mask, find_columns, find_places, is_plain, peek_columns, select_records
from app.queries.counts import count_known, peek_count
from app.queries.items import get_extent
from app.queries.records import RowPage, list_page, list_page_of
from app.queries.vocabulary import Vocabulary
from app.values import BBox, Page, Selection

# Where one bar of a histogram ends and the next begins: hectares, and per cent of the value of mineral despatched.
EDGES: Mapping[str, tuple[float, ...]] = {
    "area_ha": (10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
    "premium_percent": (5, 10, 25, 50, 100, 200, 400),
}
SINCE = "status_since"
# Of so many records the tallies are worth remembering; fewer are counted in no time.
_WORTH_KEEPING = 1_000
_MOST_KEPT = 500
# From so many records before a page on, its place is looked up rather than counted.
_DEEP = 1_000
_kept: OrderedDict[tuple[int, Hashable], dict[str, Tally]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records a facet's filter would find by each value alone; districts by their names in lower case.

    `used`: the values as records have them.
    """

    counts: Mapping[str, int]
    unknown: int
    used: Sequence[str]


def tally(
    session: Session,
    view: View,
    asked: Mapping[str, Selection],
    vocabulary: Vocabulary,
    question: Hashable,
) -> dict[str, Tally]:
    """The tally of each facet for its selection; all facets that are asked of the same records at once.

    `question` tells the view from every other: the data's edition, the collection and the moment.
    """
    together: dict[Selection, list[str]] = {}
    for name, selection in asked.items():
        together.setdefault(selection, []).append(name)
    found: dict[str, Tally] = {}
    for selection, names in together.items():
        found |= _tally(session, view, selection, tuple(names), vocabulary, question)
    return found


def _tally(
    session: Session,
    view: View,
    selection: Selection,
    names: tuple[str, ...],
    vocabulary: Vocabulary,
    question: Hashable,
) -> dict[str, Tally]:
    key = (id(session.get_bind().engine), (question, selection, names))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    columns = find_columns(session, view, question)
    if columns is None:
        tallies = read_tallies(session, view, selection, names, vocabulary)
    else:
        mask = select_records(session, view, columns, selection, question)
        tallies = tally_columns(columns, mask, names, vocabulary)
    if any(max(found.counts.values(), default=0) >= _WORTH_KEEPING for found in tallies.values()):
        with _lock:
            _kept[key] = tallies
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return tallies


def count_matched(session: Session, view: View, selection: Selection, question: Hashable) -> int:
    """How many records a selection finds; of very many from the columns, where they tell it. `question` as above."""
    columns = find_columns(session, view, question)
    return _count_all(session, view, selection, question, columns)


def count_at_once(session: Session, view: View, selection: Selection, question: Hashable) -> int:
    """The same, from the columns only where they are at hand."""
    columns = peek_columns(session, view, question) if is_plain(selection) else None
    return _count_all(session, view, selection, question, columns)


def find_count(session: Session, view: View, selection: Selection, question: Hashable) -> int | None:
    """The same where nothing has to be asked for it; else None."""
    if is_plain(selection) and peek_columns(session, view, question) is not None:
        return count_at_once(session, view, selection, question)
    return peek_count(session, (question, selection))


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


def find_deep(session: Session, view: View, selection: Selection, page: Page, question: Hashable) -> list[str] | None:
    """Ids of a page that many records stand before, and of the one after it, from columns that are at hand.

    PostgreSQL would go through all that stand before.
    """
    if page.offset < _DEEP or not is_plain(selection):
        return None
    columns = peek_columns(session, view, question)
    if columns is None:
        return None
    places = find_places(columns, select_records(session, view, columns, selection, question), page)
    return None if places is None else places.ids


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


def tally_columns(
    columns: Columns, mask: Mask | None, names: Sequence[str], vocabulary: Vocabulary
) -> dict[str, Tally]:
    """Told from the columns."""
    # Where they are, once for all facets: taking by place is several times faster than by a mask.
    places = None if mask is None else np.flatnonzero(mask)
    found = {}
    for name in names:
        if name not in LIST_COLUMNS:
            coded = columns.coded.get(name) or columns.bars(name, EDGES[name])
            bars = zip(coded.values, coded.count(places).tolist(), strict=True)
            counts = {values[0] if values else "": count for values, count in bars if count}
            unknown = counts.pop("", 0)
            found[name] = Tally(counts, unknown, tuple(counts))
            continue
        found[name] = _tally_list(columns, name, columns.coded[name].count(places), vocabulary)
    return found


def _tally_list(columns: Columns, name: str, counts: Any, vocabulary: Vocabulary) -> Tally:
    coded, words = columns.coded[name], columns.words(name)
    each = words.count(counts)
    used = words.texts if name != "district" else [values[0] for values in coded.values if values]
    if name == "mineral":
        # A record that has both a broader mineral and a narrower one is one.
        for mineral in vocabulary.minerals.values():
            if len(mineral.finds) > 1:
                having = np.unique(np.concatenate([words.find(slug) for slug in mineral.finds]))
                each[mineral.slug] = int(counts[having].sum())
    return Tally(each, int(counts[coded.unknown].sum()), used)


def read_tallies(
    session: Session, view: View, selection: Selection, names: Sequence[str], vocabulary: Vocabulary
) -> dict[str, Tally]:
    """Told by PostgreSQL, in one statement."""
    columns = {name: LIST_COLUMNS.get(name, name) for name in names}
    chosen = select(*(view.c[column] for column in dict.fromkeys(columns.values()))).where(where(view, selection)).cte()
    parts = []
    for name, column in columns.items():
        value = _value(name, chosen.c[column])
        parts.append(select(literal(name), value.label("value"), func.count()).group_by(value))
    groups: dict[str, list[tuple[tuple[str, ...], int]]] = {name: [] for name in names}
    for name, values, count in session.execute(union_all(*parts)):
        groups[name].append((tuple(v for v in values or () if v is not None), count))
    return {name: _tally_groups(name, found, vocabulary) for name, found in groups.items()}


def _value(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What records are grouped by, as a list of texts."""
    if isinstance(column.type, AnyArray):
        return column
    if name in EDGES:
        return array([cast(func.width_bucket(column, cast(list(EDGES[name]), ARRAY(Float))), Text)])
    if name == SINCE:
        return array([func.left(column, 4)])
    return array([cast(column, Text)])


def _tally_groups(name: str, groups: Sequence[tuple[tuple[str, ...], int]], vocabulary: Vocabulary) -> Tally:
    """Of records that are alike in one facet: the values they have there, none where it is unknown, and how many."""
    counts: Counter[str] = Counter()
    broader = _found_by(vocabulary) if name == "mineral" else {}
    for values, count in groups:
        hit: set[str] = set()
        for value in values:
            hit.update(_names_of_district(value) if name == "district" else broader.get(value, (value,)))
        for value in hit:
            counts[value] += count
    used = dict.fromkeys(value for values, _ in groups for value in values)
    return Tally(counts, sum(count for values, count in groups if not values), tuple(used))


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


def forget_all() -> None:
    """Let all that is kept go: for tests, whose records come and go within one edition."""
    with _lock:
        _kept.clear()
