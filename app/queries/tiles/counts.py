"""A tile of counts."""

from __future__ import annotations

from math import pi
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    collate,
    func,
    select,
    true,
    type_coerce,
)

from app.catalogue import View
from app.queries.tiles.grid import FENCE, MARGIN, as_mvt, in_box
from app.tiling import Tile

COUNTS_LAYER = "counts"
EXTENT = 4096
CELLS = 16  # in a tile's width and height


def select_counts(view: View, where: ColumnElement[bool], tile: Tile, *, is_crowded: bool = False) -> Select[Any]:
    """The tile as a layer of points, one for each cell that records lie in: their number, and the id where it is one.

    A point lies in the mean of the places that it stands for. `is_crowded`: a good part of all rows is near the tile.
    """
    rows, columns = tile.matrix_set.rows_at(tile.zoom), tile.matrix_set.columns_at(tile.zoom)
    cells = _cells(_places(view, where, tile, is_crowded), tile, rows * CELLS, columns * CELLS)
    points = (
        select(
            func.ST_MakePoint(
                _on_grid(_across(cells.c.lon), columns, tile.col, EXTENT),
                _on_grid(_down(cells.c.lat, tile), rows, tile.row, EXTENT),
            ).label("place"),
            cells.c.count,
            case((cells.c.count == 1, cells.c.id)).label("id"),
        )
        .where(cells.c.row.between(tile.row * CELLS, (tile.row + 1) * CELLS - 1))
        .where(cells.c.col.between(tile.col * CELLS, (tile.col + 1) * CELLS - 1))
        .order_by(cells.c.row, cells.c.col)
        .subquery("tile")
    )
    return as_mvt(points, COUNTS_LAYER, EXTENT, "place")


def _cells(places: Subquery, tile: Tile, rows: int, columns: int) -> Subquery:
    """Cells of the whole world's grid in and around the tile: their number of records, mean place and least id."""
    row, col = _cell(_down(places.c.lat, tile), rows).label("row"), _cell(_across(places.c.lon), columns).label("col")
    return (
        select(
            row,
            col,
            cast(func.count(), Integer).label("count"),
            func.avg(places.c.lon).label("lon"),
            func.avg(places.c.lat).label("lat"),
            func.min(places.c.id).label("id"),
        )
        .where(places.c.lat >= tile.matrix_set.bounds.south)
        .group_by(row, col)
        .offset(FENCE)  # else the cells are told apart before they are counted, and all records are sorted by them
        .subquery("cells")
    )


def _places(view: View, where: ColumnElement[bool], tile: Tile, is_crowded: bool) -> Subquery:
    """Ids and representative points of the records near the tile: the middle of a record's box.

    Of one that crosses the antimeridian it is a point on it: its box, round the world, has the middle far off.
    """
    geom = view.c.geom
    lon: ColumnElement[Any] = func.ST_X(geom)
    lat: ColumnElement[Any] = func.ST_Y(geom)
    if view.collection.geometry_type != "Point":
        west, east = func.ST_XMin(geom, type_=Float), func.ST_XMax(geom, type_=Float)
        lon = case((east - west > 180.0, func.ST_X(func.ST_PointOnSurface(geom))), else_=(west + east) * 0.5)
        lat = (func.ST_YMin(geom, type_=Float) + func.ST_YMax(geom, type_=Float)) * 0.5
    near = in_box(geom, tile.pieces(MARGIN)[0].box)
    return (
        select(
            collate(view.c.id, "C").label("id"),  # byte by byte: nobody sees the order
            type_coerce(lon, Float).label("lon"),
            type_coerce(lat, Float).label("lat"),
        )
        # `IS TRUE` is asked of every row in turn: the index, used else, is slower where much is in the tile.
        .where(where, near.is_(true()) if is_crowded else near)
        .offset(FENCE)  # else each place would be worked out again wherever it is named
        .subquery("places")
    )


def _across(lon: ColumnElement[float]) -> ColumnElement[float]:
    """From the world's western edge, as a share of its width."""
    return (lon + 180.0) / 360.0


def _down(lat: ColumnElement[float], tile: Tile) -> ColumnElement[Any]:
    """From the set's upper edge, as a share of its height. Source: the Mercator projection of a sphere."""
    if tile.matrix_set.crs.is_geographic:
        return 0.5 - lat / 180.0
    return 0.5 - func.asinh(func.tan(func.radians(lat)), type_=Float) / (2 * pi)


def _cell(share: ColumnElement[float], cells: int) -> ColumnElement[int]:
    # The world's eastern and southern edges belong to the last cell.
    return cast(func.least(func.floor(share * cells), cells - 1), Integer)


def _on_grid(share: ColumnElement[float], tiles: int, number: int, extent: int) -> ColumnElement[float]:
    return func.least(func.floor((share * tiles - number) * extent), extent - 1)
