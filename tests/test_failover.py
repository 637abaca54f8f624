"""A primary and a streaming standby, each lost and back, and the standby promoted, while readers ask all the time.

Replication is synchronous, as it has to be where no acknowledged revision may be lost. Times are recorded (`-s` shows
them) and not judged: they are the machine's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from servers import Answer, Readers, Server, begin_portal, is_ready, wait_until
from test_download_memory import free_port

from app.ingest.synth import write_flatgeobuf
from app.ingest.synth.database import fill_database
from app.main import create_app
from app.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.slow
ITEMS = "/api/collections/blocks/items"
TARGETS = [f"{ITEMS}?limit={limit}" for limit in (1, 20, 100)]
FIRST = 400
PATIENCE_S = 90


class Pair:
    """Two servers, and the addresses that name both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.one, self.two = Server(folder / "one", free_port()), Server(folder / "two", free_port())
        hosts = f"127.0.0.1:{self.one.port},127.0.0.1:{self.two.port}"
        self.writing = f"postgresql://khanij@{hosts}/khanij"
        self.reading = f"postgresql://khanij_reader@{hosts}/khanij"
        self.published: dict[int, int] = {}  # revision → blocks, as acknowledged

    def begin_import(self, blocks: int, seconds: int = 30) -> subprocess.Popen[str]:
        path = self.folder / f"{blocks}.fgb"
        write_flatgeobuf(path, blocks, seed=blocks)
        command = "from app.cli import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", command, "import", "blocks", str(path), "--replace", "--who", "tests"],
            env={**os.environ, "DATABASE_URL": self.writing, "DATABASE_WAIT_SECONDS": str(seconds)},
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish_import(self, process: subprocess.Popen[str], blocks: int) -> int:
        """The revision that was acknowledged."""
        said, _ = process.communicate(timeout=120)
        found = re.search(r"Revision (\d+) is published", said)
        assert process.returncode == 0 and found, said
        self.published[int(found[1])] = blocks
        return int(found[1])

    def publish(self, blocks: int) -> int:
        return self.finish_import(self.begin_import(blocks), blocks)


@pytest.fixture
def pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="khanij-pair-", dir="/tmp"))
    folder.chmod(0o755)
    pair = Pair(folder)
    try:
        pair.one.make()
        revision = fill_database(f"postgresql://khanij@127.0.0.1:{pair.one.port}/khanij", FIRST, 7, "a test")
        assert revision
        pair.published[revision] = FIRST
        pair.two.follow(pair.one)
        make_synchronous(pair.one)
        yield pair
    finally:
        for server in (pair.one, pair.two):
            server.end()
        shutil.rmtree(folder)


def make_synchronous(server: Server) -> None:
    server.tell("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
    wait_until(
        lambda: server.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"), PATIENCE_S, "no sync"
    )


def readers_at(server: Server) -> int:
    """Connections of the portal that work; others may lie idle, as most answers are kept."""
    return int(
        server.ask(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE usename = 'khanij_reader' AND state_change > clock_timestamp() - interval '3 seconds'"
        )
    )


def seen_in(answer: Answer) -> tuple[int, int]:
    """The revision and the number of blocks that an answer tells; its tag must be of the same revision."""
    body = json.loads(answer.body)
    assert answer.headers["etag"].startswith(f'W/"{body["revision"]}-'), (answer.headers["etag"], body["revision"])
    return body["revision"], body["numberMatched"]


def test_readers_outlive_the_loss_of_either_server_and_nothing_published_is_lost(pair):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    portal = begin_portal(port, DATABASE_URL=pair.writing, DATABASE_READ_URL=pair.reading)
    seen: set[tuple[int, int]] = set()

    def judge(answer: Answer) -> str:
        if answer.broken:
            return "broken"
        if answer.status == 200:
            try:
                seen.add(seen_in(answer))
            except AssertionError as error:
                return f"tag and body disagree: {error}"
        return "" if answer.status in (200, 304, 503) else f"status {answer.status}"

    def settle(what: str, began: float) -> None:
        """Until a second has gone by without a failure."""
        wait_until(
            lambda: readers.answered > began and time.monotonic() > max(readers.last_failure, began) + 1,
            PATIENCE_S,
            f"readers get errors: {what}",
        )
        away = max(0.0, readers.last_failure - began)
        print(f"  {what}: last failure after {away:.2f} s, {dict(readers.count())}")

    try:
        wait_until(lambda: is_ready(address), PATIENCE_S, "the portal is not served")
        with Readers(address, TARGETS, judge, tagged=True) as readers:
            print()
            settle("both are there", time.monotonic())
            assert readers_at(pair.two) and not readers_at(pair.one), "reads go to the standby"

            began = time.monotonic()
            pair.two.kill()
            settle("standby lost", began)
            waiting = pair.begin_import(410)
            time.sleep(1)
            began = time.monotonic()
            pair.two.start()
            pair.finish_import(waiting, 410)
            took = wait_until(lambda: readers_at(pair.two) and not readers_at(pair.one), PATIENCE_S, "not used again")
            settle(f"standby back, all reads there again after {took:.1f} s", began)

            tell_the_truth_though_late(pair)

            began = time.monotonic()
            pair.one.kill()
            settle("primary lost", began)
            refused = pair.begin_import(430, seconds=1)
            said, _ = refused.communicate(timeout=60)
            assert refused.returncode == 1 and "does not answer" in said and "Traceback" not in said, said
            began = time.monotonic()
            pair.one.start()
            pair.publish(430)
            settle("primary back, import published", began)

            last = pair.publish(440)
            began = time.monotonic()
            pair.one.kill()
            settle("primary lost for good", began)
            began = time.monotonic()
            pair.two.promote()
            settle("standby promoted", began)
            began = time.monotonic()
            newest = pair.publish(450)
            print(f"  first import on the new primary took {time.monotonic() - began:.1f} s")
            assert newest == last + 1
            come_back_as_standby(pair)
            settle("old primary back as a standby", time.monotonic())
            pair.publish(460)
            wait_until(lambda: (newest + 1, 460) in seen, PATIENCE_S, "the newest revision is not seen")
        assert not readers.wrong and not readers.broken, (readers.wrong + readers.broken)[:5]
        assert seen <= set(pair.published.items()), "nobody saw what was not published"
        held = pair.two.ask("SELECT array_agg(number ORDER BY number) FROM revision")
        assert set(pair.published) <= set(held), "no acknowledged revision is lost"
        assert portal.poll() is None
    finally:
        portal.terminate()
        portal.wait(60)


def tell_the_truth_though_late(pair: Pair) -> None:
    """A standby that replays nothing shows its own revision with that one's tag; a reader's copy of it holds there."""
    alone = f"postgresql://khanij_reader@127.0.0.1:{pair.two.port}/khanij"
    app = create_app(Settings(), alone)
    with TestClient(app) as late:
        old = max(pair.published)
        tags = {target: late.get(target).headers["etag"] for target in TARGETS}
        pair.two.tell("SELECT pg_wal_replay_pause()")
        new = pair.publish(420)
        for target, tag in tags.items():
            answer = late.get(target)
            body = answer.json()
            assert (body["revision"], body["numberMatched"]) == (old, pair.published[old])
            assert answer.headers["etag"] == tag
            assert late.get(target, headers={"If-None-Match": tag}).status_code == 304
        pair.two.tell("SELECT pg_wal_replay_resume()")
        wait_until(lambda: late.get(TARGETS[0]).json()["revision"] == new, PATIENCE_S, "the standby does not catch up")
        for target, tag in tags.items():
            answer = late.get(target, headers={"If-None-Match": tag})
            assert answer.status_code == 200 and answer.headers["etag"] != tag
            assert answer.json()["numberMatched"] == 420
    print(f"  standby late: revision {old} with its own tags; {new} with others once it is there")


def come_back_as_standby(pair: Pair) -> None:
    """The old primary made anew from the new one."""
    old = pair.one
    shutil.rmtree(old.data)
    old.follow(pair.two)
    make_synchronous(pair.two)


def test_a_standby_is_not_written_to(pair):
    """An import that is led to a standby says so; `khanij serve` serves from it."""
    alone: dict[str, Any] = {
        **os.environ,
        "DATABASE_URL": f"postgresql://khanij@127.0.0.1:{pair.two.port}/khanij",
        "DATABASE_READ_URL": "",
    }
    path = pair.folder / "some.fgb"
    write_flatgeobuf(path, 10, seed=1)
    command = [sys.executable, "-c", "from app.cli import main; main()", "import", "blocks", str(path)]
    done = subprocess.run(command, env=alone, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "standby" in done.stderr and "Traceback" not in done.stderr
    port = free_port()
    portal = begin_portal(port, **{name: alone[name] for name in ("DATABASE_URL", "DATABASE_READ_URL")})
    try:
        wait_until(lambda: is_ready(f"http://127.0.0.1:{port}"), PATIENCE_S, "not served")
    finally:
        portal.terminate()
        portal.wait(60)
