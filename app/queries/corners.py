"""The corners of a published boundary, as a survey lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Float, Integer, cast, func, select, true
from sqlalchemy.orm import Session

from app.catalogue import View

_NORTHERN_UTM = 32600


class Corner(NamedTuple):
    """A corner; EPSG:4326 in degrees, and metres in its UTM zone on WGS 84 (EPSG:326zz)."""

    part: int  # of the boundary, from 1
    ring: int  # 1 is the outer one, others are holes
    number: int  # within the ring, from 1
    lon: float
    lat: float
    zone: int
    easting_m: float
    northing_m: float


class Validity(NamedTuple):
    parts: int
    rings: int
    is_valid: bool
    reason: str


def list_corners(session: Session, view: View, block_id: str) -> Sequence[Corner]:
    """The corners in the order of the boundary; the point that closes a ring is not repeated."""
    dumped = func.ST_DumpPoints(view.c.geom).table_valued("path", "geom", name="corner").lateral("corner")
    point = dumped.c.geom
    lon, lat = func.ST_X(point, type_=Float), func.ST_Y(point, type_=Float)
    zone = cast(func.floor((lon + 180.0) / 6.0) + 1, Integer)
    metres = func.ST_Transform(point, zone + _NORTHERN_UTM)
    path = dumped.c.path
    rows = session.execute(
        select(
            func.array_to_string(path, " "),
            lon,
            lat,
            zone,
            func.ST_X(metres, type_=Float),
            func.ST_Y(metres, type_=Float),
        )
        .select_from(view.rows.join(dumped, true()))
        .where(view.c.id == block_id)
    )
    corners = []
    for text, *rest in rows:
        part, ring, number = (int(one) for one in text.split())
        corners.append(Corner(part, ring, number, *rest))
    last = {(c.part, c.ring): c.number for c in corners}
    return [c for c in corners if c.number < last[c.part, c.ring]]


def get_validity(session: Session, view: View, block_id: str) -> Validity:
    """Parts, rings and validity of a boundary, as PostGIS judges it."""
    geom = view.c.geom
    row = session.execute(
        select(
            func.ST_NumGeometries(geom), func.ST_NRings(geom), func.ST_IsValid(geom), func.ST_IsValidReason(geom)
        ).where(view.c.id == block_id)
    ).one()
    return Validity(*row)
