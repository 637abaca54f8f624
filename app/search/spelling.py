"""Words as they stand and as they sound: what is clearly the same name in another spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from app.words import searchable

# What the ear takes for one in names written down from Indian languages, in the order in which it is replaced.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("sh", "s"),
        ("ch", "k"),
        ("ck|c|q", "k"),
        ("(?<=[bdfgjklmnprstvwz])h", ""),
        ("w", "v"),
        ("y", "i"),
        ("oo|ou", "u"),
        ("ee", "i"),
        (r"(.)\1+", r"\1"),
    )
)
_SHORTEST_SOUND_ALIKE = 4
# Letters typed → slips forgiven.
_SHORTEST_ONE_SLIP, _SHORTEST_TWO_SLIPS = 6, 11


class Token(NamedTuple):
    """A word of the text: as typed, and folded as searched texts are."""

    shown: str
    key: str


def tokens_of(text: str) -> list[Token]:
    """The words of a text, in their order; punctuation and what is no character separate."""
    spaced = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    found = (Token(word, searchable(word).strip()) for word in spaced.split())
    return [token for token in found if token.key]


@lru_cache(maxsize=20_000)
def sound_of(phrase: str) -> str:
    """A folded phrase without blanks, by its sound."""
    sound = phrase.replace(" ", "")
    for pattern, by in _SOUNDS:
        sound = pattern.sub(by, sound)
    return sound


def is_close(typed: str, name: str, *, strict: bool = False) -> int | None:
    """How many slips lie between two folded phrases, 0 where they sound alike; None where they are not clearly close.

    `strict`: for names of which many resemble each other, such as those of places.
    """
    one, other = sound_of(typed), sound_of(name)
    if one == other:
        return 0 if len(one) >= _SHORTEST_SOUND_ALIKE else None
    shortest = _SHORTEST_ONE_SLIP + (2 if strict else 0)
    if len(typed) < shortest or one[0] != other[0] or abs(len(one) - len(other)) > 2:
        return None
    allowed = 2 if len(typed) >= _SHORTEST_TWO_SLIPS and not strict else 1
    slips = _slips(one, other)
    return slips if slips <= allowed else None


def _slips(one: str, other: str) -> int:
    """Letters left out, put in, taken for another or swapped with their neighbour.

    Source: the optimal string alignment distance.
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
