"""CQL2's values and properties → typed SQL expressions. Every literal is a bound parameter."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any, NamedTuple

import shapely
from geoalchemy2 import Geometry
from pyproj import Transformer
from shapely.errors import ShapelyError
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    bindparam,
    cast,
    collate,
    func,
    literal,
)
from sqlalchemy.types import TypeEngine

from app.catalogue import View
from app.crs import Crs
from app.errors import BadParameter
from app.filters.telling import say_fault, wrong
from app.languages import find
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.values import WGS84
from app.wording import group_digits
from app.words import nearest

# The geometry's name for clients; the column's own leads there too.
GEOMETRY = "geometry"
MOST_VERTICES = 10_000
_LARGEST = 1e300
# No point of the globe is so far from a system's origin that its coordinates mean anything, metres.
_FARTHEST_M = 1e9
_ENDLESS = literal("infinity", DateTime(timezone=True)), literal("-infinity", DateTime(timezone=True))
_NUMBER = (int, float)


class Instants(NamedTuple):
    """First and last instant of a time, with zone."""

    start: ColumnElement[Any]
    end: ColumnElement[Any]


class Operand(NamedTuple):
    """An expression and of what kind it is: text, number, boolean, date, instant, period, array, geometry.

    `times` are the instants of what lies in time; `exact` is the number or text of a literal.
    """

    sql: ColumnElement[Any]
    kind: str
    times: Instants | None = None
    is_integer: bool = False


# --- properties --------------------------------------------------------------------------------------------------


def kind_of(column_type: TypeEngine[Any]) -> str | None:
    """The kind of a column; None for objects, which cannot be filtered by."""
    if isinstance(column_type, Geometry):
        return "geometry"
    if isinstance(column_type, ARRAY):
        return "array"
    for types, kind in (
        (Boolean, "boolean"),
        (DateTime, "instant"),
        (Date, "date"),
        ((Integer, Numeric, Float), "number"),
        (String, "text"),
    ):
        if isinstance(column_type, types):
            return kind
    return None


def list_queryables(view: View) -> dict[str, str]:
    """Properties that a filter may name, with their kinds; the geometry is called `geometry`."""
    named = {name: kind_of(view.collection.table.c[name].type) for name in view.collection.properties}
    return {GEOMETRY: "geometry"} | {name: kind for name, kind in named.items() if kind}


def property_operand(view: View, name: str) -> Operand:
    """A property of the collection.

    Raises: BadParameter with the nearest names.
    """
    known = list_queryables(view)
    if name in (GEOMETRY, "geom"):
        return Operand(view.c.geom, "geometry")
    if name not in known:
        raise unknown_property(name, view)
    column, kind = view.c[name], known[name]
    if kind == "text" and name == "status_since" and "status_period" in view.c:
        return Operand(column, kind, _days_of_range(view.c.status_period))
    times = _instants_of(column, kind)
    return Operand(column, kind, times, isinstance(column.type, Integer))


def equals(view: View, name: str, value: str | float | bool) -> ColumnElement[Any]:
    """True where a property has just this value; a list has it among its values."""
    found = property_operand(view, name)
    if found.kind == "array":
        return found.sql.op("&&")(cast([value], ARRAY(Text)))
    return found.sql == literal_operand(value).sql


def unknown_property(name: str, view: View) -> BadParameter:
    known = list_queryables(view)
    close = nearest(name, list(known))
    said = _("%(title)s have no property “%(name)s” to filter by.", title=find(view.collection.title), name=name)
    return wrong(said + ask_meant(close), close)


def _days_of_range(period: ColumnElement[Any]) -> Instants:
    """A range of days, from midnight of the first to midnight of the last, UTC."""
    first, last = func.lower(period), func.upper(period) - timedelta(days=1)
    return Instants(_at_utc(cast(first, Date)), _at_utc(cast(last, Date)))


def _instants_of(column: ColumnElement[Any], kind: str) -> Instants | None:
    if kind == "date":
        return Instants(_at_utc(column), _at_utc(column))
    if kind == "instant":
        moment = column if getattr(column.type, "timezone", True) else func.timezone("UTC", column)
        return Instants(moment, moment)
    return None


def _at_utc(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Midnight of a day, UTC."""
    return func.timezone("UTC", cast(day, DateTime(timezone=False)), type_=DateTime(timezone=True))


# --- literals ----------------------------------------------------------------------------------------------------


def literal_operand(value: Any) -> Operand:
    """Text, number or boolean.

    Raises: BadParameter for null and for numbers that are none.
    """
    if isinstance(value, bool):
        return Operand(literal(value, Boolean), "boolean")
    if isinstance(value, _NUMBER):
        return _number(value)
    if isinstance(value, str):
        return Operand(text_literal(value), "text")
    raise wrong(_("%(value)s is no value; compare with null by IS NULL.", value=json.dumps(value)[:60]))


def text_literal(value: str) -> ColumnElement[str]:
    if "\0" in value:
        raise wrong(_("a text holds a NUL character; leave it out."))
    return collate(bindparam(None, value, Text, unique=True), "C")


def _number(value: float) -> Operand:
    if (isinstance(value, float) and not isfinite(value)) or abs(value) > _LARGEST:
        raise wrong(_("a number is too large."))
    # The text parser makes every number a float; a whole one must meet an integer column as an integer.
    if float(value).is_integer() and abs(value) < 2**53:
        return Operand(bindparam(None, int(value), Numeric, unique=True), "number", is_integer=True)
    return Operand(bindparam(None, float(value), Double, unique=True), "number")


def parse_date(text: Any) -> date:
    """Raises: BadParameter."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise wrong(_("“%(text)s” is no date; write DATE('2025-03-01').", text=str(text)[:40])) from None


def parse_instant(text: Any) -> datetime:
    """An instant with zone, UTC where none is said.

    Raises: BadParameter.
    """
    try:
        found = datetime.fromisoformat(str(text).upper())
    except ValueError:
        said = _("“%(text)s” is no time; write TIMESTAMP('2025-03-01T12:00:00Z').", text=str(text)[:40])
        raise wrong(said) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def date_operand(text: Any) -> Operand:
    day = literal(parse_date(text), Date)
    return Operand(day, "date", Instants(_at_utc(day), _at_utc(day)))


def instant_operand(text: Any) -> Operand:
    moment = literal(parse_instant(text), DateTime(timezone=True))
    return Operand(moment, "instant", Instants(moment, moment))


def period_operand(ends: Sequence[Operand | None]) -> Operand:
    """INTERVAL(a, b); None is an open end.

    Raises: BadParameter where an end lies not in time.
    """
    if len(ends) != 2 or any(end is not None and end.times is None for end in ends):
        raise wrong(_("INTERVAL wants two dates, times or '..'."))
    first, last = ends
    start = first.times.start if first and first.times else _ENDLESS[1]
    end = last.times.end if last and last.times else _ENDLESS[0]
    return Operand(start, "period", Instants(start, end))


# --- geometries --------------------------------------------------------------------------------------------------


def geometry_operand(value: Mapping[str, Any], crs: Crs) -> Operand:
    """A GeoJSON geometry or {"bbox": [...]}, its numbers in `crs` in that system's own axis order.

    Raises: BadParameter where it is not sound.
    """
    found = _box(value["bbox"], crs) if "bbox" in value else _shape(value)
    return Operand(stored_geometry(to_stored(found, crs, "filter").wkb), "geometry")


def stored_geometry(wkb: bytes) -> ColumnElement[Any]:
    """A geometry of EPSG:4326 as a bound parameter; the cast of PostGIS reads its bytes."""
    with_srid = shapely.to_wkb(shapely.set_srid(shapely.from_wkb(wkb), WGS84), include_srid=True)
    return func.geometry(bindparam(None, with_srid, LargeBinary, unique=True))


def to_stored(geometry: BaseGeometry, crs: Crs, parameter: str) -> BaseGeometry:
    """A geometry as clients write it, checked and in EPSG:4326, longitude first.

    Raises: BadParameter.
    """
    vertices = int(shapely.get_num_coordinates(geometry))
    if vertices > MOST_VERTICES:
        raise BadParameter(
            _(
                "%(parameter)s: the geometry has %(vertices)s vertices; at most %(most_vertices)s are taken.",
                parameter=parameter,
                vertices=group_digits(f"{vertices:,}"),
                most_vertices=group_digits(f"{MOST_VERTICES:,}"),
            ),
            parameter=parameter,
        )
    if geometry.is_empty:
        raise BadParameter(_("%(parameter)s: the geometry is empty.", parameter=parameter), parameter=parameter)
    geometry = shapely.force_2d(geometry)
    if crs.latitude_first:
        geometry = _moved(geometry, lambda y, x: (x, y))
    if not crs.is_geographic and abs(shapely.get_coordinates(geometry)).max() < _FARTHEST_M:
        # Between its corners a side is straight in its own system: more corners keep it so in degrees.
        geometry = _densified(geometry)
        geometry = _moved(geometry, Transformer.from_crs(crs.srid, WGS84, always_xy=True).transform)
    if not _is_on_the_globe(geometry):
        raise BadParameter(
            _(
                "%(parameter)s: the geometry leaves the globe; coordinates are in %(uri)s, %(value)s first.",
                parameter=parameter,
                uri=crs.uri,
                value=_("latitude") if crs.latitude_first else _("longitude or easting"),
            ),
            parameter=parameter,
        )
    if not geometry.is_valid:
        raise BadParameter(
            _(
                "%(parameter)s: the geometry is not valid: %(geometry)s.",
                parameter=parameter,
                geometry=say_fault(geometry),
            ),
            parameter=parameter,
        )
    return geometry


def _moved(geometry: BaseGeometry, move: Callable[..., Any]) -> BaseGeometry:
    """The geometry with its coordinates as `move(first, second)` gives them."""
    return shapely.transform(geometry, move, interleaved=False)


def _densified(geometry: BaseGeometry) -> BaseGeometry:
    west, south, east, north = geometry.bounds
    longest = max(east - west, north - south) / 50
    return shapely.segmentize(geometry, longest) if longest > 0 else geometry


def _is_on_the_globe(geometry: BaseGeometry) -> bool:
    west, south, east, north = geometry.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def _shape(value: Mapping[str, Any]) -> BaseGeometry:
    try:
        found = shape(dict(value))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, ShapelyError):
        raise wrong(_("a geometry cannot be read; rings are closed and have four points or more.")) from None
    if not all(map(isfinite, shapely.get_coordinates(found).ravel().tolist())):
        raise wrong(_("a geometry has a coordinate that is no number."))
    return found


def _box(numbers: Any, crs: Crs) -> BaseGeometry:
    """Four or six numbers; west > east crosses the antimeridian. In the CRS's own axis order, as is the result."""
    if not isinstance(numbers, list) or len(numbers) not in (4, 6):
        raise wrong(_("BBOX wants four numbers (or six with heights): the lower corner, then the upper one."))
    if not all(isinstance(n, _NUMBER) and not isinstance(n, bool) and isfinite(n) for n in numbers):
        raise wrong(_("BBOX holds something that is no number."))
    half = len(numbers) // 2
    a1, b1, a2, b2 = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    lon1, lon2 = (b1, b2) if crs.latitude_first else (a1, a2)
    if crs.is_geographic and lon1 > lon2:
        parts = [_corners(a1, b1, a2, b2, crs, east=180.0), _corners(a1, b1, a2, b2, crs, west=-180.0)]
        return shapely.MultiPolygon([box(*part) for part in parts])
    if (a1 > a2) or (b1 > b2):
        raise wrong(_("BBOX: the first corner lies above or to the right of the second."))
    return _plain_box(a1, b1, a2, b2)


def _corners(
    a1: float, b1: float, a2: float, b2: float, crs: Crs, *, west: float | None = None, east: float | None = None
) -> tuple[float, float, float, float]:
    if crs.latitude_first:
        return a1, b1 if west is None else west, a2, b2 if east is None else east
    return a1 if west is None else west, b1, a2 if east is None else east, b2


def _plain_box(a1: float, b1: float, a2: float, b2: float) -> BaseGeometry:
    """A box; one without width or height is a line or a point."""
    if a1 == a2 and b1 == b2:
        return shapely.Point(a1, b1)
    if a1 == a2 or b1 == b2:
        return shapely.LineString([(a1, b1), (a2, b2)])
    return box(a1, b1, a2, b2)
