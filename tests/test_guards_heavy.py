"""Heavy work goes in turns: so many at once, so many waiting, the rest is told to come back."""

import asyncio

import pytest
from fastapi.testclient import TestClient

from app.guards import heavy
from app.guards.heavy import Turns, heavy_work_of
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
        turns = Turns(1)
        assert await turns.take()
        waiting = [asyncio.create_task(turns.take()) for _ in range(turns.most_waiting)]
        await asyncio.sleep(0)
        assert not await turns.take()
        for task in waiting:
            turns.give_back()
            assert await task
        turns.give_back()
        assert turns.running == 0

    asyncio.run(run())


def test_who_waits_too_long_or_leaves_takes_no_turn(monkeypatch):
    monkeypatch.setattr(heavy, "LONGEST_WAIT_SECONDS", 0.01)

    async def run():
        turns = Turns(1)
        assert await turns.take()
        assert not await turns.take()
        leaving = asyncio.create_task(turns.take())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        turns.give_back()
        assert turns.running == 0 and await turns.take()

    asyncio.run(run())


def test_when_all_turns_are_taken_the_answer_is_503_and_pages_go_on(catalogue_report, catalogue_url, monkeypatch):
    monkeypatch.setattr(heavy, "LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(Turns, "take", _never)
    with TestClient(create_app(Settings(), catalogue_url)) as client:
        answer = client.get("/download/ports.csv")
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
        assert answer.json()["title"] == "Busy"
        page = client.get("/screening?intersects=POINT(84 20)")
        assert page.status_code == 503 and "<h1>Busy</h1>" in page.text
        assert client.get("/api/collections/ports/items").status_code == 200


async def _never(self):
    return False


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
