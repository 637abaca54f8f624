"""What every format is read into: a source of raw rows, in batches."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from app.ingest.checks.findings import Finding

BATCH = 10_000


class RawRow(NamedTuple):
    """A row as the file has it. `number` counts from 1; in a table it is the line of the file."""

    number: int
    values: dict[str, Any]
    geometry: BaseGeometry | None  # in the source's own CRS
    fault: Finding | None = None  # why it cannot become a record
    crs: CRS | None = None  # where it is not the source's


class Record(NamedTuple):
    """A record as the data files have it; not yet checked. Geometry: EPSG:4326, lon lat."""

    number: int
    id: str
    properties: dict[str, Any]
    geometry: BaseGeometry
    source_crs: str | None  # as it was before: "EPSG:32645"


class Packed(Protocol):
    """Rows as a library holds them, cheap to hand to another process."""

    def rows(self) -> list[RawRow]:
        """Raises: LoadError where one cannot be read."""


@dataclass
class Source:
    """An opened file. Its rows are read anew at each call of `batches`, so that a file can be gone over twice."""

    name: str
    format: str
    columns: tuple[str, ...]
    read: Callable[[int], Iterator[list[RawRow]]]  # batches of about so many rows
    packed: Callable[[int], Iterator[Packed]] | None = None  # the same, where rows can be unpacked elsewhere
    crs: CRS | None = None  # None: rows say it themselves, or there is no geometry
    count: int | None = None  # rows, where the file says it without being read
    encoding: str | None = None
    decimal_comma: bool = False
    has_geometry: bool = True  # False: the position stands in columns
    findings: list[Finding] = field(default_factory=list)  # of the file as a whole
    plan: Any = None  # how its rows become records, made with the first batch
    folder: tempfile.TemporaryDirectory[str] | None = None  # what was unpacked
    # Of a corner table, whose rows are blocks: the rows as the file has them, and which of them make one block.
    read_lines: Callable[[int], Iterator[list[RawRow]]] | None = None
    together: dict[int, tuple[int, ...]] = field(default_factory=dict)  # number of a row → those of its block

    def batches(self, size: int = BATCH) -> Iterator[list[RawRow]]:
        """All rows in their order. Raises: LoadError where the file ends or breaks before its end."""
        return self.read(size)

    def close(self) -> None:
        """Remove what was unpacked."""
        if self.folder is not None:
            self.folder.cleanup()
            self.folder = None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def in_batches(rows: Iterator[RawRow], size: int) -> Iterator[list[RawRow]]:
    """The rows, so many at a time."""
    while batch := list(islice(rows, size)):
        yield batch


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep Python's cycle collector still while a batch is made: it would look through all rows again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def file_finding(message: str, mend: str, column: str | None = None, rule: str = "file") -> Finding:
    """A warning about the file as a whole."""
    return Finding(0, None, column, "warning", rule, message, mend)


def row_error(row: int, column: str | None, rule: str, message: str, mend: str) -> Finding:
    """What keeps a row from becoming a record."""
    return Finding(row, None, column, "error", rule, message, mend)
