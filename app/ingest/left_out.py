"""The rows that an import left out, written to a file that can be mended and imported."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from app.ingest.checks import Finding
from app.ingest.read import LoadError
from app.ingest.reading import Source

_BATCH = 5_000


def write_left_out(source: Source, path: str, bad_rows: Set[int], findings: Sequence[Finding]) -> Path:
    """The rows that were left out, beside their file as CSV to mend: their cells, their shape, and why.

    Raises: LoadError where it cannot be written.
    """
    target = (
        Path(f"{Path(source.name).stem}.left-out.csv") if "://" in path else Path(path).with_suffix(".left-out.csv")
    )
    reasons: dict[int, list[str]] = {}
    for finding in findings:
        if finding.level == "error":
            reasons.setdefault(finding.row, []).append(f"{finding.column or ''}: {finding.message}".lstrip(": "))
    # Where the position stands in the file's own columns there is no other.
    shape_column = ["geometry"] if source.has_geometry and source.read_lines is None else []
    # A block of a corner table goes with all its corners.
    numbers = {number for bad in bad_rows for number in source.together.get(bad, (bad,))}
    read = source.read_lines or source.batches
    try:
        with target.open("w", newline="", encoding="utf-8", errors="replace") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "why", *source.columns, *shape_column])
            for raw in (row for batch in read(_BATCH) for row in batch):
                if raw.number in numbers:
                    cells = [_as_cell(raw.values.get(column)) for column in source.columns]
                    shape = [_as_ewkt(raw.geometry, raw.crs or source.crs)] if shape_column else []
                    writer.writerow([raw.number, " | ".join(reasons.get(raw.number, [])), *cells, *shape])
    except OSError as error:
        raise LoadError(
            f"{target}, for the rows that are left out, cannot be written: {error.strerror}; nothing was published."
        ) from error
    return target


def _as_cell(value: Any) -> Any:
    """Lists and objects as JSON, which is how tables are read."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _as_ewkt(geometry: BaseGeometry | None, crs: CRS | None) -> str:
    """A shape as text with the number of its reference system, as it was in the file."""
    if geometry is None:
        return ""
    number = crs.to_epsg() if crs is not None else None
    return f"SRID={number};{geometry.wkt}" if number else geometry.wkt
