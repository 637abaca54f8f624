"""Heavy work goes in turns: so many at once, so many waiting, the rest is told to come back."""

import asyncio
import os
import signal

import pytest
from fastapi.testclient import TestClient

from app.guards import heavy, turns
from app.guards.heavy import heavy_work_of
from app.guards.turns import Turns
from app.main import create_app
from app.metrics import Metrics
from app.settings import Settings


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/download/blocks.csv", "download"),
        ("/blocks/a.pdf", "document"),
        ("/blocks/a.map.html", "document"),
        ("/compare.pdf", "document"),
        ("/api/screening", "screening"),
        ("/screening", "screening"),
        ("/blocks/a", None),
        ("/api/collections/blocks/items", None),
    ],
)
def test_which_addresses_are_heavy(path, kind):
    work = heavy_work_of(path)
    assert (work.kind if work else None) == kind


def test_turns_come_in_order_and_beyond_the_queue_is_refused():
    async def run():
        line = Turns(1)
        turn = await line.take()
        came = []

        async def wait(number):
            came.append((number, mine := await line.take()))
            line.give_back(mine)

        waiting = [asyncio.create_task(wait(number)) for number in range(line.most_waiting)]
        await asyncio.sleep(0)
        assert await line.take() is None
        line.give_back(turn)
        await asyncio.gather(*waiting)
        assert came == [(number, turn) for number in range(line.most_waiting)]
        assert line.running == 0

    asyncio.run(run())


def test_who_waits_too_long_or_leaves_takes_no_turn(monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT_SECONDS", 0.01)

    async def run():
        line = Turns(1)
        turn = await line.take()
        assert turn is not None and await line.take() is None
        leaving = asyncio.create_task(line.take())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        line.give_back(turn)
        assert line.running == 0 and await line.take() is not None

    asyncio.run(run())


def in_another_process(work):
    """Do `work` in a copy of this process that then waits to be killed; its pid."""
    ready, done = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            asyncio.run(work())
            os.write(done, b"x")
            signal.pause()
        finally:
            os._exit(1)
    os.close(done)
    try:
        assert os.read(ready, 1) == b"x"
    finally:
        os.close(ready)
    return pid


def test_processes_share_the_turns_and_one_that_is_killed_gives_its_own_back(monkeypatch):
    line = Turns(2)
    other = in_another_process(line.take)
    monkeypatch.setattr(turns, "LONGEST_WAIT_SECONDS", 0.1)

    async def run():
        mine = await line.take()
        assert mine is not None and await line.take() is None
        monkeypatch.setattr(turns, "LONGEST_WAIT_SECONDS", 10)
        waiting = asyncio.create_task(line.take())
        await asyncio.sleep(0)
        os.kill(other, signal.SIGKILL)
        assert await waiting not in (None, mine) and line.running == 2

    try:
        asyncio.run(run())
    finally:
        os.kill(other, signal.SIGKILL)
        os.waitpid(other, 0)


def test_when_all_turns_are_taken_the_answer_is_503_and_pages_go_on(catalogue_report, catalogue_url, monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(Turns, "take", _never)
    with TestClient(create_app(Settings(), catalogue_url)) as client:
        answer = client.get("/download/ports.csv")
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
        assert answer.json()["title"] == "Busy"
        page = client.get("/screening?intersects=POINT(84 20)")
        assert page.status_code == 503 and "<h1>Busy</h1>" in page.text
        assert client.get("/api/collections/ports/items").status_code == 200


async def _never(self):
    return None


def test_a_turn_is_given_back_when_the_work_fails():
    async def run():
        async def failing(scope, receive, send):
            raise ValueError

        guard = heavy.HeavyWork(failing, refuse=None, at_once=2, metrics=Metrics())
        for _ in range(5):
            with pytest.raises(ValueError):
                await guard({"type": "http", "path": "/download/a.csv"}, None, None)
        assert guard.turns["download"].running == 0 and guard.turns["document"].most == 1

    asyncio.run(run())
