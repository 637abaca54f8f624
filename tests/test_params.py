"""Filters: what each finds and leaves, on hand-placed records and on the catalogue."""

import random
from itertools import combinations

import pytest
from conftest import get_ids, get_json, get_problem
from factories import make_block, make_mineral, make_state, make_unit

ITEMS = "/api/collections/blocks/items"


@pytest.fixture
def four(session):
    """Four blocks that differ in everything, and the words they use."""
    make_mineral(session, "rare-earth-elements")
    make_mineral(session, "monazite", broader="rare-earth-elements")
    make_mineral(session, "graphite")
    make_mineral(session, "iron-ore", critical=False)
    make_state(session, "odisha", "IN-OD", 81, 17, 88, 23)
    make_state(session, "andhra-pradesh", "IN-AP", 76, 12, 85, 20)
    ap = {"state": "Andhra Pradesh", "state_code": "IN-AP"}
    make_block(
        session, 84.0, 20.0, id="a", minerals=["graphite"], district="Angul", stage="G4", status="offered",
        concession="CL", tranches=["I", "III"], area_ha=100.0, premium_percent=5.0, status_since="2024-03",
    )  # fmt: skip
    make_block(
        session, 84.5, 20.5, id="b", minerals=["monazite", "graphite"], stage="G2", status="annulled",
        concession="ML", tranches=["II"], area_ha=200.0, premium_percent=835.0, status_since="2024-04-01",
    )  # fmt: skip
    make_block(
        session, 78.0, 14.0, id="c", minerals=["rare-earth-elements"], status="offered", tranches=["III"],
        district="Sri Sathya Sai (erstwhile Anantapur)", status_since="2026", area_ha=300.5, **ap,
    )  # fmt: skip
    make_block(session, 79.0, 15.0, id="d", asset_class="state_auction_block", position_accuracy="district", **ap)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, "abcd"),
        ({"mineral": "graphite"}, "ab"),
        ({"mineral": "Graphite"}, "ab"),
        ({"mineral": "monazite"}, "b"),
        ({"mineral": "rare-earth-elements"}, "bc"),
        ({"mineral": "monazite,rare-earth-elements,graphite"}, "abc"),
        ({"mineral": "iron-ore"}, ""),
        ({"mineral": "unknown"}, "d"),
        ({"mineral": "unknown,graphite"}, "abd"),
        ({"state": "odisha"}, "ab"),
        ({"state": "IN-OD"}, "ab"),
        ({"state": "in-od"}, "ab"),
        ({"state": "Odisha"}, "ab"),
        ({"state": "Andhra Pradesh"}, "cd"),
        ({"state": "odisha,IN-AP"}, "abcd"),
        ({"district": "Angul"}, "a"),
        ({"district": "angul"}, "a"),
        ({"district": "Sri Sathya Sai"}, "c"),
        ({"district": "sri sathya sai (erstwhile anantapur)"}, "c"),
        ({"district": "Angul,Sri Sathya Sai"}, "ac"),
        ({"district": "unknown"}, "bd"),
        ({"stage": "G4"}, "a"),
        ({"stage": "g4,G2"}, "ab"),
        ({"stage": "G4,unknown"}, "acd"),
        ({"stage": "G1"}, ""),
        ({"status": "offered"}, "ac"),
        ({"status": "OFFERED,annulled"}, "abc"),
        ({"status": "unknown"}, "d"),
        ({"status": "producing"}, ""),
        ({"concession": "cl"}, "a"),
        ({"concession": "CL, ML"}, "ab"),
        ({"concession": "unknown"}, "cd"),
        ({"asset_class": "state_auction_block"}, "d"),
        ({"tranche": "III"}, "ac"),
        ({"tranche": "I"}, "a"),
        ({"tranche": "ii,iii"}, "abc"),
        ({"tranche": "unknown"}, "d"),
        ({"position_accuracy": "district"}, "d"),
        ({"ids": "d,a"}, "ad"),
        ({"ids": "a,nothing"}, "a"),
        ({"area_min_ha": "200"}, "bc"),
        ({"area_max_ha": "200"}, "ab"),
        ({"area_min_ha": "100.01", "area_max_ha": "300.5"}, "bc"),
        ({"area_min_ha": "1e2"}, "abc"),
        ({"area_min_ha": "5", "area_max_ha": "1"}, ""),
        ({"premium_min_percent": "100"}, "b"),
        ({"premium_max_percent": "100"}, "a"),
        ({"premium_min_percent": "0"}, "ab"),
        ({"bbox": "83,19,85,21"}, "ab"),
        ({"near": "84,20", "within_km": "10"}, "a"),
        ({"near": "84,20", "within_km": "80"}, "ab"),
        ({"datetime": "2024-03-31"}, "a"),
        ({"datetime": "2024-04-01"}, "b"),
        ({"datetime": "2024-04-01T12:00:00Z"}, "b"),
        ({"datetime": "2026-07-04"}, "c"),
        ({"datetime": "2024-03"}, "a"),
        ({"datetime": "2024"}, "ab"),
        ({"datetime": "2024-03-15/2024-04-01"}, "ab"),
        ({"datetime": "2024-03-01T00:00:00Z/2024-03-31T23:59:59Z"}, "a"),
        ({"datetime": "2024-04/.."}, "bc"),
        ({"datetime": "2024-04-02/"}, "c"),
        ({"datetime": "../2024-03-01"}, "a"),
        ({"datetime": "/2024-02-29"}, ""),
        ({"datetime": "../.."}, "abc"),
    ],
)
def test_a_filter_keeps_its_blocks(client, four, filters, found):
    assert get_ids(client, **filters) == list(found)


SOME = {
    "mineral": "graphite,rare-earth-elements",
    "state": "odisha",
    "stage": "G4,G2,unknown",
    "status": "offered",
    "tranche": "III,II",
    "area_min_ha": "150",
    "bbox": "77,13,84.2,21",
    "datetime": "2024-04-01/..",
    "q": "odisha",
}


def test_filters_together_are_all_true(client, four):
    alone = {name: set(get_ids(client, **{name: text})) for name, text in SOME.items()}
    assert all(alone.values())
    for names in (*combinations(SOME, 2), *combinations(SOME, 4)):
        together = set(get_ids(client, **{name: SOME[name] for name in names}))
        assert together == set.intersection(*(alone[name] for name in names)), names


def test_a_mineral_name_finds_what_its_slug_finds(portal):
    for name, slug in {
        "REE": "rare-earth-elements",
        "Rare earths": "rare-earth-elements",
        "phosphorite": "phosphorite",
        "Graphite": "graphite",
        "Li": "lithium",
    }.items():
        assert get_ids(portal, mineral=name) == get_ids(portal, mineral=slug) != []


def test_the_broader_mineral_finds_the_narrower(portal):
    narrower, broader = set(get_ids(portal, mineral="phosphorite")), set(get_ids(portal, mineral="phosphorus"))
    assert narrower and narrower < broader


@pytest.mark.parametrize("filter_name", ["stage", "status", "concession", "asset_class", "position_accuracy"])
def test_values_of_a_list_filter_share_the_blocks_out(portal, filter_name):
    """Each block answers to exactly one value, `unknown` counted."""
    features = get_json(portal, f"{ITEMS}?limit=10000")["features"]
    values = {f["properties"][filter_name] or "unknown" for f in features}
    found = [i for value in values for i in get_ids(portal, **{filter_name: value})]
    assert sorted(found) == [f["id"] for f in features]


def test_a_district_with_its_former_name_is_found_by_the_present_one(portal):
    assert get_ids(portal, district="sri sathya sai") == ["balepalyam-tungsten"]


# Words


@pytest.mark.parametrize(
    ("word", "mineral"), [("graphite", "graphite"), ("vanadium", "vanadium"), ("lithium", "lithium"), ("tin", "tin")]
)
def test_a_well_spelled_mineral_finds_its_blocks_and_no_others(portal, word, mineral):
    assert get_ids(portal, q=word) == get_ids(portal, mineral=mineral) != []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("graffite", "graphite"), ("vanadum", "vanadium"), ("oddisha", "odisha"), ("tungston", "tungsten")],
)
def test_a_misspelled_word_finds_what_the_right_one_finds(portal, wrong, right):
    assert get_ids(portal, q=wrong) == get_ids(portal, q=right) != []


def test_words_of_a_query_must_all_be_there(portal):
    both = set(get_ids(portal, q="odisha graphite"))
    assert both == set(get_ids(portal, q="odisha")) & set(get_ids(portal, q="graphite")) != set()


def test_case_accents_and_punctuation_do_not_matter(portal):
    assert get_ids(portal, q="GRÁPHITE, (Odisha)") == get_ids(portal, q="graphite odisha") != []


def test_beginnings_are_found_from_four_letters_on(portal):
    assert "akharkata-graphite" in get_ids(portal, q="akha")
    assert "akharkata-graphite" in get_ids(portal, q="akharkat")


def test_aliases_are_found(portal):
    features = get_json(portal, f"{ITEMS}?limit=10000")["features"]
    named = [(f["id"], alias) for f in features for alias in f["properties"]["aliases"]]
    assert named
    for block_id, alias in named:
        assert block_id in get_ids(portal, q=alias)


def test_a_block_is_found_by_its_name(portal):
    for feature in get_json(portal, f"{ITEMS}?limit=10000")["features"][::4]:
        words = " ".join(feature["properties"]["name"].split()[:6])
        assert feature["id"] in get_ids(portal, q=words)


def test_a_short_word_must_stand_there(client, session):
    make_block(session, id="tin", search=" tin ore ")
    make_block(session, id="tinsukia", search=" tinsukia block ")
    assert get_ids(client, q="tin") == ["tin"]
    assert get_ids(client, q="tins") == ["tinsukia"]


def test_a_word_is_no_pattern(client, session):
    make_block(session, id="a", search=" abcdef ")
    for text in ("a%", "abc_ef", "%", "_", "\\", "a\\", "'", '"', "a'--"):
        response = client.get(ITEMS, params={"q": text})
        assert response.status_code in (200, 400)
        assert response.status_code == 400 or response.json()["features"] == []


# What a collection lacks


@pytest.mark.parametrize(
    ("collection", "query"),
    [
        ("ports", "mineral=graphite"),
        ("ports", "stage=G4"),
        ("occurrences", "tranche=VIII"),
        ("processing-units", "concession=CL"),
        ("global-assets", "state=odisha"),
        ("states", "district=Angul"),
        ("ports", "area_min_ha=5"),
        ("processing-units", "premium_max_percent=5"),
    ],
)
def test_a_filter_on_a_property_that_the_collection_lacks_is_refused(portal, collection, query):
    problem = get_problem(portal, f"/api/collections/{collection}/items?{query}")
    assert problem["parameter"] == query.split("=")[0]


def test_other_collections_are_filtered_by_the_same_words(client, session):
    make_mineral(session, "nickel")
    make_state(session, "odisha", "IN-OD", 81, 17, 88, 23)
    make_unit(session, 84.0, 20.0, id="here", minerals=["nickel"], status="operating", district="Angul")
    make_unit(session, 72.0, 19.0, id="there", state="Gujarat", state_code="IN-GJ", position_accuracy="state")
    for filters in ({"mineral": "nickel"}, {"state": "odisha"}, {"status": "operating"}, {"district": "ANGUL"}):
        assert get_ids(client, "processing-units", **filters) == ["here"]
    assert get_ids(client, "processing-units", position_accuracy="state") == ["there"]
    assert get_ids(client, "processing-units", datetime="2025") == ["here", "there"]


def test_random_filters_agree_with_the_properties(portal):
    """What the answer says of itself decides: 60 random combinations of list filters and ranges."""
    features = get_json(portal, f"{ITEMS}?limit=10000")["features"]
    names = ("stage", "status", "concession", "asset_class", "position_accuracy")
    chance = random.Random(20261122)
    for _ in range(60):
        wanted = {
            name: chance.sample(sorted({f["properties"][name] or "unknown" for f in features}), 2)
            for name in chance.sample(names, chance.randint(1, 3))
        }
        least = round(chance.uniform(0, 2000), 2) if chance.random() < 0.5 else None
        filters = {name: ",".join(values) for name, values in wanted.items()}
        if least is not None:
            filters["area_min_ha"] = least
        expected = [
            f["id"]
            for f in features
            if all((f["properties"][name] or "unknown") in values for name, values in wanted.items())
            and (least is None or (f["properties"]["area_ha"] or -1) >= least)
        ]
        assert get_ids(portal, **filters) == expected
