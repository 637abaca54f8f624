"""GeoJSON, read in Python: what is wrong with it can be said with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

import shapely
from pyproj import CRS
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.languages import gettext as _
from app.shapes.faults import BadFile, breaks_off, unreadable_geometry
from app.shapes.layer import Layer
from app.shapes.systems import WGS84, crs_of_code, unknown_system
from app.wording import group_digits

# Kind of shape → how deep its positions lie.
_DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_COLLECTION = "GeometryCollection"
_MOST_NESTED = 8


def read_geojson(content: bytes, name: str) -> Layer:
    """A geometry, a feature or a collection of features. Raises: BadFile."""
    document = _parse(content, name)
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Topology":
        raise BadFile(_("%(name)s is TopoJSON, which is not read; save it as GeoJSON.", name=name))
    if kind != "FeatureCollection" and kind != "Feature" and kind != _COLLECTION and kind not in _DEPTHS:
        raise BadFile(
            _(
                "%(name)s is JSON but no GeoJSON: it has no “type” such as FeatureCollection, Feature or Polygon.",
                name=name,
            )
        )
    reader = _Reader(name)
    shapes = [reader.shape_of(number, found) for number, found in enumerate(_geometries(document, name), 1)]
    crs = _crs(document, name)
    return Layer(name, shapes, crs or WGS84, assumed=crs is None, has_heights=reader.has_heights)


def _parse(content: bytes, name: str) -> Any:
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        byte = group_digits(f"{error.start + 1:,}")
        raise BadFile(
            _("%(name)s is no text in UTF-8 (byte %(byte)s); save it as UTF-8.", name=name, byte=byte)
        ) from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            raise breaks_off(name, error.lineno) from None
        raise BadFile(
            _(
                "%(name)s is no JSON: line %(line)s, column %(column)s (%(reason)s).",
                name=name,
                line=group_digits(f"{error.lineno:,}"),
                column=group_digits(f"{error.colno:,}"),
                reason=error.msg.lower(),
            )
        ) from None
    except (RecursionError, ValueError):
        raise BadFile(_("%(name)s is nested too deeply, or has a number that is too long.", name=name)) from None


def _geometries(document: dict[str, Any], name: str) -> Iterator[Any]:
    """The geometry of each feature. Raises: BadFile."""
    if document["type"] != "FeatureCollection":
        yield document.get("geometry") if document["type"] == "Feature" else document
        return
    features = document.get("features")
    if not isinstance(features, list):
        raise BadFile(_("%(name)s: the FeatureCollection has no list of “features”.", name=name))
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise BadFile(
                _(
                    "%(name)s: member %(number)s of “features” is no Feature.",
                    name=name,
                    number=group_digits(f"{number:,}"),
                )
            )
        yield feature.get("geometry")


def _crs(document: dict[str, Any], name: str) -> CRS | None:
    """What the older member "crs" names; RFC 7946 has WGS 84 alone."""
    if document.get("crs") is None:
        return None
    text = json.dumps(document["crs"])
    if "CRS84" in text:
        return WGS84
    code = re.search(r"EPSG:(?:[0-9.]*:)?([0-9]{4,6})\b", text)
    if not code:
        raise unknown_system(name, text[:80])
    return crs_of_code(f"EPSG:{code[1]}", name)


class _Reader:
    """Geometries as JSON has them → shapes; remembers whether a position had a height."""

    def __init__(self, name: str) -> None:
        self.name, self.has_heights = name, False

    def shape_of(self, number: int, found: Any) -> BaseGeometry | None:
        """Raises: BadFile, naming the feature."""
        if found is None:
            return None
        try:
            return self._shape(found, 0)
        except (ValueError, TypeError, KeyError, OverflowError, ShapelyError) as error:
            raise unreadable_geometry(self.name, number, _words(error)) from None

    def _shape(self, found: Any, nested: int) -> BaseGeometry:
        kind = found.get("type") if isinstance(found, dict) else None
        if kind == _COLLECTION:
            if nested == _MOST_NESTED:
                raise ValueError(_("its collections are nested too deeply"))
            parts = found.get("geometries")
            if not isinstance(parts, list):
                raise ValueError(_("a GeometryCollection has no list of “geometries”"))
            return shapely.GeometryCollection([self._shape(part, nested + 1) for part in parts])
        if kind not in _DEPTHS:
            raise ValueError(_("its “type” is no kind of shape"))
        return shape({"type": kind, "coordinates": self._positions(found.get("coordinates"), _DEPTHS[kind])})

    def _positions(self, value: Any, depth: int) -> Any:
        if not isinstance(value, list):
            raise ValueError(_("its “coordinates” are not nested as its type wants them"))
        if depth:
            return [self._positions(part, depth - 1) for part in value]
        if len(value) < 2:
            raise ValueError(_("a position has fewer than two numbers"))
        if not all(type(n) in (int, float) and isfinite(n) for n in value[:2]):
            raise ValueError(_("a position holds something that is no number"))
        self.has_heights = self.has_heights or len(value) > 2
        return (float(value[0]), float(value[1]))


def _words(error: Exception) -> str:
    text = str(error)
    if "linearring requires" in text.lower():
        return _("a ring has fewer than four positions")
    return text[:120].rstrip(".") or _("it is damaged")
