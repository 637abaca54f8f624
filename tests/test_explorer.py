"""The explorer as its readers get it: what an address asks for is what table, counts, files, feeds and texts have."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from conftest import get_ids, get_json
from fastapi.testclient import TestClient
from test_agreement import read_tiles
from test_views import random_filters

from app.explorer.words import COLUMN_TITLES

ROWS = 25
GOLDEN = Path(__file__).parent / "golden_links.txt"


class Explorer:
    """The page at an address, in its parts."""

    def __init__(self, portal: TestClient, address: str) -> None:
        self.hops: list[str] = []
        answer = portal.get(address, follow_redirects=False)
        while answer.is_redirect and len(self.hops) < 5:
            assert answer.status_code == 303
            self.hops.append(answer.headers["location"])
            answer = portal.get(self.hops[-1], follow_redirects=False)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), address
        self.address = self.hops[-1] if self.hops else address
        self.html = answer.text

    def _all(self, pattern: str) -> list[Any]:
        found = re.findall(pattern, self.html, re.DOTALL)
        return [unescape(one) if isinstance(one, str) else tuple(map(unescape, one)) for one in found]

    @property
    def matched(self) -> int:
        return int(self._all(r'data-matched="(\d+)"')[0])

    @property
    def ids(self) -> list[str]:
        return self._all(r'<tr data-id="([^"]+)"')

    @property
    def notices(self) -> list[str]:
        """Sentences of warning, each once."""
        found = re.findall(r'<div class="notice notice-warning[^>]*>(.*?)</div>', self.html, re.DOTALL)
        return list(dict.fromkeys(unescape(re.sub(r"<[^>]+>", "", text)).strip() for text in found))

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """Address without it, title, words."""
        return self._all(r'class="chip-filter" href="([^"]+)"[^>]*><span class="quiet">(.*?):</span> (.*?) <span')

    @property
    def files(self) -> dict[str, str]:
        return {urlsplit(link).path.split(".", 1)[1]: link for link in self._all(r'<a href="(/download/[^"]+)"')}

    @property
    def feeds(self) -> set[str]:
        return {link for link in self._all(r'href="(/feeds/[^"]+)"') if "?" in link}

    @property
    def copied(self) -> dict[str, str]:
        return dict(self._all(r'<pre id="copy-([^"]+)"[^>]*><code>(.*?)</code>'))

    @property
    def drops(self) -> list[tuple[str, str, int]]:
        found = self._all(r'<li><a href="([^"]+)">without (.*?)</a>: ([\d,]+) blocks?</li>')
        return [(address, name, int(count.replace(",", ""))) for address, name, count in found]

    @property
    def headings(self) -> list[tuple[str, str]]:
        """Words of the table's columns, with the addresses that sort by them."""
        head = re.search(r"<thead.*?</thead>", self.html, re.DOTALL)
        assert head
        return [(words, unescape(link)) for link, words in re.findall(r'<a href="([^"]+)">(.*?)</a>', head.group())]

    @property
    def range(self) -> tuple[int, int, int]:
        first, last, of = re.findall(r"<span>([\d,]+)–([\d,]+) of ([\d,]+)</span>", self.html)[0]
        return int(first), int(last), int(of)

    def counts(self, facet: str) -> dict[str, int]:
        (group,) = self._all(rf'<details class="facet" id="facet-{facet}".*?</details>')
        found = re.findall(r'value="([^"]*)"[^>]*>.*?<span class="count">([\d,]+)</span></label>', group, re.DOTALL)
        return {value: int(count.replace(",", "")) for value, count in found}

    def page(self, rel: str) -> str | None:
        """The address of the next or previous page of the table."""
        found = self._all(rf'<a href="([^"]+)" rel="{rel}"')
        return found[0] if found else None

    def form(self) -> list[tuple[str, str]]:
        """What a browser without scripts sends for the filters as they stand."""
        reader = FormReader("panel")
        reader.feed(self.html)
        return reader.sent


class FormReader(HTMLParser):
    """The fields of one form that a browser sends. Source: HTML, 4.10.21.4, constructing the entry list."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.sent: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside or tag != "input" or not given.get("name"):
            return
        kind, value = given.get("type"), given.get("value") or ""
        if kind == "checkbox" and "checked" not in given:
            return
        if kind == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            value = ""
        self.sent.append((given["name"] or "", value))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def address_of(asked: Mapping[str, str]) -> str:
    return f"/?{urlencode(asked)}" if asked else "/"


def ids_by_pages(portal: TestClient, page: Explorer) -> list[str]:
    """Ids of all pages of the table, by the links to the next one."""
    ids = page.ids
    while following := page.page("next"):
        page = Explorer(portal, following)
        assert not page.hops and len(page.notices) == ("as_of" in following) and page.ids
        ids += page.ids
    return ids


def check(portal: TestClient, asked: dict[str, str]) -> int:
    """All that shows this selection shows the same; how many blocks it has."""
    page = Explorer(portal, address_of(asked))
    assert page.hops == [], "an address that is as it should be stays as it is"
    # Another moment is said in a notice, nothing else is.
    assert len(page.notices) == ("as_of" in asked), page.notices
    wanted = get_ids(portal, **asked)
    assert page.matched == len(wanted)
    assert sorted(ids_by_pages(portal, page)) == wanted, asked
    shapes, counted = read_tiles(portal, 3, asked)
    assert sorted(shapes) == wanted and len(shapes) + counted == page.matched, asked
    check_facets(portal, page, asked)
    # The form as it stands, sent as it is, changes nothing.
    again = Explorer(portal, f"/?{urlencode(page.form())}")
    assert len(again.hops) == 1 and again.ids == page.ids, asked
    assert {chip[1:] for chip in again.chips} == {chip[1:] for chip in page.chips}, asked
    for without, _, _ in page.chips:
        assert len(parse_qsl(urlsplit(without).query)) <= len(asked)
    return len(wanted)


def check_facets(portal: TestClient, page: Explorer, asked: Mapping[str, str]) -> None:
    answer = portal.get("/api/collections/blocks/facets", params=dict(asked))
    slugs = {f["properties"]["code"]: f["id"] for f in get_json(portal, STATES)["features"]}
    for facet, choices in answer.json()["facets"].items():
        told = {slugs[c["value"]] if facet == "state" else c["value"]: c["count"] for c in choices}
        assert page.counts(facet) == told, (facet, asked)


STATES = "/api/collections/states/items?limit=100"


def round_dates(states: Iterator[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Without dates that are a year or a month: a form has days only."""
    return (asked for asked in states if not re.fullmatch(r"\d{4}(-\d\d)?", asked.get("datetime", "")))


def test_table_tiles_counts_and_form_have_what_the_api_has(portal: TestClient) -> None:
    states = [asked for _, asked in zip(range(25), round_dates(random_filters(60)), strict=False)]
    found = [check(portal, asked) for asked in states]
    assert len(found) == 25 and sum(count > 0 for count in found) > 10


@pytest.mark.slow
def test_they_do_for_200_random_filters(portal: TestClient) -> None:
    states = [asked for _, asked in zip(range(200), round_dates(random_filters(400, seed=7)), strict=False)]
    found = [check(portal, asked) for asked in states]
    assert len(found) == 200 and sum(count > 0 for count in found) > 80


def test_a_year_or_a_month_is_applied(portal: TestClient) -> None:
    for text in ("2024", "2024-11", "2024-11/..", "../2024", "2024-01-01/P6M", "2024-11-26T10:00:00Z"):
        page = Explorer(portal, address_of({"datetime": text, "limit": "100"}))
        assert not page.hops and page.notices == []
        assert sorted(ids_by_pages(portal, page)) == get_ids(portal, datetime=text)


@pytest.mark.parametrize("text", ["2024", "2024-11", "2024-11/..", "../2024", "2024-01-01/P6M"])
def test_a_form_keeps_a_period_that_is_not_of_days(portal: TestClient, text: str) -> None:
    page = Explorer(portal, address_of({"datetime": text}))
    assert Explorer(portal, f"/?{urlencode(page.form())}").matched == page.matched


@pytest.mark.parametrize("asked", [{}, {"mineral": "graphite"}, {"state": "odisha,IN-AP", "stage": "unknown"}])
def test_each_choice_leads_to_as_many_as_it_says(portal: TestClient, asked: dict[str, str]) -> None:
    page = Explorer(portal, address_of(asked))
    for facet in ("mineral", "state", "status", "stage", "concession"):
        for value, count in page.counts(facet).items():
            assert len(get_ids(portal, **(asked | {facet: value}))) == count, (facet, value)


# Addresses.


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ("mineral=graphite&mineral=lithium", "/?mineral=graphite,lithium"),
        ("mineral=graphite&q=&since=&until=&area_min_ha=", "/?mineral=graphite"),
        ("since=2024-01-01&until=2024-12-31", "/?datetime=2024-01-01/2024-12-31"),
        ("q=&mineral=,", "/"),
        ("search=graphite+odisha", "/?mineral=graphite&state=odisha"),
        ("search=graffite+oddisha&theme=stage", "/?mineral=graphite&state=odisha&theme=stage"),
        ("search=", "/"),
        ("search=%20%20", "/"),
        ("search=in+the", "/"),
        ("search=a,+b%00c%FF%E3%80%80d%09&q=x", None),
        ("search=%D7%97%D7%95%D7%9C+%F0%9F%AA%A8+20.8,+84.6", None),
        (f"search={'graphite+' * 100}", None),
        ("columns=grade&columns=agency&layers=ports", "/?columns=grade,agency&layers=ports"),
    ],
)
def test_what_a_form_made_leads_once_to_the_address_that_says_it(
    portal: TestClient, sent: str, address: str | None
) -> None:
    page = Explorer(portal, f"/?{sent}")
    assert len(page.hops) == 1
    assert address is None or page.hops == [address]
    assert Explorer(portal, page.hops[0]).hops == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"mineral": "graphite", "state": "odisha", "theme": "stage,dark", "map": "6/20/84", "columns": "grade,agency"},
        {"intersects": "POLYGON((80 15,88 15,88 24,80 15))", "buffer_km": "5", "datetime": "2024-01-01/..", "v": "1"},
        {"filter": "name LIKE '%é&%' OR area_ha > 5", "q": "block", "sortby": "-area_ha", "limit": "50"},
        {"near": "84.6,20.8", "within_km": "400", "as_of": "2025-01-01"},
    ],
)
def test_no_link_of_the_page_is_a_detour_or_breaks(portal: TestClient, asked: dict[str, str]) -> None:
    page = Explorer(portal, address_of(asked))
    links = {unescape(link) for link in re.findall(r'<a [^>]*href="(/(?:\?[^"]*)?)"(?! hreflang)', page.html)}
    assert len(links) > 8
    for link in links:
        other = Explorer(portal, link)
        assert other.hops == [], link
        assert set(other.notices) <= set(page.notices), link
        # What is shown besides goes along with every change of filters, order and page.
        kept = dict(parse_qsl(urlsplit(link).query))
        assert link == "/" or all(kept.get(n) == asked[n] for n in ("theme", "map") if n in asked), link


def test_a_chip_leads_to_what_is_there_without_it(portal: TestClient) -> None:
    asked = {"mineral": "graphite,vanadium", "near": "84.6,20.8", "within_km": "400", "area_min_ha": "20"}
    page = Explorer(portal, address_of(asked))
    assert [title for _, title, _ in page.chips] == ["Mineral", "Mineral", "Near", "Area from"]
    for without, _, _ in page.chips:
        left = dict(parse_qsl(urlsplit(without).query))
        assert Explorer(portal, without).matched == len(get_ids(portal, **left))


# The table.


def test_a_table_goes_forth_and_back(portal: TestClient) -> None:
    page = Explorer(portal, "/?sortby=-area_ha&limit=50")
    assert page.page("prev") is None and page.range == (1, 50, page.matched)
    seen = [page]
    while following := seen[-1].page("next"):
        seen.append(Explorer(portal, following))
        assert seen[-1].range[0] == seen[-2].range[1] + 1
    ids = [id_ for one in seen for id_ in one.ids]
    assert ids == get_ids(portal, sortby="-area_ha") and seen[-1].range[1] == page.matched == len(ids)
    back = seen[-1]
    for earlier in reversed(seen[:-1]):
        before = back.page("prev")
        assert before is not None
        back = Explorer(portal, before)
        assert (back.ids, back.range) == (earlier.ids, earlier.range)
    assert back.page("prev") is None
    assert f'<a href="{page.address.replace("&", "&amp;")}">First</a>' in seen[-1].html


@pytest.mark.parametrize("sortby", ["name", "-name", "area_ha", "-area_ha", "stage", "-premium_percent", "state,-name"])
def test_rows_stand_in_the_order_that_is_asked_for(portal: TestClient, sortby: str) -> None:
    page = Explorer(portal, f"/?sortby={sortby}&mineral=graphite")
    assert ids_by_pages(portal, page) == get_ids(portal, sortby=sortby, mineral="graphite")


def test_a_heading_sorts_by_its_column_and_then_the_other_way(portal: TestClient) -> None:
    page = Explorer(portal, f"/?mineral=graphite&columns={','.join(COLUMN_TITLES)}")
    assert [words for words, _ in page.headings] == ["Block", *COLUMN_TITLES.values()]
    for words, link in page.headings:
        up = Explorer(portal, link)
        assert up.notices == [] and up.html.count('aria-sort="ascending"') == 1, words
        sort = dict(parse_qsl(urlsplit(link).query))["sortby"]
        assert ids_by_pages(portal, up) == get_ids(portal, mineral="graphite", sortby=sort)
        down = Explorer(portal, dict(up.headings)[words])
        assert f"sortby=-{sort}" in down.address and down.html.count('aria-sort="descending"') == 1


def test_columns_are_those_that_are_asked_for_in_their_order(portal: TestClient) -> None:
    page = Explorer(portal, "/?columns=grade,agency,area_ha&state=goa")
    assert [words for words, _ in page.headings] == ["Block", "Grade", "Explored by", "Area"]
    assert page.html.count('<th scope="row">') == len(page.ids) == 4
    assert [words for words, _ in Explorer(portal, "/").headings] == ["Block", "Status", "Minerals", "Stage", "Area"]


@pytest.mark.parametrize(("limit", "rows"), [("50", 50), ("100", 100), ("7", 7), ("5000", 100), (None, 25)])
def test_as_many_rows_as_are_asked_for_up_to_a_hundred(portal: TestClient, limit: str | None, rows: int) -> None:
    page = Explorer(portal, f"/?limit={limit}" if limit else "/")
    assert len(page.ids) == rows and page.notices == []


def test_an_offset_is_taken_and_one_behind_the_end_is_said(portal: TestClient) -> None:
    assert Explorer(portal, "/?offset=30").ids == get_ids(portal, sortby="name")[30:55]
    page = Explorer(portal, "/?offset=5000")
    assert page.matched == 178 and page.ids == [] and "The table ends before this row." in page.html


def test_a_token_of_another_question_is_said_and_the_first_page_shown(portal: TestClient) -> None:
    first = Explorer(portal, "/?status=preferred_bidder_declared")
    following = first.page("next")
    assert following is not None
    token = dict(parse_qsl(urlsplit(following).query))["token"]
    api = get_json(portal, "/api/collections/blocks/items?status=preferred_bidder_declared&limit=25")
    foreign = [dict(parse_qsl(urlsplit(x["href"]).query))["token"] for x in api["links"] if x["rel"] == "next"]
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for query in (
        *(
            f"status=preferred_bidder_declared&token={quote(bad)}"
            for bad in (*foreign, forged, "x", token + "=", "é", "../")
        ),
        f"status=preferred_bidder_declared&sortby=-name&token={token}",
    ):
        page = Explorer(portal, f"/?{query}")
        (notice,) = page.notices
        assert notice.startswith("token: ") and notice.endswith("It was left out; the rest is applied.")
        assert page.matched == first.matched and page.range[0] == 1
        assert sorted(ids_by_pages(portal, page)) == get_ids(portal, status="preferred_bidder_declared")
    other = Explorer(portal, f"/?status=offered&token={token}")
    assert len(other.notices) == 1 and other.ids == Explorer(portal, "/?status=offered").ids


# Nothing found.


@pytest.mark.parametrize(
    ("asked", "understood", "stands"),
    [
        (
            {"mineral": "lithium", "state": "goa", "stage": "G1"},
            ["mineral Lithium", "state Goa", "exploration stage G1 detailed exploration"],
            {"mineral": ["mineral"]},
        ),
        (
            {"near": "10,10", "within_km": "5", "mineral": "graphite"},
            ["near 10,10, 5 km", "mineral Graphite"],
            {"near": ["near", "within_km"]},
        ),
        (
            {"intersects": "POINT(10 10)", "buffer_km": "5", "area_min_ha": "10"},
            ["drawn shape point, 5 km", "area from 10 ha"],
            {"drawn shape": ["intersects", "buffer_km"]},
        ),
        (
            {"filter": "area_ha < 0", "filter-lang": "cql2-text", "status": "offered"},
            ["cql2 area_ha < 0", "status Offered"],
            {"cql2": ["filter", "filter-lang"]},
        ),
        ({"q": "zzzzzzzz", "as_of": "2024-12-31"}, ["words zzzzzzzz", "true on 31 December 2024"], {"words": ["q"]}),
        ({"area_min_ha": "100", "area_max_ha": "50"}, ["area from 100 ha", "area up to 50 ha"], None),
        ({"q": "zzzzzzzz", "near": "10,10", "within_km": "1"}, ["words zzzzzzzz", "near 10,10, 1 km"], {}),
    ],
)
def test_where_nothing_is_found_the_page_says_what_stands_in_the_way(
    portal: TestClient, asked: dict[str, str], understood: list[str], stands: dict[str, list[str]] | None
) -> None:
    page = Explorer(portal, address_of(asked))
    assert page.matched == 0 and get_ids(portal, **asked) == []
    text = " ".join(unescape(re.sub(r"<[^>]+>", "", page.html)).split())
    assert f"Understood as: {', '.join(understood)}." in text
    if stands is not None:
        assert [name for _, name, _ in page.drops] == list(stands)
    for address, name, count in page.drops:
        gone = stands[name] if stands is not None else [n for n in asked if n not in address]
        rest = {k: v for k, v in asked.items() if k not in gone}
        assert count == len(get_ids(portal, **rest)) == Explorer(portal, address).matched > 0
    assert page.drops or "No single filter stands in the way" in page.html


def test_each_filter_that_alone_stands_in_the_way_is_named_once(portal: TestClient) -> None:
    empty = 0
    for asked in random_filters(60, most=3, seed=3):
        if get_ids(portal, **asked):
            continue
        page = Explorer(portal, address_of(asked))
        pairs = {"near": ["near", "within_km"], "intersects": ["intersects", "buffer_km"]}
        wanted = []
        for name in asked:
            if name in ("within_km", "as_of"):
                continue
            rest = {k: v for k, v in asked.items() if k not in pairs.get(name, [name])}
            if count := len(get_ids(portal, **rest)):
                wanted.append(count)
        assert sorted(count for *_, count in page.drops) == sorted(wanted), asked
        empty += 1
    assert empty > 10


# What cannot be read.

BAD: list[tuple[str, str, list[str]]] = [
    ("mineral=grafite&state=odisha", "state=odisha", ["Did you mean graphite"]),
    ("mineral=graphite,nonsense&state=odisha", "state=odisha", ["mineral: “nonsense” is not a mineral"]),
    ("state=odissa", "", ["Did you mean odisha"]),
    ("stage=G9&mineral=graphite", "mineral=graphite", ["stage: “G9” is not one of"]),
    ("status=open&mineral=graphite", "mineral=graphite", ["status: “open” is not one of"]),
    ("concession=XX", "", ["concession: “XX” is not one of"]),
    ("asset_class=x", "", ["asset_class: “x” is not one of"]),
    ("tranche=XX", "", ["tranche: “XX” is not one of"]),
    ("position_accuracy=good", "", ["position_accuracy: “good” is not one of"]),
    ("area_min_ha=ten&area_max_ha=500", "area_max_ha=500", ["area_min_ha: “ten” is not a number"]),
    ("area_max_ha=1e999", "", ["area_max_ha: “1e999” is not a number"]),
    ("premium_min_percent=5%25", "", ["premium_min_percent: “5%” is not a number"]),
    ("premium_max_percent=nan", "", ["premium_max_percent: “nan” is not a number"]),
    ("q=!!!&state=goa", "state=goa", ["q holds no word"]),
    ("q=a+b+c+d+e+f+g+h+i+j+k+l+m", "", ["q holds 13 words"]),
    ("bbox=1,2,3&state=goa", "state=goa", ["bbox has 3 value(s)"]),
    ("bbox=80,25,88,15", "", ["bbox: south 25 lies above north 15"]),
    ("near=84,20", "", ["near wants within_km"]),
    ("within_km=20", "", ["within_km wants near"]),
    ("near=20,95&within_km=10&state=goa", "state=goa", ["near: latitude 95 lies outside"]),
    ("datetime=yesterday&state=goa", "state=goa", ["datetime: “yesterday” is no date"]),
    ("since=2024-05-01&until=2024-01-01", "", ["datetime: the interval ends before it starts"]),
    ("intersects=circle&state=goa", "state=goa", ["intersects: “circle” is no geometry"]),
    ("buffer_km=5", "", ["buffer_km wants intersects"]),
    ("filter=area_ha+>&state=goa", "state=goa", ["filter: it is no CQL2"]),
    ("filter=colour='red'", "", ["colour"]),
    ("filter-lang=cql2-text", "", ["filter-lang wants filter"]),
    ("as_of=last+year&state=goa", "state=goa", ["as_of: “last year” is no day"]),
    ("revision=99", "", ["revision: there is no revision 99"]),
    ("sortby=colour", "", ["sortby: Mineral blocks cannot be sorted by “colour”"]),
    ("limit=0", "", ["limit: “0” is not a whole number"]),
    ("offset=-1", "", ["offset: “-1” is not a whole number"]),
    ("theme=pink&state=goa", "state=goa", ["theme: “pink” is none here"]),
    ("layers=roads", "", ["layers: “roads” is none here"]),
    ("columns=colour&state=goa", "state=goa", ["columns: “colour” is none here"]),
    ("map=here", "", ["map: “here” is no place"]),
    ("block=A+B", "", ["block: “A B” is no id"]),
    ("shape=round", "", ["shape: “round” is not device"]),
    ("swipe=status", "", ["swipe: “status” is not two sides"]),
    ("v=2&state=goa", "state=goa", ["v: this link is of version 2"]),
    ("colour=red&state=goa", "state=goa", ["“colour” is no parameter of this page"]),
    ("Mineral=graphite", "", ["“Mineral” is no parameter of this page"]),
    ("f=json", "", ["“f” is no parameter of this page"]),
    ("state%5B%5D=goa", "", ["“state[]” is no parameter of this page"]),
    ("<b>=1", "", ["“<b>” is no parameter of this page"]),
    ("area_min_ha=5&area_min_ha=50", "area_min_ha=50", ["“area_min_ha” is given twice"]),
    ("mineral=%00&state=goa", "state=goa", ["mineral holds a NUL character"]),
    ("stage=G9&colour=red&map=x&state=goa", "state=goa", ["stage: “G9”", "map: “x”", "“colour”"]),
]


@pytest.mark.parametrize(("query", "rest", "said"), BAD, ids=[query[:24] for query, *_ in BAD])
def test_what_cannot_be_read_is_said_and_the_rest_applied(
    portal: TestClient, query: str, rest: str, said: list[str]
) -> None:
    page = Explorer(portal, f"/?{query}")
    assert len(page.notices) == len(said), page.notices
    assert all(part in notice for part, notice in zip(said, page.notices, strict=True)), page.notices
    assert all("left out" in notice or "the last one is applied" in notice for notice in page.notices)
    asked = dict(parse_qsl(rest))
    assert page.matched == len(get_ids(portal, **asked)) > 0
    assert len(page.chips) == len(asked)


def test_no_garbage_breaks_the_page(portal: TestClient) -> None:
    draw = random.Random(5)
    names = "mineral state q bbox near within_km datetime intersects buffer_km filter ids as_of revision sortby limit"
    names += " offset token theme layers columns map block shape swipe v since until search x area_min_ha"
    values = [
        "",
        ",",
        "'",
        '"><script>',
        "%",
        "\0",
        "-1",
        "1e400",
        "9" * 400,
        "null",
        "../..",
        "é̂",
        "\u202e",
        "{",
        "[]",
    ]
    values += [
        "graphite",
        "POINT(1 2",
        "2024-13-01",
        "0",
        "۴",
        "G4,",
        "a" * 3000,
        "{{7*7}}",
        "\ud7ff\uffff",
        "//",
        "=&=",
    ]
    for _ in range(60):
        asked = [(draw.choice(names.split()), draw.choice(values)) for _ in range(draw.randint(1, 4))]
        page = Explorer(portal, f"/?{urlencode(asked)}")
        assert len(page.hops) <= 1, asked
        assert '"><script>' not in page.html and page.matched >= 0


# The same selection elsewhere.

TAKEN: list[dict[str, str]] = [
    {},
    {"mineral": "graphite", "state": "odisha"},
    {"intersects": "POLYGON((80 15,88 15,88 24,80 15))", "buffer_km": "12.5", "status": "offered,annulled"},
    {"q": "graphite block", "near": "84.6,20.8", "within_km": "300", "datetime": "2022-01-01/.."},
    {"filter": "area_ha > 50 AND name LIKE '%Block%'", "filter-lang": "cql2-text", "stage": "G4,unknown"},
]


@pytest.mark.parametrize("asked", TAKEN, ids=lambda asked: "&".join(asked) or "all")
def test_files_and_feeds_are_those_of_the_page(portal: TestClient, asked: dict[str, str]) -> None:
    page = Explorer(portal, address_of(asked | {"theme": "stage", "columns": "grade", "sortby": "-area_ha"}))
    assert set(page.files) == {"geojson", "csv", "gpkg", "fgb", "kml", "shp.zip", "xlsx", "parquet"}
    assert f"{page.matched} rows, all that the filters leave" in page.html
    for ending, link in page.files.items():
        assert dict(parse_qsl(urlsplit(link).query)) == asked
        answer = portal.get(link)
        assert answer.status_code == 200 and int(answer.headers["x-row-count"]) == page.matched, ending
    assert len(page.feeds) == (2 if asked else 0)
    for feed in (*page.feeds, "/feeds/changes.atom", "/feeds/changes.json"):
        assert portal.get(feed).status_code == 200, feed


def test_feeds_of_another_day_answer(portal: TestClient) -> None:
    page = Explorer(portal, "/?as_of=2024-12-31&status=offered")
    assert {portal.get(feed).status_code for feed in page.feeds} == {200}


def test_files_of_another_day_are_those_of_the_page(portal: TestClient) -> None:
    page = Explorer(portal, "/?as_of=2024-12-31&status=offered")
    assert page.matched == len(get_ids(portal, as_of="2024-12-31", status="offered")) > 0
    assert int(portal.get(page.files["csv"]).headers["x-row-count"]) == page.matched
    assert len(get_ids(portal, status="offered")) != page.matched


@pytest.mark.parametrize("asked", TAKEN, ids=lambda asked: "&".join(asked) or "all")
def test_texts_to_copy_ask_for_the_same_ids(portal: TestClient, asked: dict[str, str]) -> None:
    page = Explorer(portal, address_of(asked | {"theme": "stage"}))
    wanted = get_ids(portal, **asked)
    address = page.copied["api"]
    assert address.startswith("http://testserver/api/collections/blocks/items")
    found = portal.get(address, params={**dict(parse_qsl(urlsplit(address).query)), "limit": "10000"})
    assert [feature["id"] for feature in found.json()["features"]] == wanted
    (geojson,) = re.findall(r'read_file\("([^"]+)"\)', page.copied["python"])
    assert geojson.startswith("http://testserver/download/blocks.geojson")
    assert sorted(f["properties"]["id"] for f in portal.get(geojson).json()["features"]) == wanted
    (flat,) = re.findall(r"'/vsicurl/([^']+)'$", page.copied["ogr2ogr"])
    assert flat.startswith("http://testserver/download/blocks.fgb")
    assert int(portal.get(flat).headers["x-row-count"]) == len(wanted)
    if "cql2" in page.copied:
        assert get_ids(portal, filter=page.copied["cql2"]) == wanted
    else:
        assert not asked or "CQL2 has no words for: " in page.html


# Links that are out in the world.


def golden_links() -> list[tuple[str, int, int]]:
    """Address, blocks, notices of each line."""
    lines = [line.split(maxsplit=2) for line in GOLDEN.read_text().splitlines() if line and not line.startswith("#")]
    return [(address, int(blocks), int(notices)) for blocks, notices, address in lines]


@pytest.mark.parametrize(("address", "blocks", "notices"), golden_links())
def test_a_link_that_was_given_out_works_for_ever(portal: TestClient, address: str, blocks: int, notices: int) -> None:
    page = Explorer(portal, address)
    assert (page.matched, len(page.notices)) == (blocks, notices), page.notices
    assert len(page.hops) <= 1


def test_links_of_every_kind_are_kept() -> None:
    addresses = [address for address, *_ in golden_links()]
    names = {name for address in addresses for name, _ in parse_qsl(urlsplit(address).query)}
    from app.params import FILTER_NAMES
    from app.params.views import VIEW_NAMES

    assert len(addresses) >= 40 and len(set(addresses)) == len(addresses)
    assert names >= {*FILTER_NAMES, *VIEW_NAMES, "as_of", "revision", "sortby", "limit", "offset", "token", "search"}


@pytest.mark.parametrize(
    ("query", "box"),
    [
        ("intersects=POLYGON((83 19,85.5 19,85.5 22,83 22,83 19))&buffer_km=10", (82.9, 18.9, 85.6, 22.1)),
        ("near=84,20&within_km=100", (83.1, 19.1, 84.9, 20.9)),
        ("intersects=POLYGON((60 0,61 0,61 1,60 0))", (60, 0, 61, 1)),
    ],
)
def test_the_map_shows_the_whole_shape_that_was_asked_for(
    portal: TestClient, query: str, box: tuple[float, float, float, float]
) -> None:
    page = portal.get(f"/?{query}").text
    found = re.search(r'"bounds":\[([^\]]+)\]', page)
    assert found
    west, south, east, north = map(float, found[1].split(","))
    assert west <= box[0] and south <= box[1] and east >= box[2] and north >= box[3]
    assert (east - west) < (box[2] - box[0]) + 6
