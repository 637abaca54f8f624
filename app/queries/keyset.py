"""Order of records, and where in it a page begins: by the values of the last record seen, not by counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, cast, false, func, or_, true

from app.catalogue import View
from app.values import Page, SortKey


def order_of(columns: Any, sort: Sequence[SortKey], *, backwards: bool = False) -> list[ColumnElement[Any]]:
    """ORDER BY with unknowns last and the id as tie-break; turned round for the page before a key."""
    return [_ordered(columns[key.name], key, backwards) for key in (*sort, SortKey("id", False))]


def _ordered(column: ColumnElement[Any], key: SortKey, backwards: bool) -> ColumnElement[Any]:
    descending = key.descending != backwards
    ordered = column.desc() if descending else column.asc()
    if key.name == "id":
        return ordered  # never null, and its index knows only the plain order
    return ordered.nulls_first() if backwards else ordered.nulls_last()


def beyond(view: View, page: Page) -> ColumnElement[bool]:
    """True for the records after the page's key in its order, or before it; no key: for all."""
    if page.key is None:
        return true()
    keys = [*page.sort, SortKey("id", False)]
    columns = [view.c[key.name] for key in keys]
    parts: list[ColumnElement[bool]] = []
    for place, (key, column) in enumerate(zip(keys, columns, strict=True)):
        same = [_is(c, v) for c, v in zip(columns[:place], page.key[:place], strict=True)]
        parts.append(and_(*same, _past(column, page.key[place], key.descending, page.backwards)))
    return or_(*parts)


def _past(column: ColumnElement[Any], value: Any, descending: bool, backwards: bool) -> ColumnElement[bool]:
    """True where one column alone puts a record past the value; null is the last in both orders."""
    if value is None:
        return column.is_not(None) if backwards else false()
    bound = _bound(column, value)
    further = column < bound if descending != backwards else column > bound
    if backwards or getattr(column, "nullable", True) is False:
        return further
    return or_(further, column.is_(None))


def _is(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == _bound(column, value)


def _bound(column: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    """The value as it stood in JSON, back as what the column holds."""
    if isinstance(value, str):
        return cast(bindparam(None, value, Text, unique=True), column.type)
    return bindparam(None, value, column.type, unique=True)


def key_text(rows: Any, sort: Sequence[SortKey]) -> ColumnElement[str]:
    """The key of each row as a JSON list: its values of the order, then its id."""
    return cast(func.json_build_array(*(rows.c[key.name] for key in sort), rows.c.id), Text)
