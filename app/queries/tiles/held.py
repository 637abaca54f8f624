"""A tile of counts from columns in memory: for plain selections of very many records."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Float, Integer, Select, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.queries.columns import Columns, Mask
from app.queries.tiles.counts import CELLS, COUNTS_LAYER, EXTENT
from app.queries.tiles.grid import MARGIN, as_mvt
from app.tiling import Tile

Floats = NDArray[np.float64]


def select_held_counts(held: Columns, mask: Mask | None, tile: Tile) -> Select[Any]:
    """The same layer as `select_counts` makes of the rows themselves; PostGIS writes it.

    A cell's place is rounded alike; the means that it is made of are summed in another order.
    """
    rows, columns = tile.matrix_set.rows_at(tile.zoom), tile.matrix_set.columns_at(tile.zoom)
    lon, lat, found = _near(held, mask, tile)
    row, col = _cell(_down(lat, tile), rows * CELLS), _cell(_across(lon), columns * CELLS)
    local_row, local_col = row - tile.row * CELLS, col - tile.col * CELLS
    here = (local_row >= 0) & (local_row < CELLS) & (local_col >= 0) & (local_col < CELLS)
    lon, lat, found = lon[here], lat[here], found[here]
    cells = local_row[here] * CELLS + local_col[here]
    counts = np.bincount(cells, minlength=CELLS * CELLS)
    filled = np.flatnonzero(counts)
    number = counts[filled]
    mean_lon = np.bincount(cells, lon, CELLS * CELLS)[filled] / number
    mean_lat = np.bincount(cells, lat, CELLS * CELLS)[filled] / number
    last = np.zeros(CELLS * CELLS, dtype=np.int64)
    last[cells] = found
    ids = [
        held.ids[int(place)].as_py() if count == 1 else None for place, count in zip(last[filled], number, strict=True)
    ]
    x = _on_grid(_across(mean_lon), columns, tile.col)
    y = _on_grid(_down(mean_lat, tile), rows, tile.row)
    return _layer(x, y, number, ids)


def _near(held: Columns, mask: Mask | None, tile: Tile) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Places of the records round the tile, and which records they are."""
    lon, lat = held.places
    west, south, east, north = tile.pieces(MARGIN)[0].box
    near = (lon >= west) & (lon <= east) & (lat >= max(south, tile.matrix_set.bounds.south)) & (lat <= north)
    found = np.flatnonzero(near if mask is None else near & mask)
    return lon[found], lat[found], found


def _across(lon: Floats) -> Floats:
    """From the world's western edge, as a share of its width."""
    return (lon + 180.0) / 360.0


def _down(lat: Floats, tile: Tile) -> Floats:
    """From the set's upper edge, as a share of its height. Source: the Mercator projection of a sphere."""
    if tile.matrix_set.crs.is_geographic:
        return 0.5 - lat / 180.0
    return 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * pi)


def _cell(share: Floats, cells: int) -> NDArray[np.int64]:
    # The world's eastern and southern edges belong to the last cell.
    return np.minimum(np.floor(share * cells), cells - 1).astype(np.int64)


def _on_grid(share: Floats, tiles: int, number: int) -> Floats:
    return np.minimum(np.floor((share * tiles - number) * EXTENT), EXTENT - 1)


def _layer(x: Floats, y: Floats, counts: NDArray[np.int64], ids: list[str | None]) -> Select[Any]:
    given = (
        ("x", Float, x.tolist()),
        ("y", Float, y.tolist()),
        ("count", Integer, counts.tolist()),
        ("id", Text, ids),
    )
    arrays = [cast(bindparam(None, values, ARRAY(kind)), ARRAY(kind)) for _, kind, values in given]
    cells = (
        func.unnest(*arrays)
        .table_valued(*(column(name, kind) for name, kind, _ in given), name="cells")
        .render_derived()
    )
    points = select(func.ST_MakePoint(cells.c.x, cells.c.y).label("place"), cells.c.count, cells.c.id)
    return as_mvt(points.subquery("tile"), COUNTS_LAYER, EXTENT, "place")
