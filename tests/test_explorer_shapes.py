"""A shape that is too large for a link: it filters all the same, and no link, file or feed claims to hold it."""

from __future__ import annotations

import json
import math
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import get_ids
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from test_browser import READY, browser, open_page

__all__ = ["browser", "open_page"]


def ring(corners: int, lon: float = 84.5, lat: float = 21.0, radius: float = 1.5) -> list[list[float]]:
    angles = [2 * math.pi * i / corners for i in range(corners)]
    points = [[lon + radius * math.cos(a), lat + radius * math.sin(a)] for a in angles]
    return [*points, points[0]]


def wkt(points: list[list[float]]) -> str:
    return f"POLYGON(({','.join(f'{x:.6f} {y:.6f}' for x, y in points)}))"


def rows_of(html: str) -> list[str]:
    return re.findall(r'<tr data-id="([^"]+)"', html)


LARGE = wkt(ring(300))


def test_a_sent_shape_finds_what_the_api_finds(portal: TestClient) -> None:
    for asked in ({}, {"mineral": "graphite"}, {"status": "offered", "sortby": "-area_ha"}):
        answer = portal.post("/", params=asked, data={"intersects": LARGE, "buffer_km": "30"})
        assert answer.status_code == 200
        found = rows_of(answer.text)
        assert sorted(found) == sorted(get_ids(portal, **asked, intersects=LARGE, buffer_km="30"))
        assert len(found) == int(re.search(r'data-matched="(\d+)"', answer.text).group(1))


def test_no_link_holds_it_and_each_says_so(portal: TestClient) -> None:
    answer = portal.post("/?mineral=graphite", data={"intersects": LARGE})
    assert answer.headers["hx-push-url"] == "/?mineral=graphite&shape=device"
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', answer.text)]
    assert not any("POLYGON" in link for link in links)
    pages = [link for link in links if link.startswith("/?") and "sortby" in link]
    assert pages and all(parse_qs(urlsplit(link).query)["shape"] == ["device"] for link in pages)
    # The filter's own chip takes the shape away.
    (chip,) = re.findall(r'<a class="chip-filter" href="([^"]+)"[^>]*><span class="quiet">Drawn shape', answer.text)
    assert "shape" not in chip


def test_files_and_feeds_are_those_of_the_rows(portal: TestClient) -> None:
    answer = portal.post("/", data={"intersects": LARGE})
    files = [unescape(link) for link in re.findall(r'href="(/download/[^"]+)"', answer.text)]
    (geojson,) = [link for link in files if ".geojson" in link]
    held = json.loads(portal.get(geojson).content)
    assert sorted(f["id"] for f in held["features"]) == sorted(rows_of(answer.text))
    feed = unescape(re.search(r'href="(/feeds/changes.json[^"]*)"', answer.text).group(1))
    assert parse_qs(urlsplit(feed).query)["ids"] == parse_qs(urlsplit(geojson).query)["ids"]


def test_a_shape_that_finds_nothing_offers_no_file(portal: TestClient) -> None:
    answer = portal.post("/", data={"intersects": wkt(ring(300, 10, 10))})
    assert "No block matches all of this together." in answer.text
    assert not re.findall(r'href="/download/', answer.text)


def test_a_link_without_its_shape_says_that_it_stayed_elsewhere(portal: TestClient) -> None:
    html = portal.get("/?mineral=graphite&shape=device").text
    assert "too many corners to travel in a link" in html
    assert 'data-matched="28"' in html


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"intersects": "POLYGON((84 20,85 20"}, 200, "is no geometry"),
        ({"mineral": "graphite"}, 400, "holds intersects and buffer_km only"),
        ({"intersects": "POINT(84 20)" + " " * 2_100_000}, 413, "at most so many are taken"),
    ],
)
def test_bad_bodies_get_a_sentence(portal: TestClient, body: dict[str, str], status: int, said: str) -> None:
    answer = portal.post("/", data=body)
    assert answer.status_code == status
    assert said in unescape(answer.text)
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.browser
def test_it_stays_on_the_device_and_comes_back_with_the_page(open_page, portal: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [ring(300)]}))
    found = len(get_ids(portal, intersects=LARGE))
    page = open_page("/")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Tools").click()
    page.get_by_role("button", name="From file").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".explorer-head")).to_contain_text(f"{found} blocks found")
    assert page.url.endswith("/?shape=device")
    page.reload()
    expect(page.locator(".explorer-head")).to_contain_text(f"{found} blocks found")
    page.locator("#f-mineral-graphite").check()
    graphite = len(get_ids(portal, intersects=LARGE, mineral="graphite"))
    expect(page.locator(".explorer-head")).to_contain_text(f"{graphite} blocks found")
    expect(page.locator(".map path.block")).to_have_count(graphite)
    elsewhere = open_page(f"/?{urlsplit(page.url).query}")
    expect(elsewhere.locator("#page-notices")).to_contain_text("too many corners to travel in a link")
    page.get_by_role("link", name="Drawn shape").click()
    expect(page.locator(".explorer-head")).to_contain_text("28 blocks found")
    assert "shape" not in page.url
