"""Numbers, boxes and circles: text → degrees and kilometres."""

from __future__ import annotations

import re
from math import isfinite

from app.errors import BadParameter
from app.languages import gettext as _
from app.values import BBox, Near

# Python's float() would also take blanks, underscores and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse_number(name: str, text: str) -> float:
    """A finite number.

    Raises: BadParameter.
    """
    number = float(text) if _NUMBER.fullmatch(text) else float("nan")
    if not isfinite(number):
        raise BadParameter(_("%(name)s: “%(text)s” is not a number.", name=name, text=text), parameter=name)
    return number


def parse_numbers(name: str, text: str, counts: tuple[int, ...], right: str) -> list[float]:
    """Numbers by comma, as many as one of `counts`.

    Raises: BadParameter.
    """
    parts = text.split(",")
    if len(parts) not in counts:
        raise BadParameter(
            _("%(name)s has %(parts)s value(s); it wants %(right)s.", name=name, parts=len(parts), right=right),
            parameter=name,
        )
    try:
        return [parse_number(name, part) for part in parts]
    except BadParameter as problem:
        raise BadParameter(
            _("%(detail)s %(name)s wants %(right)s.", detail=problem.detail, name=name, right=right), parameter=name
        ) from None


def _check_latitude(name: str, latitude: float) -> None:
    if not -90 <= latitude <= 90:
        raise BadParameter(
            _(
                "%(name)s: latitude %(latitude)s lies outside -90 to 90. The order is longitude, latitude.",
                name=name,
                latitude=f"{latitude:g}",
            ),
            parameter=name,
        )


def _check_longitude(name: str, longitude: float) -> None:
    if not -180 <= longitude <= 180:
        raise BadParameter(
            _("%(name)s: longitude %(longitude)s lies outside -180 to 180.", name=name, longitude=f"{longitude:g}"),
            parameter=name,
        )


def parse_bbox(text: str) -> BBox:
    """`west,south,east,north`, or six numbers whose heights are left aside.

    CRS: degrees, CRS84. west > east crosses the antimeridian. Raises: BadParameter.
    Source: OGC API Features 1.0, /req/core/fc-bbox-definition.
    """
    numbers = parse_numbers("bbox", text, (4, 6), _("west,south,east,north in degrees, such as 84,20,85,21"))
    west, south, east, north = numbers if len(numbers) == 4 else (numbers[0], numbers[1], numbers[3], numbers[4])
    for longitude in (west, east):
        _check_longitude("bbox", longitude)
    for latitude in (south, north):
        _check_latitude("bbox", latitude)
    if south > north:
        raise BadParameter(
            _(
                "bbox: south %(south)s lies above north %(north)s; the order is west,south,east,north.",
                south=f"{south:g}",
                north=f"{north:g}",
            ),
            parameter="bbox",
        )
    return BBox(west, south, east, north)


def parse_near(near: str | None, within_km: str | None) -> Near:
    """`near=lon,lat` with `within_km`: each wants the other.

    Raises: BadParameter.
    """
    if near is None:
        raise BadParameter(_("within_km wants near=lon,lat, the point to measure from."), parameter="within_km")
    lon, lat = parse_numbers("near", near, (2,), _("lon,lat in degrees, such as 84.6,20.8"))
    _check_longitude("near", lon)
    _check_latitude("near", lat)
    if within_km is None:
        raise BadParameter(
            _("near wants within_km, the distance in kilometres, such as within_km=50."), parameter="near"
        )
    distance = parse_number("within_km", within_km)
    if not 0 <= distance <= 20_100:
        raise BadParameter(
            _("within_km: %(distance)s lies outside 0 to 20100 (half round the earth).", distance=f"{distance:g}"),
            parameter="within_km",
        )
    return Near(lon, lat, distance)
