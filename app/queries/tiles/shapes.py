"""A tile of true shapes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    Integer,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.queries.tiles.grid import FENCE, MARGIN, as_mvt
from app.tiling import TILE_PIXELS, Tile, TileMatrixSet
from app.values import WGS84

# No record reaches beyond this latitude in Web Mercator; a little more than its edge, and far from the pole.
_FARTHEST_LATITUDE = 85.5

# The statements of the questions asked last: to build one can take longer than PostgreSQL takes for the tile.
_built: OrderedDict[Hashable, Select[Any]] = OrderedDict()
_lock = threading.Lock()
_MOST_BUILT = 64

_EDGES = ("west", "south", "east", "north")
_OF_BLOCKS = ("id", "name", "primary_mineral", "stage", "status", "boundary_kind")
# Where no boundary_kind says how far a shape can be trusted, position_accuracy does.
_OF_OTHERS = ("kind", "asset_class", "port_class", "position_accuracy", "country", "code", "state_code")


def fields_of(collection: Collection) -> tuple[str, ...]:
    """The properties of a shape in a tile."""
    wanted = _OF_BLOCKS if "boundary_kind" in collection.properties else _OF_BLOCKS + _OF_OTHERS
    return tuple(name for name in wanted if name in collection.properties)


def read_shapes(
    session: Session, view: View, where: ColumnElement[bool], tile: Tile, extent: int, most: int, question: Hashable
) -> bytes | None:
    """The tile as a layer of the collection's own name, on a grid of `extent` by `extent`.

    None where more than `most` records lie near the tile. `question` tells view and `where` from all others.
    """
    pieces = tile.pieces(MARGIN)
    statement = _find_statement(view, where, tile.matrix_set, [piece.shift_degrees for piece in pieces], question)
    values: dict[str, float] = {"most": most, "extent": extent, "buffer": int(extent * MARGIN)}
    values["pixel"] = tile.matrix_set.side(tile.zoom) / TILE_PIXELS
    for name, edge in zip(_EDGES, tile.envelope, strict=True):
        values[name] = edge
    for number, piece in enumerate(pieces):
        for name, edge in zip(_EDGES, piece.box, strict=True):
            values[f"{name}_{number}"] = edge
    found, content = session.execute(statement, values).one()
    return None if found > most else bytes(content or b"")


def _find_statement(
    view: View, where: ColumnElement[bool], matrix_set: TileMatrixSet, shifts: Sequence[float], question: Hashable
) -> Select[Any]:
    if question is None:
        return _select_shapes(view, where, matrix_set, shifts)
    key = (question, view.collection.id, matrix_set.id, *shifts)
    with _lock:
        if key in _built:
            _built.move_to_end(key)
            return _built[key]
    made = _select_shapes(view, where, matrix_set, shifts)
    with _lock:
        _built[key] = made
        while len(_built) > _MOST_BUILT:
            _built.popitem(last=False)
    return made


def _select_shapes(
    view: View, where: ColumnElement[bool], matrix_set: TileMatrixSet, shifts: Sequence[float]
) -> Select[Any]:
    """How many records lie near the tile, up to one more than `most`; and the tile, where they are not more."""
    boxes = [func.ST_MakeEnvelope(*(_number(f"{name}_{n}") for name in _EDGES), WGS84) for n in range(len(shifts))]
    meets = [_meets(view.c.geom, box) for box in boxes]
    some = select(view.c.id).where(where, or_(*meets)).limit(bindparam("most", type_=Integer) + 1).subquery()
    near = select(func.count().label("number")).select_from(some).cte("near").prefix_with("MATERIALIZED")
    number = select(near.c.number).scalar_subquery()
    are_few = number <= bindparam("most", type_=Integer)
    names = fields_of(view.collection)
    parts = [_drawn(view, [where, meets[n], are_few], matrix_set, shift) for n, shift in enumerate(shifts)]
    rows = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("drawn")
    shown = (
        select(rows.c.shape, *(rows.c[name] for name in names))
        .where(rows.c.shape.is_not(None))
        .order_by(rows.c.id)
        .subquery("tile")
    )
    content = as_mvt(shown, view.collection.id, _whole("extent"), "shape")
    return select(number, content.scalar_subquery())


def _number(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Float)


def _whole(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer)


def _meets(geom: ColumnElement[Any], box: ColumnElement[Any]) -> ColumnElement[bool]:
    """True where the boxes meet. CRS: EPSG:4326, degrees."""
    return geom.op("&&", is_comparison=True)(box)


def _drawn(
    view: View, conditions: Sequence[ColumnElement[bool]], matrix_set: TileMatrixSet, shift_degrees: float
) -> Select[Any]:
    """Records with their shapes in the tile's coordinates; null where nothing of one is in the tile.

    An area that is less than a pixel wide and high, or of which nothing is left on the tile's grid, is a square of one
    pixel round a point of it, so that it is in the tile all the same. Each geometry is moved once, and each shape made
    once: without the fences PostgreSQL would do both wherever they are named, which took more than twice as long.
    """
    names = fields_of(view.collection)
    place = _moved(view.c.geom, matrix_set, shift_degrees).label("moved")
    near = (
        select(view.c.geom, place, *(view.c[name] for name in names)).where(*conditions).offset(FENCE).subquery("near")
    )
    moved = near.c.moved
    shape = _in_tile(moved, matrix_set)
    if view.collection.geometry_type != "Point":
        pixel = _number("pixel")
        width, height = func.ST_XMax(moved) - func.ST_XMin(moved), func.ST_YMax(moved) - func.ST_YMin(moved)

        def square(point: ColumnElement[Any]) -> ColumnElement[Any]:
            return _in_tile(func.ST_Expand(_moved(point, matrix_set, shift_degrees), pixel / 2), matrix_set)

        shape = case(
            (func.greatest(width, height) < pixel, square(func.ST_Centroid(near.c.geom))),
            else_=func.coalesce(shape, square(func.ST_PointOnSurface(near.c.geom))),
        )
    return select(shape.label("shape"), *(near.c[name] for name in names)).offset(FENCE)


def _moved(geom: ColumnElement[Any], matrix_set: TileMatrixSet, shift_degrees: float) -> ColumnElement[Any]:
    """A geometry in the tile's CRS, round the world where its piece lies there."""
    if matrix_set.crs.srid != WGS84:
        # The poles lie infinitely far off there: what reaches towards them is cut off first.
        limit = _FARTHEST_LATITUDE
        reachable = func.ST_ClipByBox2D(geom, func.ST_MakeEnvelope(-180.0, -limit, 180.0, limit, WGS84))
        far = func.greatest(func.ST_YMax(geom), -func.ST_YMin(geom)) > limit
        geom = func.ST_Transform(case((far, reachable), else_=geom), matrix_set.crs.srid)
    if not shift_degrees:
        return geom
    return func.ST_Translate(geom, shift_degrees / 180.0 * matrix_set.half_width, 0.0)


def _in_tile(geom: ColumnElement[Any], matrix_set: TileMatrixSet) -> ColumnElement[Any]:
    bounds = func.ST_MakeEnvelope(*(_number(name) for name in _EDGES), matrix_set.crs.srid)
    return func.ST_AsMVTGeom(geom, func.box2d(bounds), _whole("extent"), _whole("buffer"), True)
