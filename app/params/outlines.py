"""A shape to be screened: GeoJSON → a checked geometry in EPSG:4326."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NamedTuple

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from app.errors import BadParameter, PortalError, TooLarge
from app.languages import N_, find
from app.languages import gettext as _
from app.shapes.faults import BadFile
from app.shapes.running import read_shape
from app.sketch import Sketch, draw_sketch
from app.wording import group_digits

MOST_VERTICES = 10_000
MOST_AREA_HA = 1_000_000
_HALF_ROUND_DEGREES = 180.0
_KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_RIGHT = N_(
    'Send GeoJSON in degrees, longitude first, such as {"type": "Polygon", "coordinates": '
    "[[[84, 20], [84.1, 20], [84.1, 20.1], [84, 20]]]}, or a Feature of it."
)
_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")


class BadShape(PortalError):
    """A shape that is not screened, and why; where it can be mended, with the mended shape as GeoJSON."""

    status, title, anchor = 400, N_("Unusable shape"), "unusable-shape"

    def __init__(self, detail: str, *, repaired: dict[str, Any] | None = None, sketch: Sketch | None = None) -> None:
        super().__init__(detail, parameter="body")
        self.repaired, self.sketch = repaired, sketch

    def as_problem(self) -> dict[str, object]:
        return super().as_problem() | ({"repaired": self.repaired} if self.repaired else {})


class OwnShape(NamedTuple):
    """A reader's shape: WKB of EPSG:4326, two dimensions; the name that it came with."""

    wkb: bytes
    name: str | None


def parse_own_shape(content: bytes) -> OwnShape:
    """The one geometry of a GeoJSON text: a geometry, a Feature, or a FeatureCollection of one.

    Raises: BadShape, TooLarge. Source: RFC 7946.
    """
    document = _read_json(content)
    name = None
    if document.get("type") == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list) or len(features) != 1 or not isinstance(features[0], dict):
            count = len(features) if isinstance(features, list) else 0
            raise BadShape(
                _(
                    "The collection has %(count)s features; one shape is screened at a time: send one Feature.",
                    count=count,
                )
            )
        _check_crs(document)
        document = features[0]
    if document.get("type") == "Feature":
        _check_crs(document)
        properties = document.get("properties")
        name = properties.get("name") if isinstance(properties, dict) else None
        document = document.get("geometry") or {}
    return OwnShape(shapely.to_wkb(_read_geometry(document)), name[:120] if isinstance(name, str) else None)


def parse_typed_shape(text: str) -> OwnShape:
    """A shape as people type it: GeoJSON or WKT.

    Raises: BadShape, TooLarge.
    """
    if text.lstrip().startswith(("{", "[")):
        return parse_own_shape(text.encode())
    try:
        geometry = shapely.from_wkt(text.strip())
    except (ValueError, ShapelyError) as error:
        raise BadShape(
            _(
                "“%(text)s” is neither GeoJSON nor WKT: %(reason)s.",
                text=text.strip()[:60],
                reason=str(error)[:120].rstrip("."),
            )
        ) from None
    if geometry.geom_type not in _KINDS:
        raise BadShape(_say_no_shape(geometry.geom_type))
    return OwnShape(shapely.to_wkb(_checked(geometry, geometry.geom_type)), None)


def _read_json(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise _unread(_("The body is empty."))
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _unread(_("The body is no JSON: %(reason)s.", reason=str(error)[:120])) from None
    if not isinstance(document, dict):
        raise _unread(_("The body is JSON, but no object."))
    return document


def _refuse_constant(name: str) -> float:
    raise ValueError(_("%(name)s is no number in JSON", name=name))


def _check_crs(document: dict[str, Any]) -> None:
    named = json.dumps(document.get("crs") or "CRS84")
    if not any(name in named for name in _WGS84_NAMES):
        raise BadShape(
            _(
                "The shape says that it is in %(system)s; bring it to WGS 84, longitude first (EPSG:4326).",
                system=named[:100],
            )
        )


def _read_geometry(document: Any) -> BaseGeometry:
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in _KINDS:
        raise _unread(_say_no_shape(str(kind)[:40]))
    _check_crs(document)
    try:
        geometry = shape(document)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, ShapelyError) as error:
        said = _(
            "The coordinates of the %(kind)s cannot be read: %(reason)s.",
            kind=kind,
            reason=str(error)[:120].rstrip("."),
        )
        raise _unread(said) from None
    return _checked(geometry, kind)


def _unread(fault: str) -> BadShape:
    """What is wrong, and what would be right."""
    return BadShape(f"{fault} {find(_RIGHT)}")


def _say_no_shape(kind: str) -> str:
    return _("“%(kind)s” is no geometry that can be screened; %(kinds)s can.", kind=kind, kinds=", ".join(_KINDS))


def _checked(geometry: BaseGeometry, kind: str) -> BaseGeometry:
    """The geometry without heights, where it can be screened. Raises: BadShape, TooLarge."""
    geometry = shapely.force_2d(geometry)
    if geometry.is_empty:
        raise _unread(_("The %(kind)s is empty; give it corners.", kind=kind))
    vertices = int(shapely.get_num_coordinates(geometry))
    if vertices > MOST_VERTICES:
        raise TooLarge(
            _(
                "The shape has %(vertices)s vertices; at most %(most_vertices)s are screened. Simplify it.",
                vertices=group_digits(f"{vertices:,}"),
                most_vertices=group_digits(f"{MOST_VERTICES:,}"),
            ),
            parameter="body",
        )
    west, south, east, north = geometry.bounds
    if not all(map(isfinite, geometry.bounds)) or not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise BadShape(
            _(
                "The shape leaves the earth: it reaches from %(west)s to %(east)s in longitude and from %(south)s to "
                "%(north)s in latitude. Coordinates are degrees, longitude first; metres or latitude first are not "
                "taken.",
                west=f"{west:g}",
                east=f"{east:g}",
                south=f"{south:g}",
                north=f"{north:g}",
            )
        )
    if not geometry.is_valid:
        raise _invalid(geometry)
    if geometry.geom_type in ("Polygon", "MultiPolygon") and _is_wide(geometry):
        raise BadShape(
            _(
                "A part of the shape is more than 180° wide. Where it crosses the 180th meridian, cut it there into "
                "two polygons (RFC 7946, section 3.1.9)."
            )
        )
    return geometry


def _is_wide(geometry: BaseGeometry) -> bool:
    parts = shapely.get_parts(geometry)
    bounds = shapely.bounds(parts)
    return bool((bounds[:, 2] - bounds[:, 0] > _HALF_ROUND_DEGREES).any())


def _invalid(geometry: BaseGeometry) -> BadShape:
    """What is wrong and where, with the repaired form, which is never taken by itself."""
    reason = shapely.is_valid_reason(geometry)
    what, _bracket, place = reason.partition("[")
    fault = find(what.strip())
    if place:
        fault = _("%(fault)s at %(place)s (longitude, latitude)", fault=fault, place=place.rstrip("]"))
    mended = _mended(geometry)
    if mended is not None:
        told = _(
            "The shape is not valid: %(fault)s. Mend it, or look at the repaired form given here, and send it if it is "
            "what you mean.",
            fault=fault,
        )
        return BadShape(told, repaired=mended, sketch=draw_sketch(geometry, shape(mended)))
    return BadShape(_("The shape is not valid: %(fault)s. Mend it there.", fault=fault))


def _mended(geometry: BaseGeometry) -> dict[str, Any] | None:
    """The repaired form of an area as GeoJSON, where there is one that can be screened.

    Made where files of readers are read: a hundred sides that all cross each other take seconds, and a thousand would
    take hours, which nothing can end within this process. Raises: Busy.
    """
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        return None
    try:
        feature = read_shape(json.dumps(mapping(geometry)).encode(), "shape.geojson", repair=True)
    except (BadFile, TooLarge):
        return None
    found: dict[str, Any] = feature["geometry"]
    return found


def check_area(area_ha: float) -> None:
    """Raises: TooLarge."""
    if area_ha > MOST_AREA_HA:
        raise TooLarge(
            _(
                "The shape covers %(area_ha)s ha; at most %(most_area_ha)s ha are screened at once. Take a part of it.",
                area_ha=group_digits(f"{area_ha:,.0f}"),
                most_area_ha=group_digits(f"{MOST_AREA_HA:,}"),
            ),
            parameter="body",
        )


def check_block_id(text: str | None) -> str:
    """Raises: BadParameter."""
    if not text:
        raise BadParameter(
            _(
                "block: say which block is to be screened, such as block=akharkata-graphite, or POST a shape "
                "as GeoJSON."
            ),
            parameter="block",
        )
    return text
