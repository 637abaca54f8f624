"""Whole selections for files: every record that matches, in batches, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    LargeBinary,
    Numeric,
    Text,
    cast,
    func,
    select,
)
from sqlalchemy.orm import Session

from app.catalogue import View
from app.crs import Crs
from app.models import TEXTS
from app.queries.features import as_feature
from app.queries.keyset import order_of
from app.queries.texts import is_kept, with_kept
from app.values import WGS84, SortKey

BATCH = 2_000
# Beside a feature's properties: where its facts are from.
SOURCES = "sources"


def columns_of(view: View) -> tuple[str, ...]:
    """Names of a file's columns, but for the geometry: the properties, then the sources."""
    return (*view.collection.properties, SOURCES)


def stream_rows(
    session: Session, view: View, where: ColumnElement[bool], sort: Sequence[SortKey], crs: Crs
) -> Iterator[Sequence[Sequence[Any]]]:
    """Batches of rows: the columns of `columns_of`, the geometry as WKB with x before y, and a point on it in degrees.

    The point is (lon, lat) of EPSG:4326.
    """
    moved = view.c.geom if crs.srid == WGS84 else func.ST_Transform(view.c.geom, crs.srid)
    point = func.ST_PointOnSurface(view.c.geom)
    statement = (
        select(
            *(view.c[name] for name in columns_of(view)),
            cast(func.ST_AsBinary(moved), LargeBinary),
            cast(func.round(cast(func.ST_X(point), Numeric), 6), Double),
            cast(func.round(cast(func.ST_Y(point), Numeric), 6), Double),
        )
        .where(where)
        .order_by(*order_of(view.c, sort))
    )
    yield from session.execute(statement, execution_options={"yield_per": BATCH}).partitions()


def stream_features(
    session: Session, view: View, where: ColumnElement[bool], sort: Sequence[SortKey], crs: Crs
) -> Iterator[Sequence[str]]:
    """Batches of finished Feature texts, with their sources among the properties; x before y."""
    text, joined = as_feature(view.rows, columns_of(view), crs._replace(latitude_first=False))
    if is_kept(view, crs):
        kept = TEXTS[view.collection.model].c.feature
        # Without the two brackets at its end, which close the properties and the Feature.
        whole = func.left(kept, -2, type_=Text) + ',"sources":' + cast(view.c.sources, Text) + "}}"
        # The lateral join is worked out for each row: one that has its text must not pay for it.
        text, joined = func.coalesce(whole, _made_alone(view, crs)), with_kept(view.rows, view.collection)
    statement = select(cast(text, Text)).select_from(joined).where(where).order_by(*order_of(view.c, sort))
    for batch in session.execute(statement, execution_options={"yield_per": BATCH}).partitions():
        yield [row[0] for row in batch]


def _made_alone(view: View, crs: Crs) -> ColumnElement[str]:
    """The text of the row at hand, made from the row itself."""
    again = view.rows.alias("again")
    text, joined = as_feature(again, columns_of(view), crs)
    return select(text).select_from(joined).where(again.c.id == view.c.id).correlate(view.rows).scalar_subquery()
