"""Logs: lines of JSON with the request's id and without secrets."""

import json
import logging
import re

import pytest

from app.logs import JsonLines, PlainLines, logging_config, request_id, without_secrets


@pytest.fixture
def lines(caplog):
    """The lines of requests, as they are written."""
    caplog.set_level(logging.INFO, logger="app.requests")
    return lambda: [json.loads(JsonLines().format(r)) for r in caplog.records if r.name == "app.requests"]


def test_an_id_that_is_well_formed_is_kept_and_any_other_made_anew(portal):
    assert portal.get("/api", headers={"X-Request-Id": "from-proxy_1.2"}).headers["x-request-id"] == "from-proxy_1.2"
    for bad in ("short", "a" * 65, "with space here", "new\tline-here", 'quote"-in-it', ".starts-with"):
        made = portal.get("/api", headers={"X-Request-Id": bad}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{16}", made), bad
    assert portal.get("/api").headers["x-request-id"] != portal.get("/api").headers["x-request-id"]
    assert portal.get("/nowhere").headers["x-request-id"]


def test_each_request_has_a_line(portal, lines):
    portal.get("/api/collections/ports/items?limit=1", headers={"X-Request-Id": "request-number-7"})
    (line,) = lines()
    assert line["path"] == "/api/collections/ports/items" and line["query"] == "limit=1"
    assert (line["status"], line["method"], line["level"]) == (200, "GET", "info")
    assert line["bytes"] > 100 and line["ms"] > 0 and line["client"] == "testclient"


def test_refusals_in_a_flood_are_told_once_and_counted(portal, lines):
    for _ in range(50):
        assert portal.get("/api", headers={"X-Much": "a" * 40_000}).status_code == 431
    told = lines()
    assert 1 <= len(told) <= 10 and told[0]["level"] == "warning"


@pytest.mark.parametrize(
    "text",
    [
        "cannot connect to postgresql://khanij:hunter2@db.example.org/khanij",
        "postgresql+psycopg://khanij:hun%40ter2@[::1]:5432/x and redis://:hunter2@cache",
        "conninfo: host=db user=khanij password=hunter2 dbname=x",
        "password='hunter2'",
        '{"password": "hunter2"}',
        "Authorization: hunter2",
        "?token=hunter2&x=1",
    ],
)
def test_passwords_are_struck_out(text):
    for formatter in (JsonLines(), PlainLines()):
        record = logging.LogRecord("app", logging.ERROR, __file__, 1, "%s", (text,), None)
        written = formatter.format(record)
        assert "hunter2" not in written and "ter2" not in written and "***" in written


def test_a_traceback_is_one_line_without_secrets():
    try:
        raise ValueError("postgresql://a:hunter2@b\nsecond")
    except ValueError as error:
        record = logging.LogRecord("app", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None))
    token = request_id.set("request-of-this")
    try:
        written = JsonLines().format(record)
    finally:
        request_id.reset(token)
    assert "\n" not in written and "hunter2" not in written
    assert json.loads(written)["request_id"] == "request-of-this"


def test_plain_words_stay_as_they_are():
    kept = "GET /blocks/a 200: see https://example.org/a?x=1 and 12:30@noon"
    assert without_secrets(kept) == kept


def test_the_configuration_is_one_that_logging_takes():
    import logging.config as configuring

    for kind in ("json", "text"):
        configuring.DictConfigurator(logging_config("info", kind)).configure_formatter(
            {"()": logging_config("info", kind)["formatters"]["lines"]["()"]}
        )
