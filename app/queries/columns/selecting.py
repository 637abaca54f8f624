"""Which records a selection finds: told from the columns where they tell it, else asked of PostgreSQL once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import ARRAY, ColumnElement, LargeBinary, Text, and_, any_, func, literal, select
from sqlalchemy import cast as cast_sql
from sqlalchemy.orm import Session

from app.catalogue import View
from app.filters import has_beginning, has_word, may_be_misspelled, where
from app.queries.columns.held import Columns, Mask
from app.queries.columns.reach import in_reach
from app.queries.frequency import find_frequent, unindexed
from app.queries.frequency import forget_all as forget_frequency
from app.values import Selection

# Of so many questions to PostgreSQL the answer is remembered, a bit for each record.
_MOST_MASKS = 256
_kept: OrderedDict[tuple[int, Hashable, Selection], NDArray[np.uint8]] = OrderedDict()
_too_many: OrderedDict[tuple[int, Hashable, Selection], None] = OrderedDict()
_lock = threading.Lock()
_KEY_BYTES = 8


def is_plain(selection: Selection) -> bool:
    """Whether the columns are enough to tell which records are meant."""
    return _other_part(selection) == Selection()


def _plain_part(selection: Selection) -> Selection:
    """What the columns tell."""
    lists = tuple(item for item in selection.lists if item[0] != "ids")
    return Selection(lists=lists, ranges=selection.ranges, period=selection.period)


def _other_part(selection: Selection) -> Selection:
    """What only PostgreSQL tells, of places those on the edge."""
    lists = tuple(item for item in selection.lists if item[0] == "ids")
    return replace(selection, lists=lists, ranges=(), period=None)


def _places_of(selection: Selection) -> Iterator[Selection]:
    """Its box, distance and shapes, each by itself: one is often kept while another changes."""
    if selection.bbox is not None:
        yield Selection(bbox=selection.bbox)
    if selection.near is not None:
        yield Selection(near=selection.near)
    for shape in selection.shapes:
        yield Selection(shapes=(shape,))


def select_records(
    session: Session, view: View, columns: Columns, selection: Selection, question: Hashable
) -> Mask | None:
    """The records that a selection finds; None: all of them. `question` as for `get_columns`."""
    other = _other_part(selection)
    parts = [*_places_of(other), replace(other, bbox=None, near=None, shapes=())]
    masks = [_asked(session, view, columns, part, question) for part in parts if part != Selection()]
    plain = columns.select(_plain_part(selection))
    if plain is not None:
        masks.append(plain)
    if len(masks) < 2:
        return masks[0] if masks else None
    found: Mask = np.logical_and.reduce(masks)
    return found


def select_few(
    session: Session, view: View, columns: Columns, selection: Selection, question: Hashable, most: int
) -> Mask | None:
    """The records that have the words of `selection`, which asks for nothing else; None where there are more than
    `most`, which is found out without looking at all of them.
    """
    key = (id(session.get_bind().engine), question, selection)
    with _lock:
        if key in _too_many:
            return None
        known = key in _kept
    if known:
        mask = _asked(session, view, columns, selection, question)
        return mask if np.count_nonzero(mask) <= most else None
    keys = _read_some_keys(session, view, columns, selection, most + 1, question)
    if len(keys) > most * _KEY_BYTES:
        with _lock:
            _too_many[key] = None
            while len(_too_many) > _MOST_MASKS:
                _too_many.popitem(last=False)
        return None
    mask = columns.mask_of(keys)
    _keep(key, mask)
    return mask


def select_some(session: Session, view: View, columns: Columns, condition: ColumnElement[bool], most: int) -> Mask:
    """At most so many of the records where `condition` is true, whichever are found soonest."""
    return columns.mask_of(_read_keys_of(session, view, [condition], most))


def _read_some_keys(
    session: Session, view: View, columns: Columns, selection: Selection, most: int, question: Hashable
) -> bytes:
    """The keys of at most so many records that have the words.

    Those that have the rare words are looked up and the frequent ones looked for in them; they are taken from all that
    there are, one by one, so that the planner uses the index rather than hope to come by enough of them soon.
    """
    frequent = find_frequent(session, view, selection.words, columns.count, question)
    if len(selection.words) > 1 and frequent.issuperset(selection.words):
        frequent = frozenset()  # each of them is, but perhaps not together
    texts = {word: unindexed(view.c.search) if word in frequent else view.c.search for word in selection.words}
    # Quicker to tell: of those that have the words as they are there may be enough.
    keys = _read_keys_of(session, view, [has_beginning(text, word) for word, text in texts.items()], most)
    if len(keys) >= most * _KEY_BYTES or not any(map(may_be_misspelled, selection.words)):
        return keys
    return _read_keys_of(session, view, [has_word(text, word) for word, text in texts.items()], most)


def _read_keys_of(session: Session, view: View, conditions: Sequence[ColumnElement[bool]], most: int) -> bytes:
    every = select(view.c.id).where(*conditions).cte().prefix_with("MATERIALIZED")
    some = select(every.c.id).limit(most).subquery()
    keys = func.string_agg(func.int8send(func.hashtextextended(some.c.id, 0)), cast_sql(literal(""), LargeBinary))
    return bytes(session.scalar(select(keys).select_from(some)) or b"")


def _asked(session: Session, view: View, columns: Columns, selection: Selection, question: Hashable) -> Mask:
    key = (id(session.get_bind().engine), question, selection)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return np.unpackbits(_kept[key], count=columns.count).view(bool)
    if (told := in_reach(columns, selection)) is None:
        mask = columns.mask_of(_read_keys(session, view, selection, None))
    else:
        mask, edge = told
        on_edge = columns.ids.take(pa.array(np.flatnonzero(edge))).to_pylist()
        if on_edge:
            mask = mask | columns.mask_of(_read_keys(session, view, selection, on_edge))
    _keep(key, mask)
    return mask


def _keep(key: tuple[int, Hashable, Selection], mask: Mask) -> None:
    with _lock:
        _kept[key] = np.packbits(mask)
        while len(_kept) > _MOST_MASKS:
            _kept.popitem(last=False)


def _read_keys(session: Session, view: View, selection: Selection, among: list[str] | None) -> bytes:
    """The keys of the records that PostgreSQL finds, eight bytes each."""
    condition = where(view, selection)
    if among is not None:
        condition = and_(view.c.id == any_(literal(among, ARRAY(Text))), condition)
    keys = func.string_agg(func.int8send(func.hashtextextended(view.c.id, 0)), cast_sql(literal(""), LargeBinary))
    return bytes(session.scalar(select(keys).select_from(view.rows).where(condition)) or b"")


def forget_all() -> None:
    """Let all that is kept go."""
    with _lock:
        _kept.clear()
        _too_many.clear()
    forget_frequency()
