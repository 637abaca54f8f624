"""What a publication prepared for questions about a collection, where it still holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, func, select
from sqlalchemy.orm import Session

from app.catalogue import Collection
from app.models import PAST, Prepared

COLUMNS, VALUES, DOCUMENTS = "columns", "values", "documents"


def newest_revision(collection: Collection) -> ColumnElement[int]:
    """The newest revision that wrote, or superseded, a record of the collection; 0 where none did."""
    today, past = collection.table, PAST[collection.model]
    return func.greatest(_newest(today, "revision"), _newest(past, "until_revision"), 0)


def _newest(table: Table, column: str) -> ScalarSelect[int]:
    return select(func.max(table.c[column])).scalar_subquery()


def read_prepared(session: Session, collection: Collection, kind: str) -> bytes | None:
    """What was prepared; None where nothing was, or a record was written since."""
    if collection.model not in PAST:
        return None
    wanted = Prepared.collection == collection.id, Prepared.kind == kind
    parts = session.scalar(select(func.count()).where(*wanted, Prepared.revision == newest_revision(collection)))
    if not parts:
        return None
    # In binary: as text, bytes are twice as long.
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(
            "SELECT content FROM prepared WHERE collection = %s AND kind = %s ORDER BY part", (collection.id, kind)
        )
        return b"".join(bytes(row[0]) for row in rows)
