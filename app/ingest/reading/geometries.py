"""Geometries of a batch → EPSG:4326, two dimensions, rings as RFC 7946 has them; all rows at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from app.ingest.checks.findings import Finding
from app.ingest.reading.datums import WGS84, name_of
from app.ingest.reading.positions import Position, PositionError, read_position
from app.ingest.reading.source import RawRow, Source, row_error

Shapes = NDArray[Any]

_AREAS = frozenset({"blocks", "states", "districts", "constraint-areas"})
_LINES = frozenset({"constraint-lines"})
_GEOJSON = frozenset({"GeoJSON", "GeoJSONSeq"})
# Shapely's numbers of kinds of shape.
_LINE, _POLYGON, _MULTIPOINT, _MULTIPOLYGON, _COLLECTION = 1, 3, 4, 6, 7


class Placed(NamedTuple):
    """Shapes by row, None where a row has none that can be read; and what their systems were."""

    shapes: Shapes
    crs_names: list[str | None]
    findings: list[Finding]


def place(source: Source, collection: str, rows: list[RawRow], at: Position) -> Placed:
    """The geometry of each row, ready for the tables; each row without one has an error."""
    findings: list[Finding] = []
    shapes: Shapes = np.empty(len(rows), dtype=object)
    systems: list[CRS | None] = [None] * len(rows)
    for place_, row in enumerate(rows):
        shape, crs = row.geometry, row.crs or source.crs
        if shape is None and not source.has_geometry:
            try:
                shape, crs = read_position(row, at, source.crs, source.decimal_comma)
            except PositionError as error:
                findings.append(error.finding(row.number))
                continue
        if shape is None or shape.is_empty:
            mend = "Give its coordinates; what has no known position belongs among the unlocated records."
            findings.append(row_error(row.number, "geometry", "position", "The row has no position.", mend))
            continue
        shapes[place_], systems[place_] = shape, crs
    _transform(rows, shapes, systems, findings)
    _flatten(rows, shapes, findings)
    told = source.format in _GEOJSON
    if collection in _AREAS:
        shapes = _areas(rows, shapes, findings, told=told)
    else:
        shapes = _lines(shapes) if collection in _LINES else _points(shapes)
    # By identity: a CRS is slow to compare, and a file has few.
    names = {id(crs): name_of(crs) for crs in {id(crs): crs for crs in systems if crs is not None}.values()}
    return Placed(shapes, [names.get(id(crs)) for crs in systems], findings)


def _transform(rows: list[RawRow], shapes: Shapes, systems: list[CRS | None], findings: list[Finding]) -> None:
    """To longitude and latitude on WGS 84, system by system, in place."""
    there = np.flatnonzero(shapely.is_geometry(shapes))
    finite = np.ones(len(shapes), dtype=bool)
    finite[there] = _are_finite(shapes[there])
    _refuse(rows, shapes, ~finite, findings, "Its coordinates hold NaN or infinity.", "Correct the numbers.")
    known = {id(crs): crs for crs in systems if crs is not None}
    by_system: dict[int, list[int]] = {key: [] for key, crs in known.items() if not is_lon_lat(crs)}
    for number in np.flatnonzero(shapely.is_geometry(shapes)) if by_system else ():
        if id(systems[number]) in by_system:
            by_system[id(systems[number])].append(int(number))
    for key, places in by_system.items():
        crs = known[key]
        moved = shapely.transform(shapes[places], _to_degrees(crs))
        good = _are_finite(moved)
        shapes[places] = moved
        lost = np.zeros(len(shapes), dtype=bool)
        lost[np.array(places)[~good]] = True
        message = f"Its coordinates cannot be brought from {name_of(crs)} to longitude and latitude."
        _refuse(rows, shapes, lost, findings, message, "Name the reference system that they are in (--datum).")


@lru_cache(maxsize=256)
def is_lon_lat(crs: CRS) -> bool:
    """True for WGS 84 in degrees, whichever order its definition gives to the axes: files put longitude first."""
    return (
        crs == WGS84
        or crs.equals(WGS84, ignore_axis_order=True)
        or crs.to_authority() in (("OGC", "CRS84"), ("EPSG", "4326"))
    )


def _to_degrees(crs: CRS) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """What brings coordinates of a system, shape (n, 2), to longitude and latitude on WGS 84."""
    move = _transformer(crs).transform
    return lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1]))


@lru_cache(maxsize=256)
def _transformer(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def _are_finite(shapes: Shapes) -> NDArray[np.bool_]:
    """By shape, whether all its coordinates are numbers."""
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    bad = ~np.isfinite(coordinates).all(axis=1)
    result = np.ones(len(shapes), dtype=bool)
    if bad.any():
        result[owners[bad]] = False
    return result


def _refuse(
    rows: list[RawRow], shapes: Shapes, faulty: NDArray[np.bool_], findings: list[Finding], message: str, mend: str
) -> None:
    for number in np.flatnonzero(faulty):
        findings.append(row_error(rows[number].number, "geometry", "position", message, mend))
        shapes[number] = None


def _flatten(rows: list[RawRow], shapes: Shapes, findings: list[Finding]) -> None:
    """Without heights, in place."""
    high = shapely.has_z(shapes)
    if high.any():
        shapes[high] = shapely.force_2d(shapes[high])
        findings += [
            Finding(
                rows[number].number, None, "geometry", "warning", "geometry",
                "Its heights (third coordinates) are left out.", "Nothing, if no height is wanted.",
            )
            for number in np.flatnonzero(high)
        ]  # fmt: skip


def _areas(rows: list[RawRow], shapes: Shapes, findings: list[Finding], *, told: bool) -> Shapes:
    """Polygons as multipolygons, outer rings counter-clockwise; points stay.

    `told`: rings that ran the other way are findings, as the format's standard (RFC 7946) wants them.
    """
    kinds = shapely.get_type_id(shapes)
    for number in np.flatnonzero(kinds == _COLLECTION):
        parts = [p for part in shapes[number].geoms for p in (part.geoms if hasattr(part, "geoms") else [part])]
        if parts and all(shapely.get_type_id(part) == _POLYGON for part in parts):
            shapes[number] = shapely.multipolygons(parts)
    kinds = shapely.get_type_id(shapes)
    single, several = kinds == _POLYGON, kinds == _MULTIPOLYGON
    if told:
        for number in np.flatnonzero(_clockwise(shapes, single | several)):
            message = "A ring runs the other way than RFC 7946 wants it; it is turned round."
            mend = "Nothing; the outer ring should run counter-clockwise."
            findings.append(Finding(rows[number].number, None, "geometry", "warning", "geometry", message, mend))
    if single.any():
        shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(int(single.sum())))
    areal = single | several
    if areal.any():
        shapes[areal] = shapely.orient_polygons(shapes[areal], exterior_cw=False)
    return shapes


def _clockwise(shapes: Shapes, areal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which shapes have an outer ring that runs clockwise."""
    result = np.zeros(len(shapes), dtype=bool)
    places = np.flatnonzero(areal)
    parts, owners = shapely.get_parts(shapes[places], return_index=True)
    backward = ~shapely.is_ccw(shapely.get_exterior_ring(parts))
    result[places[owners[backward]]] = True
    return result


def _lines(shapes: Shapes) -> Shapes:
    """Lines as lines of several parts."""
    single = shapely.get_type_id(shapes) == _LINE
    if single.any():
        shapes[single] = shapely.multilinestrings(shapes[single], indices=np.arange(int(single.sum())))
    return shapes


def _points(shapes: Shapes) -> Shapes:
    """A multipoint of one point is that point."""
    for number in np.flatnonzero(shapely.get_type_id(shapes) == _MULTIPOINT):
        if len(shapes[number].geoms) == 1:
            shapes[number] = shapes[number].geoms[0]
    return shapes
