"""What GDAL reads: KML, Shapefile, GeoPackage, FlatGeobuf."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj import CRS
from shapely.errors import ShapelyError

from app.languages import gettext as _
from app.shapes.faults import BadFile, unreadable_geometry
from app.shapes.layer import Layer
from app.shapes.systems import WGS84, crs_of_file
from app.wording import group_digits

_BROKEN = (DataSourceError, DataLayerError, FeatureError, GeometryError, CRSError, OSError, RuntimeError, ValueError)
# The driver that each format is read by; a file that another one takes is not what it seemed.
_DRIVERS = {
    "GeoPackage": ("GPKG",),
    "FlatGeobuf": ("FlatGeobuf",),
    "Shapefile": ("ESRI Shapefile",),
    "KML": ("KML", "LIBKML"),
}
# Formats of which each file is a layer.
_ONE_LAYER = ("Shapefile", "FlatGeobuf")
_UNDEFINED = "Undefined"


def read_layers(path: Path, kind: str, name: str) -> list[Layer]:
    """All layers with shapes. `name` is what the file is called in messages. Raises: BadFile."""
    if kind == "GeoPackage":
        _check_database(path, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            listed = [(str(layer), geometry) for layer, geometry in pyogrio.list_layers(path)]
        except _BROKEN as error:
            raise _unreadable(name, path, error) from None
        if not listed and kind in _ONE_LAYER:
            raise BadFile(
                _("%(name)s cannot be read, it is damaged or cut short: its beginning does not make sense.", name=name)
            )
        wanted = [layer for layer, geometry in listed if geometry is not None]
        return [_read(path, layer, kind, name) for layer in wanted]


def _read(path: Path, layer: str, kind: str, name: str) -> Layer:
    try:
        info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
        if info["driver"] not in _DRIVERS[kind]:
            raise BadFile(_("%(name)s is not %(kind)s but %(found)s.", name=name, kind=kind, found=info["driver"]))
        _meta, _fids, texts, _fields = pyogrio.raw.read(path, layer=layer, columns=[])
    except _BROKEN as error:
        raise _unreadable(name, path, error) from None
    found = [] if texts is None else list(texts)
    if len(found) < int(info["features"]):
        raise BadFile(
            _(
                "%(name)s breaks off after feature %(number)s of the %(all)s that it announces; save or send it anew.",
                name=name,
                number=group_digits(f"{len(found):,}"),
                all=group_digits(f"{int(info['features']):,}"),
            )
        )
    shapes = [_shape(text, number, name) for number, text in enumerate(found, 1)]
    return Layer(
        layer, shapes, _crs(info["crs"], kind, name), has_heights=any(s is not None and s.has_z for s in shapes)
    )


def _crs(said: str | None, kind: str, name: str) -> CRS | None:
    if kind == "KML":  # It has this one system for all files. Source: OGC KML 2.3.
        return WGS84
    return None if not said or _UNDEFINED in said else crs_of_file(said, name)


def _shape(text: bytes | None, number: int, name: str) -> Any:
    try:
        return None if text is None else shapely.from_wkb(text)
    except (ShapelyError, TypeError) as error:
        raise unreadable_geometry(name, number, _words(error)) from None


def _words(error: Exception) -> str:
    text = " ".join(str(error).removeprefix("IllegalArgumentException: ").removeprefix("ParseException: ").split())
    if "LinearRing" in text or "closed linestring" in text:
        return _("a ring is not closed, or has fewer than four points")
    if "LineString" in text or "point array" in text:
        return _("a line has one point only")
    return text[:120].rstrip(".")


def _unreadable(name: str, path: Path, error: Exception) -> BadFile:
    """GDAL's reason without our own paths."""
    text = " ".join(str(error).split()).replace(str(path), name).replace(str(path.parent), "")
    return BadFile(
        _(
            "%(name)s cannot be read, it is damaged or cut short: %(reason)s.",
            name=name,
            reason=text[:200].rstrip("."),
        )
    )


def _damaged(name: str, reason: str) -> BadFile:
    return BadFile(_("%(name)s is damaged or cut short: %(reason)s.", name=name, reason=reason[:120]))


def _check_database(path: Path, name: str) -> None:
    """Whether an SQLite file is a sound GeoPackage, whose tables are nothing but tables.

    A virtual table can be made of any other source that GDAL opens, so only those of a GeoPackage's indexes pass.
    Raises: BadFile.
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            ((state,),) = database.execute("PRAGMA quick_check(1)").fetchall()
            if state != "ok":
                raise _damaged(name, str(state))
            names = {found for (found,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            virtual = database.execute(
                "SELECT count(*) FROM sqlite_master WHERE sql LIKE 'create virtual%' "
                "AND sql NOT LIKE '%using rtree%' AND sql NOT LIKE '%using fts_(%'"
            ).fetchone()[0]
    except (sqlite3.Error, ValueError) as error:
        raise _damaged(name, str(error)) from None
    if "gpkg_contents" not in names:
        raise BadFile(_("%(name)s is an SQLite database but no GeoPackage; save the layer as GeoPackage.", name=name))
    if virtual:
        raise BadFile(
            _("%(name)s holds a virtual table, which is not read; save the layer anew as GeoPackage.", name=name)
        )
