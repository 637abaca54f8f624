"""Connections that are slow, silent or without end are closed in time, and the next reader is served."""

import socket
import time
from contextlib import contextmanager

import pytest

from app.guards import connections


@pytest.fixture
def hasty(monkeypatch):
    """Shorter times, so that the tests are too."""
    for name, seconds in (("HEAD_SECONDS", 0.4), ("BODY_PAUSE_SECONDS", 0.4), ("BODY_SECONDS", 1.2)):
        monkeypatch.setattr(connections, name, seconds)


@contextmanager
def wire(address):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as made:
        yield made


def read_all(made):
    found = b""
    try:
        while piece := made.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def is_served(address):
    with wire(address) as made:
        made.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return read_all(made).startswith(b"HTTP/1.1 200")


def test_silence_is_closed(live_url, hasty):
    with wire(live_url) as made:
        assert read_all(made) == b""
    assert is_served(live_url)


def test_a_head_that_comes_slowly_is_408(live_url, hasty):
    with wire(live_url) as made:
        made.sendall(b"GET /healthz HTTP/1.1\r\nX-")
        assert read_all(made).startswith(b"HTTP/1.1 408 ")


def test_a_head_byte_by_byte_has_one_time_in_all(live_url, hasty):
    with wire(live_url) as made:
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 8:
                made.sendall(b"A")
                time.sleep(0.05)
            pytest.fail("it was let talk")


def test_a_body_that_stops_is_408(live_url, hasty):
    with wire(live_url) as made:
        made.sendall(b"POST /api/shapes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        assert read_all(made).startswith(b"HTTP/1.1 408 ")
    assert is_served(live_url)


def test_a_body_drop_by_drop_has_one_time_in_all(live_url, hasty):
    with wire(live_url) as made:
        made.sendall(b"POST /api/shapes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 8:
                made.sendall(b"a")
                time.sleep(0.1)
            pytest.fail("it was let talk")


@pytest.mark.parametrize(("begin", "status"), [(b"GET /", b"414"), (b"GET / HTTP/1.1\r\nX-Much: ", b"431")])
def test_a_head_without_end_is_refused_before_it_is_kept(live_url, begin, status):
    with wire(live_url) as made:
        sent = 0
        try:
            made.sendall(begin)
            while sent < 50_000_000:
                made.sendall(b"a" * 65536)
                sent += 65536
        except OSError:
            pass
        assert sent < 20_000_000
        assert read_all(made).startswith(b"HTTP/1.1 " + status) or sent
    assert is_served(live_url)


def test_header_flood(live_url):
    with wire(live_url) as made:
        made.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 3_000 + b"\r\n")
        assert read_all(made).startswith(b"HTTP/1.1 431 ")


def test_a_request_in_pieces_but_in_time_is_served(live_url):
    with wire(live_url) as made:
        for piece in (b"GET /hea", b"lthz HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r\n", b"\r\n"):
            made.sendall(piece)
            time.sleep(0.05)
        assert read_all(made).startswith(b"HTTP/1.1 200")


def test_a_kept_connection_may_pause_longer_than_a_head(live_url, hasty):
    """The pause between two requests is uvicorn's own bound."""
    with wire(live_url) as made:
        for _ in range(2):
            made.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert made.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.8)


def test_a_reader_who_takes_nothing_is_dropped(live_url, monkeypatch):
    monkeypatch.setattr(connections, "TAKE_SECONDS", 0.5)
    host, port = live_url.removeprefix("http://").split(":")
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect((host, int(port)))
    made.settimeout(10)
    with made:
        request = b"GET /static/vendor/swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
        made.sendall(request * 40)
        time.sleep(2.5)
        taken = read_all(made)
    assert taken.count(b"HTTP/1.1 200") < 40
    assert is_served(live_url)
