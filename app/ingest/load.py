"""The data files → the tables, as one revision: plan first, then publish.

The same files twice change nothing and make no revision. A refused record leaves what the database has of it untouched;
one that is no longer in its file goes, and is kept in the past.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app import models
from app.ingest import records
from app.ingest.fingerprint import remember
from app.ingest.publish import count_changes, lock_writers, publish
from app.ingest.read import FileContent, LoadError, Refusal, read_file
from app.ingest.sources import DATASETS, TERMS_FILE, Context, Dataset, Row, nearest_of
from app.ingest.staging import Counts, Stage
from app.ingest.synthetic import is_synthetic


@dataclass
class FileReport:
    """What became of one file's records."""

    file: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    refused: list[Refusal] = field(default_factory=list)


@dataclass
class Report:
    """What became of a load; `revision` is None where nothing changed."""

    files: list[FileReport]
    revision: int | None = None

    @property
    def refused(self) -> list[Refusal]:
        return [refusal for report in self.files for refusal in report.refused]


@dataclass(frozen=True)
class DataFiles:
    """All data files, read; the vocabulary's terms stand apart, as they belong to the minerals' rows."""

    terms: FileContent
    contents: list[tuple[Dataset, FileContent]]


def load(engine: Engine, data_dir: Path, note: str = "Data files loaded") -> Report:
    """Read all data files and publish what changed as one new revision.

    Raises: LoadError where a file cannot be read at all; the database is then untouched.
    """
    files = read_all(data_dir)
    refuse_synthetic(engine)
    with Session(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        lock_writers(session)
        report = load_contents(session, files, note)
        remember(session, data_dir)
        if report.revision:
            session.execute(text("ANALYZE"))
    return report


def refuse_synthetic(engine: Engine) -> None:
    """Raises: LoadError where the database holds synthetic blocks: nothing real comes in beside them."""
    if is_synthetic(engine):
        raise LoadError(
            "This database holds synthetic blocks: the data files are not loaded into it. Take another one."
        )


def read_all(data_dir: Path) -> DataFiles:
    """Every data file.

    Raises: LoadError where one cannot be read at all.
    """
    return DataFiles(
        read_file(data_dir / TERMS_FILE, "terms", records.MineralTerm, frozenset()),
        [(d, read_file(data_dir / d.file, d.members, d.shape, d.geometry_types)) for d in DATASETS],
    )


def load_contents(session: Session, files: DataFiles, note: str) -> Report:
    """Stage all files, compare, then publish; no revision where nothing differs."""
    vocabulary = next(content for dataset, content in files.contents if dataset.model is models.Mineral)
    context = Context(minerals=frozenset(item.id for item in vocabulary.accepted))
    report = Report([_plan_terms(files.terms, context)])
    stages: dict[type[models.Base], Stage] = {}
    nameless: set[type[models.Base]] = set()
    for dataset, content in files.contents:
        stage = stages.get(dataset.model) or Stage(session, dataset.model, replaces=True)
        stages[dataset.model] = stage
        file = _stage_file(dataset, content, context, stage)
        report.files.append(file)
        # A refused record without an id may be any of the table's: then none of them goes.
        if any(refusal.id is None for refusal in file.refused):
            nameless.add(dataset.model)
    counts = {}
    for model, stage in stages.items():
        stage.replaces = model not in nameless
        stage.close()
        counts[model] = count_changes(stage)
    _count_files(session, files, stages, counts, report)
    if any(not count.is_nothing for count in counts.values()):
        report.revision = publish(list(stages.values()), note, getpass.getuser())
    _note_files(session, files)
    return report


def _stage_file(dataset: Dataset, content: FileContent, context: Context, stage: Stage) -> FileReport:
    report = FileReport(dataset.file, refused=list(content.refused))
    context.meta = content.meta
    moved = _list_renamed(stage.session, dataset.title)  # a file has the name of its collection

    def rows() -> Iterator[Row]:
        for item in content.accepted:
            if item.id in moved:
                reason = f"id: “{item.id}” was renamed to “{moved[item.id]}”; give it that id in the file"
                report.refused.append(Refusal(dataset.file, item.number, item.id, reason))
                continue
            try:
                yield dataset.to_row(item, context)
            except ValueError as error:
                report.refused.append(Refusal(dataset.file, item.number, item.id, str(error)))

    stage.add(rows())
    report.refused.sort(key=lambda refusal: refusal.number)
    stage.keep(moved.get(refusal.id, refusal.id) for refusal in report.refused if refusal.id)
    return report


def _list_renamed(session: Session, collection: str) -> dict[str, str]:
    """Ids that were given up → the ids that they lead to."""
    table = models.table_of(models.Renaming)
    rows = session.execute(select(table.c.old_id, table.c.new_id).where(table.c.collection == collection))
    return {row.old_id: row.new_id for row in rows}


def _count_files(
    session: Session,
    files: DataFiles,
    stages: dict[type[models.Base], Stage],
    counts: dict[type[models.Base], Counts],
    report: Report,
) -> None:
    """Tell each file's share of its table's changes; several files of figures share a table."""
    by_file = {file.file: file for file in report.files}
    for model, count in counts.items():
        sharing = [dataset for dataset, _ in files.contents if dataset.model is model]
        if len(sharing) == 1:
            file = by_file[sharing[0].file]
            file.new, file.changed, file.unchanged, file.gone = count.new, count.changed, count.unchanged, count.gone
            continue
        for dataset in sharing:
            _count_shared(session, stages[model], f"{dataset.title}/", by_file[dataset.file])


def _count_shared(session: Session, stage: Stage, prefix: str, file: FileReport) -> None:
    """The same for the file whose ids begin with `prefix`."""
    today = models.table_of(stage.model)
    here, there = stage.table.c.id.startswith(prefix), today.c.id.startswith(prefix)
    staged_rows = session.execute(select(stage.table.c.id, stage.table.c.digest).where(here)).all()
    stored = {row.id: row.digest for row in session.execute(select(today.c.id, today.c.digest).where(there))}
    digests = {row.id: row.digest for row in staged_rows if row.digest}
    file.new = sum(record_id not in stored for record_id in digests)
    file.unchanged = sum(stored.get(record_id) == digest for record_id, digest in digests.items())
    file.changed = len(digests) - file.new - file.unchanged
    file.gone = len(set(stored) - {row.id for row in staged_rows}) if stage.replaces else 0


def _plan_terms(terms: FileContent, context: Context) -> FileReport:
    """The names that lead to minerals; they are written with the mineral's row."""
    report = FileReport(terms.name, refused=list(terms.refused))
    for item in terms.accepted:
        slug = item.record.mineral
        if slug is not None and slug not in context.minerals:
            reason = f"mineral: “{slug}” is not in the vocabulary{nearest_of(slug, context.minerals)}"
            report.refused.append(Refusal(terms.name, item.number, item.record.term, reason))
            continue
        report.unchanged += 1
        if slug is not None:
            context.terms.setdefault(slug, []).append(item.record.term)
    return report


def _note_files(session: Session, files: DataFiles) -> None:
    """Keep what the files say of themselves."""
    for _, content in files.contents:
        row = {
            "name": content.name,
            "sha256": content.sha256,
            "record_count": len(content.accepted),
            **{key: content.meta.get(key) for key in ("title", "description", "licence", "attribution", "as_of")},
        }
        statement = upsert(models.DataFile).values(row)
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


__all__ = ["FileReport", "LoadError", "Report", "load", "read_all"]
