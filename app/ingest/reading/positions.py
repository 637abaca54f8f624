"""Positions that stand in columns: longitude and latitude, easting and northing, or WKT; also corner by corner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from pyproj import CRS
from shapely import Point, Polygon, from_wkt
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from app.angles import parse_angle
from app.ingest.read import LoadError
from app.ingest.reading.datums import WGS84, parse_crs, utm
from app.ingest.reading.source import RawRow, Source, in_batches, row_error

# Names of columns as they are met with, without blanks, signs and units.
_NAMES = {
    "lon": "longitude lon long lng longitudedd longitudedms longitudeddmmss longdd longitudee decimallongitude x "
    "longitudewgs84 longdms pointx",
    "lat": "latitude lat latitudedd latitudedms latitudeddmmss latdd latituden decimallatitude y latitudewgs84 latdms "
    "pointy",
    "wkt": "wkt geometry geom thegeom geomwkt wktgeom geometrywkt",
    "easting": "easting eastings utmeasting eastingm utme xutm utmx",
    "northing": "northing northings utmnorthing northingm utmn yutm utmy",
    "zone": "zone utmzone zoneno",
    "datum": "datum crs epsg srs srid geodeticdatum spheroid",
    "block": "block blockname nameofblock nameoftheblock blockid mineralblock name id",
    "corner": "corner cornerno cornernumber cornerpoint cornerpointno cornerid corners point pointno pointid "
    "pointnumber pillar pillarno boundarypillar boundarypillarno bp bpno vertex vertexno vertexid boundarypoint",
}


@dataclass(frozen=True)
class Position:
    """Which columns hold the position; None where there is none such."""

    lon: str | None = None
    lat: str | None = None
    wkt: str | None = None
    easting: str | None = None
    northing: str | None = None
    zone: str | None = None
    datum: str | None = None
    block: str | None = None
    corner: str | None = None

    @property
    def columns(self) -> set[str]:
        """All that make the position; the datum is a fact of its own as well."""
        names = {getattr(self, f.name) for f in fields(self) if f.name not in ("block", "datum")}
        return {name for name in names if name}

    @property
    def is_there(self) -> bool:
        return bool(self.wkt or (self.lon and self.lat) or (self.easting and self.northing))

    @property
    def has_corners(self) -> bool:
        return bool(self.corner and self.block and not self.wkt and self.is_there)


def fold_column(name: str) -> str:
    """A column's name without case, blanks, signs and what stands in brackets."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)|\[.*?\]", "", name).casefold())


def find_position(columns: Iterable[str], named: dict[str, str]) -> Position:
    """The columns that a mapping names, else those with a usual name."""
    folded: dict[str, str] = {}
    for column in columns:
        folded.setdefault(fold_column(column), column)
    found = {
        kind: named.get(kind) or next((folded[name] for name in names.split() if name in folded), None)
        for kind, names in _NAMES.items()
    }
    return Position(**found)


def read_position(
    row: RawRow, at: Position, datum: CRS | None, decimal_comma: bool
) -> tuple[BaseGeometry | None, CRS | None]:
    """The geometry that a row's columns hold, and its reference system; (None, None) where they are empty.

    Raises: PositionError with the column at fault.
    """
    # What stands as WKT was made by a program: a column “datum” beside it tells of the survey, not of these numbers.
    if at.wkt and row.values.get(at.wkt):
        return _from_wkt(at.wkt, str(row.values[at.wkt]), datum or WGS84)
    pair = read_pair(row, at, _datum(row, at) or datum or WGS84, decimal_comma)
    return (None, None) if pair is None else (Point(pair[0], pair[1]), pair[2])


class PositionError(Exception):
    """A cell that is no position."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column

    def finding(self, row: int) -> Any:
        mend = "Write decimal degrees (85.2541), or degrees, minutes and seconds (85°15'14.8\"E)."
        return row_error(row, self.column, "position", str(self), mend)


def _datum(row: RawRow, at: Position) -> CRS | None:
    value = row.values.get(at.datum) if at.datum else None
    if value is None:
        return None
    try:
        return parse_crs(str(value))
    except LoadError as error:
        raise PositionError(at.datum or "", str(error)) from error


def _from_wkt(column: str, text: str, crs: CRS) -> tuple[BaseGeometry, CRS]:
    srid = re.match(r"\s*SRID=([0-9]+);", text, re.IGNORECASE)
    if srid:
        text = text[srid.end() :]
        crs = parse_crs(f"EPSG:{srid[1]}")
    try:
        return from_wkt(text), crs
    except (ShapelyError, TypeError) as error:
        raise PositionError(column, f"The text is no WKT: {error}.") from error


def read_pair(row: RawRow, at: Position, crs: CRS, decimal_comma: bool) -> tuple[float, float, CRS] | None:
    """x, y and their reference system; None where both cells are empty.

    Raises: PositionError.
    """
    planar = at.easting and at.northing and row.values.get(at.easting) is not None
    first, second = (at.easting, at.northing) if planar else (at.lon, at.lat)
    if not first or not second or (row.values.get(first) is None and row.values.get(second) is None):
        return None
    x = _number(row, first, "lon", decimal_comma)
    y = _number(row, second, "lat", decimal_comma)
    if planar and at.zone and crs.is_geographic:
        try:
            crs = utm(str(row.values.get(at.zone) or ""), crs)
        except LoadError as error:
            raise PositionError(at.zone, str(error)) from error
    elif planar and crs.is_geographic:
        raise PositionError(
            first, "Easting and northing need a column for the zone, or --datum EPSG:32645 or the like."
        )
    return x, y, crs


def _number(row: RawRow, column: str, axis: str, decimal_comma: bool) -> float:
    value = row.values.get(column)
    if value is None:
        raise PositionError(column, "The cell is empty, but its partner is not.")
    try:
        return parse_angle(value, axis, decimal_comma=decimal_comma)
    except ValueError as error:
        raise PositionError(column, f"“{str(value)[:60]}” {error}.") from error


def with_corners(source: Source, at: Position, datum: CRS | None) -> Source:
    """The source with one row per block instead of one per corner; a block's rows need not stand together.

    The values of a block are those of its first corner; later corners may leave them empty, or repeat them.
    """
    read: Callable[[int], Iterator[list[RawRow]]] = source.read
    source.read_lines = read
    source.read = lambda size: in_batches(_blocks(read(size), at, datum, source), size)
    source.has_geometry = True
    source.count = None
    return source


def _blocks(batches: Iterator[list[RawRow]], at: Position, datum: CRS | None, source: Source) -> Iterator[RawRow]:
    assert at.block
    groups: dict[str, list[RawRow]] = {}
    last = ""
    for batch in batches:
        for row in batch:
            if row.fault:
                yield row
                continue
            # Merged cells name the block in the first of its rows only.
            last = str(row.values.get(at.block) or last)
            groups.setdefault(last, []).append(row)
    for name, corners in groups.items():
        numbers = tuple(corner.number for corner in corners)
        source.together.update(dict.fromkeys(numbers, numbers))
        yield _block(name, corners, at, datum, source.decimal_comma)


def _block(name: str, corners: list[RawRow], at: Position, datum: CRS | None, decimal_comma: bool) -> RawRow:
    """One block; at fault where any corner is."""
    first = corners[0]
    dropped = at.columns
    values: dict[str, Any] = {column: value for column, value in first.values.items() if column not in dropped}
    values[at.block or ""] = name or None
    ring, crs = [], None
    try:
        for row in sorted(corners, key=lambda row: _corner_order(row.values.get(at.corner or ""))):
            pair = read_pair(row, at, _datum(row, at) or _datum(first, at) or datum or WGS84, decimal_comma)
            if pair is None:
                raise PositionError(at.lon or at.easting or "", f"A corner of “{name}” has no position.")
            if crs is not None and pair[2] != crs:
                raise PositionError(at.datum or at.zone or "", f"The corners of “{name}” have several datums or zones.")
            crs = pair[2]
            ring.append(pair[:2])
    except PositionError as error:
        return RawRow(first.number, values, None, error.finding(row.number))
    if len(set(ring)) < 3:
        message = f"“{name}” has {len(set(ring))} different corners; an area needs three."
        return RawRow(first.number, values, None, row_error(first.number, at.corner, "position", message, "Add them."))
    return RawRow(first.number, values, Polygon(ring), None, crs)


def _corner_order(value: Any) -> tuple[int, float, str]:
    """Corners by their number (“BP-10” after “BP-9”); those without any keep their order."""
    text = str(value or "")
    number = re.search(r"[0-9]+(\.[0-9]+)?", text)
    return (0, float(number[0]), text) if number else (1, 0.0, text if len(text) == 1 else "")
