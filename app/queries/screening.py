"""What lies on, and near, any shape: overlap, geodesic distance and bearing, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any, NamedTuple
from typing import cast as cast_type

import shapely
from sqlalchemy import ColumnElement, Float, and_, bindparam, case, cast, func, literal, not_, select, true
from sqlalchemy.orm import Session

from app.catalogue import View
from app.filters.operands import stored_geometry
from app.queries.nearby import PLACES, has_mineral
from app.values import WGS84

_HECTARE_M2 = 10_000.0
_POLYGONS = 3  # of ST_CollectionExtract
Row = Mapping[str, Any]


class Outline(NamedTuple):
    """A geometry as WKB, EPSG:4326, and what PostGIS measures of it on the WGS 84 spheroid."""

    wkb: bytes
    area_ha: float
    length_km: float  # of lines; 0 for areas and points


class Found(NamedTuple):
    """Records of a layer. `more`: there are others that are not listed, on the shape or near it."""

    rows: Sequence[Row]
    more_on_it: bool
    more_near: bool


def measure(session: Session, wkb: bytes) -> Outline:
    """Area and length on the WGS 84 spheroid."""
    there = func.geography(stored_geometry(wkb))
    area_m2, length_m = session.execute(select(func.ST_Area(there), func.ST_Length(there))).one()
    return Outline(wkb, area_m2 / _HECTARE_M2, length_m / 1000.0)


def get_outline(session: Session, view: View, record_id: str) -> bytes:
    """The geometry of a record that is there, as WKB."""
    return cast_type(bytes, session.scalars(select(func.ST_AsBinary(view.c.geom)).where(view.c.id == record_id)).one())


def is_empty(session: Session, view: View, condition: ColumnElement[bool] | None = None) -> bool:
    """Whether the layer holds nothing at all."""
    held = select(literal(1)).select_from(view.rows).where(true() if condition is None else condition).limit(1)
    return session.scalar(held) is None


def list_met(
    session: Session,
    view: View,
    outline: Outline,
    columns: Sequence[str],
    *,
    within_km: float | None,
    most: int,
    most_near: int,
    minerals: Sequence[str] | None = None,
    but: str | None = None,
    condition: ColumnElement[bool] | None = None,
) -> Found:
    """Records on the shape, those that take most of it first, then the nearest others.

    Each row has `overlap_ha`, `overlap_percent` of the shape, `distance_km` from edge to edge and `bearing_degrees`
    clockwise from true north, from the shape's nearest point to the record's; no bearing where they meet, no overlap
    where either has no area. `within_km`: how far the near ones may lie, None for however far. Points that only stand
    for a district, a state or a region are no places to measure to and are left out. `minerals`: only records that name
    any. `but`: the id of the record that the shape is of.
    """
    shape = stored_geometry(outline.wkb)
    rows = view.rows
    wanted = and_(
        true() if condition is None else condition,
        rows.c.position_accuracy.in_(PLACES) if "position_accuracy" in rows.c else true(),
        rows.c.id != but if but is not None else true(),
        has_mineral(rows, minerals) if minerals is not None else true(),
    )
    meets = func.ST_Intersects(rows.c.geom, shape)
    on_it = _list_on_it(session, view, outline, columns, and_(wanted, meets), most)
    near: Sequence[Row] = ()
    if most_near:
        near = _list_near(session, view, outline, columns, and_(wanted, not_(meets)), within_km, most_near)
    return Found([*on_it[:most], *near[:most_near]], len(on_it) > most, bool(most_near) and len(near) > most_near)


def _list_on_it(
    session: Session, view: View, outline: Outline, columns: Sequence[str], wanted: ColumnElement[bool], most: int
) -> Sequence[Row]:
    geom = view.c.geom
    shape = stored_geometry(outline.wkb)
    # Most records lie wholly within a large shape, and need no cutting.
    cut = func.ST_CollectionExtract(func.ST_Intersection(geom, shape), _POLYGONS)
    shared = case((func.ST_CoveredBy(geom, shape), geom), else_=cut)
    overlap_ha = (func.ST_Area(func.geography(shared)) / _HECTARE_M2).label("overlap_ha")
    has_areas = view.collection.geometry_type == "MultiPolygon" and outline.area_ha > 0
    overlap = overlap_ha if has_areas else cast(None, Float).label("overlap_ha")
    statement = (
        select(*(view.c[name] for name in columns), overlap)
        .where(wanted)
        .order_by(overlap.desc() if has_areas else view.c.id, view.c.id)
        .limit(most + 1)
    )
    found = session.execute(statement).mappings()
    return [
        {**row, "overlap_percent": _share(row["overlap_ha"], outline), "distance_km": 0.0, "bearing_degrees": None}
        for row in found
    ]


def _share(overlap_ha: float | None, outline: Outline) -> float | None:
    return None if overlap_ha is None else min(100.0, 100.0 * overlap_ha / outline.area_ha)


def _list_near(
    session: Session,
    view: View,
    outline: Outline,
    columns: Sequence[str],
    wanted: ColumnElement[bool],
    within_km: float | None,
    most: int,
) -> Sequence[Row]:
    """The nearest, and one more where there are more."""
    shape = stored_geometry(outline.wkb)
    there, geog = func.geography(view.c.geom), func.geography(shape)
    reach_km = _reach_km(session, view, outline, wanted, within_km, most + 1)
    within = true() if reach_km is None else func.ST_DWithin(there, geog, bindparam(None, reach_km * 1000.0, Float))
    distance_m = func.ST_Distance(there, geog).label("distance_m")
    some = (
        select(*(view.c[name] for name in dict.fromkeys((*columns, "id", "geom"))), distance_m)
        .where(wanted, within)
        .order_by(distance_m, view.c.id)
        .limit(most + 1)
        .subquery("some")
    )
    bearing = _bearing(shape, some.c.geom)
    statement = select(
        *(some.c[name] for name in columns),
        cast(None, Float).label("overlap_ha"),
        cast(None, Float).label("overlap_percent"),
        (some.c.distance_m / 1000.0).label("distance_km"),
        bearing.label("bearing_degrees"),
    ).order_by(some.c.distance_m, some.c.id)
    return cast_type("Sequence[Row]", session.execute(statement).mappings().all())


def _reach_km(
    session: Session, view: View, outline: Outline, wanted: ColumnElement[bool], within_km: float | None, most: int
) -> float | None:
    """How far off the nearest so many lie at most: as far as the farthest of as many that are nearest in degrees.

    The index yields records by their distance in degrees at once. By that on the spheroid it takes 7 ms for each, of a
    shape with 300 corners: so only those within this reach are measured there. None where fewer are there at all.
    """
    shape = stored_geometry(outline.wkb)
    around = true() if within_km is None else view.c.geom.op("&&")(_widened(outline, within_km))
    nearest = (
        select(view.c.geom).where(wanted, around).order_by(view.c.geom.op("<->")(shape)).limit(most).subquery("nearest")
    )
    distance_m = func.ST_Distance(func.geography(nearest.c.geom), func.geography(shape))
    count, farthest_m = session.execute(select(func.count(), func.max(distance_m)).select_from(nearest)).one()
    if count < most:
        return within_km
    reach_km = float(farthest_m) / 1000.0 + _METRE_KM
    return reach_km if within_km is None else min(reach_km, within_km)


# What a distance may differ by from one way of measuring it to another.
_METRE_KM = 0.001
_KM_PER_DEGREE = 110.5
# Nearer to a pole a degree of longitude is next to nothing.
_FARTHEST_LATITUDE = 85.0


def _widened(outline: Outline, by_km: float) -> ColumnElement[Any]:
    """A box round the shape that holds what lies so near it, but across the antimeridian."""
    west, south, east, north = shapely.from_wkb(outline.wkb).bounds
    up = by_km / _KM_PER_DEGREE
    across = up / cos(radians(min(max(abs(south), abs(north)) + up, _FARTHEST_LATITUDE)))
    return func.ST_MakeEnvelope(
        *(bindparam(None, v, Float) for v in (west - across, south - up, east + across, north + up)), WGS84
    )


def _bearing(here: ColumnElement[Any], there: ColumnElement[Any]) -> ColumnElement[float]:
    """Degrees clockwise from true north, from the nearest point of the one to the nearest point of the other.

    The two points are sought in the plane that fits both best, the bearing between them is geodesic.
    Source: PostGIS, _ST_BestSRID, as its own functions of geography choose it.
    """
    plane = func._ST_BestSRID(func.geography(here), func.geography(there))
    line = func.ST_Transform(
        func.ST_ShortestLine(func.ST_Transform(here, plane), func.ST_Transform(there, plane)), WGS84
    )
    first, last = func.geography(func.ST_StartPoint(line)), func.geography(func.ST_EndPoint(line))
    return func.degrees(func.ST_Azimuth(first, last))
