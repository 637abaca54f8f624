"""A batch of raw rows → findings, and lines that are ready to be staged. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError
from shapely import GeometryType, get_geometry, get_num_geometries, get_type_id
from shapely.geometry.base import BaseGeometry

from app.ingest.block_lines import BlockLines
from app.ingest.checks import Finding, check_batch
from app.ingest.checks.duplicates import Seen, seen_in
from app.ingest.read import Accepted
from app.ingest.reading import Mapping as FileMapping
from app.ingest.reading import RawRow, Record, Source, to_records
from app.ingest.reading.plan import Plan
from app.ingest.sources import IMPORTABLE, Context, Row
from app.ingest.staging import content_columns, lines_of
from app.ingest.storable import check_storable
from app.queries.vocabulary import Vocabulary

STORED_CRS = "EPSG:4326"

# Records of a batch as they are once the database has had its say, and what is to be said of them.
Completed = tuple[list[Record], list[Finding]]


@dataclass(frozen=True)
class Recipe:
    """All that converting a file's rows rests on."""

    collection: str
    mapping: FileMapping
    source: Source
    vocabulary: Vocabulary
    context: Context
    states: Mapping[str, BaseGeometry]  # outlines by name
    renamed: Mapping[str, str]  # ids that were given up → what they are now

    def portable(self) -> Recipe:
        """The same for another process, which is handed the rows and reads none itself."""
        source = replace(self.source, read=_read_nothing, packed=None, read_lines=None, plan=None, folder=None)
        return replace(self, source=source)


def _read_nothing(size: int) -> Any:
    raise AssertionError("rows are read by the process that has the file open")


class Converted(NamedTuple):
    """What became of a batch."""

    rows: int
    findings: list[Finding]
    lines: bytes  # of the rows without an error, as `Stage.copy` takes them
    kept: list[str]  # ids of records whose row has an error: the table keeps what it has of them
    seen: Seen | None  # what they are compared with those of other batches by


class Converter:
    """Converts batch after batch of one file; what it remembers of one makes the next quicker."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.dataset = IMPORTABLE[recipe.collection]
        self.columns = content_columns(self.dataset.model)
        self.quick = BlockLines(recipe.context, STORED_CRS) if recipe.collection == "blocks" else None

    def say_nothing_of_file(self) -> None:
        """Leave what there is to say of the file as a whole to another converter of its rows."""
        recipe = self.recipe
        recipe.source.plan = plan = Plan(recipe.mapping, recipe.source, recipe.vocabulary)
        plan.findings = []
        plan.unmapped([])

    def convert(self, raw: list[RawRow], complete: Callable[[Sequence[Record]], Completed] | None = None) -> Converted:
        """Read, check and write out a batch; `complete` adds what the database knows of its records."""
        recipe = self.recipe
        records, findings = to_records(recipe.mapping, recipe.source, recipe.vocabulary, raw, recipe.states)
        if complete is not None:
            records, more = complete(records)
            findings += more
        findings += check_batch(recipe.collection, records, recipe.states)
        findings += check_storable(records)
        seen = seen_in(records)
        records = _plain_polygons(records)
        bad = {finding.row for finding in findings if finding.level == "error"}
        good = [record for record in records if record.number not in bad]
        lines = self.quick.lines(good) if self.quick and not self._any_renamed(good) else None
        if lines is None:
            lines, more = self._one_by_one(good)
            findings += more
            bad.update(finding.row for finding in more)
        kept = [record.id for record in records if record.number in bad]
        return Converted(len(raw), findings, lines.encode(), kept, seen)

    def _any_renamed(self, records: Sequence[Record]) -> bool:
        renamed = self.recipe.renamed
        return bool(renamed) and any(record.id in renamed for record in records)

    def _one_by_one(self, records: Sequence[Record]) -> tuple[str, list[Finding]]:
        """Lines of the rows that can be made, and findings of the others."""
        rows: list[Row] = []
        numbers: list[int] = []
        findings: list[Finding] = []
        for record in records:
            try:
                rows.append(self._row(record))
                numbers.append(record.number)
            except (ValidationError, ValueError) as error:
                findings += _as_findings(record, error)
        return lines_of(self.columns, rows, numbers), findings

    def _row(self, record: Record) -> Row:
        renamed = self.recipe.renamed
        if record.id in renamed:
            raise ValueError(f"the id “{record.id}” was given up: this record is now “{renamed[record.id]}”")
        checked = self.dataset.shape.model_validate(record.properties)
        row = self.dataset.to_row(Accepted(record.number, record.id, checked, record.geometry), self.recipe.context)
        # Null is EPSG:4326, as in the data files: what came as it is stored.
        return row | {"source_crs": None if record.source_crs == STORED_CRS else record.source_crs}


def _plain_polygons(records: Sequence[Record]) -> list[Record]:
    """Areas of one part as Polygon, as data files have them: the same shape must give the same digest."""
    shapes = np.array([record.geometry for record in records], dtype=object)
    single = (get_type_id(shapes) == GeometryType.MULTIPOLYGON) & (get_num_geometries(shapes) == 1)
    if not single.any():
        return list(records)
    shapes[single] = get_geometry(shapes[single], 0)
    return [Record(r.number, r.id, r.properties, shape, r.source_crs) for r, shape in zip(records, shapes, strict=True)]


def _as_findings(record: Record, error: ValueError) -> list[Finding]:
    """What the record's shape or its derivation refused, each with its member."""
    if not isinstance(error, ValidationError):
        return [Finding(record.number, record.id, None, "error", "value", str(error), "Correct the value.")]
    return [
        Finding(
            record.number,
            record.id,
            ".".join(str(step) for step in fault["loc"]),
            "error",
            "value",
            f"{fault['msg'].removeprefix('Value error, ')} (it is {fault['input']!r:.60})",
            "Correct the value, or leave the cell empty where it is not known.",
        )
        for fault in error.errors(include_url=False)
    ]
