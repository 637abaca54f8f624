"""What is too long, too large or packed is refused, for programs and for people; the rest passes."""

import gzip

import pytest

from app.guards.bounds import MOST_ADDRESS_BYTES, MOST_BODY_BYTES, MOST_HEADERS

ITEMS = "/api/collections/blocks/items"


def refused(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    return response.json()["detail"]


def test_a_long_address_is_414(portal):
    assert "by POST" in refused(portal.get(f"{ITEMS}?q={'a' * MOST_ADDRESS_BYTES}"), 414)
    page = portal.get("/" + "a" * MOST_ADDRESS_BYTES)
    assert page.status_code == 414 and "<h1>Address too long</h1>" in page.text


def test_an_address_within_the_bound_passes(portal):
    assert portal.get(f"{ITEMS}?ids={','.join(['nothing'] * 2_000)}").status_code == 200


def test_large_headers_and_many_are_431(portal):
    assert "32,768" in refused(portal.get("/api", headers={"X-Much": "a" * MOST_ADDRESS_BYTES}), 431)
    assert "at most 100" in refused(portal.get("/api", headers={f"X-{n}": "1" for n in range(MOST_HEADERS)}), 431)


@pytest.mark.parametrize("address", ["/api/shapes", ITEMS])
def test_a_packed_body_is_415_and_never_unpacked(portal, address):
    bomb = gzip.compress(b"\0" * 20_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert "packed" in refused(portal.post(address, content=bomb, headers=headers), 415)


def test_a_body_that_says_it_is_large_is_413_before_it_is_sent(portal):
    headers = {"Content-Length": str(MOST_BODY_BYTES + 1), "Content-Type": "application/json"}
    assert "5,000,000" in refused(portal.post("/api/shapes", content=b"{}", headers=headers), 413)
    assert refused(portal.request("GET", "/api", content=b"", headers={"Content-Length": "1" * 30}), 413)


def test_a_body_without_a_length_ends_at_the_bound(portal):
    pieces = (b" " * 1_000_000 for _ in range(1_000))
    assert refused(portal.post("/api/shapes", content=pieces), 413)


def test_a_range_of_many_parts_is_left_out(portal):
    many = "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 4_000, 2))
    address = "/static/js/frame.js"
    whole = portal.get(address, headers={"Accept-Encoding": "identity"})
    abused = portal.get(address, headers={"Accept-Encoding": "identity", "Range": many})
    assert abused.status_code == 200 and abused.content == whole.content
    assert portal.get(address, headers={"Accept-Encoding": "identity", "Range": "bytes=0-9"}).status_code == 206
