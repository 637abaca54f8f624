"""Texts as they are kept for searching and as searched for: both sides fold alike."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

# Accents of Latin letters have combining classes from 200 on; nukta (7) and virama (9) belong to Indian letters.
_LEAST_ACCENT_CLASS = 200
# The same as below for plain text, in a tenth of the time.
_ASCII_WORD = re.compile("[a-z0-9]+")


def fold(text: str) -> str:
    """Lower case without the accents of Latin letters."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if unicodedata.combining(c) < _LEAST_ACCENT_CLASS).casefold()


def searchable(text: str) -> str:
    """Folded words with a space before and after each; punctuation separates, and so does a hyphen.

    A word is a run of letters, digits and marks, so that the vowel signs of Indian scripts stay in their words.
    """
    if text.isascii():
        return f" {' '.join(_ASCII_WORD.findall(text.lower()))} "
    spaced = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in fold(text))
    return f" {' '.join(spaced.split())} "


def nearest(text: str, names: Mapping[str, str] | Iterable[str]) -> list[str]:
    """At most three values whose names are spelled most like `text`, best first."""
    by_name = dict(names) if isinstance(names, Mapping) else {n.casefold(): n for n in names}
    found = difflib.get_close_matches(text.strip().casefold(), list(by_name), n=8, cutoff=0.62)
    return list(dict.fromkeys(by_name[name] for name in found))[:3]
