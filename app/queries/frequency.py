"""Words that so many texts have that they are found soonest by looking through the rows, not by the trigram index."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable

from sqlalchemy import ColumnElement, func, literal_column, select, tablesample
from sqlalchemy.orm import Session

from app.catalogue import View

# A word is frequent where so great a part of some rows has it, picked here and there, the same each time.
_SOME_ROWS, _FREQUENT, _PICK = 1_000, 0.03, 1
_MOST_KEPT = 10_000
_kept: OrderedDict[tuple[int, Hashable, str], bool] = OrderedDict()
_lock = threading.Lock()


def find_frequent(session: Session, view: View, words: Iterable[str], total: int, question: Hashable) -> frozenset[str]:
    """Those of the folded words that are frequent among the `total` records of today.

    `question` tells the view from every other, as for facets.
    """
    keys = {word: (id(session.get_bind().engine), question, word) for word in words}
    with _lock:
        known = {word: _kept[key] for word, key in keys.items() if key in _kept}
    new = [word for word in keys if word not in known]
    if new:
        share = min(100.0, 100.0 * _SOME_ROWS / max(total, 1))
        some = tablesample(view.rows, func.system(share), seed=literal_column(str(_PICK)), name="some")
        has = (func.count().filter(some.c.search.contains(f" {word}", autoescape=True)) for word in new)
        looked_at, *counts = session.execute(select(func.count(), *has).select_from(some)).one()
        asked = {word: count > looked_at * _FREQUENT for word, count in zip(new, counts, strict=True)}
        known |= asked
        with _lock:
            _kept.update({keys[word]: is_frequent for word, is_frequent in asked.items()})
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return frozenset(word for word, is_frequent in known.items() if is_frequent)


def unindexed(search: ColumnElement[str]) -> ColumnElement[str]:
    """The same text, but not by its index."""
    return func.coalesce(search, "")


def forget_all() -> None:
    """Let all that is kept go."""
    with _lock:
        _kept.clear()
