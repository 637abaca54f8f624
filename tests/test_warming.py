"""What is made once for each revision is there before it is asked for."""

import time

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import warming
from app.catalogue import COLLECTIONS, view_of
from app.db import make_reader
from app.queries import columns
from app.queries.columns import kept
from app.queries.vocabulary import get_edition
from app.values import Moment
from app.warming import Warming

BLOCKS = view_of(COLLECTIONS["blocks"])


@pytest.fixture
def engine(catalogue_report, catalogue_url, monkeypatch):
    monkeypatch.setattr(kept, "MANY", 100)
    columns.forget_all()
    engine = make_reader(catalogue_url)
    yield engine
    engine.dispose()
    columns.forget_all()


def held(engine):
    """The columns as the routes find them; None where they would have to be read."""
    with Session(engine) as session:
        return columns.peek_columns(session, BLOCKS, (get_edition(session), "blocks", Moment()))


def test_a_look_reads_once_what_the_routes_ask_for(engine):
    warm = Warming(engine)
    assert held(engine) is None
    warm.look()
    assert held(engine).count == 178
    said = []
    event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    warm.look()
    assert len(said) == 1 and "FROM revision" in said[0]


def test_it_waits_for_a_database_that_is_away(engine, monkeypatch):
    monkeypatch.setattr(warming, "_LOOKS_EVERY_SECONDS", 0.02)
    away = create_engine("postgresql+psycopg://u@127.0.0.1:1/x")
    with pytest.raises(OperationalError):
        Warming(away).look()
    warm = Warming(away)
    warm.start()
    time.sleep(0.1)
    warm._engine = engine
    deadline = time.monotonic() + 20
    while held(engine) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    warm.stop()
    warm._thread.join(10)
    assert not warm._thread.is_alive()


@pytest.mark.parametrize("kind", [psycopg.OperationalError, OperationalError])
def test_no_failure_ends_it(engine, monkeypatch, kind):
    monkeypatch.setattr(warming, "_LOOKS_EVERY_SECONDS", 0.02)
    tried = []

    def fail(*_):
        tried.append(1)
        raise psycopg.OperationalError("gone") if kind is psycopg.OperationalError else kind("", {}, Exception("gone"))

    monkeypatch.setattr(warming, "find_columns", fail)
    warm = Warming(engine)
    warm.start()
    deadline = time.monotonic() + 20
    while len(tried) < 3:
        assert time.monotonic() < deadline and warm._thread.is_alive()
        time.sleep(0.02)
    warm.stop()


def test_small_collections_are_left_alone(engine, monkeypatch):
    monkeypatch.setattr(kept, "MANY", 1_000)
    Warming(engine).look()
    assert held(engine) is None
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM block")) == 178
