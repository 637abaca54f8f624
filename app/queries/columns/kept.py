"""Which columns are at hand, by engine and edition of the data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from sqlalchemy import true
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.queries.columns import selecting
from app.queries.columns.held import Columns
from app.queries.columns.storing import as_columns, make_table, read_table
from app.queries.counts import count_known
from app.queries.prepared import COLUMNS, read_prepared

# Of fewer records the rows themselves are read in no time.
MANY = 50_000
_MOST_KEPT = 2
_kept: OrderedDict[tuple[int, Hashable], Columns] = OrderedDict()
_lock = threading.Lock()


def find_columns(session: Session, view: View, question: Hashable) -> Columns | None:
    """The columns, where there are so many records that they are worth being read."""
    if columns := peek_columns(session, view, question):
        return columns
    return get_columns(session, view, question, count_known(session, view, true(), (question, "all")))


def peek_columns(session: Session, view: View, question: Hashable) -> Columns | None:
    """The same, but only where they were read already: nobody waits for them."""
    if view.rows is not view.collection.table:
        return None
    key = (id(session.get_bind().engine), question)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


# One reads, the others wait: it takes time and much memory.
_reading = threading.Lock()


def get_columns(session: Session, view: View, question: Hashable, total: int) -> Columns | None:
    """The columns of the collection as it is today; None where it has not so many records, or is asked about the past.

    `question` tells the view from every other: the data's edition, the collection and the moment.
    """
    if total < max(MANY, 1) or view.rows is not view.collection.table:
        return None
    key = (id(session.get_bind().engine), question)
    with _reading:
        if (known := peek_columns(session, view, question)) is not None:
            return known
        made = _read(session, view.collection)
        with _lock:
            _kept[key] = made
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        return made


def _read(session: Session, collection: Collection) -> Columns:
    content = read_prepared(session, collection, COLUMNS)
    table = read_table(content) if content is not None else None
    return as_columns(table if table is not None else make_table(session, collection), collection)


def forget_all() -> None:
    """Let all that is kept go: for tests, whose records come and go within one edition."""
    with _lock:
        _kept.clear()
    selecting.forget_all()
