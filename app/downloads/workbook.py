"""An Excel workbook: the records in one sheet, what they are in another."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from app.crs import Crs
from app.downloads.manifest import Manifest
from app.downloads.rows import Rows, as_cell

# Of a cell.
MOST_CHARACTERS = 32_767
TOO_LONG = "too long for a cell: take GeoPackage or CSV"


def write_workbook(rows: Rows, manifest: Manifest, crs: Crs, path: Path) -> None:
    """Texts stay texts, also those that begin with “=”; a text or shape too long for a cell says so in its place."""
    book = Workbook(write_only=True)
    try:
        _fill(book, rows, manifest)
        book.save(path)
    except BaseException:
        _discard(book)
        raise


def _fill(book: Workbook, rows: Rows, manifest: Manifest) -> None:
    sheet = book.create_sheet(rows.collection.id[:31])
    sheet.freeze_panes = "C2"
    point = [name for name in ("lon", "lat") if name not in rows.names]
    sheet.append([_bold(sheet, name) for name in (*rows.names, *point, "wkt")])
    width = len(rows.names)
    for batch in rows.batches():
        texts = shapely.to_wkt(shapely.from_wkb([bytes(row[width]) for row in batch]), rounding_precision=7)
        for row, wkt in zip(batch, texts, strict=True):
            cells = [*row[:width], *(row[width + 1 :] if point else ()), wkt]
            sheet.append([_cell(sheet, value) for value in cells])
    about = book.create_sheet("About")
    for name, text in manifest.as_texts().items():
        about.append([_bold(about, name.replace("_", " ")), _cell(about, text)])


def _discard(book: Workbook) -> None:
    """Remove the temporary files that a workbook writes its sheets to; it does so by itself only when it is saved."""
    for sheet in book.worksheets:
        with contextlib.suppress(Exception):
            sheet.close()
        with contextlib.suppress(Exception):
            sheet._writer.cleanup()


def _bold(sheet: WriteOnlyWorksheet, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Any) -> Any:
    value = as_cell(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)  # Excel knows no zones; it is UTC
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
    cell = WriteOnlyCell(sheet, text if len(text) <= MOST_CHARACTERS else TOO_LONG)
    cell.data_type = "s"  # never a formula
    return cell
