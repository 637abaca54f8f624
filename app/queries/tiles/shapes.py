"""A tile of true shapes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, union_all

from app.catalogue import Collection, View
from app.queries.tiles.grid import MARGIN, as_mvt, in_box
from app.tiling import TILE_PIXELS, Piece, Tile
from app.values import WGS84

# No record reaches beyond this latitude in Web Mercator; a little more than its edge, and far from the pole.
_FARTHEST_LATITUDE = 85.5

_OF_BLOCKS = ("id", "name", "primary_mineral", "stage", "status", "boundary_kind")
# Where no boundary_kind says how far a shape can be trusted, position_accuracy does.
_OF_OTHERS = ("kind", "asset_class", "port_class", "position_accuracy", "country", "code", "state_code")


def fields_of(collection: Collection) -> tuple[str, ...]:
    """The properties of a shape in a tile."""
    wanted = _OF_BLOCKS if "boundary_kind" in collection.properties else _OF_BLOCKS + _OF_OTHERS
    return tuple(name for name in wanted if name in collection.properties)


def select_shapes(view: View, where: ColumnElement[bool], tile: Tile, extent: int) -> Select[Any]:
    """The tile as a layer of the collection's own name, on a grid of `extent` by `extent`."""
    names = fields_of(view.collection)
    parts = [_drawn(view, where, tile, piece, extent) for piece in tile.pieces(MARGIN)]
    rows = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("drawn")
    shown = (
        select(rows.c.shape, *(rows.c[name] for name in names))
        .where(rows.c.shape.is_not(None))
        .order_by(rows.c.id)
        .subquery("tile")
    )
    return as_mvt(shown, view.collection.id, extent, "shape")


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
    return select(shape.label("shape"), *(view.c[name] for name in names)).where(where, in_box(geom, piece.box))


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
    return func.ST_AsMVTGeom(geom, func.box2d(bounds), extent, int(extent * MARGIN), True)
