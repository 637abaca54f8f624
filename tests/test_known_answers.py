"""What the catalogue says, asked of the API and read off the pages."""

import json
import re
from collections import Counter

import pytest
from conftest import SHARED, get_ids, get_json

COUNTS = {
    "blocks": 178,
    "occurrences": 26,
    "exploration-projects": 161,
    "processing-units": 50,
    "centres-of-excellence": 9,
    "ports": 46,
    "global-assets": 252,
    "coal-mine-closures": 43,
    "states": 36,
    "districts": 0,
    "constraint-areas": 0,
    "constraint-lines": 0,
}
CENTRAL = {"odisha": 13, "andhra-pradesh": 4, "maharashtra": 6, "gujarat": 2}
STATUSES = {
    ("preferred_bidder_declared", "central_auction_block"): 54,
    ("preferred_bidder_declared", "state_auction_block"): 70,
    ("annulled", "central_auction_block"): 24,
    ("offered", "central_auction_block"): 20,
    ("offered", "exploration_licence_block"): 5,
    ("offered", "offshore_block_group"): 3,
    ("cancelled", "central_auction_block"): 1,
    ("licence_granted", "central_auction_block"): 1,
}
# What the pages call a class.
CLASS_WORDS = {
    "central_auction_block": "Central auction",
    "state_auction_block": "State auction",
    "exploration_licence_block": "Exploration licence",
    "offshore_block_group": "Offshore",
}


def list_blocks(portal, **parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return [f["properties"] for f in get_json(portal, f"/api/collections/blocks/items?limit=10000&{query}")["features"]]


def rows_of(html):
    """Cells of every table row, as plain text."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def classes_on_page(html):
    """{(words of the class, words of the status): blocks} of a state page's first table."""
    table = html[html.index('id="classes"') :]
    counts, heading = {}, ""
    for row in rows_of(table[: table.index("</table>")])[1:]:
        heading = row[0] or heading
        counts[heading, row[1]] = int(row[2])
    return counts


@pytest.mark.parametrize(("collection", "count"), COUNTS.items())
def test_every_collection_has_all_its_records(portal, collection, count):
    assert get_json(portal, f"/api/collections/{collection}/items?limit=1")["numberMatched"] == count
    assert get_json(portal, f"/api/collections/{collection}")["itemCount"] == count


def test_nothing_of_the_data_files_was_refused(catalogue_report):
    assert catalogue_report.refused == []


def test_a_hundred_central_blocks(portal):
    assert len(get_ids(portal, asset_class="central_auction_block")) == 100


@pytest.mark.parametrize(("state", "count"), CENTRAL.items())
def test_central_blocks_of_the_four_states(portal, state, count):
    assert len(get_ids(portal, asset_class="central_auction_block", state=state)) == count


def test_twenty_blocks_of_tranche_viii_are_on_offer(portal):
    assert len(get_ids(portal, tranche="VIII", status="offered")) == 20


def test_every_status_counts_as_in_the_catalogue(portal):
    assert Counter((p["status"], p["asset_class"]) for p in list_blocks(portal)) == STATUSES


@pytest.mark.parametrize(
    ("status", "count"),
    [("preferred_bidder_declared", 124), ("annulled", 24), ("offered", 28), ("cancelled", 1), ("licence_granted", 1)],
)
def test_a_status_filter_finds_its_blocks(portal, status, count):
    assert len(get_ids(portal, status=status)) == count


def test_published_boundaries_and_indicative_areas(portal):
    kinds = Counter(p["boundary_kind"] for p in list_blocks(portal))
    assert kinds == {"published": 164, "indicative": 14}
    assert all((p["computed_area_ha"] is None) == (p["boundary_kind"] == "indicative") for p in list_blocks(portal))


def test_status_and_tranches_agree_with_the_researched_catalogue(portal):
    source = SHARED / "catalogue" / "blocks.json"
    if not source.exists():
        pytest.skip("the researched catalogue (../shared) is not here")
    researched = json.loads(source.read_text(encoding="utf-8"))
    shown = {p["id"]: p for p in list_blocks(portal)}
    assert {r["id"]: r["status"] for r in researched} == {i: p["status"] for i, p in shown.items()}
    for record in researched:
        offers = [e for e in record["events"] if e["kind"] in ("offered", "re-offered")]
        assert shown[record["id"]]["attempts"] == (len(offers) or None)
        assert shown[record["id"]]["tranches"] == list(dict.fromkeys(e["tranche"] for e in offers if e["tranche"]))


def states_with_blocks(portal):
    codes = {p["state_code"]: [] for p in list_blocks(portal)}
    for block in list_blocks(portal):
        codes[block["state_code"]].append(block)
    slugs = {f["properties"]["code"]: f["id"] for f in get_json(portal, "/api/collections/states/items")["features"]}
    return {slugs[code]: blocks for code, blocks in codes.items()}


def test_every_state_with_blocks_has_a_page_with_the_same_numbers(portal):
    found = states_with_blocks(portal)
    assert set(CENTRAL) < set(found)
    for slug, blocks in found.items():
        response = portal.get(f"/states/{slug}")
        assert response.status_code == 200
        shown = classes_on_page(response.text)
        split = Counter(p["asset_class"] for p in blocks)
        assert len([key for key in shown if key[1] == "all"]) == len(split)
        for name, count in split.items():
            (heading,) = [key for key in shown if key[0].startswith(CLASS_WORDS[name]) and key[1] == "all"]
            assert shown[heading] == count
        by_status = Counter(key[0] for key in shown if key[1] != "all")
        assert sum(by_status.values()) == len({(p["asset_class"], p["status"]) for p in blocks})
        assert sum(n for key, n in shown.items() if key[1] != "all") == len(blocks)
        assert all(f'href="/blocks/{p["id"]}"' in response.text for p in blocks)


def test_odisha_has_central_blocks_and_others_beside(portal):
    shown = classes_on_page(portal.get("/states/odisha").text)
    totals = {heading: n for (heading, status), n in shown.items() if status == "all"}
    assert sorted(totals.values()) == [2, 13]
    central = next(heading for heading, n in totals.items() if n == 13)
    split = {status: n for (heading, status), n in shown.items() if heading == central and status != "all"}
    assert sorted(split.values()) == [1, 3, 9]


def test_a_state_page_counts_its_units(portal):
    for slug, count in {"andhra-pradesh": 8, "odisha": 11, "maharashtra": 6, "gujarat": 12}.items():
        assert len(get_ids(portal, "processing-units", state=slug)) == count
        units = portal.get(f"/states/{slug}").text.partition('id="units"')[2].partition("</table>")[0]
        assert len(set(re.findall(r'href="/processing-units/([^"]+)"', units))) == count


def test_a_state_page_names_what_is_not_located(portal):
    named = [portal.get(f"/states/{slug}").text for slug in states_with_blocks(portal)]
    assert any("Known but not located" in html for html in named)


def test_a_state_page_stays_under_60_kb(portal):
    assert all(len(portal.get(f"/states/{slug}").content) < 60_000 for slug in states_with_blocks(portal))
