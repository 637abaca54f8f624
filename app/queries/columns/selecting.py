"""Which records a selection finds: told from the columns where they tell it, else asked of PostgreSQL once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import ARRAY, LargeBinary, Text, and_, any_, func, literal, select
from sqlalchemy import cast as cast_sql
from sqlalchemy.orm import Session

from app.catalogue import View
from app.filters import where
from app.queries.columns.held import Columns, Mask
from app.queries.columns.reach import in_reach
from app.values import Selection

# Of so many questions to PostgreSQL the answer is remembered, a bit for each record.
_MOST_MASKS = 256
_kept: OrderedDict[tuple[int, Hashable, Selection], NDArray[np.uint8]] = OrderedDict()
_lock = threading.Lock()


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
    with _lock:
        _kept[key] = np.packbits(mask)
        while len(_kept) > _MOST_MASKS:
            _kept.popitem(last=False)
    return mask


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
