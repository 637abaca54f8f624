"""Rate limits: off by default; with them each reader has so many requests, and is told how it stands."""

import pytest
from fastapi.testclient import TestClient

from app.guards.rates import reader_of
from app.main import create_app
from app.settings import Settings


@pytest.fixture(scope="module")
def limited_app(catalogue_report, catalogue_url):
    return create_app(Settings(rate_limit="3/minute"), catalogue_url)


@pytest.fixture(scope="module")
def limited(limited_app):
    with TestClient(limited_app) as client:
        yield client


def test_there_is_no_limit_by_default(portal):
    answers = [portal.get("/api") for _ in range(50)]
    assert {a.status_code for a in answers} == {200} and "ratelimit-limit" not in answers[0].headers


def test_beyond_the_limit_is_429_and_says_when(limited):
    answers = [limited.get("/api") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
    last = answers[-1]
    assert last.headers["content-type"] == "application/problem+json" and last.headers["ratelimit-limit"] == "3"
    assert 1 <= int(last.headers["retry-after"]) <= 61 and last.json()["status"] == 429
    page = limited.get("/about")
    assert page.status_code == 429 and "<h1>Too many requests</h1>" in page.text and page.headers["retry-after"]
    # Browsers' scripts may read it.
    crossing = limited.get("/api", headers={"Origin": "https://elsewhere.example"})
    assert crossing.status_code == 429 and crossing.headers["access-control-allow-origin"] == "*"


def test_health_and_files_of_pages_are_free(limited):
    for address in ("/healthz", "/readyz", "/metrics", "/static/js/frame.js"):
        assert {limited.get(address).status_code for _ in range(5)} == {200}


def test_readers_are_told_apart_by_their_address(limited_app):
    with TestClient(limited_app, client=("192.0.2.7", 50_000)) as other:
        assert other.get("/api").status_code == 200


@pytest.mark.parametrize(
    ("host", "reader"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_of_ipv6_is_one_reader(host, reader):
    assert reader_of({"client": (host, 1)}) == reader


def test_a_store_that_does_not_answer_stops_nobody(limited_app, catalogue_url, monkeypatch):
    app = create_app(Settings(rate_limit="1/minute"), catalogue_url)
    monkeypatch.setattr("limits.strategies.MovingWindowRateLimiter.hit", lambda *_: 1 / 0)
    with TestClient(app) as client:
        assert {client.get("/api").status_code for _ in range(3)} == {200}
