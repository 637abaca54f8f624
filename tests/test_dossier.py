"""What a block's page says of the catalogue's blocks: nothing invented, nothing rounded, every echo called an echo."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import dossier

DATA = Path(__file__).parent.parent / "data" / "geojson" / "blocks.geojson"
STATUS_AFTER = {
    "offered": "offered",
    "re-offered": "offered",
    "annulled": "annulled",
    "cancelled": "cancelled",
    "preferred_bidder": "preferred_bidder_declared",
    "composite_licence_granted": "licence_granted",
}


@pytest.fixture(scope="module")
def blocks() -> dict[str, dict[str, Any]]:
    found = {}
    for item in json.loads(DATA.read_text(encoding="utf-8"))["features"]:
        told = [STATUS_AFTER[e["kind"]] for e in item["properties"]["events"] if e["kind"] in STATUS_AFTER]
        published = item["geometry"]["type"] != "Point"
        found[item["id"]] = item["properties"] | {
            "status": told[-1] if told else None,
            "attempts": sum(e["kind"] in ("offered", "re-offered") for e in item["properties"]["events"]) or None,
            "boundary_kind": "published" if published else "indicative",
        }
    return found


def test_a_boundary_not_taken_over_is_published_all_the_same(blocks):
    pahari = blocks["mp-pahari-limestone"]
    assert dossier.say_boundary(pahari).startswith("Published in the tender, not taken over here")
    assert dossier.say_position(pahari) == "24.27498° N, 80.82460° E (centroid of the published boundary)"
    assert "Boundary" not in dict(dossier.unknown_facts(pahari))
    assert "617 corner points" in pahari["boundary_note"]


@pytest.mark.parametrize(
    ("block_id", "words"),
    [
        ("biarpalli-graphite-manganese", "≈ 20.80° N, 83.34° E (town, village or estate; ± 5 km)"),
        ("el-ii-khandap-sewali-ree", "≈ 25.8° N, 71.4° E (known to the district only; ± 25 km)"),
        ("offshore-great-nicobar-nodules-7", "≈ 8.0° N, 95.0° E (sea area; ± 50 km)"),
        ("offshore-gujarat-lime-mud-3", "≈ 21.3° N, 68.9° E (sea area; ± 50 km)"),
    ],
)
def test_a_position_is_no_more_exact_than_it_is_known(blocks, block_id, words):
    assert dossier.say_position(blocks[block_id]) == words


def test_a_position_south_and_west_of_zero_has_its_letters():
    mine = {"lon": -69.5, "lat": -23.4, "position_accuracy": "site"}
    assert dossier.say_position(mine) == "≈ 23.400° S, 69.500° W (site)"


def test_what_a_later_find_confirms_is_not_said_to_be_from_it(blocks):
    assert dossier.source_lines(blocks["gj-kukaras"], "area_ha") == [
        "agrees with Indian Bureau of Mines, 21 January 2026. Printed rounded: 29.17 ha."
    ]
    assert dossier.source_lines(blocks["salepali-graphite"], "premium_percent") == [
        "agrees with Odisha BizNews (press), 28 May 2025. Reported as 179% (rounded) by press."
    ]
    assert dossier.source_lines(blocks["salepali-graphite"], "agency") == [
        "from Odisha BizNews (press), 28 May 2025; confidence medium"
    ]


def test_fields_of_one_source_have_one_line(blocks):
    assert dossier.source_lines(blocks["naringpanga-south-graphite"], "resource_mt", "resource_category") == [
        "from The New Indian Express (press), 28 November 2021; confidence low. "
        "Same locality; identity of the 2021 and 2026 blocks assumed."
    ]
    assert dossier.source_lines(blocks["gj-kukaras"], "grade") == []


def test_no_award_is_called_unpublished_where_there_is_none(blocks):
    words = {block_id: dossier.say_no_award(block) for block_id, block in blocks.items()}
    assert words["kundol-nickel-chromium"] == "none: the auction was annulled"
    assert words["nayakkarpatti-tungsten"] == "none: the auction was cancelled"
    assert words["naringpanga-south-graphite"] == "none known: no outcome was found"
    assert words["mp-pahari-limestone"] == "not published"


def test_only_a_summary_among_the_sources_is_said_to_hold_what_is_not_known(blocks):
    for block_id, block in blocks.items():
        titles = [source["title"] or "" for source in block["sources"]]
        for what, where in dossier.unknown_facts(block):
            if "block summary" in where:
                assert any(title.startswith("Mineral block summary") for title in titles), (block_id, what)
    at_sea = dict(dossier.unknown_facts(blocks["offshore-great-nicobar-nodules-7"]))
    assert "District" not in at_sea
    assert set(at_sea.values()) == {""}


def test_a_resource_in_words_is_not_listed_as_unknown(blocks):
    assert not any("Resource" in what for what, _ in dossier.unknown_facts(blocks["gj-mevasa"]))
    assert any("Resource" in what for what, _ in dossier.unknown_facts(blocks["akharkata-graphite"]))


@pytest.mark.parametrize(
    ("block_id", "words"),
    [
        ("gj-kukaras", "UNFC 332: 7,138,102 tonnes cement grade; 1,868,409 tonnes limestone; 1,164,059 tonnes marl"),
        ("rj-toda-iron-ore", ""),
        ("cg-devri-limestone", ""),
        ("rj-psb-02-limestone", ""),
        ("ga-v-advalpale-thivim", "3.828 million tonnes in situ + 417,020 tonnes dumps, as on 1 June 2022"),
        ("akharkata-graphite", ""),
    ],
)
def test_the_text_of_a_resource_repeats_nothing_and_has_its_units(blocks, block_id, words):
    assert dossier.say_resource_text(blocks[block_id]) == words


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("indicated (332)", "indicated (UNFC 332)"),
        ("331/333 as printed", "UNFC 331/333 as printed"),
        ("in situ, 2022-06-01", "in situ, 1 June 2022"),
        ("inferred", "inferred"),
        (None, ""),
    ],
)
def test_categories(category, words):
    assert dossier.say_category(category) == words


def test_values_that_disagree_have_units(blocks):
    pahari = blocks["mp-pahari-limestone"]["contradictions"][0]
    assert dossier.say_field(pahari["field"]) == "declared area"
    assert [dossier.say_value(v["value"], pahari["field"]) for v in pahari["values"]] == ["102.861 ha", "100.144 ha"]
    assert dossier.say_value([83.3385, 20.8013]) == "position 20.8013° N, 83.3385° E"
    assert dossier.say_value(None) == "not published"


def test_a_note_does_not_repeat_the_word_beside_it():
    assert dossier.say_note("preferred bidder Vedanta Limited; final price offer 6.5%").startswith("Vedanta Limited;")
    assert dossier.say_note("annulled; offered again in Tranche IV") == "Offered again in Tranche IV"
    assert dossier.say_note("bids due 2025-02-27") == "Bids due 27 February 2025"
    assert dossier.say_note(None) == ""


def test_the_day_by_which_bids_were_due(blocks):
    assert dossier.bids_due(blocks["offshore-gujarat-lime-mud-3"]["events"]) == "27 February 2025"
    assert dossier.bids_due(blocks["akharkata-graphite"]["events"]) is None
    assert dossier.bids_due([]) is None


def test_a_status_is_as_old_as_the_newest_source():
    assert dossier.last_read([{"date": "2011"}, {"date": "2024-07-03"}, {"date": None}, {"date": "undated"}]) == (
        "2024-07-03"
    )
    assert dossier.last_read([{"date": "undated"}]) is None


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (16300, "INR crore", "₹16,300 crore"),
        (32000, "crore INR", "₹32,000 crore"),
        (95, "percent", "95%"),
        (147, "mines", "147 mines"),
        ("more than 100", "blocks", "more than 100"),
        (None, None, "not published"),
    ],
)
def test_figures_have_their_units(value, unit, words):
    assert dossier.say_figure(value, unit) == words


def test_abbreviations_are_those_that_are_used():
    record = {"agency": "MECL", "notes": ["REEs are not REE"], "n": 3}
    assert [short for short, _ in dossier.abbreviations(record, ["PTI"])] == ["MECL", "PTI", "REE"]
