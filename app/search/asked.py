"""A text that somebody is typing, with what is needed to understand it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, view_of
from app.params.selection import parse_filter, selection_of
from app.queries.columns import Columns, find_columns
from app.queries.search import list_standing
from app.queries.vocabulary import Vocabulary
from app.search.coordinates import Point, find_point
from app.search.documents import Document, get_documents, has_long_number
from app.search.known import KnownWords, get_known
from app.search.lexicon import Lexicon, get_lexicon
from app.search.spelling import Token, tokens_of
from app.search.understand import Understood, join, read_tokens
from app.values import Moment, Selection

_BLOCKS = COLLECTIONS["blocks"]


@dataclass(frozen=True)
class Asked:
    """A text, read in all the ways that the suggestions need."""

    session: Session
    vocabulary: Vocabulary
    lexicon: Lexicon
    documents: Mapping[str, Document]
    point: Point | None
    tokens: list[Token]
    columns: Columns | None
    looked_up: dict[str, bool] = field(default_factory=dict)

    def understood(self, count: int | None = None) -> Understood:
        """What the first `count` words ask for, or all of them."""
        tokens = self.tokens[:count]
        meant = {number: document.meaning for number, document in self.documents.items()}
        return join(tokens, read_tokens(tokens, self.lexicon, self.standing, meant), self.point)

    def standing(self, words: Sequence[str]) -> set[str]:
        """Those of the words that stand in the catalogue, each looked up once."""
        new = [word for word in words if word not in self.looked_up]
        found = list_standing(self.session, new)
        self.looked_up.update({word: word in found for word in new})
        return {word for word in words if self.looked_up[word]}

    def selection(self, filters: Mapping[str, str]) -> Selection:
        """What the API finds with these parameters.

        Raises: BadParameter where a parameter cannot be read.
        """
        return selection_of([parse_filter(name, filters, _BLOCKS, self.vocabulary) for name in filters])

    @property
    def known(self) -> KnownWords | None:
        """The words that names are made of, where they were prepared."""
        return get_known(self.session, self.vocabulary)

    @property
    def question(self) -> Hashable:
        """Tells what is asked of today's blocks from every other question."""
        return self.vocabulary.edition, _BLOCKS.id, Moment()


def read(session: Session, vocabulary: Vocabulary, text: str) -> Asked:
    """The text with all that is needed to understand it."""
    point = find_point(text)
    tokens = tokens_of(point.rest if point else text)
    has_number = any(has_long_number(token.key) for token in tokens)
    documents = get_documents(session, vocabulary) if has_number else {}
    columns = find_columns(session, view_of(_BLOCKS), (vocabulary.edition, _BLOCKS.id, Moment()))
    return Asked(session, vocabulary, get_lexicon(session, vocabulary), documents, point, tokens, columns)
