"""A database of synthetic blocks: with the vocabulary and the states, and without anything real."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.cluster import ClusterError, database_url
from app.db import make_engine, normalised_url
from app.ingest.imports import Options, import_file
from app.ingest.load import DataFiles, load_contents, read_all
from app.ingest.publish import lock_writers
from app.ingest.synth.plan import SynthError
from app.ingest.synth.records import DATA_DIR
from app.ingest.synth.write import write_flatgeobuf
from app.ingest.synthetic import find_real
from app.ingest.texts import finish_texts
from app.migrate import migrate
from app.models import Mineral, State
from app.settings import PROJECT_ROOT

# Collections that a synthetic database may hold beside its blocks.
_SHARED = ("blocks", "states", "districts")


def fill_database(
    url: str, count: int, seed: int, who: str, made: Callable[[int], object] = lambda _: None
) -> int | None:
    """Make `count` synthetic blocks the blocks of the database; the number of the new revision, None for no change.

    An empty database gets its tables, the vocabulary and the states first. The blocks come in as any file does:
    checked, compared, published. Raises: SynthError where the database is not there, or holds anything real.
    """
    _refuse_own(url)
    engine = make_engine(url)
    try:
        engine.connect().close()
    except OperationalError as error:
        raise SynthError(f"The database does not answer: {str(error.orig).strip().splitlines()[-1]}") from error
    migrate(engine)
    _refuse_real(engine)
    _load_vocabulary(engine)
    with tempfile.TemporaryDirectory(prefix="khanij-synth-") as folder:
        file = Path(folder) / "synthetic.fgb"
        write_flatgeobuf(file, count, seed, made=made)
        note = f"{count:,} synthetic blocks, seed {seed}: all of it is made up"
        options = Options(note=note, who=who, replaces=count > 0)
        outcome = import_file(engine, "blocks", str(file), options, lambda done, total: None)
    assert not outcome.bad_rows, outcome.findings[:3]
    for _ in finish_texts(engine):
        pass
    engine.dispose()
    return outcome.revision


def _refuse_own(url: str) -> None:
    """Raises: SynthError for the database that the portal itself uses."""
    try:
        own = database_url(PROJECT_ROOT)
    except ClusterError:
        return
    if normalised_url(url) == own:
        raise SynthError("That is the portal's own database; name another one, made with createdb.")


def _refuse_real(engine: Engine) -> None:
    """Raises: SynthError where a record is none of ours."""
    if real := find_real(engine):
        raise SynthError(f"The database holds real blocks, such as “{real}”; synthetic ones go into one of their own.")
    with engine.connect() as connection:
        for name, collection in COLLECTIONS.items():
            table = collection.table
            if name not in _SHARED and connection.scalar(select(table.c.id).limit(1)) is not None:
                raise SynthError(f"The database holds real {collection.title.lower()}; take an empty one.")


def _load_vocabulary(engine: Engine) -> None:
    """Minerals and states, which blocks name."""
    files = read_all(DATA_DIR)
    wanted = [(dataset, content) for dataset, content in files.contents if dataset.model in (Mineral, State)]
    with Session(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        lock_writers(session)
        report = load_contents(session, DataFiles(files.terms, wanted), "Vocabulary and states for synthetic blocks")
        if report.revision:
            session.execute(text("ANALYZE"))
