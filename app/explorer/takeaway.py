"""The same selection for other programs: addresses, lines to copy, and how large a file will be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from app.downloads.formats import FORMATS
from app.languages import find
from app.languages import gettext as _

# Bytes a row of blocks takes, and bytes of the file beside its rows: measured over the catalogue; a test holds them
# within a factor of two.
_ROW_BYTES = {
    "geojson": 2_600,
    "csv": 2_100,
    "gpkg": 2_800,
    "fgb": 2_200,
    "kml": 4_000,
    "shp.zip": 310,
    "xlsx": 400,
    "parquet": 300,
}
_FILE_BYTES = {"gpkg": 105_000, "xlsx": 7_800, "parquet": 22_000, "shp.zip": 4_100, "kml": 7_000}


class File(NamedTuple):
    """A file on offer."""

    ending: str
    title: str
    href: str
    size: str


def files_of(filters: Mapping[str, str], rows: int) -> list[File]:
    """Each format that can hold so many rows, with its size as people say it."""
    query = f"?{urlencode(filters)}" if filters else ""
    return [
        File(ending, find(kind.title), f"/download/blocks.{ending}{query}", say_size(estimate_bytes(ending, rows)))
        for ending, kind in FORMATS.items()
        if not kind.most_rows or rows <= kind.most_rows
    ]


def estimate_bytes(ending: str, rows: int) -> int:
    """Roughly how large the file of so many blocks is."""
    return _FILE_BYTES.get(ending, 3_000) + rows * _ROW_BYTES[ending]


def say_size(size: int) -> str:
    """To two digits: about 340 kB, about 1.2 MB."""
    # Rounded first: 999,999 bytes are 1 MB, not 1,000 kB.
    rounded = float(f"{size:.2g}")
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if rounded >= scale:
            number = rounded / scale
            return _("about %(size)s", size=f"{number:.0f} {unit}" if number >= 10 else f"{number:g} {unit}")
    return _("under 1 kB")


class Line(NamedTuple):
    """A text to copy. `id`: tells it from the others on the page."""

    id: str
    title: str
    text: str


def lines_of(base: str, filters: Mapping[str, str], cql2: str | None) -> list[Line]:
    """How to ask for the very same blocks from elsewhere. `base`: where the portal lies."""
    query = f"?{urlencode(filters)}" if filters else ""
    items = f"{base}/api/collections/blocks/items{query}"
    lines = [Line("copy-api", _("API call"), items)]
    if cql2:
        lines.append(Line("copy-cql2", "CQL2", cql2))
    python = f'import geopandas\n\nblocks = geopandas.read_file("{base}/download/blocks.geojson{query}")'
    ogr = f"ogr2ogr -f GPKG blocks.gpkg '/vsicurl/{base}/download/blocks.fgb{query}'"
    return [*lines, Line("copy-python", "Python", python), Line("copy-ogr2ogr", "ogr2ogr", ogr)]
