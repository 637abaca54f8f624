"""The words that names are made of, where blocks are too many to be looked through for a misspelled one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.filters import may_be_misspelled
from app.queries.values_in_use import read_values
from app.queries.vocabulary import Vocabulary
from app.search.lexicon import Kept, get_lexicon
from app.search.spelling import is_close, sound_of

_MOST_CLOSE = 5


@dataclass(frozen=True)
class KnownWords:
    """`names`: words of blocks' own names, `others`: of what else may be said of them; each in order."""

    names: Sequence[str]
    others: Sequence[str]

    @cached_property
    def by_sound(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self.names:
            if may_be_misspelled(word):
                found.setdefault(sound_of(word)[:1], []).append(word)
        return found

    def begins(self, word: str) -> bool:
        """Whether a known word begins so."""
        return any(_begins(words, word) for words in (self.names, self.others))

    def close_to(self, word: str) -> list[str]:
        """Words of names that it may be a slip for, the likeliest first."""
        slips = [(is_close(word, name), name) for name in self.by_sound.get(sound_of(word)[:1], ())]
        return [name for _, name in sorted((n, name) for n, name in slips if n is not None)[:_MOST_CLOSE]]


def _begins(words: Sequence[str], word: str) -> bool:
    at = bisect_left(words, word)
    return at < len(words) and words[at].startswith(word)


def _make(session: Session, vocabulary: Vocabulary) -> KnownWords | None:
    values = read_values(session, COLLECTIONS["blocks"])
    lexicon = get_lexicon(session, vocabulary)
    return KnownWords(values.words, _words_of((*lexicon.phrases, *lexicon.companies))) if values else None


def _words_of(phrases: Iterable[str]) -> list[str]:
    return sorted({word for phrase in phrases for word in phrase.split()})


_known = Kept(_make)


def get_known(session: Session, vocabulary: Vocabulary) -> KnownWords | None:
    """The words of the present revision; None where none were prepared."""
    return _known.get(session, vocabulary)
