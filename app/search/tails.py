"""What the last words of a text may become: names that begin so, or sound so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.search import names
from app.search.lexicon import Lexicon, Meaning
from app.search.spelling import Token, is_close, sound_of

_MOST_WORDS = 4
_SHORTEST_BY_SOUND = 3
# How well a phrase answers what is typed, the best first.
WHOLE, BEGINS, BEGINS_OTHER, BEGINS_INSIDE, SOUNDS, CLOSE = range(6)


class Tail(NamedTuple):
    """Where the tail begins among the words, and what it may mean with how well it does."""

    start: int
    meanings: dict[Meaning, int]

    @property
    def is_sure(self) -> bool:
        """Whether a name begins with what is typed, letter by letter."""
        return any(rank <= BEGINS_OTHER for rank in self.meanings.values())


def complete(tokens: Sequence[Token], lexicon: Lexicon) -> Tail:
    """The longest run of last words with which names begin; else the longest that sounds like one."""
    for read in (_spelled, _sounding):
        for count in range(min(_MOST_WORDS, len(tokens)), 0, -1):
            start = len(tokens) - count
            phrase = " ".join(token.key for token in tokens[start:])
            if (start and phrase in names.JOINING) or phrase in names.RIGHT:
                continue
            found: dict[Meaning, int] = {}
            for meaning, rank in read(phrase, lexicon):
                found[meaning] = min(rank, found.get(meaning, rank))
            if found:
                return Tail(start, found)
    return Tail(len(tokens), {})


def _spelled(phrase: str, lexicon: Lexicon) -> Iterator[tuple[Meaning, int]]:
    symbol = lexicon.symbols.get(phrase)
    if symbol is not None and phrase in names.PLAIN_SYMBOLS:
        yield symbol, WHOLE
    for name, meaning in lexicon.suggested:
        if name == phrase:
            yield meaning, WHOLE
        elif name.startswith(phrase):
            yield meaning, BEGINS if meaning.name.lower().startswith(phrase) else BEGINS_OTHER
        elif f" {phrase}" in name:
            yield meaning, BEGINS_INSIDE


def _sounding(phrase: str, lexicon: Lexicon) -> Iterator[tuple[Meaning, int]]:
    sound = sound_of(phrase)
    if len(sound) < _SHORTEST_BY_SOUND or not phrase.replace(" ", "").isalpha():
        return
    for name, meaning in lexicon.suggested:
        if meaning.filter in ("tranche", "ids"):
            continue
        if sound_of(name).startswith(sound):
            yield meaning, SOUNDS
        elif is_close(phrase, name, strict=meaning.filter == "district") is not None and _ends_alike(phrase, name):
            yield meaning, CLOSE


def _ends_alike(phrase: str, name: str) -> bool:
    """Whether the last words of two phrases may be one: “graffite oddi” is close to “graphite ore”, but for its end."""
    if " " not in phrase or phrase.count(" ") != name.count(" "):
        return True
    typed, meant = phrase.rpartition(" ")[2], name.rpartition(" ")[2]
    return sound_of(meant).startswith(sound_of(typed)) or is_close(typed, meant) is not None
