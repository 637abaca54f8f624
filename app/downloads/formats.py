"""The formats on offer: ending, media type, and who writes them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from app.crs import Crs
from app.downloads.manifest import Manifest
from app.downloads.rows import Rows
from app.languages import N_

Write = Callable[[Rows, Manifest, Crs, Path], None]

# Of a sheet, less the one of headings.
_MOST_OF_A_SHEET = 1_048_575
# GDAL holds a KML document in memory while it writes it, 13 kB a block; a globe could not draw more either.
_MOST_OF_KML = 25_000


class FileFormat(NamedTuple):
    """`write` makes a whole file; None: its bytes are sent while they are read."""

    media_type: str
    title: str
    write: Write | None = None
    most_rows: int | None = None
    degrees_only: bool = False


def _late(module: str, name: str) -> Write:
    """A writer whose library, a third of the portal's memory, is loaded with the first file of its kind."""

    def write(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
        getattr(import_module(module), name)(rows, manifest, crs, path)

    return write


_LAYERS = "app.downloads.layers"
FORMATS: dict[str, FileFormat] = {
    "geojson": FileFormat("application/geo+json", N_("GeoJSON")),
    "csv": FileFormat("text/csv; charset=utf-8", N_("CSV with WKT")),
    "gpkg": FileFormat("application/geopackage+sqlite3", N_("GeoPackage"), _late(_LAYERS, "write_geopackage")),
    "fgb": FileFormat("application/flatgeobuf", N_("FlatGeobuf"), _late(_LAYERS, "write_flatgeobuf")),
    "kml": FileFormat(
        "application/vnd.google-earth.kml+xml",
        N_("KML"),
        _late(_LAYERS, "write_kml"),
        most_rows=_MOST_OF_KML,
        degrees_only=True,
    ),
    "shp.zip": FileFormat(
        "application/zip", N_("Shapefile, zipped"), _late("app.downloads.shapefile", "write_shapefile")
    ),
    "xlsx": FileFormat(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        N_("Excel workbook"),
        _late("app.downloads.workbook", "write_workbook"),
        most_rows=_MOST_OF_A_SHEET,
    ),
    "parquet": FileFormat("application/vnd.apache.parquet", N_("GeoParquet"), _late(_LAYERS, "write_parquet")),
}
