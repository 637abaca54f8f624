"""Which format a file is of: by its first bytes, not by its name, which may say anything."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from app.languages import N_, find
from app.languages import gettext as _
from app.shapes.faults import BadFile

# Archives hold a Shapefile or a KML, marked-up texts are KML or GPX: the process that reads them finds out which.
Kind = Literal["archive", "markup", "GeoJSON", "GeoPackage", "FlatGeobuf"]

TAKEN = N_("GeoJSON, KML, KMZ, GPX, a Shapefile as zip, GeoPackage and FlatGeobuf are read")

_TAKEN_BEGINNINGS: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"SQLite format 3\0", "GeoPackage"),
    (b"fgb\x03fgb", "FlatGeobuf"),
    (b"{", "GeoJSON"),
    (b"[", "GeoJSON"),
    (b"<", "markup"),
)
_OTHER_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", N_("a picture (PNG)")),
    (b"\xff\xd8\xff", N_("a picture (JPEG)")),
    (b"GIF8", N_("a picture (GIF)")),
    (b"II*\0", N_("a picture (TIFF)")),
    (b"MM\0*", N_("a picture (TIFF)")),
    (b"%PDF", N_("a PDF document")),
    (b"\x1f\x8b", N_("packed with gzip")),
    (b"7z\xbc\xaf", N_("a 7-Zip archive")),
    (b"Rar!", N_("a RAR archive")),
    (b"PAR1", N_("a Parquet table")),
    (b"AC10", N_("a drawing (DWG)")),
)
_SHAPEFILE_BEGINNING = b"\x00\x00\x27\x0a"
_SHAPEFILE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Ending of a name → the formats that it may stand for.
_ENDINGS: dict[str, tuple[str, ...]] = {
    ".geojson": ("GeoJSON",),
    ".json": ("GeoJSON",),
    ".kml": ("KML",),
    ".kmz": ("KMZ",),
    ".gpx": ("GPX",),
    ".zip": ("Shapefile", "KMZ"),
    ".gpkg": ("GeoPackage",),
    ".fgb": ("FlatGeobuf",),
}


def tell_kind(content: bytes, name: str) -> Kind:
    """Raises: BadFile where it is none that is read."""
    if not content.strip():
        raise BadFile(_("%(name)s is empty.", name=name))
    plain = content[:64]
    for mark in _MARKS:
        plain = plain.removeprefix(mark)
    # Texts in UTF-16 have a zero beside each letter.
    text = plain.replace(b"\0", b"").lstrip()
    for beginning, kind in _TAKEN_BEGINNINGS:
        if plain.startswith(beginning) or (len(beginning) == 1 and text.startswith(beginning)):
            return kind
    if content.startswith(_SHAPEFILE_BEGINNING) or _ending(name) in _SHAPEFILE_PARTS:
        raise BadFile(
            _(
                "%(name)s is one part of a Shapefile, which says nothing by itself: pack its .shp, .shx, .dbf and .prj "
                "into one zip and give that.",
                name=name,
            )
        )
    for beginning, what in _OTHER_BEGINNINGS:
        if plain.startswith(beginning):
            raise stranger(name, find(what))
    raise BadFile(_("%(name)s is of no format that is known; %(taken)s.", name=name, taken=find(TAKEN)))


def stranger(name: str, what: str) -> BadFile:
    """A file of a format that is not read."""
    return BadFile(_("%(name)s is %(what)s; %(taken)s.", name=name, what=what, taken=find(TAKEN)))


def misnamed(name: str, found: str) -> str | None:
    """A notice where the name says another format than the content."""
    ending = _ending(name)
    if found in _ENDINGS.get(ending, (found,)):
        return None
    return _(
        "Its name ends in %(ending)s, but its content is %(found)s; it is read as that.", ending=ending, found=found
    )


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
