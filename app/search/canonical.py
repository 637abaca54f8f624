"""Where `/?search=TEXT` leads: the parameters of the address that says the same in filters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from app.queries.search import list_standing
from app.queries.vocabulary import Vocabulary
from app.search.coordinates import find_point
from app.search.documents import get_documents, has_long_number
from app.search.lexicon import Meaning, get_lexicon
from app.search.understand import Understood, understand

# Longer than any name, and than any pair of coordinates.
MOST_CHARACTERS = 300


def canonical_filters(text: str, session: Session, vocabulary: Vocabulary) -> dict[str, str]:
    """The explorer's parameters for what a reader typed: filters and, of the words that are left, `q`.

    Never fails: a text that says nothing gives no parameter, and of a very long one only the beginning is read.
    """
    return understand_for(text[:MOST_CHARACTERS], session, vocabulary).as_query()


def understand_for(text: str, session: Session, vocabulary: Vocabulary) -> Understood:
    """What the text asks for, by the vocabulary and the names that the catalogue uses."""

    def standing(words: Sequence[str]) -> Collection[str]:
        return list_standing(session, words)

    return understand(text, get_lexicon(session, vocabulary), standing, meant_by_number(text, session, vocabulary))


def meant_by_number(text: str, session: Session, vocabulary: Vocabulary) -> Mapping[str, Meaning]:
    """What numbers of documents mean; they are read only where a number stands in the text."""
    point = find_point(text)
    if not has_long_number(point.rest if point else text):
        return {}
    return {number: document.meaning for number, document in get_documents(session, vocabulary).items()}
