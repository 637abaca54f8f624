"""Charts and their tables: every number is what its link finds."""

import json
import re
from collections import Counter
from html import unescape

import pytest
from conftest import get_json
from sqlalchemy import text

from app.maps import shades_of
from app.queries.insights import AreaOnOffer
from app.routes.insights import _quarter_ends
from app.settings import PROJECT_ROOT
from app.values import AWARDED
from app.wording import format_date

BLOCKS = json.loads((PROJECT_ROOT / "data/geojson/blocks.geojson").read_text())
FEATURES, AS_OF = BLOCKS["features"], BLOCKS["as_of"]
INVENTORY = json.loads((PROJECT_ROOT / "data/geojson/national-mineral-inventory.json").read_text())["rows"]


def sections(html):
    """{id: the section's HTML}."""
    found = re.findall(r'<section aria-labelledby="([^"]+)">(.*?)</section>', html, re.DOTALL)
    return dict(found)


def rows(section):
    """Cells as (words, address or None), row by row."""
    table = section.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            (
                unescape(re.sub(r"<[^>]+>", "", cell)).strip(),
                unescape(m[1]) if (m := re.search(r'href="([^"]+)"', cell)) else None,
            )
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    ]


def marks(section):
    """The data of the chart's marks, from whichever part of the specification holds them."""
    spec = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', section, re.DOTALL)[1])
    return spec["data"]["values"]


@pytest.fixture(scope="module")
def page(portal):
    response = portal.get("/insights")
    assert response.status_code == 200
    return sections(response.text)


def count_at(portal, address):
    """How many rows an address of the explorer or of the offers finds."""
    path, _, query = address.partition("?")
    if path == "/":
        return get_json(portal, f"/api/collections/blocks/items?{query}&limit=1")["numberMatched"]
    assert path == "/offers"
    html = portal.get(address).text
    return html.count("<tr>") - html.count("<thead><tr>")


@pytest.mark.parametrize("name", ["minerals", "states", "stages", "statuses", "funnel", "tranches"])
def test_every_number_of_a_table_is_what_its_link_finds(portal, page, name):
    counted = 0
    for row in rows(page[name]):
        for words, address in row[1:]:
            if address and not (name == "tranches" and words == "0"):
                assert count_at(portal, address) == int(words.replace(",", "")), (name, row[0], address)
                counted += 1
    assert counted > 3


@pytest.mark.parametrize("name", ["minerals", "states", "stages", "statuses", "funnel", "tranches"])
def test_every_mark_says_what_its_link_finds(portal, page, name):
    found = marks(page[name])
    assert found
    for mark in found:
        assert count_at(portal, mark["href"]) == mark["number"], mark


def test_links_of_the_explorer_are_read_by_it(portal, page):
    for name in ("minerals", "states", "funnel", "premiums", "area"):
        address = next(a for row in rows(page[name]) for _, a in row if a and a.startswith("/?"))
        html = portal.get(address).text
        assert "was left out" not in html, address


def test_numbers_agree_with_the_data_files(page):
    blocks = [feature["properties"] for feature in FEATURES]
    shown = {row[0][0]: int(row[1][0]) for row in rows(page["states"])}
    assert sum(shown.values()) == len(blocks) and shown["Odisha"] == 15
    stages = Counter(block["stage"] for block in blocks)
    assert sorted(int(row[1][0]) for row in rows(page["stages"])) == sorted(stages.values())


def test_the_funnel_follows_from_the_events(page, catalogue):
    """Counted anew from the events: a block has reached a step when its last telling event is that or a later one."""
    kinds = {"preferred_bidder": 0, "letter_of_intent": 1, "composite_licence_granted": 2, "licence_granted": 2}
    kinds |= {"lease_executed": 3, "producing": 4}
    said = ("annulled", "cancelled", "offered", "re-offered", *kinds)
    sql = "SELECT (SELECT e ->> 'kind' FROM jsonb_array_elements(events) WITH ORDINALITY AS x(e, n)"
    sql += " WHERE e ->> 'kind' = ANY(:said) ORDER BY n DESC LIMIT 1) FROM block"
    last = [row[0] for row in catalogue.execute(text(sql), {"said": list(said)})]
    steps = rows(page["funnel"])
    assert int(steps[0][-1][0]) == len(last)
    for number in range(len(AWARDED)):
        assert int(steps[number + 1][-1][0]) == sum(kinds.get(kind, -1) >= number for kind in last)


def test_premiums_are_those_published(page):
    named = {
        f["id"]: f["properties"]["premium_percent"] for f in FEATURES if f["properties"]["premium_percent"] is not None
    }
    found = marks(page["premiums"])
    assert all(named[mark["href"].removeprefix("/blocks/")] == mark["number"] for mark in found)
    graphite = next(row for row in rows(page["premiums"]) if row[0][0] == "Graphite")
    assert int(graphite[1][0]) == sum(1 for mark in found if mark["label"] == "Graphite") > 10


def test_each_number_of_premiums_is_what_its_link_finds(portal, page):
    for mineral, blocks, *_ in rows(page["premiums"]):
        assert count_at(portal, blocks[1]) == int(blocks[0]), mineral


def test_no_area_is_told_of_a_day_after_the_research(page):
    days = [mark["day"] for mark in marks(page["area"])]
    assert days == sorted(days) and days[-1] <= AS_OF


@pytest.mark.parametrize("said", ["2026-11", "autumn", None])
def test_files_that_name_no_whole_day_have_the_chart_all_the_same(portal, monkeypatch, said):
    monkeypatch.setattr("app.queries.records.get_as_of", lambda _: said)
    assert marks(sections(portal.get("/insights").text)["area"])


def test_an_area_that_nobody_published_is_no_zero(portal, monkeypatch):
    found = iter([AreaOnOffer(2, None, 2), AreaOnOffer(0, None, 0)] * 7)
    monkeypatch.setattr("app.queries.insights.get_area_on_offer", lambda *_: next(found))
    section = sections(portal.get("/insights").text)["area"]
    assert [mark["number"] for mark in marks(section)] == [None, 0] * 7
    assert [row[2][0] for row in rows(section)] == ["not published", "0 ha"] * 7


@pytest.mark.parametrize(
    "name",
    ["by-state", "minerals", "states", "stages", "statuses", "funnel", "premiums", "tranches", "area"],
)
def test_every_count_of_blocks_says_whence_and_up_to_which_day(page, name):
    assert f"researched up to {format_date(AS_OF)}." in page[name]


def test_area_on_offer_is_what_the_blocks_declare_on_that_day(portal, page):
    for day, blocks, area, without in rows(page["area"])[-5:]:
        query = blocks[1].partition("?")[2]
        features = get_json(portal, f"/api/collections/blocks/items?{query}&limit=1000")["features"]
        assert len(features) == int(blocks[0]), day
        areas = [f["properties"]["area_ha"] for f in features]
        assert int(without[0]) == areas.count(None)
        declared = sum(a for a in areas if a is not None)
        assert round(declared) == int(area[0].split(" ha")[0].replace(",", "")), day


# Figures


def test_the_inventory_is_shown_as_printed_and_nothing_is_added(portal):
    for slug in {row["mineral_slug"] for row in INVENTORY}:
        found = sections(portal.get(f"/insights?inventory={slug}").text)
        shown = [mark for name, body in found.items() if name.startswith("inventory-") for mark in marks(body)]
        printed = {row["id"]: row for row in INVENTORY if row["mineral_slug"] == slug and row["scope"] != "national"}
        assert {mark["href"][1:] for mark in shown} == set(printed)
        for mark in shown:
            row = printed[mark["href"][1:]]
            assert mark["number"] in (row["reserves"], row["remaining_resources"])


def test_ore_and_metal_have_charts_of_their_own(portal):
    measures = {row["id"]: (row["measure"], row["unit"]) for row in INVENTORY}
    for name, body in sections(portal.get("/insights?inventory=copper").text).items():
        if name.startswith("inventory-"):
            assert len({measures[mark["href"][1:]] for mark in marks(body)}) == 1


def test_marks_of_figures_lead_to_rows_that_are_there(page):
    ids = set(re.findall(r'<tr id="([^"]+)"', "".join(page.values())))
    for name in ("projects", "money", "coal"):
        for mark in marks(page[name]):
            assert mark["href"][1:] in ids
    assert "143" in page["coal"] and "147" in page["coal"] and "32,000" in page["money"] and "16,300" in page["money"]


def test_every_figure_names_its_source(page):
    for row in rows(page["figures"]):
        assert row[3][0] and not row[3][0].startswith("not published"), row


# Other moments, bad input


def test_another_day_holds_for_every_link(portal):
    html = portal.get("/insights?as_of=2024-07-01").text
    assert "as at 1 July 2024" in html
    found = sections(html)
    for row in rows(found["statuses"]):
        assert "as_of=2024-07-01" in row[1][1]
        assert count_at(portal, row[1][1]) == int(row[1][0])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("inventory=grafite", "Did you mean graphite?"),
        ("inventory=%00", "has no table"),
        ("foo=1", "no parameter of this page"),
        ("as_of=soon", "as_of"),
        ("revision=99", "revision"),
    ],
)
def test_bad_input_is_a_notice_and_the_page_stays(portal, query, said):
    response = portal.get(f"/insights?{query}")
    assert response.status_code == 200
    notices = unescape(response.text.partition('id="page-notices"')[2].partition("</section>")[0])
    assert said in notices
    assert 'id="statuses"' in response.text


def test_a_portal_without_records_has_the_page(client):
    response = client.get("/insights")
    assert response.status_code == 200


def test_an_offer_is_found_by_its_own_tranche(portal):
    """A block offered in I and again in IV is found by both, its first offer by the first alone."""
    both = portal.get("/offers?tranche=I&result=annulled").text.count("<tr>")
    own = portal.get("/offers?offer_tranche=I&result=annulled").text.count("<tr>")
    assert own < both
    notices = unescape(portal.get("/offers?offer_tranche=XX").text)
    assert "offer_tranche: “XX” is none of" in notices


def test_shades_hold_every_number_once():
    numbers = [1, 1, 1, 2, 3, 4, 4, 6, 7, 7, 7, 8, 11, 15, 17, 18, 21, 40]
    shades = shades_of(numbers)
    assert all(sum(least <= n <= most for least, most in shades) == 1 for n in numbers)
    assert shades_of([]) == [] and shades_of([3]) == [(3, 3)]


def test_quarters_end_on_their_last_days():
    from datetime import date

    days = _quarter_ends(date(2026, 2, 12), 4)
    assert days == [date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31), date(2026, 2, 12)]
