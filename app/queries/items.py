"""Features of a collection, written as GeoJSON by PostGIS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Float, Numeric, Select, Text, cast, func, literal_column, select, true
from sqlalchemy.orm import Session

from app.catalogue import View
from app.crs import CRS84, SYSTEMS, Crs
from app.errors import NotFound
from app.languages import find
from app.languages import gettext as _
from app.queries.keyset import beyond, key_text, order_of
from app.queries.spatial import in_crs
from app.queries.vocabulary import nearest
from app.values import BBox, Page, Period

_CRS84 = SYSTEMS[CRS84]
# Asked for only where a page does not tell it.
Counter = Callable[[], int]


class FeaturePage(NamedTuple):
    """Finished Feature texts, how many there are in all, and the keys of the page's first and last record where there
    is a page before or after it."""

    features: list[str]
    number_matched: int
    first_key: str | None = None
    last_key: str | None = None


class ItemText(NamedTuple):
    """One finished Feature text and, as JSON text, its sources."""

    feature: str
    sources: str


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
    # The join repeats each row of the slice once, so the slice's order has to be said again.
    return (
        select(cast(text, Text), key_text(rows, page.sort))
        .select_from(rows.join(properties, true()))
        .order_by(*order_of(rows.c, page.sort))
    )


def _as_json(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number that may have decimals always shows one, as 120.0; its digits stay as they are.

    Clients (QGIS, GDAL) take a field whose first values are whole for a field of whole numbers, and lose the others.
    """
    if not isinstance(column.type, Float):
        return column
    return cast(cast(column, Text), Numeric) + literal_column("0.0")


def list_features(
    session: Session, view: View, where: ColumnElement[bool], page: Page, count: Counter, crs: Crs = _CRS84
) -> FeaturePage:
    """A page of features and the exact number of all that match, which `count` tells where the page does not."""
    # One more than the page holds tells whether there is another one.
    rows = session.execute(feature_text(view, where, replace(page, limit=page.limit + 1), crs)).all()
    more = len(rows) > page.limit
    rows = (rows[1:] if page.backwards else rows[:-1]) if more else rows
    features = [row[0] for row in rows]
    whole = not more and page.key is None and (features or page.offset == 0)
    matched = page.offset + len(features) if whole else count()
    before = more if page.backwards else bool(page.key or page.offset)
    after = bool(rows) if page.backwards else more
    return FeaturePage(
        features, matched, rows[0][1] if before and rows else None, rows[-1][1] if after and rows else None
    )


def count_features(session: Session, view: View, where: ColumnElement[bool]) -> int:
    """How many records match, exactly."""
    return session.scalar(select(func.count()).select_from(view.rows).where(where)) or 0


def get_feature(session: Session, view: View, item_id: str, crs: Crs = _CRS84) -> ItemText:
    """One feature and its sources.

    Raises: NotFound, with the ids that are spelled most like it.
    """
    check_exists(session, view, item_id)
    feature = session.scalar(feature_text(view, view.c.id == item_id, Page(limit=1), crs))
    sources = session.scalar(select(cast(view.c.sources, Text)).where(view.c.id == item_id))
    return ItemText(feature or "", sources or "[]")


def check_exists(session: Session, view: View, record_id: str) -> None:
    """Raises: NotFound where there is no such record, with the ids spelled most like it."""
    ids = view.c.id
    # PostgreSQL knows no text with a NUL character in it.
    if "\0" in record_id or session.scalar(select(ids).where(ids == record_id)) is None:
        shown = record_id.replace("\0", "␀")
        close = nearest(shown, list(session.scalars(select(ids))))
        raise NotFound(
            _("%(title)s: there is none with the id “%(shown)s”.", title=find(view.collection.title), shown=shown),
            suggestions=close,
        )


def get_extent(session: Session, view: View, where: ColumnElement[bool] | None = None) -> BBox | None:
    """The box around the records, degrees, EPSG:4326; None where there is none."""
    extent = select(func.ST_Extent(view.c.geom).label("box"))
    box = extent.where(where if where is not None else true()).subquery()
    row = session.execute(
        select(func.ST_XMin(box.c.box), func.ST_YMin(box.c.box), func.ST_XMax(box.c.box), func.ST_YMax(box.c.box))
    ).one()
    return None if row[0] is None else BBox(*row)


def get_time_extent(session: Session, view: View) -> Period | None:
    """First and last day of the records' time; None where the collection has none."""
    column = view.c.get("status_period")
    if column is None:
        return None
    first, last = session.execute(select(func.min(func.lower(column)), func.max(func.upper(column)))).one()
    # The upper bound of a range of days is the day after its last.
    return None if first is None else Period(first, last - timedelta(days=1))
