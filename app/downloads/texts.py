"""GeoJSON and CSV, written while they are read from the database: memory stays flat, a file cut short shows it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import shapely

from app.crs import CRS84, SYSTEMS
from app.downloads.manifest import Manifest
from app.downloads.rows import Rows, WrongCount, as_cell


def write_geojson(features: Iterator[Sequence[str]], manifest: Manifest) -> Iterator[bytes]:
    """A FeatureCollection with what it is as members of its own.

    Raises: WrongCount before the closing brackets, so that nothing parses what is not whole. Source: RFC 7946; for
    another system than CRS84 the member `crs` of GeoJSON 2008, which GDAL reads.
    """
    head: dict[str, Any] = {"type": "FeatureCollection", "numberMatched": manifest.row_count}
    head |= {name: value for name, value in manifest.as_dict().items() if name != "crs"}
    if manifest.crs != CRS84:
        srid = SYSTEMS[manifest.crs].srid
        # By OGC's name for longitude first; EPSG's own would turn the axes for careful readers.
        name = "urn:ogc:def:crs:OGC:1.3:CRS84" if srid == 4326 else f"urn:ogc:def:crs:EPSG::{srid}"
        head["crs"] = {"type": "name", "properties": {"name": name}}
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ',"features":[\n').encode()
    seen = 0
    for batch in features:
        text = ",\n".join(batch)
        yield (text if seen == 0 else ",\n" + text).encode()
        seen += len(batch)
    if seen != manifest.row_count:
        raise WrongCount(f"{seen} features came, {manifest.row_count} were counted")
    yield b"\n]}\n"


def write_csv(rows: Rows) -> Iterator[bytes]:
    """Cells as they are in the record, lists and objects as JSON; then lon, lat where they are missing, and wkt.

    Raises: WrongCount. Source: RFC 4180; UTF-8. A text that begins with “=” stays as it is: the file is for programs,
    the workbook (xlsx) is for spreadsheets.
    """
    point = [name for name in ("lon", "lat") if name not in rows.names]
    yield _lines([[*rows.names, *point, "wkt"]])
    width = len(rows.names)
    for batch in rows.batches():
        texts = shapely.to_wkt(shapely.from_wkb([bytes(row[width]) for row in batch]), rounding_precision=7)
        yield _lines(
            [
                [*map(_cell, row[:width]), *(row[width + 1 :] if point else ()), wkt]
                for row, wkt in zip(batch, texts, strict=True)
            ]
        )


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else as_cell(value)


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
