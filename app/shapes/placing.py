"""Layers in any reference system → shapes in EPSG:4326, longitude first, flat, on the earth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from app.languages import gettext as _
from app.shapes.faults import BadFile
from app.shapes.layer import Layer
from app.shapes.systems import WGS84, is_lon_lat, name_of
from app.wording import group_digits

# A side that is straight on the map of its own system bends in degrees; below this nobody would notice.
_NOTED_BEND_M = 1.0
_METRES_PER_DEGREE = 111_195.0


class Placed(NamedTuple):
    """The shapes of a layer that are there, each with its feature's number from 1; what was done to them."""

    shapes: list[tuple[int, BaseGeometry]]
    crs: CRS
    notices: list[str]


def place(layer: Layer, given: CRS | None, name: str, format_: str) -> Placed:
    """`given`: what the reader says that the coordinates mean, for a file that does not say it.

    Raises: BadFile.
    """
    crs = _crs(layer, given, name, format_)
    numbered = [(n, s) for n, s in enumerate(layer.shapes, 1) if s is not None and not s.is_empty]
    shapes = [shapely.force_2d(shape) for _number, shape in numbered]
    notices = []
    if layer.has_heights:
        notices.append(_("Heights (third coordinates) are left out."))
    if not is_lon_lat(crs) and shapes:
        shapes, bend_m = _moved(shapes, crs, name)
        if bend_m > _NOTED_BEND_M:
            notices.append(
                _(
                    "Its long sides are drawn straight in degrees, up to %(bend)s m beside straight lines in "
                    "%(system)s; add corners along them if that matters.",
                    bend=group_digits(f"{bend_m:,.0f}"),
                    system=name_of(crs),
                )
            )
    found = [(number, shape) for (number, _before), shape in zip(numbered, shapes, strict=True)]
    for number, shape in found:
        _check_on_earth(shape, number, name, crs)
    return Placed(found, crs, notices)


def _crs(layer: Layer, given: CRS | None, name: str, format_: str) -> CRS:
    if given is None:
        if layer.crs is None:
            is_shapefile = format_ == "Shapefile"
            raise BadFile(
                _(
                    "%(name)s %(lacks)s, so nobody knows what its coordinates mean: pack the .prj with it, or say the "
                    "system with the parameter crs, for instance crs=EPSG:4326 or crs=EPSG:32645.",
                    name=name,
                    lacks=_("has no .prj beside its .shp") if is_shapefile else _("names no reference system"),
                ),
                parameter="crs",
            )
        return layer.crs
    if layer.crs is None or layer.assumed or layer.crs.equals(given, ignore_axis_order=True):
        return given
    raise BadFile(
        _(
            "crs: %(name)s says itself that its coordinates are in %(system)s, not %(given)s; leave crs out, or mend "
            "the file.",
            name=name,
            system=name_of(layer.crs),
            given=name_of(given),
        ),
        parameter="crs",
    )


def _moved(shapes: list[BaseGeometry], crs: CRS, name: str) -> tuple[list[BaseGeometry], float]:
    """The shapes in degrees, and by how many metres their sides bend at most. Raises: BadFile."""
    try:
        move = Transformer.from_crs(crs, WGS84, always_xy=True).transform
    except ProjError:
        said = _("%(name)s: %(system)s cannot be brought to longitude and latitude.", name=name, system=name_of(crs))
        raise BadFile(said) from None
    moved = shapely.transform(np.array(shapes, dtype=object), lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
    parts = shapely.get_parts(shapely.get_parts(shapes))
    before, owners = shapely.get_coordinates(parts, return_index=True)
    together = np.flatnonzero(owners[1:] == owners[:-1])
    if not len(together):
        return list(moved), 0.0
    after = np.column_stack(move(before[:, 0], before[:, 1]))
    middles = (before[together] + before[together + 1]) / 2
    apart = np.column_stack(move(middles[:, 0], middles[:, 1])) - (after[together] + after[together + 1]) / 2
    return list(moved), _longest(apart, after[together, 1])


def _longest(apart: NDArray[np.float64], latitudes: NDArray[np.float64]) -> float:
    """Metres of the longest of some differences in degrees."""
    lengths = np.hypot(apart[:, 0] * np.cos(np.radians(latitudes)), apart[:, 1]) * _METRES_PER_DEGREE
    known = lengths[np.isfinite(lengths)]
    return float(known.max()) if len(known) else 0.0


def _check_on_earth(shape: BaseGeometry, number: int, name: str, crs: CRS) -> None:
    """Raises: BadFile."""
    xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all():
        raise BadFile(
            _(
                "%(name)s: feature %(number)s has coordinates that are no places on the earth in %(system)s; is it the "
                "right reference system?",
                name=name,
                number=group_digits(f"{number:,}"),
                system=name_of(crs),
            )
        )
    off = (np.abs(xy[:, 0]) > 180) | (np.abs(xy[:, 1]) > 90)
    if off.any():
        x, y = xy[np.flatnonzero(off)[0]]
        metres = _(" These look like metres: save the file as EPSG:4326, or say its system (crs=EPSG:32645).")
        said = _(
            "%(name)s: feature %(number)s lies off the earth at %(x)s, %(y)s; longitudes run from -180 to 180 and "
            "latitudes from -90 to 90, longitude first.",
            name=name,
            number=group_digits(f"{number:,}"),
            x=f"{x:.10g}",
            y=f"{y:.10g}",
        )
        raise BadFile(said + (metres if max(abs(x), abs(y)) > 1000 else ""))
