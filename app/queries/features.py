"""One record → the text of its Feature, written by PostGIS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Float, FromClause, Numeric, Select, Text, cast, func, literal_column, select, true

from app.catalogue import View
from app.crs import CRS84, SYSTEMS, Crs
from app.queries.keyset import beyond, key_text, order_of
from app.queries.spatial import in_crs
from app.values import Page

_CRS84 = SYSTEMS[CRS84]


def feature_text(view: View, where: ColumnElement[bool], page: Page, crs: Crs = _CRS84) -> Select[str, str]:
    """Rows of finished Feature texts and their keys, `page` of those where `where` is true, coordinates in `crs`.

    The slice is cut first; only its rows are turned into text.
    """
    names = view.collection.properties
    rows = (
        select(view.c.geom, *(view.c[n] for n in names))
        .where(where, beyond(view, page))
        .order_by(*order_of(view.c, page.sort, backwards=page.backwards))
        .limit(page.limit)
        .offset(page.offset)
        .subquery("page")
    )
    text, joined = as_feature(rows, names, crs)
    # The join repeats each row of the slice once, so the slice's order has to be said again.
    return select(text, key_text(rows, page.sort)).select_from(joined).order_by(*order_of(rows.c, page.sort))


def as_feature(rows: FromClause, names: Sequence[str], crs: Crs) -> tuple[ColumnElement[str], FromClause]:
    """The Feature text of each of `rows` with the properties `names`, and what it is to be selected from."""
    properties = select(*(_as_json(rows.c[n]).label(n) for n in names)).correlate(rows).lateral("properties")
    text = func.concat(
        '{"type":"Feature","id":',
        func.to_json(rows.c.id),
        ',"geometry":',
        func.ST_AsGeoJSON(in_crs(rows.c.geom, crs), crs.decimals, 0),
        ',"properties":',
        func.row_to_json(literal_column("properties")),
        "}",
    )
    return cast(text, Text), rows.join(properties, true())


def _as_json(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number that may have decimals always shows one, as 120.0; its digits stay as they are.

    Clients (QGIS, GDAL) take a field whose first values are whole for a field of whole numbers, and lose the others.
    """
    if not isinstance(column.type, Float):
        return column
    return cast(cast(column, Text), Numeric) + literal_column("0.0")
