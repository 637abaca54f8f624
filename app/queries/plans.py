"""Outlines for a block's printed plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.catalogue import View
from app.queries.nearby import PLACES
from app.values import WGS84, BBox

_MOST_NEIGHBOURS = 40


class Outlined(NamedTuple):
    id: str
    name: str
    indicative: bool
    rings: list[list[tuple[float, float]]]  # outer and inner, lon, lat in degrees


def list_outlines(session: Session, view: View, box: BBox, block_id: str) -> Sequence[Outlined]:
    """The block and those that meet the box, cut to what a plan can show."""
    frame = func.ST_MakeEnvelope(*box, WGS84)
    own = view.c.id == block_id
    rows = session.execute(
        select(view.c.id, view.c.name, view.c.boundary_kind, func.ST_AsGeoJSON(view.c.geom, 6))
        .where(or_(own, and_(func.ST_Intersects(view.c.geom, frame), view.c.position_accuracy.in_(PLACES))))
        .order_by(own.desc(), view.c.id)
        .limit(_MOST_NEIGHBOURS)
    )
    return [Outlined(row[0], row[1], row[2] == "indicative", _rings(row[3])) for row in rows]


def list_state_rings(
    session: Session, view: View, tolerance_degrees: float, box: BBox | None = None
) -> list[list[tuple[float, float]]]:
    """Outer rings of the states, thinned; with a box, only of those that meet it."""
    geom: ColumnElement[Any] = view.c.geom
    statement = select(func.ST_AsGeoJSON(func.ST_SimplifyPreserveTopology(geom, tolerance_degrees), 4))
    if box is not None:
        statement = statement.where(func.ST_Intersects(geom, func.ST_MakeEnvelope(*box, WGS84)))
    return [ring for text in session.scalars(statement.order_by(view.c.id)) for ring in _rings(text)]


def list_places(session: Session, view: View, ids: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Id → lon, lat of records at a point."""
    c = view.c
    rows = session.execute(select(c.id, func.ST_X(c.geom), func.ST_Y(c.geom)).where(c.id.in_(ids)))
    return {row[0]: (row[1], row[2]) for row in rows}


def _rings(text: str) -> list[list[tuple[float, float]]]:
    document = json.loads(text)
    parts = [document["coordinates"]] if document["type"] == "Polygon" else document["coordinates"]
    return [[(point[0], point[1]) for point in ring] for part in parts for ring in part]
