"""What lies near a record, on the WGS 84 spheroid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from typing import cast as cast_type

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalogue import View

# Labels of a district, a state or a region are no places to measure to.
PLACES = ("surveyed", "site", "locality")


def has_mineral(rows: FromClause, minerals: Sequence[str]) -> ColumnElement[bool]:
    """True where a row names any of the minerals."""
    return rows.c.minerals.op("&&")(cast(list(minerals), ARRAY(Text)))


def list_nearby(
    session: Session,
    origin: View,
    origin_id: str,
    target: View,
    *,
    within_km: float,
    limit: int,
    minerals: Sequence[str] | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Records of `target` within the distance of a record of `origin`, the nearest first, with `distance_km`.

    Distances are geodesic, from edge to edge, kilometres; 0 where the two meet. The record itself is left out, and so
    are records whose point only stands for a district, a state or a region. `minerals`: only records that name any of
    them.
    """
    here, there = origin.rows.alias("origin"), target.rows.alias("target")
    distance_m = func.ST_Distance(func.geography(there.c.geom), func.geography(here.c.geom))
    columns = [there.c[name] for name in target.collection.properties]
    statement = (
        select(*columns, (distance_m / 1000.0).label("distance_km"))
        .select_from(there.join(here, true()))
        .where(
            here.c.id == origin_id,
            there.c.position_accuracy.in_(PLACES),
            func.ST_DWithin(func.geography(there.c.geom), func.geography(here.c.geom), within_km * 1000.0),
            and_(there.c.id != origin_id, has_mineral(there, minerals) if minerals is not None else true()),
        )
        .order_by("distance_km", there.c.id)
        .limit(limit)
    )
    return cast_type("Sequence[Mapping[str, Any]]", session.execute(statement).mappings().all())
