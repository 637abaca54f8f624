"""Answers that are kept: the same bytes again, and never after the data changed."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

import pytest
from conftest import new_database
from datafiles import a_block
from fastapi.testclient import TestClient
from publishing import write_blocks
from sqlalchemy import event, text
from test_metrics import requests_of, samples

from app.backup import open_archive, restore, write_backup
from app.db import make_engine
from app.ingest.load import load
from app.ingest.undo import revert
from app.kept import EditionLook, KeptAnswers
from app.main import create_app
from app.migrate import migrate
from app.queries.vocabulary import Edition
from app.settings import Settings

ITEMS = "/api/collections/blocks/items?limit=3"


@pytest.fixture(scope="module")
def own_url(server):
    for url in new_database(server, "kept"):
        engine = make_engine(url)
        migrate(engine)
        load(engine, Settings().data_dir)
        engine.dispose()
        yield url


@pytest.fixture
def own_portal(own_url):
    with TestClient(create_app(Settings(), own_url)) as client:
        yield client


@contextlib.contextmanager
def statements(client):
    """The SQL that the portal sends meanwhile."""
    said: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        said.append(statement)

    event.listen(client.app.state.engine, "before_cursor_execute", note)
    yield said
    event.remove(client.app.state.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "address",
    [ITEMS, "/api/suggestions?q=lithium", "/api/collections/blocks/facets", "/api/collections/blocks/items?limit=1"],
)
def test_the_same_again_asks_only_for_the_revision(own_portal, address):
    first = own_portal.get(address)
    with statements(own_portal) as said:
        again = own_portal.get(address)
        unchanged = own_portal.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (200, first.content)
    assert {**again.headers, "x-request-id": ""} == {**first.headers, "x-request-id": ""}
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"] and "content-length" not in unchanged.headers
    assert len(said) == 2 and all("FROM revision" in one for one in said)


def test_encodings_and_hosts_are_kept_apart(own_portal):
    plain = own_portal.get(ITEMS, headers={"Accept-Encoding": "identity"})
    packed = own_portal.get(ITEMS, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert own_portal.get(ITEMS, headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    other = own_portal.get(ITEMS, headers={"Host": "elsewhere.example"})
    assert "elsewhere.example" in other.text and "elsewhere.example" not in own_portal.get(ITEMS).text


def test_a_new_revision_is_seen_at_once(own_portal, own_url):
    first = own_portal.get(ITEMS)
    engine = make_engine(own_url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO revision (number, at, note, who) SELECT max(number) + 1, now(), 'x', 'x' FROM revision")
        )
    engine.dispose()
    after = own_portal.get(ITEMS, headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200 and after.headers["etag"] != first.headers["etag"]
    assert after.json()["revision"] == first.json()["revision"] + 1


def look_at(keeping, plain, found):
    """Both portals answer alike, the first time and again: with these blocks, id → name."""
    for path in ("items", "items/akhar", "facets") * 2:
        kept, made = (client.get(f"/api/collections/blocks/{path}") for client in (keeping, plain))
        assert (kept.status_code, kept.headers.get("etag")) == (made.status_code, made.headers.get("etag"))
    body = keeping.get("/api/collections/blocks/items").json()
    assert {feature["id"]: feature["properties"]["name"] for feature in body["features"]} == found


def test_no_answer_outlives_what_is_published_reverted_or_restored(server, folder, tmp_path):
    """Each answer is what a portal without kept answers would give."""
    for url in new_database(server, "kept_rewritten"):
        engine = make_engine(url)
        migrate(engine)
        folder.write("blocks.geojson", "features", [a_block("akhar")])
        load(engine, folder.path)
        write_backup(url, tmp_path / "first.khanij")
        apps = [create_app(Settings(answers_mb=size), url) for size in (64, 0)]
        with TestClient(apps[0]) as keeping, TestClient(apps[1]) as plain:
            look = partial(look_at, keeping, plain)
            look({"akhar": "Akhar"})
            number = write_blocks(engine, [a_block("akhar", name="Other"), a_block("bela")])
            look({"akhar": "Other", "bela": "Bela"})
            revert(engine, number, "test")
            look({"akhar": "Akhar"})
            write_blocks(engine, [a_block("bela")])
            look({"bela": "Bela"})
            restore(url, open_archive(tmp_path / "first.khanij"), clean=True)
            look({"akhar": "Akhar"})
            # The number is the same as before the restore, and the revision another one.
            assert write_blocks(engine, [a_block("chand")]) == number
            look({"chand": "Chand"})
        engine.dispose()


def test_kept_answers_are_counted_by_their_route(own_portal):
    def counted():
        found = requests_of(samples(own_portal.get("/metrics").text), "/api/collections/{collection_id}/items")
        return found.get("200", 0), found.get("304", 0)

    tag = own_portal.get(ITEMS).headers["etag"]
    whole, unchanged = counted()
    own_portal.get(ITEMS)
    own_portal.get(ITEMS, headers={"If-None-Match": tag})
    assert counted() == (whole + 1, unchanged + 1)


def test_kept_answers_count_against_a_readers_rate_and_name_no_other_readers(own_url):
    app = create_app(Settings(rate_limit="3/minute"), own_url)
    with TestClient(app) as client, TestClient(app, client=("192.0.2.7", 50_000)) as other:
        answers = [client.get(ITEMS) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert other.get(ITEMS).headers["ratelimit-remaining"] == "2"


def test_a_look_that_fails_or_hangs_leaves_the_question_to_the_routes(own_portal, monkeypatch):
    address = "/api/collections/blocks/items?limit=7"
    own_portal.get(address)
    with monkeypatch.context() as patched, statements(own_portal) as said:
        patched.setattr("app.kept.read_edition", lambda connection: connection.exec_driver_sql("SELECT nothing"))
        assert own_portal.get(address).status_code == 200
        assert len(said) > 2
    with monkeypatch.context() as patched, statements(own_portal) as said:
        patched.setattr("app.kept._LONGEST_LOOK_SECONDS", 0.1)
        patched.setattr("app.kept.read_edition", lambda connection: connection.exec_driver_sql("SELECT pg_sleep(1)"))
        assert own_portal.get(address).status_code == 200
        assert len(said) > 2
    with statements(own_portal) as said:
        assert own_portal.get(address).status_code == 200
        assert [one for one in said if "pg_sleep" not in one and "FROM revision" not in one] == []


def test_a_connection_looks_for_a_while_only(own_portal, monkeypatch):
    """Where there are several servers, the one that is looked at must not be the same for ever."""
    app = own_portal.app
    monkeypatch.setattr("app.kept._MOST_SECONDS_WITH_ONE", -1)
    taken = []
    event.listen(app.state.engine, "checkout", note := lambda *_: taken.append(1))
    for _ in range(3):
        own_portal.get(ITEMS)
    event.remove(app.state.engine, "checkout", note)
    assert len(taken) >= 3


def test_errors_and_other_methods_are_not_kept(own_portal):
    for _ in range(2):
        assert own_portal.get("/api/collections/blocks/items?limit=none").status_code == 400
        assert own_portal.head(ITEMS).content == b""
        assert own_portal.post("/api/collections/blocks/items", data={"limit": "1"}).status_code == 200


class Look(EditionLook):
    def __init__(self, edition):
        self.edition = edition

    async def read(self):
        return self.edition


class Route:
    """An application that answers with `size` bytes and counts how often it is asked."""

    def __init__(self, edition, size=10):
        self.edition, self.size, self.asked = edition, size, 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        await asyncio.sleep(0.02)
        scope["state"]["edition"] = self.edition
        await send({"type": "http.response.start", "status": 200, "headers": [(b"ETag", b'W/"1"')]})
        await send({"type": "http.response.body", "body": b"x" * self.size})


def ask_all(kept, *paths):
    async def ask(path):
        scope = {"type": "http", "method": "GET", "scheme": "http", "path": f"/api/collections/{path}"}
        sent = []

        async def send(message):
            sent.append(message)

        await kept(scope | {"query_string": b"", "headers": []}, None, send)
        return sent[-1]["body"]

    async def together():
        return await asyncio.gather(*map(ask, paths))

    return asyncio.run(together())


def edition(number):
    from datetime import UTC, datetime

    return Edition(number, datetime(2026, 1, number, tzinfo=UTC))


def test_many_at_once_are_answered_by_one():
    route = Route(edition(1))
    assert ask_all(KeptAnswers(route, Look(edition(1)), 1_000_000), *["a"] * 20) == [b"x" * 10] * 20
    assert route.asked == 1


def test_an_answer_of_another_edition_is_made_anew():
    """A standby may be behind, or ahead of, what the look found."""
    route = Route(edition(1))
    kept = KeptAnswers(route, Look(edition(2)), 1_000_000)
    for _ in range(3):
        ask_all(kept, "a")
    assert route.asked == 3


def test_room_is_kept():
    route = Route(edition(1), size=2_000)
    kept = KeptAnswers(route, Look(edition(1)), 60_000)
    for number in range(100):
        ask_all(kept, str(number))
    assert kept._weight <= 60_000 and kept._weight == sum(a.weight for a in kept._answers.values())
    too_large = Route(edition(1), size=10_000)
    kept = KeptAnswers(too_large, Look(edition(1)), 60_000)
    ask_all(kept, "a")
    ask_all(kept, "a")
    assert too_large.asked == 2 and kept._weight == 0
