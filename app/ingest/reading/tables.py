"""CSV and XLSX: rows under a header."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import openpyxl

from app.ingest.read import LoadError
from app.ingest.reading.archives import check_archive
from app.ingest.reading.source import RawRow, Source, file_finding, in_batches, row_error

Cells = list[Any]
Lines = Callable[[], Iterator[tuple[int, Cells]]]

# A cell longer than this is a lost quote that swallows the file.
_LONGEST_CELL = 10_000_000
# What damaged workbooks make openpyxl raise.
_BROKEN = (BadZipFile, zlib.error, KeyError, OSError, EOFError, ValueError, SyntaxError, TypeError, AttributeError)
_DELIMITERS = ",;\t|"
_HEAD = 65_536
_HEAD_ROWS = 200


def open_csv(path: Path) -> Source:
    """A table of text in UTF-8 (or UTF-16 with its mark). Raises: LoadError."""
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)

    def lines() -> Iterator[tuple[int, Cells]]:
        before = csv.field_size_limit(_LONGEST_CELL)
        try:
            with path.open(encoding=encoding, newline="") as file:
                reader = csv.reader(_without_nul(path.name, file), delimiter=delimiter, strict=True)
                start = 1
                for cells in reader:
                    yield start, cells
                    start = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise _misread(path, delimiter) from error
        except csv.Error as error:
            raise LoadError(f"{path.name}, line {start}: the row cannot be read, {error}.") from error
        finally:
            csv.field_size_limit(before)

    source = _table(path.name, "CSV", lines)
    source.encoding = encoding.removesuffix("-sig")
    source.decimal_comma = delimiter == ";"
    return source


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _delimiter(path: Path, encoding: str) -> str:
    """The one that the header has most of."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            header = file.readline(_HEAD)
    except UnicodeError as error:
        raise _misread(path, ",") from error
    outside_quotes = re.sub(r'"[^"]*"', "", header)
    return max(_DELIMITERS, key=outside_quotes.count)


def _without_nul(name: str, file: IO[str]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        if "\0" in line:
            raise LoadError(
                f"{name}, line {number}, column {line.index(chr(0)) + 1}: holds a NUL character; is it a CSV?"
            )
        yield line


def _misread(path: Path, delimiter: str) -> LoadError:
    """Which line and column is no UTF-8, and what the text may be."""
    with path.open("rb") as file:
        header = file.readline().decode("utf-8-sig", "replace").rstrip("\r\n").split(delimiter)
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                before = line[: error.start].decode("utf-8", "replace")
                place = len(next(csv.reader([before], delimiter=delimiter), [""])) - 1
                column = header[place] if place < len(header) else str(place + 1)
                return LoadError(
                    f"{path.name}, line {number}, column “{column}”: the byte 0x{line[error.start]:02x} is not UTF-8. "
                    "Save the file as “CSV UTF-8” (it looks like Latin-1, Windows-1252 or an Indian font's own code)."
                )
    return LoadError(f"{path.name} is neither UTF-8 nor UTF-16. Save it as “CSV UTF-8”.")


def open_xlsx(path: Path, sheet: str | None) -> Source:
    """A sheet of a workbook. Formulas are not computed: they are findings. Raises: LoadError."""
    check_archive(path)
    sheets = _filled_sheets(path)
    if sheet is None and len(sheets) != 1:
        names = ", ".join(f"“{name}”" for name in sheets)
        raise LoadError(f"{path.name} has {len(sheets)} sheets with rows: {names or 'none'}; say which with --layer.")
    if sheet is not None and sheet not in sheets:
        raise LoadError(f"{path.name} has no sheet “{sheet}” with rows; it has {', '.join(sheets)}.")
    name = sheet or sheets[0]

    def lines() -> Iterator[tuple[int, Cells]]:
        with _Workbook(path) as book:
            for number, row in enumerate(book[name].iter_rows(), 1):
                cells = [_cell(cell) for cell in row]
                while cells and cells[-1] is None:
                    cells.pop()
                if cells:
                    yield number, cells

    return _table(path.name, "XLSX", lines)


class _Workbook:
    """A workbook, read row by row and closed again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Any:
        try:
            self.file = self.path.open("rb")
            self.book = openpyxl.load_workbook(self.file, read_only=True, data_only=False, keep_links=False)
        except _BROKEN as error:
            raise LoadError(f"{self.path.name} is no XLSX workbook: {error}.") from error
        return self.book

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self.book.close()
        self.file.close()
        if isinstance(error, _BROKEN):
            raise LoadError(f"{self.path.name} is a damaged XLSX workbook: {error}.") from error


def _filled_sheets(path: Path) -> list[str]:
    with _Workbook(path) as book:
        return [
            sheet.title
            for sheet in book.worksheets
            if any(cell.value is not None for row in sheet.iter_rows(max_row=20) for cell in row)
        ]


class Formula(str):
    """The text of a formula that a workbook computes."""


def _cell(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f":
        return Formula(value if isinstance(value, str) else getattr(value, "text", "="))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip() or None
    return value


def _table(name: str, kind: str, lines: Lines) -> Source:
    """The first row that is not empty names the columns; those without a name are left out, with a warning."""
    header_at, header = next(((n, c) for n, c in lines() if any(_filled(cell) for cell in c)), (0, []))
    names = [" ".join(str(cell).split()) if _filled(cell) else "" for cell in header]
    if not any(names):
        raise LoadError(f"{name} has no header: it is empty.")
    doubled = sorted({n for n in names if n and names.count(n) > 1})
    if doubled:
        raise LoadError(f"{name}, line {header_at}: several columns are named “{doubled[0]}”; give each its own name.")

    def rows() -> Iterator[RawRow]:
        for number, cells in lines():
            if number > header_at and any(_filled(cell) for cell in cells):
                yield _raw_row(number, names, cells, strict=kind == "CSV")

    source = Source(name, kind, tuple(n for n in names if n), lambda size: in_batches(rows(), size), has_geometry=False)
    nameless = [place for place, column in enumerate(names) if not column]
    if any(len(c) > p and _filled(c[p]) for p in nameless for _, c in islice(lines(), _HEAD_ROWS)):
        source.findings.append(
            file_finding("Columns without a name hold values, which are left out.", "Name them in the header.")
        )
    return source


def _raw_row(number: int, names: list[str], cells: Cells, *, strict: bool) -> RawRow:
    if len(cells) != len(names) and (strict or len(cells) > len(names)):
        message = f"The row has {len(cells)} cells, the header has {len(names)}."
        column = names[len(cells)] if len(cells) < len(names) else f"cell {len(names) + 1}"
        mend = "Put texts that hold the separator in quotes; give empty cells their separators."
        return RawRow(number, {}, None, row_error(number, column, "row", message, mend))
    values = {name: _plain(cell) for name, cell in zip(names, cells, strict=False) if name}
    return RawRow(number, dict.fromkeys(filter(None, names)) | values if len(values) < len(names) else values, None)


def _plain(cell: Any) -> Any:
    if isinstance(cell, str) and not isinstance(cell, Formula):
        return cell.strip() or None
    return cell


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
