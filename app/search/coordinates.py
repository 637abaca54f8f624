"""A pair of coordinates in a text: decimal degrees, degrees with minutes and seconds, or UTM → a point."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from pyproj import Transformer

from app.angles import parse_angle

# India with its islands and its exclusive economic zone, degrees: the tie-breaker where the order is not said.
_WEST, _SOUTH, _EAST, _NORTH = 65.0, 3.0, 100.0, 39.0
DEFAULT_KM = 25.0
_GREATEST_KM = 20_100.0  # half round the earth, as the filter has it
_DECIMALS = 6


class Point(NamedTuple):
    """A point in degrees, EPSG:4326, what of the text it stands in, and the distance asked for."""

    lon: float
    lat: float
    within_km: float
    text: str
    rest: str  # the text without it


# A letter after a sign is another word, unless it tells the hemisphere.
_NO_WORD = "(?![a-df-mo-rt-vx-z])"
_DEG = rf"(?:[°º˚∘*:-]|deg(?:rees?)?\.?|[do]{_NO_WORD})"
_MIN = rf"(?:['’‘′´`ʹ:-]|min(?:utes?)?\.?|m{_NO_WORD})"
_SEC = rf"(?:''|’’|′′|[\"”“″ʺ]|sec(?:onds?)?\.?|(?-i:s){_NO_WORD})"
_WHOLE, _FRACTION = r"\d{1,3}", r"\d{1,2}(?:\.\d+)?"
_FORM = "|".join(
    (
        rf"[+−-]?{_WHOLE}\s*{_DEG}\s*{_FRACTION}(?:\s*{_MIN}\s*(?:{_FRACTION}\s*{_SEC}?)?)?",
        rf"[+−-]?{_WHOLE}\s+\d{{1,2}}\s+{_FRACTION}(?!\s*{_DEG})",
        rf"{_WHOLE}\s+{_FRACTION}(?=\s*[NSEW](?![a-z]))",
        rf"[+−-]?{_WHOLE}\.\d+(?:\s*(?:°|º|˚|deg(?:rees?)?))?",
        rf"[+−-]?{_WHOLE}(?:\s*(?:°|º|˚|deg(?:rees?)?))?",
    )
)


def _angle(n: int) -> str:
    label = rf"(?:(?P<label{n}>lat(?:itude)?|lon(?:g(?:itude)?)?|lng)\s*[.:=]?\s*)?"
    before = rf"(?P<before{n}>[NSEW])\s*[.:]?\s*(?P<led{n}>{_FORM})"
    after = rf"(?P<form{n}>{_FORM})(?:\s*(?P<after{n}>[NSEW])(?![a-z]))?"
    return rf"{label}(?:{before}|{after})"


_PAIR = re.compile(
    rf"(?<![\w.+−-])(?:geo:|point\s*\(\s*|@|\()?{_angle(1)}"
    rf"(?:\s*[,;/|]\s*|\s+and\s+|\s+|(?<=[NSEW]))\(?{_angle(2)}\s*\)?(?!\.?\d|\w)",
    re.IGNORECASE,
)
_COMMA_PAIR = re.compile(r"\s*([+−-]?\d{1,3}),(\d+)\s*(?:;|\s)\s*([+−-]?\d{1,3}),(\d+)\s*")
_METRES = (
    r"(?:E(?:asting)?\s*[:=]?\s*)?(?P<e>\d{6}(?:\.\d+)?)\s*(?:m\s*)?E?\s*[,;/]?\s*"
    r"(?:N(?:orthing)?\s*[:=]?\s*)?(?P<n>\d{6,7}(?:\.\d+)?)\s*(?:m\s*N?(?![a-z])|N(?![a-z]))?"
)
_ZONE = r"(?:UTM\s*)?(?:zone\s*)?(?P<zone>\d{1,2})\s*(?P<band>[C-HJ-NP-X])(?![a-z])"
_UTM = (
    re.compile(rf"(?<!\w){_ZONE}\s*[,;:/]?\s*{_METRES}(?!\w)", re.IGNORECASE),
    re.compile(rf"(?<!\w){_METRES}[\s,;/]*\(?{_ZONE}\)?(?!\w)", re.IGNORECASE),
    re.compile(rf"(?<!\w)EPSG:?\s*32(?P<band>6|7)(?P<zone>\d\d)\s*[,;:/]?\s*{_METRES}(?!\w)", re.IGNORECASE),
)
_KM = re.compile(
    r"(?:\bwithin\s+|\bin\s+)?(?<![\w.])(\d{1,5}(?:\.\d+)?)\s*(?:km|kms|kilomet(?:re|er)s?)\b"
    r"(?:\s*(?:of|from|around|round|near))?",
    re.IGNORECASE,
)


def find_point(text: str) -> Point | None:
    """The first pair of coordinates in the text; None where there is none."""
    for found, at in _candidates(text):
        lon, lat = at
        if -180 <= lon <= 180 and -90 <= lat <= 90:
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            within_km, rest = _distance(rest)
            return Point(round(lon, _DECIMALS), round(lat, _DECIMALS), within_km, found[0].strip(), rest.strip())
    return None


def _candidates(text: str) -> list[tuple[re.Match[str], tuple[float, float]]]:
    found = []
    for pattern in _UTM:
        if (match := pattern.search(text)) and (at := _from_utm(match)):
            found.append((match, at))
    if (match := _COMMA_PAIR.fullmatch(text)) and (
        at := _ordered(float(_plain(f"{match[1]}.{match[2]}")), float(_plain(f"{match[3]}.{match[4]}")))
    ):
        found.append((match, at))
    found.extend((match, at) for match in _PAIR.finditer(text) if (at := _from_pair(match, text)))
    return found


def _from_pair(match: re.Match[str], text: str) -> tuple[float, float] | None:
    """Longitude and latitude; None where the two are no pair."""
    halves = []
    for n in ("1", "2"):
        form = (match[f"led{n}"] or match[f"form{n}"]).strip()
        letter = (match[f"before{n}"] or match[f"after{n}"] or "").upper()
        label = (match[f"label{n}"] or "").lower()[:2]
        axis = {"N": "lat", "S": "lat", "E": "lon", "W": "lon"}.get(letter) or {
            "la": "lat",
            "lo": "lon",
            "ln": "lon",
        }.get(label)
        halves.append((form, letter, axis))
    (first, _, one), (second, _, other) = halves
    if one is not None and one == other:
        return None
    one = one or {"lat": "lon", "lon": "lat"}.get(other or "")
    try:
        values = [
            parse_angle(f"{_bare(form)} {letter}".strip(), axis or "lat")
            for (form, letter, _), axis in zip(halves, (one, {"lat": "lon", "lon": "lat"}.get(one or "")), strict=True)
        ]
    except ValueError:
        return None
    if one:
        return (values[1], values[0]) if one == "lat" else (values[0], values[1])
    at = _ordered(*values)
    if any(form.lstrip("+−-").isdigit() for form in (first, second)):
        # A whole number may be anything: it is part of a place only where nothing else stands there, and in India.
        return at if at and match[0].strip() == text.strip() and in_india(*at) else None
    return at


def _bare(form: str) -> str:
    """Numbers and blanks only: a lower-case s is the sign of seconds here, never the south."""
    sign = "-" if form[0] in "−-" else ""
    number = form.lstrip("+−-")
    return sign + (number if re.fullmatch(r"\d+(\.\d+)?", number) else " ".join(re.findall(r"\d+(?:\.\d+)?", number)))


def _plain(number: str) -> str:
    return number.replace("−", "-")


def _ordered(first: float, second: float) -> tuple[float, float] | None:
    """Longitude and latitude of two numbers in either order: the one that lies in India, else latitude first."""
    as_written = ((second, first), (first, second))
    for lon, lat in as_written:
        if in_india(lon, lat):
            return lon, lat
    return next(((lon, lat) for lon, lat in as_written if abs(lat) <= 90 and abs(lon) <= 180), None)


def in_india(lon: float, lat: float) -> bool:
    """Whether a point may lie in India or its seas; degrees."""
    return _WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH


def _from_utm(match: re.Match[str]) -> tuple[float, float] | None:
    zone, band = int(match["zone"]), match["band"].upper()
    if not 1 <= zone <= 60:
        return None
    # S is the south, and the band from 32° to 40° north: Kashmir.
    norths = {"S": (True, False), "6": (True,), "7": (False,)}.get(band, (band >= "N",))
    points = [_unproject(zone, north, float(match["e"]), float(match["n"])) for north in norths]
    known = [point for point in points if all(map(isfinite, point))]
    return next((point for point in known if in_india(*point)), known[-1] if known else None)


def _unproject(zone: int, north: bool, easting: float, northing: float) -> tuple[float, float]:
    lon, lat = _transformer(zone, north).transform(easting, northing)
    return float(lon), float(lat)


@lru_cache(maxsize=120)
def _transformer(zone: int, north: bool) -> Transformer:
    """UTM on the WGS 84 spheroid → longitude and latitude."""
    return Transformer.from_crs((32600 if north else 32700) + zone, 4326, always_xy=True)


def _distance(text: str) -> tuple[float, str]:
    """The distance asked for beside a point, kilometres, and the text without it."""
    found = _KM.search(text)
    if found is None or float(found[1]) > _GREATEST_KM:
        return DEFAULT_KM, text
    return float(found[1]), f"{text[: found.start()]} {text[found.end() :]}"
