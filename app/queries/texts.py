"""Feature texts that publishing has finished: found by a record's id and the revision that wrote it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Integer, Row, Select, Text, and_, cast, func, select, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection, View
from app.crs import CRS84, SYSTEMS, Crs
from app.models import TEXTS
from app.queries.features import as_feature, feature_text
from app.queries.keyset import beyond, key_text, order_of
from app.values import Page

_CRS84 = SYSTEMS[CRS84]
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
# A selection of up to so many records is counted with the page that shows some of them.
_MOST_COUNTED = 2_000


class Slice(NamedTuple):
    """Feature texts with their keys, and how many records match where that was found on the way."""

    rows: Sequence[tuple[str, str]]
    matched: int | None


@cache
def form_of(collection_id: str) -> str:
    """How this release writes a Feature of the collection: another form is another text."""
    statement = feature_text(View(COLLECTIONS[collection_id], COLLECTIONS[collection_id].table), true(), Page(limit=1))
    made = statement.compile(dialect=_DIALECT)
    return hashlib.sha256(f"{made} {sorted(made.params.items())}".encode()).hexdigest()[:16]


def is_kept(view: View, crs: Crs) -> bool:
    """True where texts may be at hand: of today's records, in degrees."""
    return crs.uri == CRS84 and view.rows is view.collection.table and view.collection.model in TEXTS


def with_kept(rows: FromClause, collection: Collection) -> FromClause:
    """Rows with `id` and `revision` beside their texts, or null where there is none."""
    kept = TEXTS[collection.model]
    return rows.outerjoin(kept, is_text_of(rows, collection))


def is_text_of(rows: FromClause, collection: Collection) -> ColumnElement[bool]:
    """True where a kept text is the one of the row."""
    kept = TEXTS[collection.model]
    return and_(kept.c.id == rows.c.id, kept.c.revision == rows.c.revision, kept.c.form == form_of(collection.id))


def read_slice(
    session: Session, view: View, where: ColumnElement[bool], page: Page, crs: Crs, *, is_counted: bool
) -> Slice:
    """A page's Feature texts; `is_counted`: with the number of all that match, where they are few."""
    if not is_kept(view, crs):
        return Slice(session.execute(feature_text(view, where, page, crs)).all(), None)
    if is_counted:
        found = session.execute(_counted(view, where, page)).all()
        if found and found[0][3] <= _MOST_COUNTED:
            return Slice(_completed(session, view, found), found[0][3])
    return Slice(_completed(session, view, session.execute(_plain(view, where, page)).all()), None)


def read_one(session: Session, view: View, record_id: str, crs: Crs) -> tuple[str, str] | None:
    """The Feature text and the sources, as JSON, of one record; None where there is none."""
    sources = cast(view.c.sources, Text).label("sources")
    if is_kept(view, crs):
        kept = with_kept(view.rows, view.collection)
        statement = select(TEXTS[view.collection.model].c.feature, sources).select_from(kept)
        row = session.execute(statement.where(view.c.id == record_id)).one_or_none()
        if row is None or row[0] is not None:
            return None if row is None else (row[0], row[1])
    text = session.execute(feature_text(view, view.c.id == record_id, Page(limit=1), crs)).one_or_none()
    if text is None:
        return None
    return text[0], session.scalar(select(sources).where(view.c.id == record_id)) or "[]"


def _plain(view: View, where: ColumnElement[bool], page: Page) -> Select[*tuple[Any, ...]]:
    """Text or null, key and id of each record of the page."""
    cut = (
        select(*_columns(view, page))
        .where(where, beyond(view, page))
        .order_by(*order_of(view.c, page.sort, backwards=page.backwards))
        .limit(page.limit)
        .offset(page.offset)
        .subquery("page")
    )
    text = TEXTS[view.collection.model].c.feature
    return (
        select(text, key_text(cut, page.sort), cut.c.id)
        .select_from(with_kept(cut, view.collection))
        .order_by(*order_of(cut.c, page.sort))
    )


def _counted(view: View, where: ColumnElement[bool], page: Page) -> Select[*tuple[Any, ...]]:
    """The same with the number of all that match, up to one more than are counted so; then the page means nothing."""
    hits = select(*_columns(view, page)).where(where).limit(_MOST_COUNTED + 1).cte("hits").prefix_with("MATERIALIZED")
    return _plain(View(view.collection, hits), true(), page).add_columns(
        select(func.count(type_=Integer)).select_from(hits).scalar_subquery()
    )


def _columns(view: View, page: Page) -> list[ColumnElement[object]]:
    names = dict.fromkeys(("id", "revision", *(key.name for key in page.sort)))
    return [view.c[name] for name in names]


def _completed(session: Session, view: View, found: Sequence[Row[*tuple[Any, ...]]]) -> list[tuple[str, str]]:
    """Texts and keys; what publishing has not finished is made now."""
    lacking = [row[2] for row in found if row[0] is None]
    made: dict[str, str] = {}
    if lacking:
        text, joined = as_feature(view.collection.table, view.collection.properties, _CRS84)
        table = view.collection.table
        made = dict(session.execute(select(table.c.id, text).select_from(joined).where(table.c.id.in_(lacking))).all())
    return [(made[row[2]] if row[0] is None else row[0], row[1]) for row in found]
