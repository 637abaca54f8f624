"""Desktop and library clients against a served portal of over five thousand blocks: they get what PostGIS has."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pyogrio
import pytest
from conftest import EMPTY, new_database
from factories import make_block
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.db import make_engine
from app.ingest.imports import Options, import_file
from app.ingest.load import load
from app.ingest.synth import write_flatgeobuf
from app.machine import SYSTEM_PYTHON, has_qgis
from app.migrate import migrate
from app.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.slow

SYNTHETIC = 5_000
FILLED = [name for name in COLLECTIONS if name not in EMPTY]
BLOCK = COLLECTIONS["blocks"].table
BOX = (84.0, 20.0, 86.0, 22.0)
# As QGIS and GDAL write it, as CQL2 does, and as PostGIS does.
SUBSET = '"stage" = \'G4\' AND "area_ha" > 500'
QGIS_CLIENT = Path(__file__).parent / "qgis_client.py"
OGRINFO, OGR2OGR = shutil.which("ogrinfo"), shutil.which("ogr2ogr")


needs_gdal = pytest.mark.skipif(not (OGRINFO and OGR2OGR), reason="ogrinfo and ogr2ogr are not here (apt: gdal-bin)")
needs_qgis = pytest.mark.skipif(not has_qgis(), reason="QGIS is not here (apt: python3-qgis qgis-providers)")


@pytest.fixture(scope="module")
def database_url(server):
    yield from new_database(server, "clients")


@pytest.fixture(scope="module")
def engine(database_url, tmp_path_factory):
    """The catalogue and the synthetic blocks, imported as an operator would."""
    engine = make_engine(database_url)
    migrate(engine)
    load(engine, Settings().data_dir)
    path = tmp_path_factory.mktemp("synthetic") / "blocks.fgb"
    write_flatgeobuf(path, SYNTHETIC, seed=4)
    outcome = import_file(engine, "blocks", str(path), Options(who="test"), lambda done, total: None)
    assert outcome.counts.new == SYNTHETIC
    with Session(engine) as session:
        # Clients guess a field's type from the first ten features: here they have whole numbers, or none.
        for number in range(10):
            make_block(session, id=f"000-whole-{number}", area_ha=100.0 + number, resource_mt=None)
        make_block(session, id="zzz-broken", area_ha=12.75, resource_mt=0.125)
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def root(engine, database_url):
    """Address of the API, served by a process of its own: GDAL reads here while it holds Python's lock."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {"DATABASE_URL": database_url, "HOST": "127.0.0.1", "PORT": str(port), "LOG_LEVEL": "warning"}
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    with subprocess.Popen(command, env=os.environ | settings, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL) as portal:
        wait_until_ready(portal, address)
        yield f"{address}/api"
        portal.terminate()


def wait_until_ready(portal, address):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and portal.poll() is None:
        with contextlib.suppress(OSError), urlopen(f"{address}/readyz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the portal did not get ready at {address}: {portal.poll()}")


@pytest.fixture(scope="module")
def counts(engine):
    with Session(engine) as session:
        return {n: session.scalar(select(func.count()).select_from(COLLECTIONS[n].table)) for n in COLLECTIONS}


def ids_where(engine, condition, **values):
    """Ids of blocks by SQL of the test's own."""
    with Session(engine) as session:
        return set(session.scalars(text(f"SELECT id FROM block WHERE {condition}"), values))


@pytest.fixture(scope="module")
def in_box(engine):
    found = ids_where(
        engine,
        "ST_Intersects(geom, ST_MakeEnvelope(:west, :south, :east, :north, 4326))",
        **dict(zip(("west", "south", "east", "north"), BOX, strict=True)),
    )
    assert len(found) > 150
    return found


@pytest.fixture(scope="module")
def in_subset(engine):
    found = ids_where(engine, "stage = 'G4' AND area_ha > 500")
    assert len(found) > 150
    return found


def geometry_of(name):
    return COLLECTIONS[name].geometry_type


def kind_of(name, column):
    """The type that GDAL has for a column of the schema."""
    kinds = {"TEXT": "String", "DOUBLE": "Real", "INTEGER": "Integer", "BOOLEAN": "Boolean", "DATETIME": "DateTime"}
    return kinds.get(str(COLLECTIONS[name].table.c[column].type))


# QGIS


def ask_qgis(root, tmp_path, *questions):
    """Run QGIS without a screen and without the settings of whoever runs the test."""
    environment = {
        **os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
    }  # fmt: skip
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"):
        environment.pop(name, None)
    command = [str(SYSTEM_PYTHON), str(QGIS_CLIENT), root, *(json.dumps(question) for question in questions)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@needs_qgis
def test_qgis_opens_every_collection(root, counts, tmp_path):
    """Geometry type, fields, and as many features as there are, over many pages."""
    answers = ask_qgis(root, tmp_path, *({"collection": name} for name in FILLED))
    for name, layer in zip(FILLED, answers, strict=True):
        assert layer["geometry"] == geometry_of(name)
        assert layer["crs"] == "EPSG:4326"
        assert list(layer["fields"]) == list(COLLECTIONS[name].properties)
        assert layer["count"] == counts[name]
        assert len(layer["ids"]) == len(set(layer["ids"])) == counts[name]


@needs_qgis
def test_qgis_has_the_numbers_as_they_are(root, engine, tmp_path):
    """Whatever type it takes a field for: no digit is lost."""
    names = ("area_ha", "resource_mt")
    (layer,) = ask_qgis(root, tmp_path, {"collection": "blocks", "show": names})
    with Session(engine) as session:
        rows = {row.id: row for row in session.execute(text("SELECT id, area_ha, resource_mt FROM block"))}
    for name in names:
        for key, got in zip(layer["ids"], layer["shown"][name], strict=True):
            wanted = getattr(rows[key], name)
            assert (got is None and not wanted) or float(got) == wanted, (key, name, got, wanted)


@needs_qgis
def test_qgis_selects_what_postgis_does(root, in_box, in_subset, tmp_path):
    box, subset = ask_qgis(
        root, tmp_path, {"collection": "blocks", "bbox": BOX}, {"collection": "blocks", "subset": SUBSET}
    )
    assert set(box["ids"]) == in_box and len(box["ids"]) == len(in_box)
    assert set(subset["ids"]) == in_subset and subset["count"] == len(in_subset)


# GDAL


def run(*command):
    environment = {**os.environ, "OGR_OAPIF_ALLOW_CQL_TEXT": "YES"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0 and "ERROR" not in done.stderr, (command, done.stderr[-2000:])
    return done.stdout


@needs_gdal
@pytest.mark.parametrize("name", FILLED)
def test_gdal_of_the_system_opens_every_collection(root, counts, name):
    said = run(OGRINFO, "-so", f"OAPIF:{root}", name)
    wanted = {"Point": "Point", "MultiPolygon": "Multi Polygon"}[geometry_of(name)]
    assert f"Geometry: {wanted}\n" in said
    assert f"Feature Count: {counts[name]}\n" in said
    for column in COLLECTIONS[name].properties:
        (line,) = [line for line in said.splitlines() if line.startswith(f"{column}: ")]
        if wanted_kind := kind_of(name, column):
            assert wanted_kind in line


@needs_gdal
def test_gdal_of_the_system_copies_every_feature(root, counts, engine, tmp_path):
    """`ogr2ogr` over many pages: each feature once, its values as they are."""
    path = tmp_path / "all.gpkg"
    run(OGR2OGR, "-f", "GPKG", str(path), f"OAPIF:{root}", "blocks", "states", "-oo", "PAGE_SIZE=500")
    for name in ("blocks", "states"):
        assert pyogrio.read_info(path, layer=name)["features"] == counts[name]
    read = pyogrio.read_dataframe(path, layer="blocks", columns=["id", "area_ha", "resource_mt"])
    assert read["id"].is_unique and read.geometry.is_valid.all()
    for column in ("area_ha", "resource_mt"):
        with Session(engine) as session:
            wanted = {row[0]: row[1] for row in session.execute(select(BLOCK.c.id, BLOCK.c[column]))}
        got = dict(zip(read["id"], read[column], strict=True))
        known = {key: value for key, value in wanted.items() if value is not None}
        assert {key: value for key, value in got.items() if value == value} == known


@needs_gdal
def test_gdal_of_the_system_selects_what_postgis_does(root, in_box, in_subset, tmp_path):
    path = tmp_path / "found.gpkg"
    run(OGR2OGR, "-f", "GPKG", str(path), f"OAPIF:{root}", "blocks", "-nln", "box", "-spat", *map(str, BOX))
    run(OGR2OGR, "-f", "GPKG", "-update", str(path), f"OAPIF:{root}", "blocks", "-nln", "subset", "-where", SUBSET)
    for layer, wanted in (("box", in_box), ("subset", in_subset)):
        found = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)["id"]
        assert set(found) == wanted and len(found) == len(wanted), layer


@pytest.mark.parametrize("name", FILLED)
def test_gdal_of_pyogrio_opens_every_collection(root, counts, name):
    assert pyogrio.__gdal_version__ >= (3, 12)
    info = pyogrio.read_info(f"OAPIF:{root}", layer=name)
    assert info["geometry_type"] == geometry_of(name)
    assert info["features"] == counts[name]
    assert set(info["fields"]) == set(COLLECTIONS[name].properties)
    kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
    for column in COLLECTIONS[name].properties:
        wanted = {"Real": "OFTReal", "DateTime": "OFTDateTime"}.get(kind_of(name, column) or "")
        assert wanted in (None, kinds[column]), column


def test_gdal_of_pyogrio_reads_and_selects_what_postgis_does(root, counts, in_box, in_subset):
    def read(**how):
        return pyogrio.read_dataframe(f"OAPIF:{root}", layer="blocks", columns=["id", "stage", "area_ha"], **how)["id"]

    every, box, subset = read(), read(bbox=BOX), read(where=SUBSET)
    assert len(every) == every.nunique() == counts["blocks"]
    assert set(box) == in_box and len(box) == len(in_box)
    assert set(subset) == in_subset and len(subset) == len(in_subset)


# OWSLib


def test_owslib_walks_the_api(root, counts, in_box, in_subset):
    from owslib.ogcapi.features import Features

    client = Features(root)
    assert client.conformance()["conformsTo"] and client.api()["openapi"] == "3.0.3"
    assert sorted(client.feature_collections()) == sorted(COLLECTIONS)
    for name in COLLECTIONS:
        assert client.collection(name)["id"] == name
        assert client.collection_items(name, limit=1)["numberMatched"] == counts[name]
    assert client.collection_queryables("blocks")["properties"]["area_ha"]["type"] == "number"
    found = client.collection_items("blocks", bbox=list(BOX), limit=10_000)
    assert {feature["id"] for feature in found["features"]} == in_box
    found = client.collection_items("blocks", filter="stage = 'G4' AND area_ha > 500", limit=10_000)
    assert {feature["id"] for feature in found["features"]} == in_subset
    first = found["features"][0]
    assert client.collection_item("blocks", first["id"])["properties"] == first["properties"]
