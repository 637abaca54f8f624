"""What a publication prepares: the same as the tables say, after every way of writing, and nothing once they differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from datafiles import SOURCE, Folder, a_block, an_event
from publishing import write_blocks
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.ingest.load import load
from app.ingest.publish import keep_past, make_revision
from app.ingest.undo import rename, revert
from app.models import Block, Prepared
from app.queries.columns import kept
from app.queries.columns.held import Coded, Columns
from app.queries.columns.storing import as_columns, make_table, read_table, write_table
from app.queries.prepared import COLUMNS, DOCUMENTS, VALUES, read_prepared
from app.queries.search import list_companies, list_names
from app.queries.vocabulary import get_edition, read_vocabulary
from app.search.documents import make_documents, read_documents

BLOCKS = COLLECTIONS["blocks"]
NUMBERED = SOURCE | {"url": "https://example.org/?FILE_ID=27316", "title": "Notice, Tranche I"}


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """However few the records are, they are taken for many."""
    monkeypatch.setattr(kept, "MANY", 1)
    yield


@pytest.fixture
def filled(database: Engine, folder: Folder) -> Engine:
    """Three blocks, one of them with a numbered document."""
    folder.features("blocks", some_blocks())
    load(database, folder.path)
    return database


def some_blocks() -> list[dict[str, Any]]:
    return [
        a_block("akhar", district="Koraput", agency="GSI", preferred_bidder="Vedanta Limited", area_ha=12.5),
        a_block("bela", stage="G3", premium_percent=7.25, sources=[NUMBERED], lon=84.5),
        a_block("chand", district="Koraput", events=[an_event(1, "offered", "2025", "II")], grade="5.10 %"),
    ]


def parts(columns: Columns) -> list[Any]:
    """All that columns hold, in the order of ids, to be compared."""
    order = columns.by_id

    def of(coded: Coded) -> list[tuple[str, ...]]:
        return [coded.values[code] for code in coded.codes[order]]

    numbers = [*columns.numbers.values(), *(columns.days or ()), *columns.places, *columns.bounds]
    return [
        columns.count,
        {name: of(coded) for name, coded in (*columns.coded.items(), *columns.texts.items())},
        [np.nan_to_num(values[order], nan=-1.0).tolist() for values in numbers],
        [columns.ids[int(place)].as_py() for place in order],
        [columns.names[int(place)].as_py() for place in columns.by_name],
        columns.keys.tolist(),
        [columns.ids[int(place)].as_py() for place in columns.order],
        columns.has_order,
    ]


def check(engine: Engine) -> None:
    """What is prepared is what the tables say."""
    with Session(engine) as session:
        table = read_table(read_prepared(session, BLOCKS, COLUMNS) or b"")
        assert table is not None
        now = as_columns(make_table(session, BLOCKS), BLOCKS)
        assert parts(as_columns(table, BLOCKS)) == parts(now)
        assert read_prepared(session, BLOCKS, VALUES) and read_prepared(session, BLOCKS, DOCUMENTS)
        prepared = told(session)
        session.execute(delete(Prepared))
        assert read_prepared(session, BLOCKS, VALUES) is None
        assert told(session) == prepared
        session.rollback()


def told(session: Session) -> tuple[Any, ...]:
    choices = read_vocabulary(session, get_edition(session)).choices
    return (
        {name: set(values) for name, values in choices.items()},
        list_names(session),
        sorted(list_companies(session)),
        read_documents(session),
    )


def test_a_load_prepares_what_it_published(filled: Engine) -> None:
    check(filled)
    with Session(filled) as session:
        names = list_names(session)
        assert names.districts == (("Koraput", "Odisha"),)
        assert {"GSI", "Vedanta Limited"} <= set(names.companies)
        (document,) = read_documents(session).values()
        assert (document.number, document.meaning.value, document.block) == ("27316", "bela", "bela")
        assert make_documents(session) == read_documents(session)


def test_changes_undoing_and_renaming_prepare_anew(filled: Engine, folder: Folder) -> None:
    number = write_blocks(filled, [some_blocks()[0], a_block("bela", stage="G3", agency="MECL")])
    check(filled)
    assert number is not None
    revert(filled, number, "test")
    check(filled)
    rename(filled, "blocks", "chand", "zubra", "test")
    check(filled)
    with Session(filled) as session:
        assert {c.name for c in list_companies(session)} >= {"GSI", "Vedanta Limited"}
        assert "MECL" not in {c.name for c in list_companies(session)}


def test_what_was_written_since_is_noticed(filled: Engine) -> None:
    """A row that came by without preparing, or went: the tables are asked."""
    with Session(filled) as session:
        number, _ = make_revision(session, "By hand", "test")
        assert read_prepared(session, BLOCKS, VALUES)
        session.execute(update(Block).where(Block.id == "akhar").values(revision=number, agency="MECL"))
        assert read_prepared(session, BLOCKS, VALUES) is None
        assert "MECL" in list_names(session).companies
        session.rollback()
        number, _ = make_revision(session, "By hand", "test")
        keep_past(session, Block, Block.id == "akhar", number)
        session.execute(delete(Block).where(Block.id == "akhar"))
        assert read_prepared(session, BLOCKS, COLUMNS) is None
        session.rollback()


def test_few_records_prepare_nothing(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MANY", 1_000)
    write_blocks(filled, some_blocks()[:1])
    with Session(filled) as session:
        assert session.scalars(select(Prepared.kind).where(Prepared.collection == "blocks")).all() == []


def test_another_form_is_not_read(filled: Engine) -> None:
    with Session(filled) as session:
        table = make_table(session, BLOCKS)
    assert read_table(write_table(table)) is not None
    assert read_table(write_table(table.replace_schema_metadata({b"form": b"0"}))) is None


def test_a_large_content_comes_back_in_one_piece(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ingest.prepare._PART_BYTES", 100)
    write_blocks(filled, some_blocks()[:2])
    check(filled)
