"""The committed data files: their shape, their counts, and what must never be lost from them."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import LinearRing, shape

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data" / "geojson"
SHARED = ROOT.parent / "shared"
COUNTS = {
    "blocks.geojson": 178,
    "occurrences.geojson": 26,
    "exploration-projects.geojson": 172 - 11,
    "processing-units.geojson": 50,
    "centres-of-excellence.geojson": 9,
    "ports.geojson": 46,
    "global-assets.geojson": 252,
    "coal-mine-closures.geojson": 44 - 1,
    "states.geojson": 36,
    "minerals.json": 75,
    "unlocated.json": 44 + 11 + 1 + 17,
    "mission-facts.json": 71,
    "exploration-statistics.json": 59,
    "coal-closure-figures.json": 16,
    "national-mineral-inventory.json": 255,
}
COLLECTIONS = [name for name in COUNTS if name.endswith(".geojson")]
STATUS_BY_KIND = {
    "announced": "under_exploration",
    "offered": "offered",
    "re-offered": "offered",
    "annulled": "annulled",
    "preferred_bidder": "preferred_bidder_declared",
    "letter_of_intent": "letter_of_intent",
    "composite_licence_granted": "licence_granted",
    "licence_granted": "licence_granted",
    "lease_executed": "lease_executed",
    "producing": "producing",
    "cancelled": "cancelled",
    "on_hold": None,
    "clearance": None,
}
Json = dict[str, Any]


def read(name: str) -> Json:
    document: Json = json.loads((DATA / name).read_text(encoding="utf-8"))
    return document


def list_records(name: str) -> list[Json]:
    document = read(name)
    keys = ("features", "minerals", "records", "figures", "rows")
    return next(document[key] for key in keys if isinstance(document.get(key), list))


@pytest.fixture(scope="module")
def blocks() -> dict[str, Json]:
    return {item["id"]: item for item in list_records("blocks.geojson")}


def list_polygons(geometry: Json) -> list[list[list[list[float]]]]:
    if geometry["type"] == "Point":
        return []
    return [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]


def list_positions(geometry: Json) -> Iterator[list[float]]:
    if geometry["type"] == "Point":
        yield geometry["coordinates"]
    for polygon in list_polygons(geometry):
        for ring in polygon:
            yield from ring


def derive_status(events: list[Json]) -> str | None:
    told = [status for event in events if (status := STATUS_BY_KIND[event["kind"]])]
    return told[-1] if told else None


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_counts_and_unique_ids(name: str, count: int) -> None:
    ids = [record["id"] for record in list_records(name)]
    assert len(ids) == count
    assert len(set(ids)) == count


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collections_follow_rfc_7946(name: str) -> None:
    document = read(name)
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    for item in document["features"]:
        assert item["type"] == "Feature"
        assert shape(item["geometry"]).is_valid, item["id"]
        for lon, lat in list_positions(item["geometry"]):
            assert -180 <= lon <= 180, item["id"]
            assert -90 <= lat <= 90, item["id"]
            assert (round(lon, 7), round(lat, 7)) == (lon, lat), item["id"]


@pytest.mark.parametrize("name", ["blocks.geojson", "states.geojson"])
def test_rings_are_closed_and_wound_counter_clockwise(name: str) -> None:
    for item in list_records(name):
        for polygon in list_polygons(item["geometry"]):
            for index, ring in enumerate(polygon):
                assert ring[0] == ring[-1], item["id"]
                assert len(ring) >= 4, item["id"]
                assert all(a != b for a, b in pairwise(ring)), item["id"]
                assert LinearRing(ring).is_ccw == (index == 0), item["id"]


@pytest.mark.parametrize("name", COUNTS)
def test_files_are_one_record_a_line(name: str) -> None:
    lines = (DATA / name).read_bytes().split(b"\n")
    assert lines[-1] == b""
    assert sum(line.startswith((b'{"id"', b'{"type":"Feature"')) for line in lines) == COUNTS[name]


def test_every_record_has_sources_and_a_confidence() -> None:
    for name in set(COUNTS) - {"states.geojson", "national-mineral-inventory.json"}:
        for record in list_records(name):
            facts = record.get("properties", record)
            assert facts["sources"], (name, record["id"])
            assert facts["confidence"] in ("high", "medium", "low"), (name, record["id"])
            for source in facts["sources"]:
                assert {"title", "publisher", "date", "url"} <= set(source), (name, record["id"])
                assert source["url"] is None or source["url"].startswith("http"), (name, record["id"])


def test_every_mineral_is_in_the_vocabulary() -> None:
    minerals = {mineral["id"]: mineral for mineral in list_records("minerals.json")}
    assert all(mineral["broader"] in {None, *minerals} for mineral in minerals.values())
    for term in read("mineral-terms.json")["terms"]:
        assert term["mineral"] in minerals or term["term"] == "Multiple"
    for name in COUNTS:
        for record in list_records(name) if name != "minerals.json" else []:
            used = record.get("properties", record).get("minerals", [])
            assert set(used) <= set(minerals), (name, record["id"])
            assert len(used) == len(set(used)), (name, record["id"])


def test_searchers_words_find_their_mineral() -> None:
    terms = {term["term"].casefold(): term["mineral"] for term in read("mineral-terms.json")["terms"]}
    assert len(terms) <= len(read("mineral-terms.json")["terms"])
    for word, mineral in {
        "ree": "rare-earth-elements",
        "rare earths": "rare-earth-elements",
        "neodymium": "rare-earth-elements",
        "dy": "rare-earth-elements",
        "rm": "rare-metals",
        "black sand": "beach-sand-minerals",
        "li": "lithium",
        "re": "rhenium",
        "phosphorous": "phosphorus",
        "caesium": "cesium",
    }.items():
        assert terms[word] == mineral


def test_critical_minerals_of_2023_are_thirty() -> None:
    assert sum(mineral["in_30_list"] for mineral in list_records("minerals.json")) == 30


def test_blocks_by_class_and_boundary(blocks: dict[str, Json]) -> None:
    classes = Counter(item["properties"]["asset_class"] for item in blocks.values())
    assert classes == {
        "central_auction_block": 100,
        "state_auction_block": 70,
        "exploration_licence_block": 5,
        "offshore_block_group": 3,
    }
    assert sum(item["geometry"]["type"] != "Point" for item in blocks.values()) == 164
    assert {i for i, item in blocks.items() if item["geometry"]["type"] == "MultiPolygon"} != set()
    for item in blocks.values():
        assert (item["properties"]["datum"] is None) == (item["geometry"]["type"] == "Point")


def test_central_blocks_of_the_four_states(blocks: dict[str, Json]) -> None:
    central = [b["properties"] for b in blocks.values() if b["properties"]["asset_class"] == "central_auction_block"]
    by_state = Counter(block["state"] for block in central)
    assert [by_state[name] for name in ("Odisha", "Andhra Pradesh", "Maharashtra", "Gujarat")] == [13, 4, 6, 2]
    eighth = [b for b in central if b["events"][-1]["tranche"] == "VIII" and derive_status(b["events"]) == "offered"]
    assert len(eighth) == 20


def test_status_follows_from_events(blocks: dict[str, Json]) -> None:
    counts = Counter(derive_status(item["properties"]["events"]) for item in blocks.values())
    assert counts == {
        "preferred_bidder_declared": 70 + 54,
        "annulled": 24,
        "offered": 20 + 5 + 3,
        "cancelled": 1,
        "licence_granted": 1,
    }


def test_events_are_numbered_and_of_known_kinds(blocks: dict[str, Json]) -> None:
    unlocated = [r["details"] for r in list_records("unlocated.json") if r["collection"] == "blocks"]
    assert len(unlocated) == 44
    total = 0
    for facts in [*(item["properties"] for item in blocks.values()), *unlocated]:
        assert [event["seq"] for event in facts["events"]] == list(range(1, len(facts["events"]) + 1))
        assert {event["kind"] for event in facts["events"]} <= set(STATUS_BY_KIND)
        total += len(facts["events"])
    assert total == 351 + 57 + 3  # three letters of intent stood in notes only


def test_an_events_source_is_a_source_of_its_block(blocks: dict[str, Json]) -> None:
    matched = 0
    for item in blocks.values():
        for event in item["properties"]["events"]:
            assert event["source"] is None or event["source"] in item["properties"]["sources"]
            matched += event["source"] is not None
    assert matched == 339


@pytest.mark.parametrize(
    ("block_id", "field"),
    [
        ("balepalyam-tungsten", "district"),
        ("kundol-nickel-chromium", "status"),
        ("marudipatti-molybdenum", "area_ha"),
        ("iluppakudi-graphite", "area_ha"),
        ("tamiya-graphite-manganese", "area_ha"),
        ("biarpalli-graphite-manganese", "boundary"),
    ],
)
def test_contradictions_that_stand_are_shown(blocks: dict[str, Json], block_id: str, field: str) -> None:
    found = [c for c in blocks[block_id]["properties"]["contradictions"] if c["field"] == field]
    assert len(found) == 1
    assert len(found[0]["values"]) == 2
    assert found[0]["note"]


def test_both_figures_stand_where_sources_differ() -> None:
    mission = {(row["key"], str(row["value"])) for row in list_records("mission-facts.json")}
    assert {("total_with_psu", "34300"), ("outlay_said_at_summit", "32000")} <= mission
    closures = {row["value"] for row in list_records("coal-closure-figures.json") if isinstance(row["value"], int)}
    assert {143, 147} <= closures


def test_biarpalli_keeps_no_boundary_as_geometry(blocks: dict[str, Json]) -> None:
    block = blocks["biarpalli-graphite-manganese"]
    assert block["geometry"]["type"] == "Point"
    assert block["geometry"]["coordinates"][0] == pytest.approx(83.34, abs=0.01)


def test_tonnages_of_different_ores_are_not_added(blocks: dict[str, Json]) -> None:
    for block_id in ("gj-mevasa", "gj-kukaras"):
        facts = blocks[block_id]["properties"]
        assert facts["resource_mt"] is None
        assert "332:" in facts["resource_text"]
        assert any("not added" in note for note in facts["notes"])


def test_later_finds_fill_what_was_unknown(blocks: dict[str, Json]) -> None:
    salepali = blocks["salepali-graphite"]["properties"]
    assert (salepali["agency"], salepali["locality"]) == ("MECL", "near Patnagarh")
    assert salepali["field_sources"]["agency"]["confidence"] == "medium"
    assert salepali["stage"] is None
    salal = blocks["salal-haimna-lithium-titanium-bauxite"]["properties"]
    assert (salal["resource_mt"], salal["resource_category"]) == (5.9, "inferred")


def test_related_blocks_exist(blocks: dict[str, Json]) -> None:
    known = set(blocks) | {r["id"] for r in list_records("unlocated.json") if r["collection"] == "blocks"}
    related = [item["properties"]["related_block_id"] for item in list_records("exploration-projects.geojson")]
    assert {block_id for block_id in related if block_id} <= known


def test_unlocated_records_by_collection() -> None:
    counts = Counter(record["collection"] for record in list_records("unlocated.json"))
    assert counts == {"blocks": 44, "exploration-projects": 11, "coal-mine-closures": 1, "global-assets": 17}


def test_processing_units_of_the_four_states() -> None:
    states = Counter(item["properties"]["state"] for item in list_records("processing-units.geojson"))
    assert [states[name] for name in ("Andhra Pradesh", "Odisha", "Maharashtra", "Gujarat")] == [8, 11, 6, 12]


def test_states_share_their_borders() -> None:
    outlines = [shape(item["geometry"]) for item in list_records("states.geojson")]
    assert {outline.geom_type for outline in outlines} == {"MultiPolygon"}
    assert shapely.coverage_is_valid(outlines)
    country = shapely.union_all(outlines)
    assert sum(len(part.interiors) for part in country.geoms) == 0
    codes = {item["properties"]["code"] for item in list_records("states.geojson")}
    assert len(codes) == 36
    assert {"IN-OD", "IN-CG", "IN-TS", "IN-UK"} <= codes
    lakshadweep = next(item for item in list_records("states.geojson") if item["id"] == "lakshadweep")
    assert len(lakshadweep["geometry"]["coordinates"]) == 11


def test_blocks_lie_in_their_state(blocks: dict[str, Json]) -> None:
    """All within 1 km, but for one that the source outline itself leaves 3 km outside (README)."""
    states = {item["properties"]["name"]: shape(item["geometry"]) for item in list_records("states.geojson")}
    far = set()
    for block_id, item in blocks.items():
        if not item["properties"]["offshore"]:
            near_deg = states[item["properties"]["state"]].buffer(1 / 111.3)
            far |= set() if near_deg.covers(shape(item["geometry"])) else {block_id}
    assert far == {"barwar-phosphorite"}


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    if not (SHARED / "catalogue").is_dir():
        pytest.skip("the catalogue that the files are built from is not here (../shared)")
    script = str(ROOT / "data" / "build.py")
    subprocess.run(
        [sys.executable, script, str(SHARED / "catalogue"), str(SHARED / "boundaries"), str(tmp_path)], check=True
    )
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in DATA.iterdir() if path.suffix in (".json", ".geojson")}
    assert built.keys() == committed.keys()
    assert [name for name in built if built[name] != committed[name]] == []


def test_an_unknown_catalogue_key_stops_the_build(tmp_path: Path) -> None:
    if not (SHARED / "catalogue").is_dir():
        pytest.skip("the catalogue that the files are built from is not here (../shared)")
    catalogue = tmp_path / "catalogue"
    catalogue.mkdir()
    for path in (SHARED / "catalogue").iterdir():
        (catalogue / path.name).write_bytes(path.read_bytes())
    changed = json.loads((catalogue / "blocks.json").read_text(encoding="utf-8"))
    changed[5]["depth_m"] = 40
    (catalogue / "blocks.json").write_text(json.dumps(changed), encoding="utf-8")
    script = str(ROOT / "data" / "build.py")
    done = subprocess.run(
        [sys.executable, script, str(catalogue), str(SHARED / "boundaries"), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "depth_m" in done.stderr
