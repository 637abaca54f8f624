"""Blocks that a text may mean: those that its filters and other words find, and those in which all its words stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, and_, or_

from app.catalogue import View
from app.filters import may_be_misspelled, where
from app.queries.columns import Columns, select_records, select_some
from app.queries.frequency import find_frequent
from app.queries.search import BlockRow, first_rows, has_words, list_blocks, list_some_ids
from app.search.asked import Asked
from app.search.known import KnownWords
from app.search.understand import Understood
from app.values import Selection
from app.words import searchable

# Of very many blocks that answer, so many are put in order by their names: those that have the words, and those that
# filters alone find, of which none is named more like them than any other.
_MOST_WITH_WORDS, _MOST_OF_FILTERS = 200, 50
# So many blocks that filters find are looked through one by one.
_MOST_LOOKED_THROUGH = 1_000
# So many that have the words are looked up before it is asked which of them the filters find.
_MOST_NAMED = 1_000
# Of what very many answer, so many that are found among the first rows are enough.
_ENOUGH = 20
_SHORT = 2


@dataclass(frozen=True)
class _Wanted:
    """What of a text blocks are searched by: its filters, the words beside them, and all its words."""

    selection: Selection
    rest: list[str]
    every: list[str]
    has_others: bool  # whether blocks that have all the words are meant too, whatever the filters
    frequent: frozenset[str]

    def by_rest(self, view: View, *, forgiving: bool, frequent: Collection[str] = ()) -> ColumnElement[bool]:
        last_begins = bool(self.rest) and self.rest[-1] == self.every[-1]
        return has_words(view.c.search, self.rest, forgiving=forgiving, last_begins=last_begins, frequent=frequent)

    def by_words(self, view: View, *, frequent: Collection[str] = ()) -> ColumnElement[bool]:
        return has_words(view.c.search, self.every, forgiving=False, frequent=frequent)


def find_blocks(asked: Asked, view: View, understood: Understood, limit: int) -> Sequence[BlockRow]:
    """The blocks that are named most like the text; misspelled ones where there is none."""
    every, rest = [token.key for token in asked.tokens], searchable(understood.rest).split()
    if not every and asked.point is None:
        return []
    has_others = bool(understood.filters) and asked.point is None
    frequent: frozenset[str] = frozenset()
    if asked.columns is not None:
        frequent = find_frequent(asked.session, view, every, asked.columns.count, asked.question)
    wanted = _Wanted(asked.selection(understood.filters), rest, every, has_others, frequent)
    for forgiving in (False, True) if any(map(may_be_misspelled, rest)) else (False,):
        condition = _condition(asked, view, wanted, forgiving=forgiving)
        if rows := list_blocks(asked.session, view, condition, " ".join(every), limit):
            return rows
    return []


def _condition(asked: Asked, view: View, wanted: _Wanted, *, forgiving: bool) -> ColumnElement[bool]:
    """True for the blocks to be put in order: all that answer, or some where they are very many."""
    if asked.columns is not None:
        ids = _list_ids(asked, view, asked.columns, wanted, forgiving=forgiving)
        # Where all the words are frequent, no block is named by them.
        if wanted.has_others and not wanted.frequent >= {*wanted.every}:
            # One of two letters has to be a whole word here: far fewer texts have it than begin a word so.
            frequent = [word for word in wanted.frequent if len(word) > _SHORT]
            ids += list_some_ids(asked.session, view, wanted.by_words(view, frequent=frequent), _MOST_OF_FILTERS)
        return view.c.id.in_(ids)
    condition = and_(where(view, wanted.selection), wanted.by_rest(view, forgiving=forgiving))
    return or_(condition, wanted.by_words(view)) if wanted.has_others else condition


def _list_ids(asked: Asked, view: View, columns: Columns, wanted: _Wanted, *, forgiving: bool) -> list[str]:
    """Some blocks that the filters and the rest of the words find."""
    mask = select_records(asked.session, view, columns, wanted.selection, asked.question)
    places = np.arange(columns.count) if mask is None else np.flatnonzero(mask)
    if not wanted.rest:
        return list(columns.ids.take(pa.array(places[:_MOST_OF_FILTERS])).to_pylist())
    if len(places) <= _MOST_LOOKED_THROUGH:
        among = view.c.id.in_(columns.ids.take(pa.array(places)).to_pylist())
        condition = and_(among, wanted.by_rest(view, forgiving=forgiving))
        return list_some_ids(asked.session, view, condition, _MOST_WITH_WORDS)
    if forgiving and asked.known is not None:
        spelled = _spelled_otherwise(asked.known, view, wanted)
        if spelled is None:
            return []
        return list_some_ids(asked.session, view, and_(where(view, wanted.selection), spelled), _MOST_WITH_WORDS)
    if wanted.frequent >= {*wanted.rest}:
        first = first_rows(view)
        condition = and_(where(first, wanted.selection), wanted.by_rest(first, forgiving=False))
        found = list_some_ids(asked.session, first, condition, _MOST_WITH_WORDS)
        if len(found) >= _ENOUGH:
            return found
        # Each of them is, but not together.
        named = select_some(asked.session, view, columns, wanted.by_rest(view, forgiving=False), _MOST_NAMED)
    else:
        rest = wanted.by_rest(view, forgiving=forgiving, frequent=wanted.frequent)
        named = select_some(asked.session, view, columns, rest, _MOST_NAMED)
    both = np.flatnonzero(named if mask is None else named & mask)
    if both.size or np.count_nonzero(named) < _MOST_NAMED:
        return list(columns.ids.take(pa.array(both[:_MOST_WITH_WORDS])).to_pylist())
    condition = and_(where(view, wanted.selection), wanted.by_rest(view, forgiving=forgiving))
    return list_some_ids(asked.session, view, condition, _MOST_WITH_WORDS)


def _spelled_otherwise(known: KnownWords, view: View, wanted: _Wanted) -> ColumnElement[bool] | None:
    """True where the text has the words or those that they may be slips for; None where they are slips for none.

    The index finds all texts that are at all like a word, of a million very many, each to be looked at; of names' words
    there are few.
    """
    close = {word: known.close_to(word) for word in wanted.rest if may_be_misspelled(word)}
    if not any(close.values()):
        return None
    parts = []
    for place, word in enumerate(wanted.rest):
        is_last = place == len(wanted.rest) - 1 and word == wanted.every[-1]
        spellings = dict.fromkeys((word, *close.get(word, ())))
        parts.append(or_(*(has_words(view.c.search, [s], forgiving=False, last_begins=is_last) for s in spellings)))
    return and_(*parts)
