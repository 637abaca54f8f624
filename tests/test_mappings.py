"""Mappings: the keys, the ready ones on made-up rows with the real headers, the real sample files where they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED
from importing import read_all, vocabulary
from shapely.geometry import shape

from app.ingest.read import LoadError
from app.ingest.reading import Mapping, ready_names
from app.ingest.reading.shapes import SHAPES, properties_of

SAMPLES, BOUNDARIES = SHARED / "samples", SHARED / "boundaries"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder ../shared with sample files is not there")

MRDS_HEADER = (
    "dep_id,url,mrds_id,mas_id,site_name,latitude,longitude,region,country,state,county,com_type,commod1,commod2,"
    "commod3,oper_type,dep_type,prod_size,dev_stat,ore"
)
MINMOD_HEADER = "dataset,record_id,name,country,state,latitude,longitude,commodities,site_type,deposit_type,source_uri"
GA_HEADER = "Name,State,Latitude,Longitude,Status,Commodity Group"
LANTHANIDES = "Lanthanum; Cerium; Praseodymium; Neodymium; Samarium"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def sound(collection: str, outcome: Any) -> list[Any]:
    """The records, once each is of its shape and no error was found."""
    assert outcome.errors() == []
    for record in outcome.records:
        SHAPES[collection].model_validate(record.properties)
        assert list(record.properties) == list(properties_of(collection))
    return outcome.records


def test_ready_mappings_can_be_used_where_they_say():
    assert {"catalogue", "usgs-mrds", "usgs-minmod", "ga-critical-minerals", "districts-datta07"} <= set(ready_names())
    for name in ready_names():
        mapping = Mapping.from_file(name)
        for collection in [mapping.collection] if mapping.collection else mapping.by_collection or SHAPES:
            mapping.for_collection(collection)


def test_mrds_gives_india_to_occurrences_and_the_world_to_global_assets(tmp_path):
    path = write(
        tmp_path / "mrds.csv", MRDS_HEADER,
        '10000001,https://x.example/1,A1,,Made-up Hill,20.85,85.2,AS,India,Orissa,,M,Chromium,"Nickel, PGE",Talc,'
        "Surface,Layered,S,Past Producer,Chromite",
        "10000002,https://x.example/2,A2,,,38.6,-119.1,NA,United States,Nevada,,M,REE,,,Unknown,,N,Prospect,",
    )  # fmt: skip
    (site,) = sound("occurrences", read_all("occurrences", path, "usgs-mrds"))
    assert (site.id, site.properties["state"], site.properties["asset_class"]) == (
        "mrds-10000001",
        "Odisha",
        "usgs_site",
    )
    assert site.properties["minerals"] == ["chromium", "nickel", "platinum-group-elements"]
    assert "Talc" in site.properties["notes"][-1]
    assert site.properties["sources"][0]["url"] == "https://x.example/1"
    assert site.geometry.coords[0] == (85.2, 20.85)
    _, abroad = sound("global-assets", read_all("global-assets", path, "usgs-mrds"))
    assert (abroad.properties["country"], abroad.properties["name"], abroad.properties["kind"]) == (
        "US", "Unnamed site", "deposit",
    )  # fmt: skip


def test_minmod_lists_of_lanthanides_become_rare_earths_once(tmp_path):
    path = write(
        tmp_path / "m.csv", MINMOD_HEADER,
        f"umn/x,1,Made-up Sand,India,Orissa/ Puri,19.8,85.9,{LANTHANIDES}; Ilmenite; Quartz,,Surficial,https://x.example",
        "umn/x,2,Made-up Bay,India,,19.9,85.0,Titanium,,,https://x.example",
        "umn/x,3,Old Bihar Hill,India,Bihar,22.5,86.4,Copper,,,https://x.example",
    )  # fmt: skip
    outcome = read_all("occurrences", path, "usgs-minmod")
    sand, bay, hill = sound("occurrences", outcome)
    assert sand.properties["minerals"] == ["rare-earth-elements", "ilmenite"]
    assert (sand.properties["state"], sand.properties["district"]) == ("Odisha", "Puri")
    assert sand.properties["notes"] == ["Also named by the source: Quartz."]
    assert bay.properties["state"] == "Odisha"  # by its position
    assert hill.properties["state"] == "Jharkhand"
    assert {f.row for f in outcome.of("place")} == {3, 4}


def test_ga_groups_become_minerals_and_doubled_names_get_ids_of_their_own(tmp_path):
    path = write(
        tmp_path / "ga.csv", GA_HEADER,
        "Made Up,QLD,-14.98,145.32,Operating mine,Silicon (High-purity silica/quartz)",
        "Made Up,QLD,-14.96,145.33,Mineral deposit,Lithium +/- Tantalum +/- Niobium",
        "Elsewhere,WA,-30.5,121.5,Mine - care and maintenance,Helium",
    )  # fmt: skip
    one, two, three = sound("global-assets", read_all("global-assets", path, "ga-critical-minerals"))
    assert (one.id, two.id) == ("ga-made-up-qld-operating-mine", "ga-made-up-qld-mineral-deposit")
    assert (one.properties["kind"], one.properties["status"], one.properties["region"]) == (
        "mine",
        "operating",
        "Queensland",
    )
    assert two.properties["minerals"] == ["lithium", "tantalum", "niobium"]
    assert (two.properties["status"], two.properties["critical"]) == (None, True)
    assert three.properties["status"] == "care-and-maintenance"
    assert three.properties["note"] == "Also named by the source: Helium."


PORTS = ("Harbour;Land;Where", "Paradip;Orissa;86.67 20.26")


@pytest.mark.parametrize(("text", "sentence"), [
    ("[columns]\nname = 'Harbor'", "has no column “Harbor”, which the mapping m names for name; did you mean Harbour"),
    ("[columns]\nnaem = 'Harbour'", "names “naem”, which ports does not have; did you mean name"),
    ("[colums]\nname = 'Harbour'", "key “colums” that is not known; did you mean"),
    ("columns = 'x'", "“columns” should be a table"), ("[columns]\nname = 3", "should be a text"),
    ("[columns", "is no TOML"), ("collection = 'blocks'", "is for blocks, not ports"),
    ("[columns]\nname = 'Harbour'\nstate = 'Land'\n[position]\nlon = 'X'", "has no column “X”"),
    ("[columns]\nstate = 'Land'", "has no column for name, which each record of ports needs"),
    ("[collections.harbours]\n", "which is no collection"), ("[values]\nstate = 'x'", "should be a table of texts"),
])  # fmt: skip
def test_mappings_that_do_not_fit(tmp_path, text, sentence):
    path = write(tmp_path / "p.csv", *PORTS)
    write(tmp_path / "m.toml", "title = 'm'", text) if "title" not in text else None
    with pytest.raises(LoadError, match=sentence):
        read_all("ports", path, tmp_path / "m.toml")


def test_an_unknown_mapping_names_the_ready_ones(tmp_path):
    with pytest.raises(LoadError, match="There is no mapping nothing; ready ones are catalogue"):
        Mapping.from_file("nothing")


def test_columns_that_are_not_mapped_are_named_once(tmp_path):
    path = write(tmp_path / "p.csv", "name,state,lon,lat,depth,Berths", "A,Goa,74,15,9,2", "B,Goa,73.9,15.5,8,1")
    outcome = read_all("ports", path, size=1)
    told = [f for f in outcome.findings if "not imported" in f.message]
    assert len(told) == 1
    assert "“depth”, “Berths”" in told[0].message


def test_downloads_of_the_portal_come_back_without_questions(tmp_path):
    header = "id,name,state,state_code,primary_mineral,lon,lat,status,updated_at,position_accuracy,confidence,sources"
    source = '"[{""title"":""t"",""publisher"":null,""date"":null,""url"":null}]"'
    path = write(tmp_path / "p.csv", header, f"a,A,Goa,IN-GA,,74,15,operating,2026-01-01T00:00:00Z,site,high,{source}")
    outcome = read_all("ports", path, "catalogue")
    (port,) = sound("ports", outcome)
    assert port.properties["sources"] == [{"title": "t", "publisher": None, "date": None, "url": None}]
    assert [f.message for f in outcome.findings] == ["The file names no datum: WGS 84 is assumed."]


# The real files. Known answers are read from the files themselves, by other means.


def rows_of(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@needs_samples
@pytest.mark.parametrize(("name", "collection"), [
    ("usgs_india_mineral_sites_minmod.csv", "occurrences"), ("usgs_global_mineral_sites_minmod.csv", "global-assets"),
])  # fmt: skip
def test_usgs_samples(name, collection):
    rows = rows_of(name)
    records = sound(collection, read_all(collection, SAMPLES / name, "usgs-minmod"))
    assert len(records) == len(rows) == len({r.id for r in records})
    for number in range(0, len(rows), len(rows) // 10):
        row, record = rows[number], records[number]
        assert record.number == number + 2
        assert record.id == f"{row['dataset']}-{row['record_id']}".replace("/", "-").replace("_", "-")
        assert record.properties["name"] == row["name"].strip()
        assert record.geometry.coords[0] == (float(row["longitude"]), float(row["latitude"]))
        assert record.properties["sources"][0]["url"] == (row["source_uri"] or None)
        named = [vocabulary().find_mineral(c) for c in row["commodities"].split(";")]
        assert {m.slug for m in named if m} <= set(record.properties["minerals"])


@needs_samples
def test_ga_sample():
    rows = rows_of("ga_australian_critical_minerals_2022.csv")
    path = SAMPLES / "ga_australian_critical_minerals_2022.csv"
    records = sound("global-assets", read_all("global-assets", path, "ga-critical-minerals"))
    assert len(records) == len(rows) == 353 == len({r.id for r in records})
    for row, record in list(zip(rows, records, strict=True))[::36]:
        assert (record.properties["name"], record.properties["country"]) == (row["Name"], "AU")
        assert record.geometry.coords[0] == (float(row["Longitude"]), float(row["Latitude"]))
        assert (record.properties["status"] == "operating") == (row["Status"] == "Operating mine")
    assert sum(not r.properties["minerals"] for r in records) == 1  # helium is not in the vocabulary


@needs_samples
@pytest.mark.parametrize(("name", "collection", "mapping", "names", "count"), [
    ("districts_four_states.geojson", "districts", "districts-datta07", "district", 125),
    ("states_india.geojson", "states", "state-outlines", "name", 36),
])  # fmt: skip
def test_boundaries(name, collection, mapping, names, count):
    known = json.loads((BOUNDARIES / name).read_text())["features"]
    outcome = read_all(collection, BOUNDARIES / name, mapping)
    records = sound(collection, outcome)
    assert len(records) == len(known) == count == len({r.id for r in records})
    for feature, record in list(zip(known, records, strict=True))[:: count // 10]:
        assert record.properties["name"] == feature["properties"][names]
        assert record.geometry.symmetric_difference(shape(feature["geometry"])).area == 0
    if collection == "states":
        codes = {r.id: r.properties["code"] for r in records}
        assert (codes["odisha"], codes["chhattisgarh"], codes["telangana"], codes["uttarakhand"]) == (
            "IN-OD", "IN-CG", "IN-TS", "IN-UK",
        )  # fmt: skip


def test_a_file_with_ids_may_lack_columns_of_records_that_are_there(tmp_path):
    path = write(tmp_path / "b.csv", "id,name,lon,lat", "akharkata-graphite,Akharkata,84.58,20.85")
    outcome = read_all("blocks", path)
    assert [r.id for r in outcome.records] == ["akharkata-graphite"]
    assert any("only records that are there already" in f.message for f in outcome.findings)
    assert outcome.errors() == []
