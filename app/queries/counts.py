"""How many records match: counted once for each selection and edition of the data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue import View
from app.queries.items import count_features

# Fewer are counted in no time; more are remembered, as every page of a long walk says how many there are in all.
_WORTH_KEEPING = 10_000
_MOST_KEPT = 2_000
_kept: OrderedDict[tuple[int, Hashable], int] = OrderedDict()
_lock = threading.Lock()


def peek_count(session: Session, question: Hashable) -> int | None:
    """The number where it was counted before and kept."""
    with _lock:
        return _kept.get((id(session.get_bind().engine), question))


def count_known(session: Session, view: View, where: ColumnElement[bool], question: Hashable) -> int:
    """The exact number of records where `where` is true.

    `question` tells one such number from another for ever: the data's edition, the collection, moment and selection.
    """
    key = (id(session.get_bind().engine), question)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    count = count_features(session, view, where)
    if count >= _WORTH_KEEPING:
        with _lock:
            _kept[key] = count
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return count


def forget_all() -> None:
    """Let all that is kept go: for tests, whose records come and go within one edition."""
    with _lock:
        _kept.clear()
