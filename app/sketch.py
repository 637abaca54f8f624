"""A shape and its repaired form as one small picture, in units of the drawing."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, radians
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

WIDTH, MOST_HEIGHT, MARGIN = 320.0, 320.0, 8.0
# Of a shape with more corners the picture would be no clearer.
_FINEST = 1 / 400


class Sketch(NamedTuple):
    """Paths of SVG: the shape as it came, and as it was mended."""

    height: float
    given: str
    mended: str


def draw_sketch(given: BaseGeometry, mended: BaseGeometry) -> Sketch | None:
    """Both in EPSG:4326, drawn with north above and their true proportions in their middle; None without extent."""
    west, south, east, north = given.bounds
    narrow = cos(radians((south + north) / 2))
    wide, high = (east - west) * narrow, north - south
    if not (wide > 0 and high > 0):
        return None
    scale = min((WIDTH - 2 * MARGIN) / wide, (MOST_HEIGHT - 2 * MARGIN) / high)
    left = (WIDTH - wide * scale) / 2

    def path(geometry: BaseGeometry) -> str:
        return "".join(
            "M"
            + "L".join(f"{left + (x - west) * narrow * scale:.1f} {MARGIN + (north - y) * scale:.1f}" for x, y in line)
            for line in _lines(geometry, max(wide, high) * _FINEST)
        )

    return Sketch(high * scale + 2 * MARGIN, path(given), path(mended))


def _lines(geometry: BaseGeometry, finest: float) -> Iterator[list[tuple[float, float]]]:
    """All rings and lines; each by itself, as a shape that is not sound must not be tidied on the way."""
    for part in shapely.get_parts(geometry):
        rings: list[Any] = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            if len(ring.coords) > 1:
                coarse = shapely.simplify(shapely.LineString(ring.coords), finest)
                yield [(x, y) for x, y in coarse.coords]
