"""Features of a collection, written as GeoJSON by PostGIS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from app.catalogue import View
from app.crs import CRS84, SYSTEMS, Crs
from app.errors import NotFound
from app.languages import find
from app.languages import gettext as _
from app.queries.texts import read_one, read_slice
from app.queries.vocabulary import nearest
from app.values import BBox, Page, Period

_CRS84 = SYSTEMS[CRS84]
# An id that is not there is compared with so many.
_MOST_COMPARED = 2_000
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


def list_features(
    session: Session,
    view: View,
    where: ColumnElement[bool],
    page: Page,
    count: Counter,
    crs: Crs = _CRS84,
    known: int | None = None,
    ids: Sequence[str] | None = None,
) -> FeaturePage:
    """A page of features and the exact number of all that match.

    `known`: that number where it is at hand; else the page tells it where it can, and `count` where it cannot. `ids`:
    those of the page, and of the record after it, where they are at hand.
    """
    # One more than the page holds tells whether there is another one.
    asked = replace(page, limit=page.limit + 1)
    if ids is None:
        rows, matched = read_slice(session, view, where, asked, crs, is_counted=known is None)
    else:
        rows, matched = read_slice(session, view, view.c.id.in_(ids), replace(asked, offset=0), crs, is_counted=False)
    more = len(rows) > page.limit
    rows = (rows[1:] if page.backwards else rows[:-1]) if more else rows
    features = [row[0] for row in rows]
    whole = not more and page.key is None and (features or page.offset == 0)
    if known is not None:
        matched = known
    elif matched is None:
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
    found = None if "\0" in item_id else read_one(session, view, item_id, crs)
    if found is None:
        raise _not_found(session, view, item_id)
    return ItemText(*found)


def check_exists(session: Session, view: View, record_id: str) -> None:
    """Raises: NotFound where there is no such record, with the ids spelled most like it."""
    ids = view.c.id
    # PostgreSQL knows no text with a NUL character in it.
    if "\0" in record_id or session.scalar(select(ids).where(ids == record_id)) is None:
        raise _not_found(session, view, record_id)


def _not_found(session: Session, view: View, record_id: str) -> NotFound:
    shown = record_id.replace("\0", "␀")
    close = nearest(shown, _list_near(session, view, shown))
    return NotFound(
        _("%(title)s: there is none with the id “%(shown)s”.", title=find(view.collection.title), shown=shown),
        suggestions=close,
    )


def _list_near(session: Session, view: View, record_id: str) -> Sequence[str]:
    """Ids to compare with one that is not there: all; of very many, those next to it in their order."""
    ids = view.c.id
    every = session.scalars(select(ids).limit(_MOST_COMPARED + 1)).all()
    if len(every) <= _MOST_COMPARED:
        return every
    half = _MOST_COMPARED // 2
    before = select(ids).where(ids < record_id).order_by(ids.desc()).limit(half)
    return [*session.scalars(before), *session.scalars(select(ids).where(ids > record_id).order_by(ids).limit(half))]


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
