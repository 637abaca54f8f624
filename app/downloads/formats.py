"""The formats on offer: ending, media type, and who writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from app.crs import Crs
from app.downloads.layers import write_flatgeobuf, write_geopackage, write_kml, write_parquet
from app.downloads.manifest import Manifest
from app.downloads.rows import Rows
from app.downloads.shapefile import write_shapefile
from app.downloads.workbook import MOST_ROWS, write_workbook
from app.languages import N_

# GDAL holds a KML document in memory while it writes it, 13 kB a block; a globe could not draw more either.
_MOST_OF_KML = 25_000


class FileFormat(NamedTuple):
    """`write` makes a whole file; None: its bytes are sent while they are read."""

    media_type: str
    title: str
    write: Callable[[Rows, Manifest, Crs, Path], None] | None = None
    most_rows: int | None = None
    degrees_only: bool = False


FORMATS: dict[str, FileFormat] = {
    "geojson": FileFormat("application/geo+json", N_("GeoJSON")),
    "csv": FileFormat("text/csv; charset=utf-8", N_("CSV with WKT")),
    "gpkg": FileFormat("application/geopackage+sqlite3", N_("GeoPackage"), write_geopackage),
    "fgb": FileFormat("application/flatgeobuf", N_("FlatGeobuf"), write_flatgeobuf),
    "kml": FileFormat(
        "application/vnd.google-earth.kml+xml", N_("KML"), write_kml, most_rows=_MOST_OF_KML, degrees_only=True
    ),
    "shp.zip": FileFormat("application/zip", N_("Shapefile, zipped"), write_shapefile),
    "xlsx": FileFormat(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        N_("Excel workbook"),
        write_workbook,
        most_rows=MOST_ROWS,
    ),
    "parquet": FileFormat("application/vnd.apache.parquet", N_("GeoParquet"), write_parquet),
}
