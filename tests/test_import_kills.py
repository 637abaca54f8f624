"""`kill -9` of an import at random moments: the database is at the old revision or the new; no reader sees between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from test_imports import fill_folder

from app.cluster import create_database, drop_database
from app.db import make_engine
from app.ingest.load import load
from app.ingest.synth import write_flatgeobuf
from app.main import create_app
from app.migrate import migrate
from app.settings import Settings

NAME = f"khanij_test_import_kills_{os.getpid()}"
# The longest that the server may take to notice that its client is gone, seconds.
PATIENCE_S = 60


class State(NamedTuple):
    """What a reader sees in one transaction: the newest revision, how many blocks, and which."""

    revision: int
    blocks: int
    digests: int  # a sum over the digests of all blocks


@pytest.fixture(scope="module")
def kill_url(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the vocabulary, the states and a dozen blocks."""
    drop_database(server, NAME)
    url = create_database(server, NAME)
    engine = make_engine(url)
    migrate(engine)
    load(engine, fill_folder(tmp_path_factory.mktemp("kills") / "data"))
    engine.dispose()
    yield url
    drop_database(server, NAME)


def read_state(engine: Engine) -> State:
    """In two statements of one REPEATABLE READ transaction."""
    with engine.connect() as connection:
        revision = connection.scalar(text("SELECT max(number) FROM revision"))
        found = connection.execute(text("SELECT count(*), sum(hashtext(digest)) FROM block")).one()
    return State(revision or 0, found[0], int(found[1] or 0))


class Reader(threading.Thread):
    """Asks all the while, by SQL and through the API; keeps each different answer."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.engine = make_engine(url)
        self.client = TestClient(create_app(Settings(), url))
        self.states: set[State] = set()
        self.answers: set[tuple[int, int]] = set()  # revision and numberMatched of the API
        self.asked = 0
        self.faults: list[Exception] = []
        self.over = threading.Event()

    def run(self) -> None:
        try:
            while not self.over.is_set():
                self.states.add(read_state(self.engine))
                self._ask()
                self.asked += 1
                self.over.wait(0.02)
        except Exception as error:
            self.faults.append(error)

    def _ask(self) -> None:
        response = self.client.get("/api/collections/blocks/items", params={"limit": 1})
        assert response.status_code == 200, response.text
        body = response.json()
        self.answers.add((body["revision"], body["numberMatched"]))

    def stop(self) -> None:
        self.over.set()
        self.join(30)
        self.engine.dispose()


def begin_import(url: str, path: Path) -> subprocess.Popen[str]:
    command = "from app.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "import", "blocks", str(path), "--replace", "--who", "tests"],
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish_import(url: str, path: Path) -> float:
    """Seconds that a whole import took; it must succeed."""
    begun = time.monotonic()
    process = begin_import(url, path)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return time.monotonic() - begun


def wait_until_quiet(engine: Engine) -> None:
    """Until the server has ended what the killed process had begun."""
    deadline = time.monotonic() + PATIENCE_S
    busy = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.scalar(busy):
                return
        time.sleep(0.05)
    raise AssertionError("the killed import's transaction is still open")


@pytest.mark.parametrize(("kills", "blocks"), [(5, 2_000), pytest.param(50, 20_000, marks=pytest.mark.slow)])
def test_a_killed_import_leaves_the_old_revision_or_the_new(kill_url, tmp_path, kills, blocks):
    files = [tmp_path / "one.fgb", tmp_path / "two.fgb"]
    sizes = [blocks, blocks + blocks // 10]
    for number, (path, size) in enumerate(zip(files, sizes, strict=True)):
        write_flatgeobuf(path, size, seed=number + 1)
    engine = make_engine(kill_url)
    finish_import(kill_url, files[0])
    took_s = finish_import(kill_url, files[1])
    # By revision, all that the database may be: two files alternate, and each publication is the next revision.
    known = {read_state(engine).revision: read_state(engine)}
    by_size = {sizes[1]: read_state(engine).digests}
    reader = Reader(kill_url)
    reader.start()
    moments = random.Random(20261122)
    done = killed = 0
    for _ in range(kills):
        old = read_state(engine)
        path = files[0] if old.blocks == sizes[1] else files[1]
        process = begin_import(kill_url, path)
        time.sleep(moments.uniform(0.2, 1.0) * took_s)
        killed += process.poll() is None
        process.kill()
        said, _ = process.communicate(timeout=60)
        assert process.returncode in (-signal.SIGKILL, 0), said
        wait_until_quiet(engine)
        now = read_state(engine)
        if now != old:
            done += 1
            other = sizes[0] if old.blocks == sizes[1] else sizes[1]
            assert (now.revision, now.blocks) == (old.revision + 1, other)
            assert by_size.setdefault(other, now.digests) == now.digests
            known[now.revision] = now
    last = read_state(engine)
    finish_import(kill_url, files[0] if last.blocks == sizes[1] else files[1])
    now = read_state(engine)
    assert now.revision == last.revision + 1 and now.blocks != last.blocks
    known[now.revision] = now
    time.sleep(0.3)
    reader.stop()
    engine.dispose()
    assert not reader.faults, reader.faults[0]
    assert killed > kills / 2 and done < kills, "too many imports were over before they were killed"
    assert reader.asked > 10 and reader.states <= set(known.values())
    assert reader.answers <= {(state.revision, state.blocks) for state in known.values()}
    assert now in reader.states
