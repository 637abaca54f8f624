"""Pages by key: each record once, whatever the order, also while records come and go."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from factories import make_block
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.models import Block
from app.params.paging import make_key_token

ITEMS = "/api/collections/blocks/items"


def page_at(client: TestClient, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def link_of(body: dict[str, Any], rel: str) -> str | None:
    found = [link["href"] for link in body["links"] if link["rel"] == rel]
    return found[0] if found else None


def ids_of(body: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in body["features"]]


def walk(client: TestClient, address: str, rel: str = "next") -> list[list[str]]:
    pages = []
    following: str | None = address
    while following:
        body = page_at(client, following)
        pages.append(ids_of(body))
        following = link_of(body, rel)
        assert len(pages) < 100
    return pages


@pytest.fixture
def many(session: Session) -> list[dict[str, Any]]:
    """Blocks with ties and unknowns in every column that they are sorted by."""
    areas = cycle([10.0, None, 30.5, 10.0, 7.25])
    stages = cycle(["G4", "G3", None])
    facts = []
    for number in range(23):
        fact = {"id": f"b{number:02}", "area_ha": next(areas), "stage": next(stages), "offshore": number % 4 == 0}
        make_block(session, **fact)
        facts.append(fact)
    return facts


def expected(facts: list[dict[str, Any]], sortby: str) -> list[str]:
    """The order by a plain sort: unknowns last both ways, the id breaks ties."""
    rows = sorted(facts, key=lambda fact: fact["id"])
    for part in reversed([part for part in sortby.split(",") if part]):
        name = part.lstrip("-+")
        known = [row for row in rows if row[name] is not None]
        known.sort(key=lambda row: row[name], reverse=part.startswith("-"))
        rows = known + [row for row in rows if row[name] is None]
    return [row["id"] for row in rows]


KEYS = ["area_ha", "-area_ha", "stage", "-stage", "offshore", "-offshore", "+id", "-id", "updated_at"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(st.sampled_from(KEYS), max_size=3, unique_by=lambda key: key.lstrip("-+")),
    limit=st.integers(1, 25),
)
def test_walks_give_each_record_once_in_order(
    client: TestClient, many: list[dict[str, Any]], keys: list[str], limit: int
) -> None:
    for fact in many:
        fact["updated_at"] = 1  # all of one revision
    wanted = expected(many, ",".join(keys))
    asked = {"limit": str(limit)} | ({"sortby": ",".join(keys)} if keys else {})
    pages = walk(client, f"{ITEMS}?{urlencode(asked)}")
    assert [record for page in pages for record in page] == wanted
    assert all(len(page) == limit for page in pages[:-1])
    # And back from the last page.
    last = f"{ITEMS}?{urlencode(asked)}"
    for _ in pages[1:]:
        last = link_of(page_at(client, last), "next") or last
    back = walk(client, last, "prev")
    assert [record for page in reversed(back) for record in page] == wanted


def test_pages_hold_still_while_records_come_and_go(client: TestClient, session: Session, many: Any) -> None:
    first = page_at(client, f"{ITEMS}?limit=5")
    make_block(session, id="a-new-one-before")
    session.execute(delete(Block).where(Block.id.in_(["b03", "b04", "b05"])))
    second = page_at(client, link_of(first, "next") or "")
    assert ids_of(first) == ["b00", "b01", "b02", "b03", "b04"]
    assert ids_of(second) == ["b06", "b07", "b08", "b09", "b10"]


def test_first_leads_to_the_beginning_and_every_page_counts_all(client: TestClient, many: Any) -> None:
    second = page_at(client, link_of(page_at(client, f"{ITEMS}?limit=4&stage=G4"), "next") or "")
    assert second["numberMatched"] == 8
    assert ids_of(page_at(client, link_of(second, "first") or "")) == ["b00", "b03", "b06", "b09"]


def test_an_offset_goes_on_by_token(client: TestClient, many: Any) -> None:
    body = page_at(client, f"{ITEMS}?limit=5&offset=10")
    assert ids_of(body)[0] == "b10"
    assert ids_of(page_at(client, link_of(body, "next") or ""))[0] == "b15"
    assert ids_of(page_at(client, link_of(body, "prev") or "")) == ["b05", "b06", "b07", "b08", "b09"]


def test_a_token_may_be_cut_anew_but_not_asked_otherwise(client: TestClient, many: Any) -> None:
    following = link_of(page_at(client, f"{ITEMS}?limit=5&sortby=-area_ha&offshore=false"), "next") or ""
    token = parse_qs(urlsplit(following).query)["token"][0]
    same = f"{ITEMS}?sortby=-area_ha&offshore=false&token={token}"
    assert ids_of(page_at(client, f"{same}&limit=2")) == ids_of(page_at(client, f"{same}&limit=9"))[:2]
    for other in ("", "sortby=-area_ha", "sortby=area_ha&offshore=false", "sortby=-area_ha&offshore=true"):
        answer = client.get(f"{ITEMS}?{other}&token={token}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "token")
    answer = client.get(f"/api/collections/ports/items?token={token}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "token")
    answer = client.get(f"{same}&offset=5")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "offset")


@pytest.mark.parametrize("token", ["", "x", "%00", "AAAA", "💎", "a" * 5000, urlsafe_b64encode(b"0" * 40).decode()])
def test_a_forged_token_is_400(client: TestClient, token: str) -> None:
    answer = client.get(ITEMS, params={"token": token})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "token")


@pytest.mark.parametrize("key", ["[]", "[5]", "[null]", '["a","b"]', "{}", "5", '[["a"]]', "[" * 3000, "not json", ""])
def test_a_well_sealed_token_with_nonsense_is_400(client: TestClient, key: str) -> None:
    """The seal keeps out mistakes and is no secret: what is in it is checked all the same."""
    answer = client.get(ITEMS, params={"token": make_key_token(key, {"": ITEMS}, backwards=False)})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "token")


# --- questions that are too long for an address ------------------------------------------------------------------


def test_a_form_asks_what_an_address_asks(client: TestClient, many: Any) -> None:
    asked = {"filter": "area_ha > 9", "sortby": "-area_ha", "limit": "3"}
    by_get, by_post = client.get(ITEMS, params=asked).json(), client.post(ITEMS, data=asked).json()
    assert by_post["features"] == by_get["features"] and by_post["numberMatched"] == by_get["numberMatched"]
    assert link_of(by_post, "next") == link_of(by_get, "next")
    assert client.post(f"{ITEMS}?limit=2", data={"stage": "G4"}).json()["numberReturned"] == 2


def test_a_tree_is_a_body(client: TestClient, many: Any) -> None:
    tree = {"op": "=", "args": [{"property": "id"}, "b07"]}
    for kind in ("application/json", "application/cql2+json; charset=utf-8"):
        answer = client.post(ITEMS, content=json.dumps(tree), headers={"Content-Type": kind})
        assert ids_of(answer.json()) == ["b07"]


def test_a_long_question_goes_on_by_post(client: TestClient, many: Any) -> None:
    long = " OR ".join(f"id = 'b{number:02}'" for number in range(400))
    ids: list[str] = []
    body = client.post(ITEMS, data={"filter": long, "limit": "7"}).json()
    while True:
        ids += ids_of(body)
        following = [link for link in body["links"] if link["rel"] == "next"]
        if not following:
            break
        assert following[0]["method"] == "POST"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = client.post(following[0]["href"], content=following[0]["body"], headers=headers).json()
    assert ids == [f"b{number:02}" for number in range(23)]


@pytest.mark.parametrize(
    ("kind", "content", "status", "parameter"),
    [
        ("text/plain", b"x", 415, None),
        ("", b"x", 415, None),
        ("multipart/form-data; boundary=x", b"--x--", 415, None),
        ("application/json", b"{", 400, "filter"),
        ("application/json", b"\xff", 400, "body"),
        ("application/json", b" " * 2_000_001, 413, None),
        ("application/x-www-form-urlencoded", b"colour=red", 400, "colour"),
        ("application/x-www-form-urlencoded", b"stage=G4&stage=G3", 400, "stage"),
        ("application/x-www-form-urlencoded", b"stage=%ff", 400, "body"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(500)), 400, "body"),
        ("application/x-www-form-urlencoded", b"limit=0", 400, "limit"),
    ],
)
def test_a_bad_body_gets_a_sentence(
    client: TestClient, kind: str, content: bytes, status: int, parameter: str | None
) -> None:
    answer = client.post(ITEMS, content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json().get("parameter")) == (status, parameter), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_parameter_in_both_places_is_refused(client: TestClient) -> None:
    answer = client.post(f"{ITEMS}?stage=G4", data={"stage": "G3"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "stage")
