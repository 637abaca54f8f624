"""Tile matrix sets, and the arithmetic between a tile and the box that it covers.

Source: OGC Two Dimensional Tile Matrix Set 2.0 (17-083r4), annex D: WebMercatorQuad and WorldCRS84Quad.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import atan, degrees, pi, sinh
from typing import Any, NamedTuple

from app.crs import CRS84, SYSTEMS, Crs
from app.errors import BadParameter, NotFound
from app.values import BBox

TILE_PIXELS = 256
# An OGC pixel is 0.28 mm wide; a degree of the equator is that of the WGS 84 ellipsoid.
_PIXEL_M = 0.00028
_EQUATOR_RADIUS_M = 6378137.0
_HALF_EQUATOR_M = pi * _EQUATOR_RADIUS_M
_REGISTRY = "http://www.opengis.net/def/{}/OGC/1.0/{}"


@dataclass(frozen=True)
class TileMatrixSet:
    """A pyramid of tiles, from the upper left corner of the world, each level with twice the rows and columns."""

    id: str
    title: str
    crs: Crs
    axes: tuple[str, str]
    scale_set: str
    columns: int  # of level 0, which has one row
    half_width: float  # of the world, in units of the CRS
    levels: int

    @property
    def uri(self) -> str:
        return _REGISTRY.format("tilematrixset", self.id)

    def side(self, zoom: int) -> float:
        """Width and height of a tile, in units of the CRS."""
        return 2 * self.half_width / self.columns_at(zoom)

    def columns_at(self, zoom: int) -> int:
        return self.columns * self.rows_at(zoom)

    def rows_at(self, zoom: int) -> int:
        return 1 << zoom

    @property
    def half_height(self) -> float:
        """Of the world, in units of the CRS."""
        return self.half_width / self.columns

    def latitude(self, fraction: float) -> float:
        """Degrees north, `fraction` of the way from the set's upper edge to its lower one."""
        if self.crs.is_geographic:
            return 90.0 - 180.0 * fraction
        return degrees(atan(sinh(pi * (1 - 2 * fraction))))

    @cached_property
    def bounds(self) -> BBox:
        """All that the set covers, degrees."""
        return BBox(-180.0, self.latitude(1.0), 180.0, self.latitude(0.0))

    def matrix(self, zoom: int) -> dict[str, Any]:
        """One level as a document. Source: 17-083r4, tileMatrix.yaml."""
        cell = self.side(zoom) / TILE_PIXELS
        metres_per_unit = _HALF_EQUATOR_M / 180.0 if self.crs.is_geographic else 1.0
        return {
            "id": str(zoom),
            "scaleDenominator": cell * metres_per_unit / _PIXEL_M,
            "cellSize": cell,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-self.half_width, self.half_height],
            "tileWidth": TILE_PIXELS,
            "tileHeight": TILE_PIXELS,
            "matrixWidth": self.columns_at(zoom),
            "matrixHeight": self.rows_at(zoom),
        }

    def definition(self) -> dict[str, Any]:
        """The set as a document. Source: 17-083r4, tileMatrixSet.yaml."""
        return {
            "id": self.id,
            "title": self.title,
            "uri": self.uri,
            "crs": self.crs.uri,
            "orderedAxes": list(self.axes),
            "wellKnownScaleSet": _REGISTRY.format("wkss", self.scale_set),
            "boundingBox": {
                "lowerLeft": [-self.half_width, -self.half_height],
                "upperRight": [self.half_width, self.half_height],
                "crs": self.crs.uri,
                "orderedAxes": list(self.axes),
            },
            "tileMatrices": [self.matrix(zoom) for zoom in range(self.levels)],
        }


TILE_MATRIX_SETS: dict[str, TileMatrixSet] = {
    s.id: s
    for s in (
        TileMatrixSet(
            "WebMercatorQuad",
            "Google Maps Compatible for the World",
            SYSTEMS["http://www.opengis.net/def/crs/EPSG/0/3857"],
            ("X", "Y"),
            "GoogleMapsCompatible",
            columns=1,
            half_width=_HALF_EQUATOR_M,
            levels=25,
        ),
        TileMatrixSet(
            "WorldCRS84Quad",
            "CRS84 for the World",
            SYSTEMS[CRS84],
            ("Lon", "Lat"),
            "GoogleCRS84Quad",
            columns=2,
            half_width=180.0,
            levels=24,
        ),
    )
}


class Piece(NamedTuple):
    """A box in which a tile's records lie, and by how far they are moved east to come into the tile."""

    box: BBox
    shift_degrees: float


class Tile(NamedTuple):
    """A tile by its address; row 0 is the northernmost, column 0 the westernmost."""

    matrix_set: TileMatrixSet
    zoom: int
    row: int
    col: int

    @property
    def envelope(self) -> BBox:
        """The box that it covers, in its set's own CRS."""
        side = self.matrix_set.side(self.zoom)
        west = -self.matrix_set.half_width + self.col * side
        north = self.matrix_set.half_height - self.row * side
        return BBox(west, north - side, west + side, north)

    @property
    def detail(self) -> int:
        """How often the world's circumference is halved; the same in all sets for tiles of the same width."""
        return self.zoom + self.matrix_set.columns - 1

    def pieces(self, margin: float) -> list[Piece]:
        """Boxes that hold all that lies in the tile and in a margin around it, as a share of its side.

        CRS: degrees, EPSG:4326. A margin that reaches across the antimeridian is a box at the world's other end.
        """
        rows, columns = self.matrix_set.rows_at(self.zoom), self.matrix_set.columns_at(self.zoom)
        north = self.matrix_set.latitude(max(0.0, (self.row - margin) / rows))
        south = self.matrix_set.latitude(min(1.0, (self.row + 1 + margin) / rows))
        west = 360.0 * (self.col - margin) / columns - 180.0
        east = 360.0 * (self.col + 1 + margin) / columns - 180.0
        found = [Piece(BBox(max(west, -180.0), south, min(east, 180.0), north), 0.0)]
        if west < -180.0:
            found.append(Piece(BBox(west + 360.0, south, 180.0, north), -360.0))
        if east > 180.0:
            found.append(Piece(BBox(-180.0, south, east - 360.0, north), 360.0))
        return found


def find_tile_matrix_set(text: str) -> TileMatrixSet:
    """The set of that id.

    Raises: NotFound.
    """
    found = TILE_MATRIX_SETS.get(text)
    if found is None:
        raise NotFound(f"There is no tile matrix set “{text[:100]}”; there are {', '.join(TILE_MATRIX_SETS)}.")
    return found


def parse_tile(matrix_set: TileMatrixSet, zoom: str, row: str, col: str) -> Tile:
    """A tile's address: numbers from 0 on.

    Raises: BadParameter for what is no number, NotFound beyond the set's levels, rows and columns.
    Source: OGC API Tiles 1.0, /req/core/tc-error.
    """
    parts = {"tileMatrix": zoom, "tileRow": row, "tileCol": col}
    for name, text in parts.items():
        if not (text.isascii() and text.isdigit()):
            raise BadParameter(f"{name}: “{text[:100]}” is not a whole number from 0 on.", parameter=name)
    level = _below("tileMatrix", zoom, matrix_set.levels, matrix_set.id)
    where = f"{matrix_set.id} {level}"
    return Tile(
        matrix_set,
        level,
        _below("tileRow", row, matrix_set.rows_at(level), where),
        _below("tileCol", col, matrix_set.columns_at(level), where),
    )


def _below(name: str, text: str, end: int, where: str) -> int:
    # Leading zeros would be a second address of the same tile; more digits than this no set has.
    number = int(text[:12])
    if number >= end or text != str(number):
        raise NotFound(f"{name}: there is no {text[:100]} in {where}; it has 0 to {end - 1}.")
    return number
