"""What pages and the search box are answered from, made anew in the transaction of the publication that changed it.

Few records are asked themselves in no time: then nothing is prepared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection
from app.models import Prepared
from app.models.base import Base
from app.queries.columns import kept
from app.queries.columns.storing import make_table, write_table
from app.queries.columns.values import values_of_table
from app.queries.prepared import COLUMNS, DOCUMENTS, VALUES, newest_revision
from app.search.documents import as_json, make_documents

_PART_BYTES = 16 << 20


def prepare(session: Session, models: Iterable[type[Base]]) -> None:
    """Prepare the answers about these tables as they now stand."""
    written = set(models)
    for collection in COLLECTIONS.values():
        if collection.model in written:
            _prepare(session, collection)


def _prepare(session: Session, collection: Collection) -> None:
    session.execute(delete(Prepared).where(Prepared.collection == collection.id))
    total = session.scalar(select(func.count()).select_from(collection.table)) or 0
    if total < max(kept.MANY, 1):
        return
    revision = session.scalar(select(newest_revision(collection)))
    table = make_table(session, collection)
    contents = {COLUMNS: write_table(table), VALUES: orjson.dumps(tuple(values_of_table(table, collection)))}
    if "offers" in collection.table.c:
        contents[DOCUMENTS] = as_json(make_documents(session))
    for kind, content in contents.items():
        for part, piece in enumerate(_pieces(content)):
            row = {"collection": collection.id, "kind": kind, "part": part, "revision": revision, "content": piece}
            session.execute(insert(Prepared), row)


def _pieces(content: bytes) -> Iterator[bytes]:
    """Of a size that PostgreSQL takes as one value."""
    yield from (content[start : start + _PART_BYTES] for start in range(0, max(len(content), 1), _PART_BYTES))
