"""Which records surely lie in a box, near a point or within reach of a shape, and which PostGIS has to be asked about.

Only the records' own boxes are at hand. What is said here of distances holds for WGS 84 and errs on the side of asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from app.queries.columns.held import Columns, Floats, Mask
from app.values import BBox, Near, Selection, Shape

# WGS 84: metres of a degree along a meridian, at least and at most, and of one along the equator.
_LEAST_NORTH, _MOST_NORTH, _EAST = 110_570.0, 111_700.0, 111_325.0
# A sphere of the mean radius tells distances within so much of those along the spheroid.
_RADIUS_M, _FLATTENED = 6_371_008.8, 0.006
# Along the spheroid the edge of an outline leaves its box, or the straight line, by less than this share of its length,
# where it is no longer than a great block is wide.
_BULGE, _FURTHEST_M = 0.03, 100_000.0
_LONGEST_EDGE_M, _MOST_STRAYING_M = 600_000.0, 5_000.0
_NEAREST_POLE = 60.0
# PostGIS finds the nearest points on a sphere and measures between them along the spheroid.
_MEASURED = 0.988
# Greater distances, and records wider than so many degrees, are PostGIS's.
_MOST_BUFFER_M, _WIDEST = 200_000.0, 2.0


Places = NDArray[np.intp]
Geometries = NDArray[Any]


class Told(NamedTuple):
    """The records that are surely meant, and those that have to be asked about."""

    inside: Mask
    edge: Mask


def in_reach(columns: Columns, selection: Selection) -> Told | None:
    """What the boxes tell of a selection of one place; None where they tell nothing."""
    if selection.bbox is not None and selection == Selection(bbox=selection.bbox):
        return _in_box(columns, selection.bbox)
    if selection.near is not None and selection == Selection(near=selection.near):
        return _near(columns, selection.near)
    if len(selection.shapes) == 1 and selection == Selection(shapes=selection.shapes):
        return _meets(columns, selection.shapes[0])
    return None


def _in_box(columns: Columns, box: BBox) -> Told | None:
    return Told(*columns.in_box(box)) if box.west <= box.east else None


def _near(columns: Columns, place: Near) -> Told | None:
    """By the distance of a record's middle, and how far from it the record may reach."""
    metres = place.within_km * 1000.0
    frame = _framed(columns, (place.lon, place.lat, place.lon, place.lat), metres)
    if frame is None:
        return None
    found = np.flatnonzero(frame)
    west, south, east, north = (part[found] for part in columns.bounds)
    lon, lat = (west + east) / 2, (south + north) / 2
    reach = _half_diagonals(west, south, east, north)
    distance = _on_sphere(lon, lat, place)
    unsure = np.flatnonzero(np.abs(distance - metres) <= reach + distance * _FLATTENED)
    distance[unsure] = _spheroid().inv(
        lon[unsure], lat[unsure], np.full(unsure.size, place.lon), np.full(unsure.size, place.lat)
    )[2]
    # A metre for the rounding of either side.
    return _told(columns, found, distance + reach <= metres - 1.0, distance - reach <= metres + 1.0)


def _meets(columns: Columns, shape: Shape) -> Told | None:
    """By the distance of a record's box from the shape in degrees, stretched to at least and at most its metres."""
    drawn = shapely.from_wkb(bytes.fromhex(shape.wkb))
    metres = shape.buffer_km * 1000.0
    if drawn.geom_type == "GeometryCollection" or drawn.is_empty or metres > _MOST_BUFFER_M:
        return None
    frame = _framed(columns, tuple(drawn.bounds), metres)
    if frame is None:
        return None
    found = np.flatnonzero(frame)
    corners = tuple(part[found] for part in columns.bounds)
    boxes = _boxes(corners)
    shapely.prepare(drawn)
    held: Mask = np.asarray(shapely.contains_properly(drawn, boxes))
    if not metres:
        return _told(columns, found, held, np.asarray(shapely.intersects(drawn, boxes)))
    stretched = _stretches(columns, found, drawn, metres)
    if stretched is None:
        return None
    least, most, strays = stretched
    # What lies in the shape is within reach, as the shape's edges stray less than that.
    sure = held & (metres > 2 * strays)
    near = sure.copy()
    rest = np.flatnonzero(~sure)
    around = tuple(part[rest] for part in corners)
    reach = _half_diagonals(*around)
    near[rest] = _within(drawn, around, least, metres + strays + _BULGE * reach + 1.0)
    # All of a record is within reach where its middle is, by so much more.
    middles = (around[0] + around[2]) / 2, (around[1] + around[3]) / 2
    sure[rest] = near[rest] & _within(drawn, (*middles, *middles), most, metres * _MEASURED - strays - reach)
    return _told(columns, found, sure, near)


def _boxes(corners: Sequence[Floats]) -> Geometries:
    """Boxes of west, south, east and north; a point or a line where one has no width or height."""
    west, south, east, north = corners
    boxes: Geometries = np.asarray(shapely.box(west, south, east, north))
    flat = np.flatnonzero((west == east) | (south == north))
    if flat.size:
        ends = np.stack([west[flat], south[flat], east[flat], north[flat]], axis=1).reshape(-1, 2, 2)
        boxes[flat] = shapely.envelope(shapely.linestrings(ends))
    return boxes


def _stretches(
    columns: Columns, found: Places, drawn: BaseGeometry, metres: float
) -> tuple[tuple[float, float], tuple[float, float], float] | None:
    """Metres of a degree east and north, at least and at most, where the shape and these records lie; and by how much
    its edges, drawn along the spheroid, may stray from straight lines. None where either is too large to be told."""
    beyond = metres / _LEAST_NORTH + 0.1
    south = min(drawn.bounds[1] - beyond, columns.bounds[1][found].min(initial=90.0))
    north = max(drawn.bounds[3] + beyond, columns.bounds[3][found].max(initial=-90.0))
    furthest, nearest = max(abs(south), abs(north)), 0.0 if south <= 0.0 <= north else min(abs(south), abs(north))
    narrow, wide = (_EAST * float(np.cos(np.radians(lat))) for lat in (furthest, nearest))
    strays = _straying_m(drawn, wide) * float(np.tan(np.radians(min(furthest, 89.0))))
    if furthest > _NEAREST_POLE or strays > _MOST_STRAYING_M:
        return None
    return (narrow * 0.996, _LEAST_NORTH), (wide * 1.004, _MOST_NORTH), strays + 1.0


def _straying_m(drawn: BaseGeometry, wide: float) -> float:
    """By how many metres an edge of the shape leaves the straight line in degrees, at most, where the tangent of its
    latitude is 1; infinite for very long edges.

    With east and north the lengths of an edge that way: (east² / 8 + east · north / 4) / radius, and some more.
    """
    lines = shapely.get_parts(drawn.boundary if drawn.geom_type.endswith("Polygon") else drawn)
    at, line = shapely.get_coordinates(lines, return_index=True)
    steps = np.abs(np.diff(at, axis=0))[np.diff(line) == 0] * (wide, _MOST_NORTH)
    if steps.max(initial=0.0) > _LONGEST_EDGE_M:
        return float("inf")
    east, north = steps[:, 0], steps[:, 1]
    return float((east**2 / 8 + east * north / 4).max(initial=0.0)) / _RADIUS_M * 1.2


def _within(drawn: BaseGeometry, corners: Sequence[Floats], stretch: tuple[float, float], metres: Any) -> Mask:
    """Which of the boxes come within their distances of the shape, on the plane; none does where that is negative."""
    flat = shapely.transform(drawn, lambda at: at * stretch)
    shapely.prepare(flat)
    boxes = _boxes([part * stretch[place % 2] for place, part in enumerate(corners)])
    return np.logical_and(shapely.dwithin(flat, boxes, metres), np.asarray(metres) >= 0)


def _framed(columns: Columns, box: tuple[float, ...], metres: float) -> Mask | None:
    """The records whose boxes reach into the frame within which all must lie; None near poles and antimeridian."""
    west, south, east, north = box
    up = metres / _LEAST_NORTH * 1.01 + 0.05
    furthest = max(abs(south - up), abs(north + up))
    if furthest > _NEAREST_POLE:
        return None
    across = up / float(np.cos(np.radians(furthest)))
    if west - across < -180.0 or east + across > 180.0:
        return None
    inside, near = columns.in_box(BBox(west - across, south - up, east + across, north + up))
    left, bottom, right, top = columns.bounds
    found: Mask = inside | near | (right - left > _WIDEST) | (top - bottom > _WIDEST)
    return found


def _half_diagonals(west: Floats, south: Floats, east: Floats, north: Floats) -> Floats:
    """How far, in metres, a record may reach from the middle of its box; infinite for great ones."""
    nearest = np.where((south <= 0) & (north >= 0), 0.0, np.minimum(np.abs(south), np.abs(north)))
    wide = (east - west) * _EAST * 1.004 * np.cos(np.radians(nearest))
    reach = np.hypot(wide, (north - south) * _MOST_NORTH) / 2 * (1 + _BULGE) + 1.0
    return np.where(reach > _FURTHEST_M, np.inf, reach)


def _on_sphere(lon: Floats, lat: Floats, place: Near) -> Floats:
    """Metres, by the haversine."""
    lat1, lat2 = np.radians(lat), np.radians(place.lat)
    half = np.sin((lat1 - lat2) / 2) ** 2
    half += np.cos(lat1) * np.cos(lat2) * np.sin(np.radians(lon - place.lon) / 2) ** 2
    return np.asarray(2 * _RADIUS_M * np.arcsin(np.sqrt(half)))


@cache
def _spheroid() -> Geod:
    return Geod(ellps="WGS84")


def _told(columns: Columns, found: Places, inside: Mask, reached: Mask) -> Told:
    masks = []
    for part in (inside, reached & ~inside):
        mask = np.zeros(columns.count, dtype=bool)
        mask[found[part]] = True
        masks.append(mask)
    return Told(*masks)
