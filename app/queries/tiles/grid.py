"""What tiles of shapes and tiles of counts share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.catalogue import View
from app.tiling import Tile
from app.values import WGS84, BBox

# Of a tile's side: symbols and lines of neighbours reach so far into it.
MARGIN = 1 / 32
# What stands below OFFSET 0 is planned by itself.
FENCE: ColumnElement[int] = literal_column("0", Integer)


def meets(view: View, tile: Tile) -> ColumnElement[bool]:
    """True for records whose box meets the tile or its margin; by the index, in the data's own CRS."""
    return or_(*(in_box(view.c.geom, piece.box) for piece in tile.pieces(MARGIN)))


def in_box(geom: ColumnElement[Any], box: BBox) -> ColumnElement[bool]:
    """True where the boxes meet. CRS: EPSG:4326, degrees."""
    return geom.op("&&", is_comparison=True)(func.ST_MakeEnvelope(*box, WGS84))


def count_near(session: Session, view: View, tile: Tile, where: ColumnElement[bool], most: int) -> int:
    """How many of the records near the tile there are; `most` + 1 stands for more."""
    near = select(view.c.id).where(where, meets(view, tile)).limit(most + 1).subquery()
    return session.scalar(select(func.count()).select_from(near)) or 0


def as_mvt(rows: Subquery, layer: str, extent: int | ColumnElement[int], geometry: str) -> Select[Any]:
    """The rows as one layer, on a grid of `extent` by `extent`."""
    return select(func.ST_AsMVT(rows.table_valued(), layer, extent, geometry))
