"""Named expressions of PostGIS that several queries share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func

from app.crs import Crs
from app.values import WGS84


def in_crs(geom: ColumnElement[Any], crs: Crs) -> ColumnElement[Any]:
    """A stored geometry in the reference system and in that system's own axis order.

    Source: OGC API Features Part 2, /req/crs/crs-output; PostGIS itself always has x before y.
    """
    moved = geom if crs.srid == WGS84 else func.ST_Transform(geom, crs.srid)
    return func.ST_FlipCoordinates(moved) if crs.latitude_first else moved
