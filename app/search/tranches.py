"""The many ways to say in which tranche a block was offered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.words import searchable

_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}
_NAMED = re.compile(r"(?:(.+?)[- ])?([IVXL]+)")
_SPELLINGS = ("tranche", "tranch", "trench", "tranche no", "tranches", "round")


def roman_number(text: str) -> int:
    """The value of a Roman numeral."""
    values = [_ROMAN[letter] for letter in text]
    return sum(-v if v < next_one else v for v, next_one in zip(values, [*values[1:], 0], strict=True))


def tranche_phrases(value: str) -> Iterator[str]:
    """Folded phrases for a tranche such as VIII, EL-II or “Odisha state auction 2021”."""
    found = _NAMED.fullmatch(value)
    if not found:
        yield searchable(value).strip()
        return
    series, number = found[1], roman_number(found[2])
    numerals = (found[2].lower(), str(number))
    if series:
        kind = searchable(series).strip()
        for numeral in numerals:
            yield from (f"{kind} {numeral}", f"{kind} tranche {numeral}", f"tranche {kind} {numeral}")
        return
    yield from (f"{word} {numeral}" for word in _SPELLINGS for numeral in numerals)
    ordinal = f"{number}{'th' if 10 < number < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    yield from (f"{numerals[0]} tranche", f"{ordinal} tranche", f"{ordinal} round")
    if number <= len(_ORDINALS):
        yield from (f"{_ORDINALS[number - 1]} tranche", f"{_ORDINALS[number - 1]} round")
