"""Whole selections for files: every record that matches, in batches, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    LargeBinary,
    Numeric,
    Select,
    Text,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import Session

from app.catalogue import View
from app.crs import Crs
from app.queries.keyset import order_of
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
    statement = _feature_text(view, where, sort, crs)
    for batch in session.execute(statement, execution_options={"yield_per": BATCH}).partitions():
        yield [row[0] for row in batch]


def _feature_text(view: View, where: ColumnElement[bool], sort: Sequence[SortKey], crs: Crs) -> Select[str]:
    moved = view.c.geom if crs.srid == WGS84 else func.ST_Transform(view.c.geom, crs.srid)
    names = columns_of(view)
    properties = select(*(view.c[name] for name in names)).correlate(view.rows).lateral("properties")
    text = func.concat(
        '{"type":"Feature","id":',
        func.to_json(view.c.id),
        ',"geometry":',
        func.ST_AsGeoJSON(moved, crs.decimals, 0),
        ',"properties":',
        func.row_to_json(literal_column("properties")),
        "}",
    )
    statement = select(cast(text, Text)).select_from(view.rows.join(properties, true()))
    return statement.where(where).order_by(*order_of(view.c, sort))
