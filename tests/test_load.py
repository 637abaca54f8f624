"""Data files → tables: what comes in, what follows from it, what a second load leaves alone."""

import json
from concurrent.futures import ThreadPoolExecutor
from math import pi, sqrt

import pytest
from conftest import get_json
from datafiles import SQUARE, a_block, a_mineral, an_event, dump, ids_of, one, point, polygon, stamps_of
from pyproj import Geod
from shapely.geometry import shape
from sqlalchemy import any_, func, literal, select, text

from app.ingest.load import load
from app.models import PAST, Base, Block, Mineral, Revision
from app.settings import Settings

SPHEROID = Geod(ellps="WGS84")


# Twice, changed, gone


def test_twice_gives_the_same_database(catalogue_report, catalogue_engine):
    before = dump(catalogue_engine)
    again = load(catalogue_engine, Settings().data_dir)
    assert again.revision is None and again.refused == []
    assert not any(file.new or file.changed or file.gone for file in again.files)
    assert dump(catalogue_engine) == before
    assert len(before["revision"]) == 1 and len(before["block"]) == 178


def test_two_databases_get_the_same_rows(database, catalogue_report, catalogue_engine):
    load(database, Settings().data_dir)
    # A finished text has the time in it; test_texts.py compares it with the record.
    without_stamps = "SELECT to_jsonb(t) - 'updated_at' - 'at' - 'feature' FROM {} t ORDER BY to_jsonb(t)::text"
    with database.connect() as here, catalogue_engine.connect() as there:
        for table in Base.metadata.sorted_tables:
            question = text(without_stamps.format(table.name))
            rows = [sorted(map(str, c.scalars(question))) for c in (here, there)]
            assert rows[0] == rows[1], table.name


def test_a_changed_record_makes_one_revision_and_leaves_the_others(database, folder):
    folder.features("blocks", [a_block("one"), a_block("two")])
    assert load(database, folder.path).revision == 1
    before = stamps_of(database, Block)
    folder.features("blocks", [a_block("one"), a_block("two", area_ha=5.0)])
    report = load(database, folder.path, "Area of two")
    after = stamps_of(database, Block)
    assert report.revision == 2
    assert after["one"] == before["one"]
    assert after["two"][0] == 2 and after["two"][1] > before["two"][1]
    with database.connect() as connection:
        notes = list(connection.scalars(select(Revision.note).order_by(Revision.number)))
    assert notes == ["Data files loaded", "Area of two"]
    (blocks,) = [file for file in report.files if file.file == "blocks.geojson"]
    assert (blocks.new, blocks.changed, blocks.unchanged, blocks.gone) == (0, 1, 1, 0)


def test_the_order_of_a_file_is_no_change(database, folder):
    folder.features("blocks", [a_block("one"), a_block("two")])
    load(database, folder.path)
    folder.features("blocks", [a_block("two"), a_block("one")])
    assert load(database, folder.path).revision is None


def test_a_record_that_left_its_file_goes_to_the_past(database, folder):
    folder.features("blocks", [a_block("one"), a_block("two")])
    load(database, folder.path)
    folder.features("blocks", [a_block("two")])
    report = load(database, folder.path)
    assert (report.revision, ids_of(database, Block)) == (2, {"two"})
    with database.connect() as connection:
        past = PAST[Block].c
        assert connection.execute(select(past.id, past.revision, past.until_revision)).all() == [("one", 1, 2)]


def test_a_mineral_that_left_its_file_goes_with_its_names(database, folder):
    folder.write("minerals.json", "minerals", [a_mineral(), a_mineral("tin", aliases=["cassiterite"])])
    load(database, folder.path)
    folder.write("minerals.json", "minerals", [a_mineral()])
    report = load(database, folder.path)
    assert report.refused == [] and report.revision == 2
    with database.connect() as connection:
        assert list(connection.scalars(select(Mineral.terms))) == [["graphite"]]


def test_a_name_that_two_minerals_claim_survives_a_second_load(database, folder):
    minerals = [a_mineral("graphite", aliases=["black lead"]), a_mineral("lead", aliases=["black lead"])]
    folder.write("minerals.json", "minerals", minerals)
    load(database, folder.path)
    minerals[1]["note"] = "changed"
    folder.write("minerals.json", "minerals", minerals)
    assert load(database, folder.path).revision == 2
    claims = select(Mineral.id).where(literal("black lead") == any_(Mineral.terms))
    with database.connect() as connection:
        assert list(connection.scalars(claims)) == ["graphite"]


def test_two_loads_at_once_make_one_revision(database, folder):
    folder.features("blocks", [a_block("one")])
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(lambda _: load(database, folder.path), range(2)))
    assert sorted(report.revision or 0 for report in reports) == [0, 1]


# What is derived


def test_history_follows_from_the_events(database, folder):
    events = [
        an_event(1, "offered", "2023-11-29", "I"),
        an_event(2, "annulled", "2024-03-13", "I"),
        an_event(3, "re-offered", "2024-03-14", "III"),
        an_event(4, "on_hold", "2025"),
    ]
    folder.features("blocks", [a_block(events=events)])
    load(database, folder.path)
    assert one(database, Block.status) == "offered"
    assert one(database, Block.status_since) == "2024-03-14"
    assert one(database, Block.tranches) == ["I", "III"]
    assert (one(database, Block.latest_tranche), one(database, Block.attempts)) == ("III", 2)
    with database.connect() as connection:
        (offers,) = connection.scalars(select(Block.offers))
    assert [offer["result"] for offer in offers] == ["annulled", None]


def test_events_count_by_their_number_not_by_their_place_in_the_file(database, folder):
    events = [an_event(2, "annulled", "2024-03-13"), an_event(1, "offered", "2023-11-29", "I")]
    folder.features("blocks", [a_block(events=events)])
    report = load(database, folder.path)
    assert report.refused or one(database, Block.status) == "annulled"


def test_a_clockwise_ring_is_turned(database, folder):
    folder.features("blocks", [a_block(geometry=polygon(SQUARE[::-1]))])
    load(database, folder.path)
    with database.connect() as connection:
        assert connection.scalar(select(func.ST_IsPolygonCCW(Block.geom)))


def test_a_block_is_critical_where_a_mineral_of_it_is(database, folder):
    folder.write("minerals.json", "minerals", [a_mineral(), a_mineral("limestone", critical=False)])
    folder.features(
        "blocks", [a_block("lime", minerals=["limestone"]), a_block("both", minerals=["limestone", "graphite"])]
    )
    load(database, folder.path)
    assert (one(database, Block.critical, "lime"), one(database, Block.critical, "both")) == (False, True)
    assert one(database, Block.primary_mineral, "both") == "limestone"


@pytest.mark.parametrize(
    ("uncertainty_km", "area_ha"), [(None, None), (5.0, None), (None, 314.159), (12.5, 1000.0), (0.25, 10.0)]
)
def test_an_indicative_area_is_a_circle_of_the_contracts_radius(database, folder, uncertainty_km, area_ha):
    block = a_block(
        geometry=point(84.01, 20.01), area_ha=area_ha, position_uncertainty_km=uncertainty_km,
        position_accuracy="locality",
    )  # fmt: skip
    folder.features("blocks", [block])
    load(database, folder.path)
    with database.connect() as connection:
        area = shape(json.loads(connection.scalar(select(func.ST_AsGeoJSON(Block.geom, 9)))))
    radius_m = (uncertainty_km or 1.0) * 1000 + sqrt((area_ha or 0.0) * 10_000 / pi)
    corners = area.geoms[0].exterior.coords
    assert len(corners) > 60
    for lon, lat in corners:
        # A coordinate is rounded to 0.1 m.
        assert SPHEROID.inv(84.01, 20.01, lon, lat)[2] == pytest.approx(radius_m, abs=0.2)
    assert one(database, Block.boundary_kind) == "indicative"
    assert one(database, Block.computed_area_ha) is None
    assert one(database, Block.area_ha) == area_ha


def test_indicative_areas_of_the_catalogue_hold_to_the_contract(portal, catalogue):
    blocks = get_json(portal, "/api/collections/blocks/items?limit=10000")["features"]
    indicative = [f for f in blocks if f["properties"]["boundary_kind"] == "indicative"]
    assert len(indicative) == 14
    for feature in indicative:
        p = feature["properties"]
        km = catalogue.scalar(select(Block.position_uncertainty_km).where(Block.id == feature["id"])) or 1.0
        radius_m = km * 1000 + sqrt((p["area_ha"] or 0.0) * 10_000 / pi)
        for lon, lat in shape(feature["geometry"]).geoms[0].exterior.coords:
            assert SPHEROID.inv(p["lon"], p["lat"], lon, lat)[2] == pytest.approx(radius_m, abs=0.2)


def test_computed_areas_agree_with_postgis(catalogue):
    area_ha = func.ST_Area(func.geography(Block.geom)) / 10_000
    rows = catalogue.execute(select(Block.computed_area_ha, area_ha).where(Block.boundary_kind == "published")).all()
    assert len(rows) == 164
    assert all(computed == pytest.approx(measured, rel=1e-4) for computed, measured in rows)
