"""Boxes in any reference system: text → degrees, or a shape where the sides are not straight in degrees."""

from __future__ import annotations

from collections.abc import Mapping

from shapely import box

from app.crs import Crs
from app.errors import BadParameter
from app.filters import to_stored
from app.languages import gettext as _
from app.params.places import parse_bbox, parse_numbers
from app.params.systems import parse_crs
from app.values import Selection, Shape


def parse_box(given: Mapping[str, str]) -> Selection:
    """`bbox` with `bbox-crs`.

    Raises: BadParameter. Source: OGC API Features Part 2, /req/crs/fc-bbox-crs-definition.
    """
    crs = parse_crs("bbox-crs", given.get("bbox-crs"))
    text = given.get("bbox")
    if text is None:
        return Selection()  # a system without a box changes nothing
    if not crs.is_geographic:
        return Selection(shapes=(_projected(text, crs),))
    return Selection(bbox=parse_bbox(_longitude_first(text) if crs.latitude_first else text))


def _longitude_first(text: str) -> str:
    """The same box with each corner's latitude and longitude exchanged; other counts are left for parse_bbox to say."""
    parts = text.split(",")
    if len(parts) not in (4, 6):
        return text
    half = len(parts) // 2
    for first in (0, half):
        parts[first], parts[first + 1] = parts[first + 1], parts[first]
    return ",".join(parts)


def _projected(text: str, crs: Crs) -> Shape:
    right = _("four numbers in metres: west, south, east, north (or six with heights)")
    numbers = parse_numbers("bbox", text, (4, 6), right)
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if west >= east or south >= north:
        raise BadParameter(_("bbox: the first corner is not below and left of the second."), parameter="bbox")
    return Shape(to_stored(box(west, south, east, north), crs, "bbox").wkb_hex, 0.0)
