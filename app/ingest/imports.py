"""A file of any format → one collection, as one revision: read, checked, compared, then published or shown.

Nothing is written before the whole file has been checked; one transaction holds the database at the old revision or
the new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from geoalchemy2.shape import to_shape
from pydantic import ValidationError
from shapely import GeometryType, Point, get_geometry, get_num_geometries, get_type_id
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, RowMapping, select
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.ingest.checks import Duplicates, Finding, check_batch
from app.ingest.left_out import write_left_out
from app.ingest.publish import Counts, Stage, count_changes, list_changes, list_gone, lock_writers, publish
from app.ingest.read import Accepted, LoadError
from app.ingest.reading import Mapping, Record, Source, open_source, to_records
from app.ingest.repeats import find_repeat, fingerprint_of, note_import
from app.ingest.sources import IMPORTABLE, Context, Row
from app.ingest.storable import check_storable
from app.models import Mineral, Renaming, State
from app.queries.vocabulary import Vocabulary, get_vocabulary

_BATCH = 5_000
_STORED_CRS = "EPSG:4326"
# So many changes are shown one by one in a plan.
MOST_SHOWN = 50
# So many findings are kept; the rest are counted.
MOST_FINDINGS = 10_000


@dataclass(frozen=True)
class Options:
    """How a file is to be taken."""

    mapping: str | None = None
    layer: str | None = None
    datum: str | None = None
    dry_run: bool = False
    skip_bad: bool = False
    replaces: bool = False  # records of the collection that are not in the file go
    note: str | None = None
    who: str = ""
    anew: bool = False  # look at each row even where the very same file was imported last


@dataclass
class Outcome:
    """What became of an import. `revision` is None where nothing was published."""

    rows: int = 0
    findings: list[Finding] = field(default_factory=list)
    bad_rows: set[int] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)
    changes: Sequence[tuple[str, Row | None, Row]] = ()
    gone: Sequence[str] = ()
    revision: int | None = None
    left_out: Path | None = None  # where the bad rows were written to
    is_repeat: bool = False  # the very same file was imported last: its rows were not looked at again

    def note(self, findings: Sequence[Finding]) -> None:
        room = max(0, MOST_FINDINGS - len(self.findings))
        self.findings.extend(findings[:room])
        self.bad_rows.update(f.row for f in findings if f.level == "error")


def import_file(
    engine: Engine, collection: str, path: str, options: Options, progress: Callable[[int, int | None], None]
) -> Outcome:
    """Import one file into a collection.

    `progress` is told rows done and, where it is known, rows in all. Errors in rows stop the whole file, unless
    `skip_bad`: the outcome then has no revision and names them.
    Raises: LoadError where the file, the mapping or the collection cannot be read.
    """
    if collection not in IMPORTABLE:
        raise LoadError(f"“{collection}” takes no imports; {', '.join(IMPORTABLE)} do.")
    mapping = (Mapping.from_file(options.mapping) if options.mapping else Mapping()).for_collection(collection)
    outcome = Outcome()
    with (
        open_source(path, layer=options.layer, datum=options.datum, mapping=mapping) as source,
        Session(engine.execution_options(isolation_level="READ COMMITTED")) as session,
        session.begin() as transaction,
    ):
        mapping.check_columns(source.name, source.columns)
        lock_writers(session)
        fingerprint = fingerprint_of(path, collection, options)
        known = None if options.dry_run or options.anew else find_repeat(session, collection, fingerprint)
        if known is not None:
            outcome.rows = outcome.counts.unchanged = known
            outcome.is_repeat = True
            return outcome
        work = _Work(session, collection, source, mapping, options, outcome)
        work.run(progress)
        if outcome.bad_rows and not options.skip_bad:
            transaction.rollback()
            return outcome
        if options.replaces and not outcome.rows:
            raise LoadError(f"{source.name} holds no rows: with --replace every record would go, so nothing is done.")
        stage = work.stage
        outcome.counts = count_changes(stage)
        if options.dry_run:
            outcome.changes, outcome.gone = list_changes(stage, MOST_SHOWN), list_gone(stage, MOST_SHOWN)
            transaction.rollback()
            return outcome
        if not outcome.counts.is_nothing:
            note = options.note or f"{COLLECTIONS[collection].title}: {Path(source.name).name} imported"
            outcome.revision = publish([stage], note, options.who)
        if not outcome.bad_rows:
            held = outcome.counts.new + outcome.counts.changed + outcome.counts.unchanged
            note_import(session, collection, fingerprint, held)
        else:
            outcome.left_out = write_left_out(source, path, outcome.bad_rows, outcome.findings)
    return outcome


class _Work:
    """One import under way: batches from the source to the stage."""

    def __init__(
        self, session: Session, collection: str, source: Source, mapping: Mapping, options: Options, outcome: Outcome
    ) -> None:
        self.session, self.collection, self.source, self.mapping = session, collection, source, mapping
        self.outcome = outcome
        self.dataset = IMPORTABLE[collection]
        self.stage = Stage(session, self.dataset.model, replaces=options.replaces)
        self.vocabulary: Vocabulary = get_vocabulary(session)
        self.context = context_of(session)
        self.states = _state_outlines(session)
        self.renamed = _renamed_ids(session, collection)
        self.lacking = self._lacking_properties()

    def _lacking_properties(self) -> frozenset[str]:
        """Properties of which the file has no column: records that are there keep theirs."""
        given = {*self.mapping.defaults}
        names = self.dataset.shape.model_fields
        if self.mapping.source:
            given.add("sources")
        return frozenset(n for n in names if n not in given and not self.mapping.column_of(n, self.source.columns))

    def run(self, progress: Callable[[int, int | None], None]) -> None:
        duplicates = Duplicates()
        outcome = self.outcome
        outcome.note(self.source.findings)
        for raw in self.source.batches(_BATCH):
            records, findings = to_records(self.mapping, self.source, self.vocabulary, raw, self.states)
            outcome.note(findings)
            records = self._with_present(records)
            outcome.note(check_batch(self.collection, records, self.states))
            outcome.note(check_storable(records))
            duplicates.feed(records)
            self._stage(records)
            outcome.rows += len(raw)
            progress(outcome.rows, self.source.count)
        late = duplicates.finish()
        outcome.note(late)
        self.stage.drop(f.row for f in late if f.level == "error")
        self.stage.close()

    def _stage(self, records: Sequence[Record]) -> None:
        """Validate, derive and stage the rows that have no error."""
        numbers: list[int] = []
        records = _plain_polygons(records)

        def rows() -> Iterator[Row]:
            for record in records:
                if record.number in self.outcome.bad_rows:
                    continue
                try:
                    row = self._row(record)
                except (ValidationError, ValueError) as error:
                    self.outcome.note(_as_findings(record, error))
                    continue
                numbers.append(record.number)
                yield row

        made = list(rows())
        self.stage.add(made, numbers)
        self.stage.keep(record.id for record in records if record.number in self.outcome.bad_rows)

    def _row(self, record: Record) -> Row:
        if record.id in self.renamed:
            raise ValueError(f"the id “{record.id}” was given up: this record is now “{self.renamed[record.id]}”")
        checked = self.dataset.shape.model_validate(record.properties)
        row = self.dataset.to_row(Accepted(record.number, record.id, checked, record.geometry), self.context)
        # Null is EPSG:4326, as in the data files: what came as it is stored.
        return row | {"source_crs": None if record.source_crs == _STORED_CRS else record.source_crs}

    def _with_present(self, records: Sequence[Record]) -> list[Record]:
        """Records that are there already keep what the file does not speak of: properties without a column, and the
        published boundaries of blocks where a table has a position only."""
        points_only = self.collection == "blocks" and not self.source.has_geometry
        if not self.lacking and not points_only:
            return list(records)
        table = COLLECTIONS[self.collection].table
        names = [n for n in self.lacking if n in table.c]
        columns = [table.c[n] for n in (*names, *(["boundary_kind", "geom"] if points_only else ()))]
        statement = select(table.c.id, *columns).where(table.c.id.in_([r.id for r in records]))
        present = {row["id"]: row for row in self.session.execute(statement).mappings()}
        if points_only:
            records = [self._with_boundary(r, present[r.id]) if r.id in present else r for r in records]
        return [_completed(r, present[r.id], names) if r.id in present else r for r in records]

    def _with_boundary(self, record: Record, present: RowMapping) -> Record:
        if present["boundary_kind"] != "published" or not isinstance(record.geometry, Point):
            return record
        message = "The row has a position only: the published boundary of the block stays."
        mend = "Give the new boundary as WKT or as a corner table if it has changed."
        self.outcome.note([Finding(record.number, record.id, "geometry", "warning", "geometry", message, mend)])
        return record._replace(geometry=to_shape(present["geom"]))


def _completed(record: Record, present: RowMapping, names: Sequence[str]) -> Record:
    """The record with the properties that its file does not speak of as the table has them."""
    kept = {name: _as_record(name, present[name]) for name in names}
    # A position that the shape has moved away from is no position of it any more.
    if kept.keys() >= {"lon", "lat"} and not record.geometry.covers(Point(kept["lon"], kept["lat"])):
        del kept["lon"], kept["lat"]
    return record._replace(properties=record.properties | kept)


def _plain_polygons(records: Sequence[Record]) -> list[Record]:
    """Areas of one part as Polygon, as data files have them: the same shape must give the same digest."""
    shapes = np.array([record.geometry for record in records], dtype=object)
    single = (get_type_id(shapes) == GeometryType.MULTIPOLYGON) & (get_num_geometries(shapes) == 1)
    shapes[single] = get_geometry(shapes[single], 0)
    return [record._replace(geometry=shape) for record, shape in zip(records, shapes, strict=True)]


def _as_record(name: str, value: Any) -> Any:
    """A column's value as a data file has it: events without what is derived."""
    if name == "events":
        return [{key: inner for key, inner in event.items() if key != "counts_from"} for event in value]
    return value


def context_of(session: Session) -> Context:
    """What rows need of the vocabulary and the states, from the database."""
    context = Context()
    for state in session.execute(select(State.name, State.code)):
        context.state_codes[state.name] = state.code
    for mineral in session.execute(select(Mineral.id, Mineral.critical, Mineral.terms, Mineral.broader)):
        context.critical[mineral.id] = mineral.critical
        broader = mineral.broader or ""
        words = (*mineral.terms, mineral.id, broader.replace("-", " "), broader)
        context.mineral_words[mineral.id] = " ".join(words)
    context.minerals = frozenset(context.critical)
    return context


def _state_outlines(session: Session) -> dict[str, BaseGeometry]:
    return {row.name: to_shape(row.geom) for row in session.execute(select(State.name, State.geom))}


def _renamed_ids(session: Session, collection: str) -> dict[str, str]:
    found = select(Renaming.old_id, Renaming.new_id).where(Renaming.collection == collection)
    return {row.old_id: row.new_id for row in session.execute(found)}


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
