"""Facets: each count is what the API answers for that choice alone in its facet, all other filters as they are."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import get_json, get_problem
from factories import make_block
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.queries.tallies import EDGES

SELECTIONS: list[dict[str, str]] = [
    {},
    {"mineral": "graphite"},
    {"mineral": "phosphorus,graphite", "state": "odisha"},
    {"mineral": "rare-earth-elements", "status": "offered,annulled"},
    {"state": "odisha,IN-AP", "stage": "G4,unknown"},
    {"tranche": "VIII", "concession": "CL"},
    {"district": "Sri Sathya Sai", "asset_class": "central_auction_block"},
    {"area_min_ha": "100", "area_max_ha": "2000", "q": "block"},
    {"premium_min_percent": "10"},
    {"bbox": "80,15,88,24", "datetime": "2024-01-01/2025-06-30"},
    {"as_of": "2024-12-31", "status": "offered"},
    {"filter": "area_ha > 500", "position_accuracy": "surveyed,site"},
]


def facets_of(client: TestClient, collection: str = "blocks", **asked: str) -> dict[str, Any]:
    answer = client.get(f"/api/collections/{collection}/facets", params=asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def count_of(client: TestClient, collection: str = "blocks", **asked: str) -> int:
    answer = client.get(f"/api/collections/{collection}/items", params=asked | {"limit": "1"})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["numberMatched"])


@pytest.mark.parametrize("asked", SELECTIONS, ids=lambda asked: "&".join(asked) or "all")
def test_each_count_is_what_the_api_answers(portal: TestClient, asked: dict[str, str]) -> None:
    body = facets_of(portal, **asked)
    assert body["numberMatched"] == count_of(portal, **asked)
    for facet, choices in body["facets"].items():
        # Districts are many; each tenth is asked for, and those that hold something.
        wanted = choices if facet != "district" else [c for i, c in enumerate(choices) if c["count"] or i % 10 == 0]
        for choice in wanted:
            told = count_of(portal, **(asked | {facet: choice["value"]}))
            assert choice["count"] == told, (facet, choice)


@pytest.mark.parametrize("asked", SELECTIONS[::2], ids=lambda asked: "&".join(asked) or "all")
def test_bars_of_areas_are_what_the_api_answers(portal: TestClient, asked: dict[str, str]) -> None:
    """A bar ends before its edge, the filter's bounds are both included: what lies on an edge is counted apart."""
    found = facets_of(portal, **asked)["histograms"]["area_ha"]
    others = {k: v for k, v in asked.items() if not k.startswith("area_")}
    edges = EDGES["area_ha"]
    assert found["edges"] == list(edges)
    for place, count in enumerate(found["counts"]):
        bounds: list[str] = []
        if place:
            bounds.append(f"area_ha >= {edges[place - 1]}")
        if place < len(edges):
            bounds.append(f"area_ha < {edges[place]}")
        told = " AND ".join([*bounds, *([f"({others['filter']})"] if "filter" in others else [])])
        assert count == count_of(portal, **(others | {"filter": told})), place
    total = count_of(portal, **others)
    assert sum(found["counts"]) + found["unknown"] == total


def test_years_are_what_the_api_answers(portal: TestClient) -> None:
    found = facets_of(portal, mineral="graphite", datetime="2024-01-01/..")["histograms"]["status_since"]
    for year, count in zip(found["edges"], found["counts"][1:], strict=True):
        told = count_of(portal, mineral="graphite", filter=f"status_since LIKE '{int(year)}%'")
        assert count == told, year
    assert sum(found["counts"]) + found["unknown"] == count_of(portal, mineral="graphite")


def test_choices_without_records_stay(portal: TestClient) -> None:
    all_of = facets_of(portal)["facets"]
    some = facets_of(portal, mineral="lithium", state="gujarat")["facets"]
    for facet, choices in all_of.items():
        assert {c["value"] for c in choices} <= {c["value"] for c in some[facet]}
    assert any(c["count"] == 0 for c in some["stage"])


def test_what_is_chosen_is_marked(portal: TestClient) -> None:
    body = facets_of(portal, mineral="phosphorus,graphite", state="IN-OD", stage="unknown")
    chosen = {name: [c["value"] for c in choices if c["selected"]] for name, choices in body["facets"].items()}
    assert chosen["mineral"] == ["graphite", "phosphorus"]
    assert chosen["state"] == ["IN-OD"] and chosen["stage"] == ["unknown"]
    assert chosen["status"] == []


def test_a_choice_that_no_record_has_is_still_there(client: TestClient, session: Session) -> None:
    make_block(session, district="Koraput")
    body = facets_of(client, district="Nowhere", stage="G1")
    assert [c for c in body["facets"]["district"] if c["selected"]] == [
        {"value": "Nowhere", "title": "Nowhere", "count": 0, "selected": True}
    ]


@pytest.mark.parametrize("collection", ["processing-units", "occurrences", "exploration-projects", "ports", "states"])
def test_other_collections_have_facets_of_what_they_have(portal: TestClient, collection: str) -> None:
    body = facets_of(portal, collection)
    for facet, choices in body["facets"].items():
        for choice in choices[:8]:
            assert choice["count"] == count_of(portal, collection, **{facet: choice["value"]}), (facet, choice)


def test_an_empty_collection_has_none(portal: TestClient) -> None:
    assert facets_of(portal, "districts")["numberMatched"] == 0


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("stage=G9", "stage"), ("limit=3", "limit"), ("colour=red", "colour"), ("area_min_ha=x", "area_min_ha")],
)
def test_bad_questions_get_a_sentence(portal: TestClient, query: str, parameter: str) -> None:
    assert get_problem(portal, f"/api/collections/blocks/facets?{query}")["parameter"] == parameter


def test_a_copy_that_still_holds_is_not_made_again(portal: TestClient) -> None:
    address = "/api/collections/blocks/facets?state=odisha"
    etag = portal.get(address).headers["etag"]
    assert portal.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert get_json(portal, address)["links"][0]["href"].endswith("?state=odisha")
