"""Which language a reader asks for."""

from __future__ import annotations

from typing import NamedTuple

from app.languages.catalogues import LANGUAGES

ENGLISH = "en"


class Choice(NamedTuple):
    """`given`: whether the address names the language; `unknown`: what it names that is none here."""

    code: str = ENGLISH
    given: bool = False
    unknown: str | None = None


def choose(asked: str | None, accepted: str) -> Choice:
    """By the address first, then by the browser's Accept-Language; English where neither names one of ours."""
    if asked:
        code = asked.strip().lower().partition("-")[0]
        return Choice(code, True) if code in LANGUAGES else Choice(unknown=asked)
    return Choice(_accepted(accepted))


def _accepted(text: str) -> str:
    """The first of ours by weight. Source: RFC 9110, section 12.5.4."""
    found: list[tuple[float, str]] = []
    for part in text[:500].split(","):
        name, _, rest = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        weight = _weight(rest)
        if weight > 0 and code in LANGUAGES:
            found.append((weight, code))
    # The sort keeps the order of equals.
    return sorted(found, key=lambda pair: -pair[0])[0][1] if found else ENGLISH


def _weight(text: str) -> float:
    name, _, value = text.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
