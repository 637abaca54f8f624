"""Many shapes → one geometry. What crosses itself is told with its place, and mended where the reader wants it so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from app.languages import N_, Words
from app.languages import gettext as _
from app.shapes.faults import BadFile
from app.wording import group_digits

Numbered = list[tuple[int, BaseGeometry]]

# Shapely's numbers of kinds of shape.
_POINT, _RING, _POLYGON = 0, 2, 3
# GEOS's reason → the same in plain words.
_REASONS = Words(
    {
        "Self-intersection": N_("crosses itself"),
        "Ring Self-intersection": N_("touches or crosses itself"),
        "Hole lies outside shell": N_("has a hole outside its outline"),
        "Holes are nested": N_("has a hole within a hole"),
        "Nested shells": N_("has a part within another part"),
        "Interior is disconnected": N_("is cut in pieces by its holes"),
        "Duplicate Rings": N_("has the same ring twice"),
        "Too few points in geometry component": N_("has a part with too few different points"),
    }
)
_PLACED = re.compile(r"(.*?)\[(\S+) (\S+?)(?: \S+)?\]")


class Crossing(NamedTuple):
    """What is wrong with the first faulty feature, and how many features are faulty."""

    sentence: str
    features: int


def find_crossing(shapes: Numbered) -> Crossing | None:
    """The first shape that is not valid, with the place of its fault."""
    sound = shapely.is_valid(np.array([shape for _, shape in shapes], dtype=object))
    faulty = [shapes[place] for place in np.flatnonzero(~sound)]
    if not faulty:
        return None
    number, shape = faulty[0]
    reason = shapely.is_valid_reason(shape)
    placed = _PLACED.fullmatch(reason)
    if placed is None:
        said = _("feature %(number)s is not valid (%(reason)s)", number=group_digits(f"{number:,}"), reason=reason)
        return Crossing(said, len(faulty))
    said = _(
        "feature %(number)s %(fault)s at %(lon)s, %(lat)s (longitude, latitude)",
        number=group_digits(f"{number:,}"),
        fault=_REASONS.get(placed[1]) or _("is not valid (%(reason)s)", reason=placed[1]),
        lon=f"{float(placed[2]):.6f}",
        lat=f"{float(placed[3]):.6f}",
    )
    return Crossing(said, len(faulty))


def mend(shapes: Numbered) -> Numbered:
    """Each shape valid: an area stays an area, without the lines and points into which parts of it may fall."""
    mended = []
    for number, shape in shapes:
        fixed = shape if shape.is_valid else shapely.make_valid(shape)
        if fixed is not shape and any(_kind(part) == _POLYGON for part in _parts([shape])):
            fixed = shapely.GeometryCollection([p for p in _parts([fixed]) if _kind(p) == _POLYGON])
        if not fixed.is_empty:
            mended.append((number, fixed))
    return mended


def join(shapes: Iterable[BaseGeometry], name: str) -> BaseGeometry:
    """All of them as one valid geometry: areas dissolved, lines and points each once, beside each other.

    Lines are not cut where they cross, so that no corners are added. Raises: BadFile.
    """
    parts = _parts(shapes)
    areas = [part for part in parts if _kind(part) == _POLYGON]
    lines = _distinct([part for part in parts if _POINT < _kind(part) <= _RING])
    points = _distinct([part for part in parts if _kind(part) == _POINT])
    kinds: list[BaseGeometry] = []
    try:
        if areas:
            area = areas[0] if len(areas) == 1 else shapely.union_all(areas)
            kinds.append(shapely.orient_polygons(area, exterior_cw=False))
    except ShapelyError as error:
        raise BadFile(
            _("%(name)s: its areas cannot be put together (%(reason)s).", name=name, reason=str(error)[:120])
        ) from None
    if lines:
        kinds.append(lines[0] if len(lines) == 1 else shapely.MultiLineString(lines))
    if points:
        kinds.append(points[0] if len(points) == 1 else shapely.MultiPoint(points))
    return kinds[0] if len(kinds) == 1 else shapely.GeometryCollection(_parts(kinds))


def _kind(shape: BaseGeometry) -> int:
    return int(shapely.get_type_id(shape))


def _parts(shapes: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Points, lines and polygons, out of all collections."""
    found: list[BaseGeometry] = list(shapes)
    while any(_kind(part) > _POLYGON for part in found):
        found = list(shapely.get_parts(found))
    return [part for part in found if not part.is_empty]


def _distinct(parts: list[BaseGeometry]) -> list[Any]:
    return list(dict.fromkeys(parts))
