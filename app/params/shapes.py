"""Shapes as typed: WKT or GeoJSON → a geometry in EPSG:4326."""

from __future__ import annotations

import json

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.crs import CRS84, SYSTEMS
from app.errors import BadParameter
from app.filters import to_stored
from app.languages import N_, find
from app.languages import gettext as _
from app.params.cql import MOST_CHARACTERS
from app.params.places import parse_number
from app.values import Shape
from app.wording import group_digits

_HALF_ROUND_KM = 20_100
_RIGHT = N_("give WKT or a GeoJSON geometry in degrees, such as POLYGON((84 20,85 20,85 21,84 20))")


def parse_shape(text: str | None, buffer_km: str | None) -> Shape:
    """`intersects` with `buffer_km`, which wants it.

    Raises: BadParameter.
    """
    if text is None:
        raise BadParameter(_("buffer_km wants intersects, the shape to measure from."), parameter="buffer_km")
    distance = 0.0 if buffer_km is None else parse_number("buffer_km", buffer_km)
    if not 0 <= distance <= _HALF_ROUND_KM:
        raise BadParameter(
            _(
                "buffer_km: %(distance)s lies outside 0 to %(half_round_km)s (half round the earth).",
                distance=f"{distance:g}",
                half_round_km=_HALF_ROUND_KM,
            ),
            parameter="buffer_km",
        )
    return Shape(to_stored(read_shape(text), SYSTEMS[CRS84], "intersects").wkb_hex, distance)


def read_shape(text: str) -> BaseGeometry:
    """Raises: BadParameter."""
    if len(text) > MOST_CHARACTERS:
        raise BadParameter(
            _(
                "intersects has %(text)s characters; at most %(most_characters)s are taken.",
                text=group_digits(f"{len(text):,}"),
                most_characters=group_digits(f"{MOST_CHARACTERS:,}"),
            ),
            parameter="intersects",
        )
    try:
        if text.lstrip().startswith("{"):
            found = json.loads(text)
            if found.get("type") == "Feature":
                found = found["geometry"]
            return shape(found)
        return shapely.from_wkt(text)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, ShapelyError):
        raise BadParameter(
            _("intersects: “%(text)s” is no geometry; %(right)s.", text=text[:60], right=find(_RIGHT)),
            parameter="intersects",
        ) from None
