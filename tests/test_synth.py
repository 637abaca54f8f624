"""Synthetic blocks: whatever the seed, they are good records, and nobody can take them for real ones."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
import typer
from fastapi.testclient import TestClient
from pyproj import Geod
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli.synth import synth
from app.cluster import create_database, database_url, drop_database
from app.db import make_engine
from app.ingest.history import standing_after
from app.ingest.load import load
from app.ingest.read import LoadError
from app.ingest.records import Block
from app.ingest.synth import MAXIMUM_BLOCKS, SynthError, blocks, write_flatgeobuf
from app.ingest.synth.belts import BELTS
from app.ingest.synth.records import BATCH, JSON_COLUMNS
from app.ingest.synthetic import ID_PREFIX
from app.main import create_app
from app.settings import PROJECT_ROOT, Settings

MANY = 20_000
DATA = PROJECT_ROOT / "data" / "geojson"
ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV".split()
# What may come after what within a block's events.
NEXT = {
    None: {"announced", "offered"},
    "announced": {"offered"},
    "offered": {"annulled", "preferred_bidder", "cancelled"},
    "annulled": {"re-offered"},
    "re-offered": {"annulled", "preferred_bidder"},
    "preferred_bidder": {"letter_of_intent", "on_hold"},
    "letter_of_intent": {"composite_licence_granted", "licence_granted", "lease_executed", "clearance"},
    "clearance": {"composite_licence_granted", "licence_granted", "lease_executed"},
    "composite_licence_granted": {"producing"},
    "licence_granted": {"producing"},
    "lease_executed": {"producing"},
    "on_hold": {"cancelled"},
}

command = typer.Typer()
command.command()(synth)


def make_blocks(count: int, seed: int) -> list[dict[str, Any]]:
    return [feature for batch in blocks(count, seed) for feature in batch]


def run(*arguments: object) -> Any:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def many() -> list[dict[str, Any]]:
    """More than one batch."""
    return make_blocks(MANY + 100, 7)


@pytest.fixture(scope="module")
def shapes(many: list[dict[str, Any]]) -> Any:
    return np.array([feature["geometry"] for feature in many])


@pytest.fixture(scope="module")
def records(many: list[dict[str, Any]]) -> list[Block]:
    """Each block as a checked record: what is no Block of the data files fails here."""
    return [Block.model_validate(feature["properties"]) for feature in many]


def test_same_seed_same_blocks_other_seed_others() -> None:
    assert make_blocks(50, 3) == make_blocks(50, 3)
    assert {f["geometry"].wkt for f in make_blocks(50, 3)}.isdisjoint(f["geometry"].wkt for f in make_blocks(50, 4))


@pytest.mark.parametrize("count", [0, 1, 10, BATCH, BATCH + 1])
def test_as_many_as_asked_for(count: int) -> None:
    batches = list(blocks(count, 1))
    assert sum(map(len, batches)) == count
    assert all(0 < len(batch) <= BATCH for batch in batches)


def test_ids_and_names_are_counted_and_say_synthetic(many: list[dict[str, Any]]) -> None:
    assert [f["id"] for f in many] == [f"synthetic-{n:06}" for n in range(1, len(many) + 1)]
    assert [f["properties"]["name"] for f in many] == [f"Synthetic block {n:06}" for n in range(1, len(many) + 1)]


def test_every_record_says_that_it_is_made_up(records: list[Block]) -> None:
    for record in records:
        assert [source.title for source in record.sources] == ["Synthetic record, made up by khanij synth"]
        assert [source.publisher for source in record.sources] == ["Khanij Atlas (synthetic)"]
        assert record.confidence == "low" and "no such block" in record.notes[0]
        assert record.preferred_bidder is None or record.preferred_bidder.startswith("Synthetic bidder ")


def test_properties_are_those_of_the_data_files(many: list[dict[str, Any]]) -> None:
    real = json.loads((DATA / "blocks.geojson").read_bytes())["features"][0]["properties"]
    assert all(f["properties"].keys() == real.keys() for f in many)


def test_outlines_are_valid_counter_clockwise_and_hold_their_centre(many: list[dict[str, Any]], shapes: Any) -> None:
    assert shapely.is_valid(shapes).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(shapes)).all()
    assert (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON).all()
    lon, lat = ([f["properties"][name] for f in many] for name in ("lon", "lat"))
    assert shapely.contains_xy(shapes, lon, lat).all()


def test_corners_are_4_to_40_and_mostly_few(shapes: Any) -> None:
    corners = shapely.get_num_coordinates(shapes) - 1
    assert corners.min() == 4 and corners.max() == 40
    assert np.median(corners) < corners.mean() < 12


def test_areas_are_log_normal_and_match_the_outline(many: list[dict[str, Any]], shapes: Any) -> None:
    area = np.array([f["properties"]["area_ha"] for f in many])
    assert area.min() >= 5 and area.max() <= 20_000
    assert np.median(area) == pytest.approx(300, rel=0.1)
    assert np.log(area).std() == pytest.approx(1.2, rel=0.15)
    ellipsoid = Geod(ellps="WGS84")
    for shape, declared in zip(shapes[:500], area, strict=False):
        assert abs(ellipsoid.geometry_area_perimeter(shape)[0]) / 10_000 == pytest.approx(declared, rel=0.002)


def test_few_overlap_and_some_do(shapes: Any) -> None:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    overlapping = set(one[shared > 0]) | set(other[shared > 0])
    assert 0 < len(overlapping) / len(shapes) < 0.01
    # None so far that it would be taken for a duplicate.
    assert (shared / np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))).max() < 0.9


def test_dense_catalogues_overlap_as_little() -> None:
    """At a count for which the belts are nearly full."""
    sample = np.array([f["geometry"] for batch, _ in zip(blocks(400_000, 5), range(2), strict=False) for f in batch])
    one, other = shapely.STRtree(sample).query(sample, predicate="intersects")
    assert len(set(one[one != other])) / len(sample) < 0.01
    assert shapely.is_valid(sample).all()


def test_the_state_is_the_one_whose_outline_holds_the_centre(many: list[dict[str, Any]]) -> None:
    states = json.loads((DATA / "states.geojson").read_bytes())["features"]
    outlines = {s["properties"]["name"]: shapely.from_geojson(json.dumps(s["geometry"])) for s in states}
    seen = Counter(f["properties"]["state"] for f in many)
    for name in seen:
        lon, lat = (
            np.array([f["properties"][axis] for f in many if f["properties"]["state"] == name])
            for axis in ("lon", "lat")
        )
        assert shapely.intersects_xy(outlines[name], lon, lat).all(), name
    assert {"Andhra Pradesh", "Chhattisgarh", "Odisha", "Telangana"} <= seen.keys() and len(seen) >= 15


def test_blocks_are_clustered_in_belts(many: list[dict[str, Any]]) -> None:
    localities = Counter(f["properties"]["locality"] for f in many)
    assert localities.keys() == {f"{belt.name} (synthetic belt)" for belt in BELTS}
    one_degree = Counter((int(f["properties"]["lon"]), int(f["properties"]["lat"])) for f in many)
    fullest = sum(n for _, n in one_degree.most_common(len(one_degree) // 4))
    assert fullest > MANY / 2


def test_minerals_and_statuses_are_skewed(records: list[Block]) -> None:
    known = {m["id"] for m in json.loads((DATA / "minerals.json").read_bytes())["minerals"]}
    assert {mineral for record in records for mineral in record.minerals} <= known
    assert all(1 <= len(set(r.minerals)) == len(r.minerals) <= 4 for r in records)
    primary = Counter(record.minerals[0] for record in records).most_common()
    assert len(primary) > 50 and primary[0][1] > 3 * primary[5][1] / 2 and primary[0][1] > 50 * primary[-1][1]
    statuses = Counter(standing_after(record.events).status for record in records).most_common()
    assert len(statuses) == 10 and statuses[0][1] > 20 * statuses[-1][1]


def test_events_follow_one_another_sensibly(records: list[Block]) -> None:
    for record in records:
        events = record.events
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        dates = [event.date or "" for event in events]
        assert all("2021-11-01" <= day <= "2026-10-31" for day in dates) and dates == sorted(set(dates))
        for before, after in pairwise([None, *(event.kind for event in events)]):
            assert after in NEXT[before]
        offers = [ROMAN.index(e.tranche) for e in events if e.tranche and e.kind in ("offered", "re-offered")]
        assert offers == sorted(set(offers)), "each attempt is in a later tranche"
        bidder = any(e.kind == "preferred_bidder" for e in events) and all(e.kind != "cancelled" for e in events)
        assert (record.preferred_bidder is not None) == (record.premium_percent is not None) == bidder


def test_events_span_five_years(records: list[Block]) -> None:
    years = Counter((event.date or "")[:4] for record in records for event in record.events)
    assert years.keys() == {"2021", "2022", "2023", "2024", "2025", "2026"}


def test_licence_granted_is_the_one_of_the_concession(records: list[Block]) -> None:
    grants = {"CL": "composite_licence_granted", "ML": "lease_executed", "EL": "licence_granted"}
    for record in records:
        granted = {event.kind for event in record.events} & set(grants.values())
        assert granted <= {grants[record.concession or ""]}
        assert (record.concession == "EL") == (record.asset_class == "exploration_licence_block")
        assert record.concession != "ML" or record.stage in (None, "G2", "G1"), "a lease needs G2"


@pytest.mark.parametrize("count", [0, 1, 10, 500])
def test_file_holds_the_same_blocks(tmp_path: Path, count: int) -> None:
    """In the order of the file's spatial index."""
    path = tmp_path / "blocks.fgb"
    assert run("--blocks", count, "--seed", 9, "--out", path).exit_code == 0
    meta, _, geometry, columns = pyogrio.raw.read(path)
    assert meta["crs"] == "EPSG:4326" and meta["geometry_type"] == "Polygon"
    rows = [dict(zip(meta["fields"], values, strict=True)) for values in zip(*columns, strict=True)]
    expected = {feature["id"]: feature for feature in make_blocks(count, 9)}
    assert sorted(row["id"] for row in rows) == sorted(expected)
    for row, shape in zip(rows, shapely.from_wkb(geometry), strict=True):
        feature = expected[row.pop("id")]
        assert shape.equals_exact(feature["geometry"], 0)
        assert {name: _value(name, value) for name, value in row.items()} == feature["properties"]


def _value(name: str, value: Any) -> Any:
    if value is None or value != value:
        return None
    return json.loads(value) if name in JSON_COLUMNS else value


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "one.fgb", tmp_path / "other.fgb"]
    for path in paths:
        write_flatgeobuf(path, BATCH + 50, 2)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_file_that_is_there_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "blocks.fgb"
    path.write_text("old")
    assert run("--blocks", 3, "--out", path).output.endswith(f"3 synthetic blocks are in {path}.\n")
    assert pyogrio.read_info(path)["features"] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["blocks.fgb"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--blocks", -1), "the number of blocks is -1; it can be from 0 to"),
        (("--blocks", MAXIMUM_BLOCKS + 1), "it can be from 0 to 4,000,000"),
        (("--blocks", 1, "--seed", -1), "the seed is -1"),
        (("--blocks", 1, "--out", "nowhere/blocks.fgb"), "nowhere/blocks.fgb cannot be written: No such file"),
        (("--blocks", 1, "--out", "blocks.gpkg"), "its name must end in .fgb"),
        (("--blocks", 1, "--out", "folder.fgb"), "folder.fgb cannot be written: Is a directory"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.fgb").mkdir()
    given = arguments if "--out" in arguments else (*arguments, "--out", "blocks.fgb")
    result = run(*given)
    assert result.exit_code == 1
    assert sentence in result.stderr and result.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["folder.fgb"]


def test_a_break_halfway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "blocks.fgb"
    path.write_text("old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_flatgeobuf(path, BATCH + 1, 1, made=interrupt)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["blocks.fgb"]


def test_data_files_that_do_not_serve_are_named(tmp_path: Path) -> None:
    with pytest.raises(SynthError, match=r"states\.geojson cannot be used for synthetic blocks"):
        next(blocks(1, 1, tmp_path))
    (tmp_path / "states.geojson").write_bytes((DATA / "states.geojson").read_bytes())
    (tmp_path / "minerals.json").write_text('{"minerals": [{"id": "graphite"}]}')
    with pytest.raises(SynthError, match="the vocabulary lacks the minerals"):
        next(blocks(1, 1, tmp_path))


# --- into a database ---------------------------------------------------------------------------------------------


@pytest.fixture
def own_database(server: Path | str) -> Iterator[str]:
    """An empty database, made for this test."""
    name = f"khanij_test_synth_{os.getpid()}"
    drop_database(server, name)
    yield create_database(server, name)
    drop_database(server, name)


def count_blocks(url: str) -> tuple[int, int]:
    """Blocks, and the newest revision."""
    engine = make_engine(url)
    with engine.connect() as connection:
        counted = connection.execute(text("SELECT (SELECT count(*) FROM block), (SELECT max(number) FROM revision)"))
        found = counted.one()
    engine.dispose()
    return found[0], found[1]


def test_a_database_of_its_own_is_filled(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run("--blocks", "600", "--seed", "5", "--database-url", own_database)
    assert first.exit_code == 0, first.output
    assert count_blocks(own_database) == (600, 2)  # the vocabulary, then the blocks
    again = run("--blocks", "600", "--seed", "5", "--database-url", own_database)
    assert "Nothing to do" in again.output and count_blocks(own_database) == (600, 2)
    run("--blocks", "200", "--seed", "6", "--database-url", own_database)
    assert count_blocks(own_database) == (200, 3)
    with TestClient(create_app(Settings(), own_database)) as portal:
        body = portal.get("/api/collections/blocks/items?limit=3").json()
        assert body["numberMatched"] == 200 and all(f["id"].startswith(ID_PREFIX) for f in body["features"])
        assert portal.get("/").status_code == 200
    engine = make_engine(own_database)
    with pytest.raises(LoadError, match="synthetic"):
        load(engine, DATA)
    engine.dispose()


def test_nothing_is_mixed_into_real_data(catalogue_report: Any, catalogue_url: str) -> None:
    before = count_blocks(catalogue_url)
    said = run("--blocks", "5", "--database-url", catalogue_url)
    assert said.exit_code == 1 and "real blocks" in said.stderr
    assert count_blocks(catalogue_url) == before


def test_the_portals_own_database_is_refused(server: Path | str) -> None:
    if isinstance(server, str):
        pytest.skip("with a database of one's own there is no cluster")
    said = run("--blocks", "5", "--database-url", database_url(PROJECT_ROOT))
    assert said.exit_code == 1 and "own database" in said.stderr


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ((), "--out"),
        (("--out", "x.fgb", "--database-url", "postgresql://x"), "--out"),
        (("--database-url", "postgresql://nobody@127.0.0.1:1/none"), "does not answer"),
    ],
)
def test_where_to_is_said_once(words: tuple[str, ...], right: str) -> None:
    said = run("--blocks", "5", *words)
    assert said.exit_code == 1 and right in said.stderr
