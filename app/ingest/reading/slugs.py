"""Names → slugs: lower-case Latin letters, digits and hyphens, the same each time."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

_LONGEST = 120
# Letters that do not fall apart into a Latin one and an accent.
_LATIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_SIGNS = {"ANUSVARA": "n", "CANDRABINDU": "n", "VISARGA": "h"}
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def is_slug(text: str) -> bool:
    """True where it can stand as an id as it is."""
    return len(text) <= _LONGEST and _PLAIN.fullmatch(text) is not None


def slug_of(text: str) -> str:
    """The slug of a name; letters of other scripts by their names in Unicode (ओडिशा becomes oddishaa).

    A name without any letter that has a Latin one gets a slug made of a checksum.
    """
    folded = unicodedata.normalize("NFC", text).casefold().translate(_LATIN)
    latin = folded if folded.isascii() else _transliterated(folded)
    slug = re.sub(r"[^a-z0-9]+", "-", latin.replace("'", "").replace("’", "")).strip("-")
    if not slug and text.strip():
        return f"record-{blake2b(text.encode(), digest_size=6).hexdigest()}"
    return slug[:_LONGEST].rstrip("-")


def _transliterated(text: str) -> str:
    """Accents fall away; letters of Indian scripts become syllables."""
    result: list[str] = []
    for character in unicodedata.normalize("NFKD", text):
        kind, sound = _sound(character)
        # A vowel sign or virama takes the place of the vowel that a consonant carries by itself.
        if kind in ("sign", "virama") and result and result[-1].endswith("a") and len(result[-1]) > 1:
            result[-1] = result[-1][:-1]
        result.append(sound)
    return "".join(result)


@lru_cache(maxsize=4096)
def _sound(character: str) -> tuple[str, str]:
    """Of which kind a character is, and how it is written in Latin letters."""
    if character.isascii():
        return "latin", character
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return "digit", str(digit)
    name = unicodedata.name(character, "")
    last = name.rsplit(" ", 1)[-1]
    if " VOWEL SIGN " in name:
        return "sign", last.lower()
    if last in ("VIRAMA", "HALANTA"):
        return "virama", ""
    if " SIGN " in name:
        return "other", _SIGNS.get(last, "")
    if unicodedata.category(character).startswith("M"):
        return "accent", ""
    if " LETTER " in name:
        return "letter", re.sub(r"[^a-z]", "", last.lower())
    return "other", " "
