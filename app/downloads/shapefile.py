"""A Shapefile in a zip: short names and short texts are said, not left to be found out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.crs import Crs
from app.downloads.layers import write_layer
from app.downloads.manifest import Manifest
from app.downloads.rows import Rows, as_cell

# Of dBASE, which holds the attributes.
MOST_NAME, MOST_TEXT_BYTES = 10, 254


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each column's name in ten characters, the same each time: cut, and numbered where two would be alike."""
    found: dict[str, str] = {}
    for name in names:
        short, number = name[:MOST_NAME], 1
        while short in found.values():
            number += 1
            short = f"{name[: MOST_NAME - len(str(number))]}{number}"
        found[name] = short
    return found


def write_shapefile(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
    """Shapefile, projection, encoding, README, manifest, and a table of the full names of its fields."""
    folder = path.parent / "shapefile"
    folder.mkdir()
    cut: dict[str, int] = {}
    counted = replace(rows, read=lambda: _cut(rows, cut))
    names = short_names(rows.names)
    file = folder / f"{rows.collection.id}.shp"
    write_layer(counted, crs, file, "ESRI Shapefile", names, layer_options={"ENCODING": "UTF-8"})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
        archive.writestr("README.txt", _readme(manifest, cut))
        archive.writestr("manifest.json", json.dumps(manifest.as_dict() | {"texts_cut": cut}, ensure_ascii=False))
        archive.writestr("fields.csv", _fields(names))


def _cut(rows: Rows, cut: dict[str, int]) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows with texts as long as the format holds; how many of which column were cut is told in `cut`."""
    for batch in rows.read():
        shortened = []
        for row in batch:
            cells = list(row)
            for place, name in enumerate(rows.names):
                text = as_cell(cells[place])
                if isinstance(text, str) and len(text.encode()) > MOST_TEXT_BYTES:
                    cells[place] = text.encode()[:MOST_TEXT_BYTES].decode(errors="ignore")
                    cut[name] = cut.get(name, 0) + 1
            shortened.append(cells)
        yield shortened


def _readme(manifest: Manifest, cut: dict[str, int]) -> str:
    lines = [manifest.as_text(), "", "Names of fields are cut to ten characters; fields.csv has them whole."]
    if cut:
        listed = ", ".join(f"{name} ({count:,})" for name, count in cut.items())
        lines.append(f"Texts longer than {MOST_TEXT_BYTES} bytes are cut, in so many rows of: {listed}.")
        lines.append("GeoPackage, CSV and GeoParquet hold them whole.")
    return "\n".join(lines) + "\n"


def _fields(names: dict[str, str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("field", "property"), *((short, name) for name, short in names.items())])
    return buffer.getvalue()
