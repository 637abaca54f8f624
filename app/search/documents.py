"""Numbers of tender documents and press releases → the blocks that rest on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.languages import N_
from app.queries.documents import DocumentRow, count_tranches, list_documents, list_tranche
from app.queries.prepared import DOCUMENTS, read_prepared
from app.queries.vocabulary import Vocabulary
from app.search.lexicon import Kept, Meaning
from app.words import searchable

_IN_ADDRESS = re.compile(r"(FILE_?ID|PRID|TENDER_?ID|NIT_?(?:NO|ID))=(\d{4,12})", re.IGNORECASE)
# MSTC/BLR/MoM/24/2024-25, in a title or a note.
_IN_TEXT = re.compile(r"(?<![\w/])(?=[\w./-]*\d{4})[A-Za-z]{2,}[\w.-]*(?:/[\w.-]+)+")
_LONG_NUMBER = re.compile(r"\d{4,}")
_PUBLISHED_BY = {"fileid": N_("MSTC document %(of)s"), "prid": N_("Press release (PIB) %(of)s")}
# Of a document that more blocks name, the address would be too long.
_MOST_IDS = 60


class Document(NamedTuple):
    """A document with a number of its own."""

    number: str  # folded
    shown: str  # as it is written
    title: str
    meaning: Meaning
    block: str | None  # where it is one block's


def has_long_number(text: str) -> bool:
    """Whether the number of a document may stand in the text."""
    return _LONG_NUMBER.search(text) is not None


def _numbers_of(row: DocumentRow) -> Iterator[tuple[str, str]]:
    for kind, number in _IN_ADDRESS.findall(row.url or ""):
        yield number, _PUBLISHED_BY.get(kind.lower().replace("_", ""), N_("Tender document %(of)s"))
    for text in (row.title, row.note):
        yield from ((number, N_("Tender number %(of)s")) for number in _IN_TEXT.findall(text or ""))


def make_documents(session: Session) -> dict[str, Document]:
    """By folded number. A document of a whole tranche means the tranche, any other its blocks."""
    found: dict[str, tuple[str, str, str, set[str]]] = {}
    for row in list_documents(session):
        for number, kind in _numbers_of(row):
            key = searchable(number).strip()
            entry = found.setdefault(key, (number, kind, row.title or kind % {"of": number}, set()))
            entry[3].update(row.blocks)
    whole = _Tranches(session) if found else None
    documents = {}
    for key, (number, kind, title, ids) in found.items():
        tranche = whole.find(ids) if whole else None
        if tranche is None and len(ids) > _MOST_IDS:
            continue
        meant = ("tranche", tranche) if tranche else ("ids", ",".join(sorted(ids)))
        meaning = Meaning(*meant, title, "tenders", kind, number)
        documents[key] = Document(key, number, title, meaning, next(iter(ids)) if len(ids) == 1 else None)
    return documents


class _Tranches:
    """The tranches with their blocks, those read that may be meant."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._counts = count_tranches(session)
        self._blocks: dict[str, frozenset[str]] = {}

    def find(self, ids: set[str]) -> str | None:
        """The tranche of just these blocks."""
        for name, count in self._counts.items():
            if count == len(ids):
                if name not in self._blocks:
                    self._blocks[name] = list_tranche(self._session, name)
                if self._blocks[name] == ids:
                    return name
        return None


def as_json(documents: Mapping[str, Document]) -> bytes:
    """What `read_documents` reads again."""
    return orjson.dumps(list(documents.values()), default=tuple)


def read_documents(session: Session) -> dict[str, Document]:
    """As the last publication prepared them, else made of the blocks."""
    known = read_prepared(session, COLLECTIONS["blocks"], DOCUMENTS)
    if known is None:
        return make_documents(session)
    each = (
        Document(key, shown, title, Meaning(*meaning), block)
        for key, shown, title, meaning, block in orjson.loads(known)
    )
    return {document.number: document for document in each}


_documents = Kept(lambda session, _: read_documents(session))


def get_documents(session: Session, vocabulary: Vocabulary) -> Mapping[str, Document]:
    """The documents of the present revision, read when first asked for."""
    return _documents.get(session, vocabulary)
