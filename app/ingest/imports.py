"""A file of any format → one collection, as one revision: read, checked, compared, then published or shown.

Nothing is written before the whole file has been checked; one transaction holds the database at the old revision or
the new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from geoalchemy2.shape import to_shape
from shapely import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, RowMapping, select
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.ingest.bulk import compress_fast
from app.ingest.checks import Duplicates, Finding
from app.ingest.converting import Completed, Converted, Converter, Recipe
from app.ingest.left_out import write_left_out
from app.ingest.publish import count_changes, list_changes, list_gone, lock_writers, publish
from app.ingest.read import LoadError
from app.ingest.reading import Mapping, Record, Source, open_source
from app.ingest.repeats import find_repeat, fingerprint_of, note_import
from app.ingest.sources import IMPORTABLE, Context, Row
from app.ingest.staging import Counts, Stage
from app.ingest.workers import Workers, worker_count
from app.models import Mineral, Renaming, State
from app.queries.vocabulary import get_vocabulary

_BATCH = 5_000
# Rows that a worker is handed at a time: fewer, as several batches are under way.
_HANDED = 2_500
# From so many rows on several processes convert a file.
_LARGE = 20_000
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
        compress_fast(session)
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
        dataset = IMPORTABLE[collection]
        self.stage = Stage(session, dataset.model, replaces=options.replaces)
        self.duplicates = Duplicates()
        self.recipe = Recipe(
            collection,
            mapping,
            source,
            get_vocabulary(session),
            context_of(session),
            _state_outlines(session),
            _renamed_ids(session, collection),
        )
        self.lacking = self._lacking_properties(dataset.shape.model_fields)
        self.points_only = collection == "blocks" and not source.has_geometry

    def _lacking_properties(self, names: Iterable[str]) -> frozenset[str]:
        """Properties of which the file has no column: records that are there keep theirs."""
        given = {*self.mapping.defaults}
        if self.mapping.source:
            given.add("sources")
        return frozenset(n for n in names if n not in given and not self.mapping.column_of(n, self.source.columns))

    def run(self, progress: Callable[[int, int | None], None]) -> None:
        outcome = self.outcome
        outcome.note(self.source.findings)
        for converted in self._converted():
            outcome.note(converted.findings)
            self.stage.copy(converted.lines)
            self.stage.keep(converted.kept)
            if converted.seen:
                self.duplicates.take(converted.seen)
            outcome.rows += converted.rows
            progress(outcome.rows, self.source.count)
        late = self.duplicates.finish()
        outcome.note(late)
        self.stage.drop(f.row for f in late if f.level == "error")
        self.stage.close()

    def _converted(self) -> Iterator[Converted]:
        """All batches in their order; those of a large file side by side."""
        converter = Converter(self.recipe)
        if self._is_alone() or self.source.packed is None:
            for raw in self.source.batches(_BATCH):
                yield converter.convert(raw, self._with_present if self.lacking or self.points_only else None)
            return
        batches = self.source.packed(_HANDED)
        # What is to be said of the file as a whole is said here, with its first rows.
        yield from (converter.convert(packed.rows()) for packed in islice(batches, 1))
        del converter  # with what it remembers
        with Workers(self.recipe, worker_count()) as workers:
            yield from workers.convert(batches)

    def _is_alone(self) -> bool:
        """True where this process converts all by itself: where a file is small, or rows are looked up in the database
        or in the rest of the file."""
        source = self.source
        large = source.count is not None and source.count >= _LARGE
        has_own_ids = not self.mapping.id and "id" in source.columns
        return not large or not has_own_ids or bool(self.lacking) or self.points_only or worker_count() < 2

    def _with_present(self, records: Sequence[Record]) -> Completed:
        """Records that are there already keep what the file does not speak of: properties without a column, and the
        published boundaries of blocks where a table has a position only."""
        findings: list[Finding] = []
        table = COLLECTIONS[self.collection].table
        names = [n for n in self.lacking if n in table.c]
        columns = [table.c[n] for n in (*names, *(["boundary_kind", "geom"] if self.points_only else ()))]
        statement = select(table.c.id, *columns).where(table.c.id.in_([r.id for r in records]))
        present = {row["id"]: row for row in self.session.execute(statement).mappings()}
        if self.points_only:
            records = [_with_boundary(r, present[r.id], findings) if r.id in present else r for r in records]
        return [_completed(r, present[r.id], names) if r.id in present else r for r in records], findings


def _with_boundary(record: Record, present: RowMapping, findings: list[Finding]) -> Record:
    if present["boundary_kind"] != "published" or not isinstance(record.geometry, Point):
        return record
    message = "The row has a position only: the published boundary of the block stays."
    mend = "Give the new boundary as WKT or as a corner table if it has changed."
    findings.append(Finding(record.number, record.id, "geometry", "warning", "geometry", message, mend))
    return record._replace(geometry=to_shape(present["geom"]))


def _completed(record: Record, present: RowMapping, names: Sequence[str]) -> Record:
    """The record with the properties that its file does not speak of as the table has them."""
    kept = {name: _as_record(name, present[name]) for name in names}
    # A position that the shape has moved away from is no position of it any more.
    if kept.keys() >= {"lon", "lat"} and not record.geometry.covers(Point(kept["lon"], kept["lat"])):
        del kept["lon"], kept["lat"]
    return record._replace(properties=record.properties | kept)


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
