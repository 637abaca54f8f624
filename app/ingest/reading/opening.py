"""Which reader a file gets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app.ingest.read import LoadError
from app.ingest.reading.archives import check_archive, unpack
from app.ingest.reading.datums import name_of, parse_crs
from app.ingest.reading.geojson import open_geojson
from app.ingest.reading.layers import open_layer, open_parquet
from app.ingest.reading.positions import find_position, with_corners
from app.ingest.reading.source import Source, file_finding
from app.ingest.reading.tables import open_csv, open_xlsx

if TYPE_CHECKING:
    from app.ingest.reading.mapping import Mapping

_GEOJSON = frozenset({".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".jsonl", ".geojsonseq"})
_GDAL = {".gpkg": "GeoPackage", ".fgb": "FlatGeobuf", ".shp": "Shapefile", ".kml": "KML"}
_PARQUET = frozenset({".parquet", ".geoparquet"})
_SHAPEFILE = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_ENDINGS = "geojson, geojsonl, gpkg, fgb, shp, zip, kml, kmz, csv, tsv, xlsx or parquet"


def open_source(
    path: str | Path, *, layer: str | None = None, datum: str | None = None, mapping: Mapping | None = None
) -> Source:
    """A file (or the address of an OGC API) as a source of raw rows.

    `layer` is a layer, sheet or collection; `datum` is what the coordinates mean where the file does not say, or says
    it wrongly; `mapping` names the columns of the position.
    Raises: LoadError in one sentence, with row and column where there is one.
    """
    address = str(path)
    if re.match(r"(?i)(oapif:)?https?://", address):
        address = address if address[:6].lower() == "oapif:" else f"OAPIF:{address}"
        return open_layer(address.removeprefix("OAPIF:"), address, "OGC API Features", layer, datum)
    file = Path(path)
    if not file.is_file():
        raise LoadError(f"{path} is no file.")
    if file.stat().st_size == 0:
        raise LoadError(f"{file.name} is empty.")
    try:
        return _open_file(file, layer, datum, mapping)
    except OSError as error:
        raise LoadError(f"{file.name} cannot be read: {error.strerror or error}.") from error


def _open_file(file: Path, layer: str | None, datum: str | None, mapping: Mapping | None) -> Source:
    ending = file.suffix.lower()
    if ending in _GEOJSON:
        return open_geojson(file, datum)
    if ending in _GDAL:
        return open_layer(file.name, str(file.resolve()), _GDAL[ending], layer, datum)
    if ending in _PARQUET:
        return open_parquet(file, datum)
    if ending in (".csv", ".tsv", ".txt"):
        return _placed(open_csv(file), datum, mapping)
    if ending in (".xlsx", ".xlsm"):
        return _placed(open_xlsx(file, layer), datum, mapping)
    if ending == ".kmz":
        return _unpacked(file, frozenset({".kml"}), "KML", layer, datum)
    if ending == ".zip":
        return _unpacked(file, _SHAPEFILE, "Shapefile", layer, datum)
    raise LoadError(f"{file.name} ends in “{ending}”; files that end in {_ENDINGS} are read.")


def _unpacked(file: Path, endings: frozenset[str], kind: str, layer: str | None, datum: str | None) -> Source:
    """The one layer of an archive. The archive's other layers, where it has any, are chosen between by `layer`."""
    check_archive(file)
    folder = unpack(file, endings)
    main = ".kml" if kind == "KML" else ".shp"
    found = sorted(p for p in Path(folder.name).iterdir() if p.suffix.lower() == main)
    if kind == "Shapefile" and layer is not None:
        found = [p for p in found if p.stem == layer]
    try:
        if len(found) != 1:
            names = ", ".join(p.stem for p in found) or "none"
            raise LoadError(f"{file.name} holds {len(found)} files that end in {main} ({names}); one is read.")
        source = open_layer(f"{file.name}/{found[0].name}", str(found[0]), kind, layer, datum)
    except LoadError:
        folder.cleanup()
        raise
    source.folder = folder
    return source


def _placed(source: Source, datum: str | None, mapping: Mapping | None) -> Source:
    """A table, with the reference system of its positions and its corners made into blocks."""
    at = find_position(source.columns, mapping.position if mapping else {})
    given = datum or (mapping.crs if mapping else None)
    source.crs = parse_crs(given) if given else None
    if given:
        source.findings.append(
            file_finding(
                f"The positions are read as {name_of(parse_crs(given))}.", "Nothing, if that is so.", rule="file"
            )
        )
    elif at.is_there and (at.wkt or not at.datum):
        source.findings.append(
            file_finding(
                "The file names no datum: WGS 84 is assumed.",
                "Say it with --datum or in a column “datum” if it differs.",
            )
        )
    return with_corners(source, at, source.crs) if at.has_corners else source
