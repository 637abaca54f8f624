"""What a plain form sends → the address that it stands for."""

from __future__ import annotations

from collections.abc import Sequence

from app.filters import LIST_COLUMNS

# Of these, a form sends each choice by itself; an address has them by comma.
BY_COMMA = frozenset({*LIST_COLUMNS, "layers", "columns"})
_SINCE, _UNTIL = "since", "until"
# Fields of a form that stand in no address.
FORM_NAMES = (_SINCE, _UNTIL, "search")

Pairs = list[tuple[str, str]]


def from_form(pairs: Sequence[tuple[str, str]]) -> Pairs:
    """The parameters with the choices of one list by comma, what is empty left out, two dates as an interval.

    A parameter that takes one value and is given twice stays so: that is no form of ours, and is said.
    Source of the interval: OGC API Features 1.0, /req/core/fc-time-definition.
    """
    filled = [(name, text.strip()) for name, text in pairs if text.strip()]
    found: Pairs = []
    for name, text in filled:
        if name in (_SINCE, _UNTIL):
            continue
        if name not in BY_COMMA:
            found.append((name, text))
        elif name not in dict(found):
            parts = [p.strip() for other, texts in filled if other == name for p in texts.split(",") if p.strip()]
            if parts:
                found.append((name, ",".join(dict.fromkeys(parts))))
    given = dict(filled)
    if _SINCE in given or _UNTIL in given:
        found = [pair for pair in found if pair[0] != "datetime"]
        found.append(("datetime", f"{given.get(_SINCE, '..')}/{given.get(_UNTIL, '..')}"))
    return found
