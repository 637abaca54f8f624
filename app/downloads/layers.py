"""GeoPackage, FlatGeobuf and KML by GDAL, GeoParquet by Arrow: a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyogrio.raw import write_arrow
from pyproj import CRS

from app.crs import Crs
from app.downloads.manifest import Manifest
from app.downloads.rows import GEOMETRY, Rows


def write_geopackage(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
    """With what it is as metadata of the layer, and in the layer's description."""
    write_layer(
        rows,
        crs,
        path,
        "GPKG",
        layer_metadata=manifest.as_texts(),
        layer_options={"DESCRIPTION": manifest.as_text(), "IDENTIFIER": manifest.title, "GEOMETRY_NAME": "geom"},
    )


def write_flatgeobuf(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
    """With what it is in the header's title, description and metadata."""
    # An index needs a record; without one GDAL would write a file that it cannot read.
    options = {"TITLE": manifest.title, "DESCRIPTION": manifest.as_text()}
    options["SPATIAL_INDEX"] = "YES" if rows.count else "NO"
    write_layer(rows, crs, path, "FlatGeobuf", layer_metadata=manifest.as_texts(), layer_options=options)


def write_kml(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
    """With what it is in the layer's description."""
    write_layer(rows, crs, path, "LIBKML", layer_options={"NAME": manifest.title, "DESCRIPTION": manifest.as_text()})


def write_layer(
    rows: Rows, crs: Crs, path: Path, driver: str, names: Mapping[str, str] | None = None, **options: Any
) -> None:
    """One layer, named after the collection; `names`: other names for its columns."""
    called = names or {}
    schema = pa.schema([field.with_name(called.get(field.name, field.name)) for field in rows.schema(lists=False)])
    reader = pa.RecordBatchReader.from_batches(schema, rows.arrow_batches(schema))
    write_arrow(
        reader,
        path,
        layer=rows.collection.id,
        driver=driver,
        geometry_name=GEOMETRY,
        geometry_type=rows.collection.geometry_type,
        crs=f"EPSG:{crs.srid}",
        **options,
    )


def write_parquet(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
    """GeoParquet 1.1 with WKB; lists stay lists. What it is stands under the key `manifest`.

    Source: GeoParquet 1.1.0. Coordinates are x before y, as WKB in GeoParquet always is.
    """
    about: dict[str, Any] = {"encoding": "WKB", "geometry_types": [rows.collection.geometry_type]}
    # Without the member it is longitude and latitude of CRS84.
    if crs.srid != 4326:
        about["crs"] = CRS.from_epsg(crs.srid).to_json_dict()
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: about}}
    plain = rows.schema(lists=True)
    # The mark of an extension type would make readers ask for a package that knows it.
    fields = [field.remove_metadata() for field in plain]
    schema = pa.schema(fields, {"geo": json.dumps(geo), "manifest": json.dumps(manifest.as_dict(), ensure_ascii=False)})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in rows.arrow_batches(schema):
            writer.write_batch(batch)
