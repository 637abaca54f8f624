"""Pages, read as text: every address renders, every link answers, every number is the number of the rows behind it."""

import gzip
import re
from html import unescape

import pytest
from conftest import get_ids, get_json
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.wording import NOT_PUBLISHED, format_area

PAGES = {"blocks": "/blocks/{}", "processing-units": "/processing-units/{}", "states": "/states/{}"}
# What a page would show of a value that nobody thought of.
LEAKS = re.compile(r"\bNone\b(?! of)|\bnull\b|\bnan\b|\bTrue\b|\bFalse\b|\[\]|\{\{|\['|&amp;amp;|Undefined")


@pytest.fixture(scope="module")
def pages(portal):
    """Address → HTML of every page there is."""
    addresses = ["/", "/about", *(form.format(i) for name, form in PAGES.items() for i in get_ids(portal, name))]
    found = {}
    for address in addresses:
        response = portal.get(address)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8"), address
        found[address] = response.text
    return found


def text_of(html):
    return re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))


def links_of(html):
    return {unescape(href).split("#")[0] for href in re.findall(r'<(?:a|link)\b[^>]*href="([^"]+)"', html)} - {""}


def matched(portal, query):
    return get_json(portal, f"/api/collections/blocks/items?{query}&limit=1")["numberMatched"]


def test_no_page_shows_a_value_of_the_machine(pages):
    leaks = {address: found.group() for address, html in pages.items() if (found := LEAKS.search(text_of(html)))}
    assert leaks == {}


def test_every_page_has_one_heading_a_title_and_a_language(pages):
    for html in pages.values():
        assert html.count("<h1") == 1 and html.startswith("<!doctype html>") and '<html lang="en"' in html
    titles = [re.search(r"<title>(.*?)</title>", html).group(1) for html in pages.values()]
    assert len(titles) == len(set(titles))


def test_no_page_is_larger_than_60_kb(pages):
    assert all(len(html.encode()) < 60_000 for address, html in pages.items() if address != "/")


def test_the_explorer_is_small_on_the_wire(pages):
    """Its filters are many and alike: each choice is one line."""
    assert len(pages["/"].encode()) < 100_000
    assert len(gzip.compress(pages["/"].encode(), 4)) < 20_000


def test_every_link_into_the_portal_answers(portal, pages):
    known = set(pages)
    links = {link for html in pages.values() for link in links_of(html) if link.startswith("/")} - known
    # The same pages in other languages have a test of their own.
    links = {link for link in links if "lang=" not in link}
    # Each block's page leads to a comparison of its own; a few stand for all.
    compared = sorted(link for link in links if link.startswith("/compare?ids="))
    links -= set(compared[5:])
    assert links
    for link in sorted(links):
        response = portal.get(link)
        assert response.status_code == 200, link
        assert 'class="notice notice-warning' not in response.text, link


def test_scripts_and_styles_come_from_the_portal(pages):
    for html in pages.values():
        loaded = re.findall(
            r'<(?:script|img|iframe)\b[^>]*src="([^"]+)"|<link\b[^>]*href="([^"]+)"',
            html.replace('<link rel="alternate" hreflang', "<alternate"),
        )
        assert all((src or href).startswith("/") for src, href in loaded)


def test_a_linked_number_is_the_number_of_rows_behind_it(portal, pages):
    checked = 0
    for html in pages.values():
        for href, number in re.findall(r'<a href="/\?([^"]*)"[^>]*>([\d,]+)</a>', html):
            if "limit=" in href:
                continue  # how many rows the table shows
            assert matched(portal, unescape(href)) == int(number.replace(",", "")), href
            checked += 1
    assert checked > 100


@pytest.mark.parametrize("name", ["mineral", "state", "district", "tranche"])
def test_a_choice_of_the_explorer_counts_what_it_finds(portal, pages, name):
    choices = re.search(rf'<details class="facet" id="facet-{name}".*?</details>', pages["/"], re.DOTALL).group()
    counts = re.findall(r'value="([^"]+)"[^>]*>.*?<span class="count">(\d+)</span>', choices)
    assert len(counts) > 10
    assert {v: int(n) for v, n in counts} == {v: matched(portal, f"{name}={v}") for v, _ in counts}


def test_the_explorer_has_the_rows_of_the_api(portal):
    query = "state=odisha&mineral=graphite&sortby=-area_ha"
    html = portal.get(f"/?{query}").text
    rows = re.findall(r'<th scope="row"><a href="/blocks/([^"]+)"', html)
    assert rows == get_ids(portal, state="odisha", mineral="graphite", sortby="-area_ha")


def test_the_explorers_pages_give_each_block_once(portal):
    found, address = [], "/"
    while address:
        html = portal.get(address).text
        found += re.findall(r'<th scope="row"><a href="/blocks/([^"]+)"', html)
        following = re.search(r'<a href="([^"]+)" rel="next"', html)
        address = unescape(following.group(1)) if following else None
    assert sorted(found) == get_ids(portal)


def test_a_block_page_shows_the_declared_area_and_the_computed_one(portal, pages):
    for feature in get_json(portal, "/api/collections/blocks/items?limit=10000")["features"]:
        page, facts = text_of(pages[f"/blocks/{feature['id']}"]), feature["properties"]
        declared, computed = facts["area_ha"], facts["computed_area_ha"]
        assert (NOT_PUBLISHED if declared is None else format_area(declared)) in page, feature["id"]
        assert computed is None or format_area(computed, 2) in page, feature["id"]
        assert ("indicative" in page.lower()) or facts["boundary_kind"] == "published"


def test_public_url_stands_in_every_link(catalogue_report, catalogue_url):
    settings = Settings(public_url="https://atlas.example/portal/")
    with TestClient(create_app(settings, catalogue_url)) as client:
        for address in ("/api", "/api/collections", "/api/collections/blocks/items?limit=2&offset=2&q=graphite"):
            for link in get_json(client, address)["links"]:
                assert link["href"].startswith("https://atlas.example/portal/")
