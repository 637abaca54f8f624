"""Which kind of tile it is to be, and that tile."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from math import ceil, log
from typing import NamedTuple

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from app.catalogue import View
from app.queries.columns import Columns, Mask
from app.queries.counts import count_known
from app.queries.tiles.counts import select_counts
from app.queries.tiles.grid import count_near
from app.queries.tiles.held import select_held_counts
from app.queries.tiles.shapes import read_shapes
from app.tiling import Tile

MOST_SHAPES = 3_000
MOST_BYTES = 500_000
# India is a hundredth and more of WebMercatorQuad's world, or four zooms; with each further one a tile holds a quarter.
_ZOOMS_TO_INDIA = 4
# From this zoom on the tile alone decides.
_LAST_ZOOM_OF_COUNTS = 12
# Coordinates in a tile's side, tried in this order: a coarser grid leaves out vertices and writes the rest shorter.
_EXTENTS = (4096, 1024, 256)

# Tiles of counts of large selections, which take long and are small: all readers of a revision see the same ones.
_WORTH_KEEPING = 10_000
_MOST_KEPT = 2_000
# Where more lie near a tile, all rows are read in their own order rather than these by the index.
_CROWD = 50_000
_kept: OrderedDict[Hashable, bytes] = OrderedDict()
_lock = threading.Lock()


class Rule(NamedTuple):
    """How much a tile may hold; see the package."""

    most_shapes: int = MOST_SHAPES
    most_bytes: int = MOST_BYTES


RULE = Rule()


def shapes_from(matched: int, most_shapes: int = MOST_SHAPES) -> int:
    """The zoom of WebMercatorQuad from which on so many records are drawn with true shapes."""
    if matched <= most_shapes:
        return 0
    return min(_ZOOMS_TO_INDIA + ceil(log(matched / most_shapes, 4)), _LAST_ZOOM_OF_COUNTS)


class Chosen(NamedTuple):
    """A plain selection in columns."""

    columns: Columns
    mask: Mask | None

    @property
    def matched(self) -> int:
        return self.columns.count if self.mask is None else int(self.mask.sum())


def get_tile(
    session: Session,
    view: View,
    where: ColumnElement[bool],
    tile: Tile,
    question: Hashable,
    rule: Rule = RULE,
    chosen: Chosen | None = None,
) -> bytes:
    """The tile as a Mapbox Vector Tile (version 2.1); empty where nothing lies in it.

    `question` tells the records where `where` is true from others for ever: edition, collection, moment and selection.
    `chosen`: the same records in memory, where they are.
    """
    if tile.detail < _LAST_ZOOM_OF_COUNTS:
        matched = chosen.matched if chosen else count_known(session, view, where, question)
        if tile.detail < shapes_from(matched, rule.most_shapes):
            return _get_counts(session, view, where, tile, question if matched >= _WORTH_KEEPING else None, chosen)
    shapes = _get_shapes(session, view, where, tile, rule, question)
    return _get_counts(session, view, where, tile, None, chosen) if shapes is None else shapes


def _get_shapes(
    session: Session, view: View, where: ColumnElement[bool], tile: Tile, rule: Rule, question: Hashable
) -> bytes | None:
    """The tile with true shapes; None where that would be too much."""
    for extent in _EXTENTS:
        content = read_shapes(session, view, where, tile, extent, rule.most_shapes, question)
        if content is None or len(content) <= rule.most_bytes:
            return content
    return None


def _get_counts(
    session: Session,
    view: View,
    where: ColumnElement[bool],
    tile: Tile,
    question: Hashable | None,
    chosen: Chosen | None,
) -> bytes:
    """The tile with counts; remembered where there is a question to remember it by."""
    key = (session.get_bind().engine, tile.matrix_set.id, tile[1:], question)
    with _lock:
        if question is not None and key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    if chosen:
        statement = select_held_counts(chosen.columns, chosen.mask, tile)
    else:
        is_crowded = question is not None and count_near(session, view, tile, true(), _CROWD) > _CROWD
        statement = select_counts(view, where, tile, is_crowded=is_crowded)
    content = bytes(session.scalar(statement) or b"")
    if question is not None:
        with _lock:
            _kept[key] = content
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return content


def forget_all() -> None:
    """Let all tiles that are kept go: for tests, whose records come and go within one edition."""
    with _lock:
        _kept.clear()
