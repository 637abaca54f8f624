"""A reader who leaves stops the query that ran for it; a statement has its time; others notice nothing."""

import http.client
import time

import pytest
from conftest import serve
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db import SessionDep
from app.main import create_app
from app.settings import Settings

MARK = "a query that a reader left"


@pytest.fixture(scope="module")
def slow_app(catalogue_report, catalogue_url):
    """The portal with addresses that take as long as is said."""
    app = create_app(Settings(statement_timeout_seconds=1, download_timeout_seconds=30), catalogue_url)

    @app.get("/download/slow/now")
    @app.get("/api/slow")
    def slow(request: Request, session: SessionDep, seconds: float):
        session.execute(text(f"SELECT pg_sleep(:seconds) /* {MARK} */"), {"seconds": seconds})
        return {"slept": seconds}

    return app


def count_running(engine):
    with engine.connect() as connection:
        return connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE state = 'active' AND query LIKE :like AND pid <> pg_backend_pid()"
            ),
            {"like": f"%{MARK}%"},
        )


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_query_of_a_reader_who_left_is_cancelled(slow_app, catalogue_engine):
    with serve(slow_app) as address:
        reader = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        reader.request("GET", "/download/slow/now?seconds=25")
        until(lambda: count_running(catalogue_engine) == 1)
        reader.close()
        until(lambda: count_running(catalogue_engine) == 0)
        # The next one is served, by a connection that no late word reaches.
        other = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        other.request("GET", "/download/slow/now?seconds=0.4")
        assert other.getresponse().status == 200


def test_a_statement_has_its_time_and_a_download_has_more(slow_app):
    with TestClient(slow_app) as client:
        answer = client.get("/api/slow?seconds=5")
        assert answer.status_code == 503 and answer.headers["retry-after"]
        assert answer.json()["title"] == "Takes too long"
        assert client.get("/download/slow/now?seconds=1.3").json() == {"slept": 1.3}
        assert client.get("/api/slow?seconds=0.4").json() == {"slept": 0.4}
