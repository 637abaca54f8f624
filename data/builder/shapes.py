"""Outlines as RFC 7946 wants them. CRS: EPSG:4326, lon, lat, degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shapely.geometry import LinearRing, Polygon, mapping, shape

from .records import CatalogueError, Json

WGS84_A_M = 6378137.0
WGS84_E2 = 0.00669437999014

Ring = list[list[float]]


def clean_outline(name: str, geometry: Json) -> tuple[Json, list[str]]:
    """The Polygon or MultiPolygon wound as RFC 7946 wants it, and what had to be mended, in words.

    The corner points stay as published. Raises CatalogueError where the outline is not valid as it stands.
    """
    is_polygon = geometry["type"] == "Polygon"
    parts = [geometry["coordinates"]] if is_polygon else geometry["coordinates"]
    mended: list[str] = []
    wound = [[_clean_ring(ring, index == 0, mended) for index, ring in enumerate(part)] for part in parts]
    outline = {"type": geometry["type"], "coordinates": wound[0] if is_polygon else wound}
    if not shape(outline).is_valid:
        raise CatalogueError(f"{name}: the boundary is not valid")
    return outline, sorted(set(mended))


def _clean_ring(ring: Ring, outer: bool, mended: list[str]) -> Ring:
    points = [ring[0]]
    for corner in ring[1:]:
        if corner != points[-1]:
            points.append(corner)
    if len(points) != len(ring):
        mended.append("doubled corner points were left out")
    if points[0] != points[-1]:
        points.append(points[0])
        mended.append("the ring was closed")
    return points if LinearRing(points).is_ccw == outer else points[::-1]


def measure_ha(geometry: Json) -> float:
    """Area in hectares on the WGS 84 ellipsoid, good to 0.01 % for outlines of some kilometres.

    Scales degrees to metres by the radii of curvature at the middle latitude.
    """
    outline = shape(geometry)
    lat = math.radians(outline.centroid.y)
    bulge = 1 - WGS84_E2 * math.sin(lat) ** 2
    metres_north = math.radians(1) * WGS84_A_M * (1 - WGS84_E2) / bulge**1.5
    metres_east = math.radians(1) * WGS84_A_M * math.cos(lat) / bulge**0.5
    return float(outline.area * metres_north * metres_east / 10_000)


def to_rings(polygon: Polygon) -> list[Ring]:
    """Coordinates of a Shapely polygon, outer ring counter-clockwise, holes clockwise, 5 decimals."""
    rings: Sequence[Any] = mapping(polygon)["coordinates"]
    rounded = [[[round(x, 5), round(y, 5)] for x, y in ring] for ring in rings]
    return [ring if LinearRing(ring).is_ccw == (index == 0) else ring[::-1] for index, ring in enumerate(rounded)]
