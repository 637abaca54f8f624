"""Longitudes and latitudes as people write them → degrees."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

_HALF = {"N": ("lat", 1), "S": ("lat", -1), "E": ("lon", 1), "W": ("lon", -1)}
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?|[+-]?\.[0-9]+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# What may stand between degrees, minutes and seconds besides blanks: all signs and letters that are met with.
_MARKS = re.compile(r"(?:[°º˚o*:'’‘′´`\"”“″-]|deg(?:rees?)?|min(?:utes?)?|sec(?:onds?)?|[dms])", re.IGNORECASE)


def parse_angle(value: Any, axis: str, *, decimal_comma: bool = False) -> float:
    """Degrees; `axis` is "lon" or "lat". Decimal, or degrees, minutes and seconds in any usual writing.

    Raises: ValueError with what is wrong, to be put after the text itself.
    """
    if isinstance(value, bool):
        raise ValueError("is no angle")
    is_number = isinstance(value, int | float)
    degrees = float(value) if is_number else _parse_text(str(value).strip(), axis, decimal_comma)
    if not isfinite(degrees):
        raise ValueError("is no number")
    return degrees


def _parse_text(text: str, axis: str, decimal_comma: bool) -> float:
    if decimal_comma or re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        text = text.replace(",", ".")
    if _DECIMAL.fullmatch(text):
        return float(text)
    sign, text = _sign(text.replace("−", "-").replace("''", '"'), axis)
    numbers = [float(number) for number in _NUMBER.findall(text)]
    rest = _MARKS.sub(" ", _NUMBER.sub(" ", text)).strip(" .,")
    if rest or not 1 <= len(numbers) <= 3:
        raise ValueError("is neither decimal degrees nor degrees, minutes and seconds")
    degrees, minutes, seconds = (*numbers, 0.0, 0.0)[:3]
    if minutes >= 60 or seconds >= 60:
        raise ValueError("has 60 or more minutes or seconds")
    if any(number != int(number) for number in numbers[:-1]):
        raise ValueError("has a fraction before its last part")
    return sign * (degrees + minutes / 60 + seconds / 3600)


def _sign(text: str, axis: str) -> tuple[int, str]:
    """The sign by hemisphere or minus, and the text without it."""
    found = re.match(r"\s*([NSEW])(?![A-Za-z])\.?|.*?([NSEW])\.?\s*$", text, re.IGNORECASE)
    sign = 1
    if found:
        letter = (found[1] or found[2]).upper()
        named, sign = _HALF[letter]
        if named != axis:
            kind = "longitude" if axis == "lon" else "latitude"
            raise ValueError(f"ends in {letter}, but stands in the column of the {kind}")
        at = found.start(1) if found[1] else found.start(2)
        text = text[:at] + " " + text[at + 1 :]
    text = text.strip()
    if text.startswith("-"):
        return -sign, text[1:]
    return sign, text.lstrip("+")
