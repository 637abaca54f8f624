"""What GDAL and Arrow read: GeoPackage, FlatGeobuf, Shapefile, KML, OGC API Features, GeoParquet."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyogrio.raw import open_arrow
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from app.ingest.read import LoadError
from app.ingest.reading.datums import WGS84, parse_crs
from app.ingest.reading.source import RawRow, Source, file_finding, no_collection, row_error

_BROKEN = (DataSourceError, DataLayerError, FeatureError, pa.ArrowException, OSError, RuntimeError, ValueError)
# The driver that each kind of file is for; a file that another one takes is not what its name says.
_DRIVERS = {
    "GeoPackage": ("GPKG",),
    "FlatGeobuf": ("FlatGeobuf",),
    "Shapefile": ("ESRI Shapefile",),
    "KML": ("KML", "LIBKML"),
    "OGC API Features": ("OAPIF",),
}
# Columns that GDAL makes of any KML file; they say nothing of the record.
_KML_COLUMNS = frozenset(
    "timestamp begin end altitudeMode tessellate extrude visibility drawOrder icon snippet".split()
)


def open_layer(name: str, address: str, kind: str, layer: str | None, datum: str | None) -> Source:
    """A layer through GDAL; `address` is a path or a connection string.

    Raises: LoadError where it cannot be opened, has several layers and none is named, or says no reference system.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer = _choose(name, address, layer)
        info = _about(name, address, layer)
    if info["driver"] not in _DRIVERS[kind]:
        raise LoadError(f"{name} is not {kind} but {info['driver']}; give it the ending of what it is.")
    crs = _crs(name, kind, info["crs"], datum)
    count = int(info["features"])
    ignored = _KML_COLUMNS if kind == "KML" else frozenset()
    columns = tuple(str(field) for field in info["fields"] if field not in ignored)
    has_geometry = info["geometry_type"] is not None

    def packed(size: int) -> Iterator[_Packed]:
        number = 1
        try:
            with open_arrow(address, layer=layer, batch_size=size, use_pyarrow=True) as opened:
                meta, reader = opened
                geometry = meta["geometry_name"] or "wkb_geometry"
                for batch in reader:
                    yield _Packed(batch, geometry, columns, number)
                    number += batch.num_rows
        except _BROKEN as error:
            raise LoadError(f"{name} breaks off after row {number - 1:,}: {_sentence(error)}") from error
        if 0 <= number - 1 < count:
            why = _reason(address, layer, number - 1)
            raise LoadError(f"{name} breaks off after row {number - 1:,} of the {count:,} that it announces{why}")

    return Source(
        name,
        kind,
        columns,
        lambda size: (batch.rows() for batch in packed(size)),
        packed,
        crs=crs,
        count=count if count >= 0 else None,
        encoding=info["encoding"],
        has_geometry=has_geometry,
        findings=[file_finding(_sentence(w.message), "Look whether the file is what it should be.") for w in caught],
    )


def _about(name: str, address: str, layer: str) -> dict[str, Any]:
    """What GDAL says of a layer before reading it."""
    try:
        info: dict[str, Any] = pyogrio.read_info(address, layer=layer)
    except _BROKEN as error:
        raise LoadError(f"{name} cannot be read: {_sentence(error)}") from error
    return info


def _choose(name: str, address: str, layer: str | None) -> str:
    try:
        names = [str(found) for found, _ in pyogrio.list_layers(address)]
    except _BROKEN as error:
        raise LoadError(f"{name} cannot be opened: {_sentence(error)}") from error
    if layer is not None and layer not in names:
        raise LoadError(f"{name} has no layer “{layer}”; it has {', '.join(names) or 'none'}.")
    if layer is None and len(names) != 1:
        raise LoadError(f"{name} has {len(names)} layers: {', '.join(names) or 'none'}; say which with --layer.")
    return layer or names[0]


def _sentence(error: Exception | str) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."


def _reason(address: str, layer: str, after: int) -> str:
    """Why reading ended early: the stream of batches does not say, reading one row by itself may."""
    try:
        pyogrio.raw.read(address, layer=layer, skip_features=after, max_features=1)
    except _BROKEN as error:
        return f": {_sentence(error)}"
    return "."


def _crs(name: str, kind: str, found: str | None, datum: str | None) -> CRS:
    if datum:
        return parse_crs(datum)
    if not found:
        lacks = "has no .prj beside it, so" if kind == "Shapefile" else "names no reference system:"
        raise LoadError(
            f"{name} {lacks} nobody knows what its coordinates mean; say it with --datum, "
            "for instance --datum EPSG:4326 or --datum EPSG:32645."
        )
    try:
        return CRS.from_user_input(found)
    except CRSError as error:
        raise LoadError(f"{name} names a reference system that is not known: {found[:80]}.") from error


class _Packed(NamedTuple):
    """Rows as Arrow holds them."""

    batch: pa.RecordBatch
    geometry: str  # name of that column
    columns: tuple[str, ...]
    first: int  # number of the first row

    def rows(self) -> list[RawRow]:
        return _rows(*self)


def _rows(batch: pa.RecordBatch, geometry: str, columns: tuple[str, ...], first: int) -> list[RawRow]:
    names = batch.schema.names
    shapes, faults = (
        _shapes(batch.column(names.index(geometry)), first) if geometry in names else ([None] * len(batch), {})
    )
    keys = [column for column in names if column in columns]
    texts = [_values(batch.column(names.index(column)), column, first) for column in keys]
    rows = zip(*texts, strict=True) if texts else iter([()] * len(batch))
    with no_collection():
        return [
            RawRow(number, dict(zip(keys, values, strict=True)), shape, faults.get(number))
            for number, (values, shape) in enumerate(zip(rows, shapes, strict=True), first)
        ]


def _values(column: pa.Array, name: str, first: int) -> list[Any]:
    """Plain values; days and times as ISO texts. Raises: LoadError for text that is no UTF-8."""
    if column.null_count == len(column):
        return [None] * len(column)
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError as error:
        row = next(n for n, value in enumerate(column, first) if not _is_text(value))
        raise LoadError(
            f"Row {row:,}, column “{name}”: the text is not UTF-8. Save the layer as UTF-8; a Shapefile needs a .cpg "
            "file that names its encoding."
        ) from error
    if pa.types.is_temporal(column.type):
        return [None if value is None else value.isoformat() for value in values]
    return values


def _is_text(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


def _shapes(column: pa.Array, first: int) -> tuple[list[Any], dict[int, Any]]:
    """Shapes, and what is wrong with those that cannot be read, by row."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    texts = column.to_pylist()
    try:
        return list(shapely.from_wkb(texts)), {}
    except (ShapelyError, TypeError):
        pass
    shapes, faults = [], {}
    for number, text in enumerate(texts, first):
        try:
            shapes.append(shapely.from_wkb(text))
        except (ShapelyError, TypeError) as error:
            shapes.append(None)
            message = f"The geometry cannot be read: {error}."
            faults[number] = row_error(
                number, "geometry", "position", message, "Give closed rings of four or more points."
            )
    return shapes, faults


def open_parquet(path: Path, datum: str | None) -> Source:
    """GeoParquet with WKB geometry. Raises: LoadError."""
    try:
        file = pq.ParquetFile(path)
        raw = (file.schema_arrow.metadata or {}).get(b"geo")
        geo = json.loads(raw) if raw else None
    except _BROKEN as error:
        raise LoadError(f"{path.name} is no Parquet file: {_sentence(error)}") from error
    if not isinstance(geo, dict) or geo.get("primary_column") not in geo.get("columns", {}):
        raise LoadError(f"{path.name} is Parquet without the metadata “geo”, so no GeoParquet.")
    primary = str(geo["primary_column"])
    about = geo["columns"][primary]
    if about.get("encoding") != "WKB":
        raise LoadError(f"{path.name} keeps its geometry as {about.get('encoding')}; only WKB is read.")
    coverings = {steps[0] for box in about.get("covering", {}).values() for steps in box.values() if steps}
    columns = tuple(n for n in file.schema_arrow.names if n != primary and n not in coverings)
    count = file.metadata.num_rows
    file.close()

    def packed(size: int) -> Iterator[_Packed]:
        number = 1
        try:
            with pq.ParquetFile(path) as opened:
                for batch in opened.iter_batches(batch_size=size, columns=[*columns, primary], use_threads=False):
                    yield _Packed(batch, primary, columns, number)
                    number += batch.num_rows
        except _BROKEN as error:
            raise LoadError(f"{path.name} breaks off after row {number - 1:,}: {_sentence(error)}") from error

    crs = _parquet_crs(path.name, about, datum)
    return Source(
        path.name, "GeoParquet", columns, lambda size: (batch.rows() for batch in packed(size)), packed, crs, count
    )


def _parquet_crs(name: str, about: dict[str, Any], datum: str | None) -> CRS:
    """Without the key it is longitude and latitude; null says that it is not known."""
    if datum:
        return parse_crs(datum)
    if "crs" not in about:
        return WGS84
    if about["crs"] is None:
        return _crs(name, "GeoParquet", None, None)
    return _crs(name, "GeoParquet", json.dumps(about["crs"]), None)
