"""How many blocks each suggestion finds: of very many told from the columns, else counted by PostgreSQL."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.catalogue import View
from app.filters import may_be_misspelled, where
from app.queries.columns import Columns, Mask, select_few, select_records
from app.queries.search import count_each
from app.search.known import KnownWords
from app.values import Selection

# Of words that more blocks answer, how many there are is not counted while somebody types.
MOST_COUNTED = 500
_Counts = NDArray[np.int64]


class Found(NamedTuple):
    """`number`: exactly, None where it was not counted. `weight`: to be put in order by; without the words, then."""

    number: int | None
    weight: int


def count_selections(
    session: Session,
    view: View,
    columns: Columns | None,
    selections: Sequence[Selection],
    at_least: Sequence[int],
    known: KnownWords | None,
    question: Hashable,
) -> list[Found]:
    """What each selection finds. `at_least`: how many are known to have its words. `known`: where they are prepared.

    `question` tells the view from every other, as for facets.
    """
    if columns is None:
        return [Found(n, n) for n in count_each(session, view, [where(view, s) for s in selections])]
    counter = _Counter(session, view, columns, known, question, _most_varied(selections))
    return [counter.count(*each) for each in zip(selections, at_least, strict=True)]


def _most_varied(selections: Sequence[Selection]) -> str:
    """The list filter in which most of the selections differ."""
    variants: dict[str, set[tuple[str, ...]]] = {}
    for selection in selections:
        for name, wanted in selection.lists:
            if name != "ids":
                variants.setdefault(name, set()).add(wanted)
    return max(variants, key=lambda name: len(variants[name]), default="")


@dataclass
class _Counter:
    """Counts the choices of one list filter together, where all else is the same."""

    session: Session
    view: View
    columns: Columns
    words: KnownWords | None
    question: Hashable
    varied: str
    known: dict[Selection, _Counts] = field(default_factory=dict)

    def count(self, selection: Selection, at_least: int) -> Found:
        plain = replace(selection, words=())
        if not selection.words:
            count = self._count(plain, None)
            return Found(count, count)
        words, few = Selection(words=selection.words), None
        # What is like a word that nothing is called takes very long to find among very many, and is hardly meant.
        slips = (word for word in selection.words if may_be_misspelled(word))
        if at_least <= MOST_COUNTED and (self.words is None or all(map(self.words.begins, slips))):
            few = select_few(self.session, self.view, self.columns, words, self.question, MOST_COUNTED)
        if few is None:
            return Found(None, self._count(plain, None))
        count = self._count(selection, few)
        return Found(count, count)

    def _count(self, selection: Selection, few: Mask | None) -> int:
        wanted = dict(selection.lists).get(self.varied)
        if wanted is None:
            return self._size(self._mask(selection, few))
        rest = selection.without(self.varied)
        if rest not in self.known:
            mask = self._mask(rest, few)
            self.known[rest] = self.columns.coded[self.varied].count(None if mask is None else np.flatnonzero(mask))
        return int(self.known[rest][self.columns.hits(self.varied, wanted)].sum())

    def _size(self, mask: Mask | None) -> int:
        return self.columns.count if mask is None else int(np.count_nonzero(mask))

    def _mask(self, selection: Selection, few: Mask | None) -> Mask | None:
        plain = replace(selection, words=()) if few is not None else selection
        mask = select_records(self.session, self.view, self.columns, plain, self.question)
        if few is None or mask is None:
            return few if mask is None else mask
        return few & mask
