"""A slice of the records of a selection in any order, told from the columns: which they are, and where they begin."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.queries.columns.held import Columns, Mask
from app.values import Page, SortKey

_ID = SortKey("id", False)
Ranks = NDArray[Any]


class Places(NamedTuple):
    """Ids of a slice, one more than it holds where there is another, in the order in which they were looked for (the
    last first for a page before a key); and how many records lie beyond the key, all where there is none."""

    ids: list[str]
    beyond: int


class _Order(NamedTuple):
    """Numbers that put the records in the order of a key, and where in it a value would stand: between two ranks where
    no record has it."""

    ranks: Ranks
    place_of: Callable[[Any], float]


def find_places(columns: Columns, mask: Mask | None, page: Page) -> Places | None:
    """The slice; None where the order is not known here."""
    if columns.has_order and mask is None and not page.sort and page.key is None and not page.backwards:
        first = columns.by_id[page.offset : page.offset + page.limit + 1]
        return Places(columns.ids.take(pa.array(first)).to_pylist(), columns.count)
    orders = [_order_of(columns, key) for key in page.sort]
    if not columns.has_order or any(order is None for order in orders):
        return None
    known = [order for order in (*orders, _order_of(columns, _ID)) if order is not None]
    keys = [*page.sort, _ID]
    signs = [-1.0 if key.descending != page.backwards else 1.0 for key in keys]
    found = np.arange(columns.count) if mask is None else np.flatnonzero(mask)
    values = [_signed(order.ranks, key, sign) for order, key, sign in zip(known, keys, signs, strict=True)]
    if page.backwards:
        # What is unknown comes last in every order, and so first when it is turned round.
        values = [np.where(np.isposinf(v), -np.inf, v) if v.dtype.kind == "f" else v for v in values]
    if page.key is not None:
        marks = [_mark(order, key, sign, value, backwards=page.backwards)
                 for order, key, sign, value in zip(known, keys, signs, page.key, strict=True)]  # fmt: skip
        found = found[_beyond([v[found] for v in values], marks)]
    first = _least(found, values, page.offset + page.limit + 1)[page.offset :]
    return Places(columns.ids.take(pa.array(first)).to_pylist(), len(found))


def _order_of(columns: Columns, key: SortKey) -> _Order | None:
    """None for what the columns do not hold. What is unknown has an infinite rank."""
    if key.name == "id":
        return _Order(columns.id_ranks, lambda value: _between(_Texts(columns.ids, columns.by_id), value))
    if key.name == "name":
        texts, ranks = _Texts(columns.names, columns.by_name), columns.name_ranks

        def place_of(value: Any) -> float:
            at = bisect_left(texts, value)
            if at < len(texts) and texts[at] == value:
                return float(ranks[columns.by_name[at]])
            return float(ranks[columns.by_name[at]]) - 0.5 if at < len(texts) else float(columns.count)

        return _Order(ranks, place_of)
    if key.name in columns.numbers:
        numbers = columns.numbers[key.name]
        return _Order(np.where(np.isnan(numbers), np.inf, numbers), float)
    coded = columns.texts.get(key.name) or columns.coded.get(_FILTERS.get(key.name, key.name))
    if coded is None or key.name in _LISTS:
        return None
    return _Order(coded.ranks[coded.codes], lambda value: _between(coded.in_order, value))


# Property → the filter that its column is held under, where the names differ; and what is no one value.
_FILTERS = {"state_code": "state"}
_LISTS = frozenset({"mineral", "minerals", "tranche", "tranches"})


class _Texts(Sequence[str]):
    """Texts in their order, each read when it is asked for."""

    def __init__(self, texts: pa.Array, order: NDArray[Any]) -> None:
        self._texts, self._order = texts, order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, at: Any) -> Any:
        return self._texts[int(self._order[at])].as_py()


def _between(texts: Sequence[str], value: str) -> float:
    at = bisect_right(texts, value)
    return at - 1.0 if at and texts[at - 1] == value else at - 0.5


def _signed(ranks: Ranks, key: SortKey, sign: float) -> Ranks:
    """So that the least come first; what is unknown comes last in either order."""
    if sign > 0:
        return ranks
    negative = -ranks
    return np.where(np.isneginf(negative), np.inf, negative) if negative.dtype.kind == "f" else negative


def _mark(order: _Order, key: SortKey, sign: float, value: Any, *, backwards: bool) -> float:
    if value is None:
        return -np.inf if backwards else np.inf
    return sign * order.place_of(value)


def _beyond(values: Sequence[Ranks], marks: Sequence[float]) -> Mask:
    """Which are past the marks: by the first in which they differ."""
    past = np.zeros(len(values[0]), dtype=bool)
    same = np.ones(len(values[0]), dtype=bool)
    for value, mark in zip(values, marks, strict=True):
        past |= same & (value > mark)
        same &= value == mark
    return past


def _least(found: NDArray[np.intp], values: Sequence[Ranks], count: int) -> NDArray[np.intp]:
    """The first `count` of the records found, in their order. The last of `values` is never equal for two."""
    chosen = values[0][found]
    if count < len(found):
        edge = np.partition(chosen, count - 1)[count - 1]
        sure, tied = found[chosen < edge], found[chosen == edge]
        rest = _least(tied, values[1:], count - len(sure)) if len(values) > 1 else tied
        return np.concatenate([_sorted(sure, values), rest[: count - len(sure)]])
    return _sorted(found, values)


def _sorted(found: NDArray[np.intp], values: Sequence[Ranks]) -> NDArray[np.intp]:
    return found[np.lexsort([value[found] for value in reversed(values)])]
