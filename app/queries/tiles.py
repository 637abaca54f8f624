"""Vector tiles, written by PostGIS: true shapes where there are few, else counts per cell.

Which of the two a tile holds follows from the selection and the zoom, and within a zoom only from the tile itself:

1. A selection of at most 3,000 records is drawn with true shapes at every zoom; each of its records is there, one that
   is too small to be seen as a square of one pixel.
2. A larger one is counts up to a zoom that follows from its number (`SHAPES_FROM`), and true shapes from there on.
3. From there on a tile that would hold more than 3,000 shapes, or 500 kB, holds counts.

A count is that of the records whose representative point, the middle of the record's box, lies in the cell. Cells are a
sixteenth of a tile wide. A point on an edge is in the cell to the east and south, on the edge of the world in the last
one: so each record is counted in one cell of one tile, and the counts of a zoom that is all counts add up to the number
matched (in WebMercatorQuad but for records beyond 85.0511° north and south, which it does not reach).
"""

from __future__ import annotations

from math import pi
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.tiling import TILE_PIXELS, Piece, Tile
from app.values import WGS84, BBox

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
COUNTS_LAYER = "counts"
MOST_SHAPES = 3_000
MOST_BYTES = 500_000
# Number matched, up to and with → zoom of WebMercatorQuad from which on shapes are drawn. India is a hundredth of that
# set's world, so its tiles hold a few thousand records each from there on.
SHAPES_FROM: tuple[tuple[int, int], ...] = ((MOST_SHAPES, 0), (4 * MOST_SHAPES, 5), (16 * MOST_SHAPES, 6))
SHAPES_FROM_ELSE = 8
# Coordinates in a tile's side, tried in this order: a coarser grid leaves out vertices and writes the rest shorter.
_EXTENTS = (4096, 1024, 256)
# Of a tile's side: symbols and lines of neighbours reach so far into it.
_MARGIN = 1 / 32
_CELLS = 16
# No record reaches beyond this latitude in Web Mercator; a little more than its edge, and far from the pole.
_FARTHEST_LATITUDE = 85.5

_OF_BLOCKS = ("id", "name", "primary_mineral", "stage", "status", "boundary_kind")
# Where no boundary_kind says how far a shape can be trusted, position_accuracy does.
_OF_OTHERS = ("kind", "asset_class", "port_class", "position_accuracy", "country", "code", "state_code")


def fields_of(collection: Collection) -> tuple[str, ...]:
    """The properties of a shape in a tile."""
    wanted = _OF_BLOCKS if "boundary_kind" in collection.properties else _OF_BLOCKS + _OF_OTHERS
    return tuple(name for name in wanted if name in collection.properties)


class Rule(NamedTuple):
    """How much a tile may hold; see the module."""

    most_shapes: int = MOST_SHAPES
    most_bytes: int = MOST_BYTES
    shapes_from: tuple[tuple[int, int], ...] = SHAPES_FROM
    shapes_from_else: int = SHAPES_FROM_ELSE


RULE = Rule()


def get_tile(session: Session, view: View, where: ColumnElement[bool], tile: Tile, rule: Rule = RULE) -> bytes:
    """The tile as a Mapbox Vector Tile (version 2.1); empty where nothing lies in it."""
    if tile.detail >= shapes_from(session, view, where, rule):
        near = select(view.c.id).where(where, _meets(view, tile))
        if _count_up_to(session, near, rule.most_shapes) <= rule.most_shapes:
            for extent in _EXTENTS:
                content = session.scalar(select_shapes(view, where, tile, extent)) or b""
                if len(content) <= rule.most_bytes:
                    return bytes(content)
    return bytes(session.scalar(select_counts(view, where, tile)) or b"")


def shapes_from(session: Session, view: View, where: ColumnElement[bool], rule: Rule = RULE) -> int:
    """The zoom of WebMercatorQuad from which on the selection is drawn with true shapes."""
    # Counting ends where the answer no longer depends on it.
    matched = _count_up_to(session, select(view.c.id).where(where), max(most for most, _ in rule.shapes_from))
    return next((zoom for most, zoom in rule.shapes_from if matched <= most), rule.shapes_from_else)


def _count_up_to(session: Session, rows: Select[Any], most: int) -> int:
    """How many rows there are; `most` + 1 stands for more."""
    return session.scalar(select(func.count()).select_from(rows.limit(most + 1).subquery())) or 0


def _meets(view: View, tile: Tile) -> ColumnElement[bool]:
    """True for records whose box meets the tile or its margin; by the index, in the data's own CRS."""
    first, *others = (_in_box(view.c.geom, piece.box) for piece in tile.pieces(_MARGIN))
    for other in others:
        first = first | other
    return first


def _in_box(geom: ColumnElement[Any], box: BBox) -> ColumnElement[bool]:
    return geom.op("&&", is_comparison=True)(func.ST_MakeEnvelope(*box, WGS84))


# --- shapes


def select_shapes(view: View, where: ColumnElement[bool], tile: Tile, extent: int) -> Select[Any]:
    """The tile as a layer of the collection's own name, on a grid of `extent` by `extent`."""
    names = fields_of(view.collection)
    parts = [_drawn(view, where, tile, piece, extent) for piece in tile.pieces(_MARGIN)]
    rows = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("drawn")
    shown = (
        select(rows.c.shape, *(rows.c[name] for name in names))
        .where(rows.c.shape.is_not(None))
        .order_by(rows.c.id)
        .subquery("tile")
    )
    return _as_mvt(shown, view.collection.id, extent, "shape")


def _drawn(view: View, where: ColumnElement[bool], tile: Tile, piece: Piece, extent: int) -> Select[Any]:
    """Records in a box with their shapes in the tile's coordinates; null where nothing of one is in the tile.

    An area that is less than a pixel wide and high, or of which nothing is left on the tile's grid, is a square of one
    pixel round a point of it, so that it is in the tile all the same.
    """
    geom = view.c.geom
    shape = _in_tile(_moved(geom, tile, piece), tile, extent)
    if view.collection.geometry_type != "Point":
        pixel = tile.matrix_set.side(tile.zoom) / TILE_PIXELS
        moved = _moved(geom, tile, piece)
        width, height = func.ST_XMax(moved) - func.ST_XMin(moved), func.ST_YMax(moved) - func.ST_YMin(moved)

        def square(point: ColumnElement[Any]) -> ColumnElement[Any]:
            return _in_tile(func.ST_Expand(_moved(point, tile, piece), pixel / 2), tile, extent)

        shape = case(
            (func.greatest(width, height) < pixel, square(func.ST_Centroid(geom))),
            else_=func.coalesce(shape, square(func.ST_PointOnSurface(geom))),
        )
    names = fields_of(view.collection)
    return select(shape.label("shape"), *(view.c[name] for name in names)).where(where, _in_box(geom, piece.box))


def _moved(geom: ColumnElement[Any], tile: Tile, piece: Piece) -> ColumnElement[Any]:
    """A geometry in the tile's CRS, round the world where the piece lies there."""
    matrix_set = tile.matrix_set
    if matrix_set.crs.srid != WGS84:
        # The poles lie infinitely far off there: what reaches towards them is cut off first.
        limit = _FARTHEST_LATITUDE
        reachable = func.ST_ClipByBox2D(geom, func.ST_MakeEnvelope(-180.0, -limit, 180.0, limit, WGS84))
        far = func.greatest(func.ST_YMax(geom), -func.ST_YMin(geom)) > limit
        geom = func.ST_Transform(case((far, reachable), else_=geom), matrix_set.crs.srid)
    if not piece.shift_degrees:
        return geom
    return func.ST_Translate(geom, piece.shift_degrees / 180.0 * matrix_set.half_width, 0.0)


def _in_tile(geom: ColumnElement[Any], tile: Tile, extent: int) -> ColumnElement[Any]:
    bounds = func.ST_MakeEnvelope(*tile.envelope, tile.matrix_set.crs.srid)
    return func.ST_AsMVTGeom(geom, func.box2d(bounds), extent, int(extent * _MARGIN), True)


def _as_mvt(rows: Subquery, layer: str, extent: int, geometry: str) -> Select[Any]:
    return select(func.ST_AsMVT(rows.table_valued(), layer, extent, geometry))


# --- counts


def select_counts(view: View, where: ColumnElement[bool], tile: Tile) -> Select[Any]:
    """The tile as a layer of points, one for each cell that records lie in: their number, and the id where it is one.

    A point lies in the mean of the places that it stands for.
    """
    extent = _EXTENTS[0]
    places = _places(view, where, tile)
    across = tile.matrix_set.columns_at(tile.zoom) * _CELLS
    down = tile.matrix_set.rows_at(tile.zoom) * _CELLS
    col, row = _cell(places.c.x, across), _cell(places.c.y, down)
    count = func.count()
    cells = (
        select(
            func.ST_MakePoint(
                _on_grid(func.avg(places.c.x), across // _CELLS, tile.col, extent),
                _on_grid(func.avg(places.c.y), down // _CELLS, tile.row, extent),
            ).label("place"),
            cast(count, Integer).label("count"),
            case((count == 1, func.min(places.c.id))).label("id"),
        )
        .where(places.c.y.between(0, 1))
        .group_by(col, row)
        .having(col.between(tile.col * _CELLS, (tile.col + 1) * _CELLS - 1))
        .having(row.between(tile.row * _CELLS, (tile.row + 1) * _CELLS - 1))
        .order_by(row, col)
        .subquery("tile")
    )
    return _as_mvt(cells, COUNTS_LAYER, extent, "place")


def _places(view: View, where: ColumnElement[bool], tile: Tile) -> FromClause:
    """Ids and representative points of the records near the tile, as shares of the world's width and height."""
    lon, lat = _representative(view)
    near = tile.pieces(_MARGIN)[0]
    middles = (
        select(view.c.id, lon.label("lon"), lat.label("lat"))
        .where(where, _in_box(view.c.geom, near.box))
        .offset(literal_column("0"))  # a fence: the expressions are not to be put in, and evaluated, three times
        .subquery("middle")
    )
    y: ColumnElement[Any] = 0.5 - middles.c.lat / 180.0
    if not tile.matrix_set.crs.is_geographic:
        y = 0.5 - func.asinh(func.tan(func.radians(middles.c.lat))) / (2 * pi)
    return (
        select(middles.c.id, ((middles.c.lon + 180.0) / 360.0).label("x"), y.label("y"))
        .offset(literal_column("0"))
        .subquery("place")
    )


def _representative(view: View) -> tuple[ColumnElement[float], ColumnElement[float]]:
    """Longitude and latitude of the middle of a record's box; of a point on it where it crosses the antimeridian."""
    geom = view.c.geom
    if view.collection.geometry_type == "Point":
        return func.ST_X(geom, type_=Float), func.ST_Y(geom, type_=Float)
    west, east = func.ST_XMin(geom, type_=Float), func.ST_XMax(geom, type_=Float)
    middle = (west + east) / 2
    # A box round the whole world is that of a shape in two parts, at the world's two ends.
    lon = case((east - west > 180.0, func.ST_X(func.ST_PointOnSurface(geom), type_=Float)), else_=middle)
    return lon, (func.ST_YMin(geom, type_=Float) + func.ST_YMax(geom, type_=Float)) / 2


def _cell(share: ColumnElement[float], cells: int) -> ColumnElement[int]:
    return cast(func.least(func.floor(share * cells), cells - 1), BigInteger)


def _on_grid(share: ColumnElement[float], tiles: int, number: int, extent: int) -> ColumnElement[float]:
    return func.least(func.floor((share * tiles - number) * extent), extent - 1)
