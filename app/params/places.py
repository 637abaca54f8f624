"""Numbers, boxes and circles: text → degrees and kilometres."""

from __future__ import annotations

import re
from math import isfinite

from app.errors import BadParameter
from app.values import BBox, Near

# Python's float() would also take blanks, underscores and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse_number(name: str, text: str) -> float:
    """A finite number.

    Raises: BadParameter.
    """
    number = float(text) if _NUMBER.fullmatch(text) else float("nan")
    if not isfinite(number):
        raise BadParameter(f"{name}: “{text}” is not a number.", parameter=name)
    return number


def parse_numbers(name: str, text: str, counts: tuple[int, ...], right: str) -> list[float]:
    """Numbers by comma, as many as one of `counts`.

    Raises: BadParameter.
    """
    parts = text.split(",")
    if len(parts) not in counts:
        raise BadParameter(f"{name} has {len(parts)} value(s); it wants {right}.", parameter=name)
    try:
        return [parse_number(name, part) for part in parts]
    except BadParameter as problem:
        raise BadParameter(f"{problem.detail} {name} wants {right}.", parameter=name) from None


def _check_latitude(name: str, latitude: float) -> None:
    if not -90 <= latitude <= 90:
        raise BadParameter(
            f"{name}: latitude {latitude:g} lies outside -90 to 90. The order is longitude, latitude.", parameter=name
        )


def _check_longitude(name: str, longitude: float) -> None:
    if not -180 <= longitude <= 180:
        raise BadParameter(f"{name}: longitude {longitude:g} lies outside -180 to 180.", parameter=name)


def parse_bbox(text: str) -> BBox:
    """`west,south,east,north`, or six numbers whose heights are left aside.

    CRS: degrees, CRS84. west > east crosses the antimeridian. Raises: BadParameter.
    Source: OGC API Features 1.0, /req/core/fc-bbox-definition.
    """
    numbers = parse_numbers("bbox", text, (4, 6), "west,south,east,north in degrees, such as 84,20,85,21")
    west, south, east, north = numbers if len(numbers) == 4 else (numbers[0], numbers[1], numbers[3], numbers[4])
    for longitude in (west, east):
        _check_longitude("bbox", longitude)
    for latitude in (south, north):
        _check_latitude("bbox", latitude)
    if south > north:
        raise BadParameter(
            f"bbox: south {south:g} lies above north {north:g}; the order is west,south,east,north.", parameter="bbox"
        )
    return BBox(west, south, east, north)


def parse_near(near: str | None, within_km: str | None) -> Near:
    """`near=lon,lat` with `within_km`: each wants the other.

    Raises: BadParameter.
    """
    if near is None:
        raise BadParameter("within_km wants near=lon,lat, the point to measure from.", parameter="within_km")
    lon, lat = parse_numbers("near", near, (2,), "lon,lat in degrees, such as 84.6,20.8")
    _check_longitude("near", lon)
    _check_latitude("near", lat)
    if within_km is None:
        raise BadParameter("near wants within_km, the distance in kilometres, such as within_km=50.", parameter="near")
    distance = parse_number("within_km", within_km)
    if not 0 <= distance <= 20_100:
        raise BadParameter(
            f"within_km: {distance:g} lies outside 0 to 20100 (half round the earth).", parameter="within_km"
        )
    return Near(lon, lat, distance)
