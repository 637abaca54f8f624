"""The very texts that /data shows, run against a served portal: each gets what the API has."""

import csv
import json
import os
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from re import DOTALL, MULTILINE, findall
from urllib.request import urlopen

import duckdb
import openpyxl
import pyogrio
import pytest
from playwright.sync_api import sync_playwright

from app.machine import find_chromium
from app.settings import PROJECT_ROOT

SYSTEM_PYTHON = "/usr/bin/python3"
QGIS_DOORS = Path(__file__).parent / "qgis_doors.py"


def has(*command):
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0


needs_curl = pytest.mark.skipif(not has("curl", "--version"), reason="curl is not here (apt: curl)")
needs_gdal = pytest.mark.skipif(not has("ogrinfo", "--version"), reason="ogrinfo is not here (apt: gdal-bin)")
needs_r = pytest.mark.skipif(
    not has("Rscript", "-e", "library(sf)"), reason="R with sf is not here (apt: r-base-core r-cran-sf)"
)
needs_qgis = pytest.mark.skipif(
    not has(SYSTEM_PYTHON, "-c", "import qgis.core"), reason="QGIS is not here (apt: python3-qgis qgis-providers)"
)


@pytest.fixture(scope="module")
def snippets(live_url):
    """Id → text, as a reader copies it from the page."""
    with urlopen(f"{live_url}/data") as answer:
        page = answer.read().decode()
    return {
        name: unescape(text)
        for name, text in findall(r'<pre id="snippet-([\w-]+)".*?><code>(.*?)</code>', page, DOTALL)
    }


@pytest.fixture(scope="module")
def features(live_url):
    """Features of a collection, as the API has them."""

    def get(query="", collection="blocks"):
        with urlopen(f"{live_url}/api/collections/{collection}/items?limit=10000&{query}") as answer:
            found = json.load(answer)
        assert found["numberMatched"] == len(found["features"]) > 0
        return [feature["properties"] for feature in found["features"]]

    return get


def run(folder, *command, **environment):
    """What a command says; it must end well and within a minute or two."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=150, env={**os.environ, **environment}
    )
    assert done.returncode == 0, (command, done.stdout[-1000:], done.stderr[-2000:])
    assert "ERROR" not in done.stderr, done.stderr[-2000:]
    return done.stdout


def ids_of(rows):
    return {row["id"] for row in rows}


def test_every_snippet_has_the_portals_own_address(snippets, live_url):
    assert len(snippets) >= 13
    without = {"duckdb-sql"}  # it reads a file that was saved
    assert {name for name, text in snippets.items() if live_url not in text} == without


@needs_curl
def test_curl(snippets, features, tmp_path):
    run(tmp_path, "sh", "-e", "-c", snippets["curl-sh"])
    with (tmp_path / "offered.csv").open(encoding="utf-8-sig", newline="") as file:
        assert ids_of(csv.DictReader(file)) == ids_of(features("status=offered"))
    found = json.loads((tmp_path / "graphite.json").read_text(encoding="utf-8"))["features"]
    assert {feature["id"] for feature in found} == ids_of(features("mineral=graphite&state=odisha"))


@needs_gdal
def test_gdal(snippets, features, tmp_path):
    said = run(tmp_path, "sh", "-e", "-c", snippets["gdal-sh"])
    assert f"Feature Count: {len(features())}\n" in said
    offered = pyogrio.read_dataframe(tmp_path / "offered.gpkg", read_geometry=False)
    assert set(offered["id"]) == ids_of(features("status=offered"))
    odisha = pyogrio.read_dataframe(tmp_path / "odisha.gpkg")
    assert set(odisha["id"]) == ids_of(features("state=odisha"))
    assert odisha.crs.to_epsg() == 32645


@pytest.mark.parametrize("name", ["geopandas-py", "geoparquet-py", "paging-py"])
def test_python(snippets, features, tmp_path, name):
    """The code as it stands, then what it left in its names."""
    query = {"geopandas-py": "state=odisha"}.get(name, "status=offered")
    wanted = sorted(ids_of(features(query)))
    variable = {
        "geopandas-py": "blocks['id']",
        "geoparquet-py": "offered['id']",
        "paging-py": "[b['id'] for b in blocks]",
    }
    ending = f"\nimport json\nprint(json.dumps(sorted({variable[name]})))"
    said = run(tmp_path, sys.executable, "-c", snippets[name] + ending).splitlines()
    assert json.loads(said[-1]) == wanted
    assert len(said) > 1


def test_paging_takes_more_than_one_page(snippets, features):
    assert "limit=20" in snippets["paging-py"] and len(features("status=offered")) > 20


def test_python_of_the_readme(features, live_url, tmp_path):
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8").replace("http://127.0.0.1:8000", live_url)
    first, second = findall(r"```python\n(.*?)```", readme, DOTALL)
    said = run(tmp_path, sys.executable, "-c", first + "\nimport json\nprint(json.dumps(list(blocks['id'])))")
    assert set(json.loads(said.splitlines()[-1])) == ids_of(features("state=odisha"))
    number = len(features("status=offered&tranche=VIII"))
    assert run(tmp_path, sys.executable, "-c", second).startswith(f"{number} [")


@needs_gdal
def test_gdal_of_the_readme(features, live_url, tmp_path):
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8").replace("http://127.0.0.1:8000", live_url)
    commands = findall(r"^    (ogr2ogr .*)$", readme, MULTILINE)
    run(tmp_path, "sh", "-e", "-c", "\n".join(commands))
    for name, query in (("blocks", ""), ("odisha", "state=odisha")):
        found = pyogrio.read_dataframe(tmp_path / f"{name}.gpkg", read_geometry=False)
        assert set(found["id"]) == ids_of(features(query))


@needs_r
def test_r(snippets, features, tmp_path):
    ending = '\nwriteLines(c("ids", sort(blocks$id)))'
    (tmp_path / "blocks.R").write_text(snippets["sf-R"] + ending, encoding="utf-8")
    said = run(tmp_path, "Rscript", "blocks.R")
    assert set(said.partition("ids\n")[2].split()) == ids_of(features("state=odisha"))
    assert (tmp_path / "Rplots.pdf").stat().st_size > 1000


def test_duckdb_without_extensions(snippets, features, live_url, tmp_path, monkeypatch):
    with urlopen(f"{live_url}/download/blocks.parquet") as answer:
        (tmp_path / "blocks.parquet").write_bytes(answer.read())
    monkeypatch.chdir(tmp_path)
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    by_state, by_mineral, shapes = (
        connection.execute(statement).fetchall() for statement in connection.extract_statements(snippets["duckdb-sql"])
    )
    every = features()
    offered = [row for row in every if row["status"] == "offered"]
    assert {state: blocks for state, blocks, _ in by_state} == {
        row["state"]: sum(other["state"] == row["state"] for other in offered) for row in offered
    }
    assert dict(by_mineral)["graphite"] == sum("graphite" in row["minerals"] for row in every)
    assert {row[0] for row in shapes} == ids_of(every)
    assert all(text.startswith("MULTIPOLYGON") for _, text in shapes)


def test_the_workbook_for_excel(features, live_url, tmp_path):
    with urlopen(f"{live_url}/download/blocks.xlsx") as answer:
        (tmp_path / "blocks.xlsx").write_bytes(answer.read())
    book = openpyxl.load_workbook(tmp_path / "blocks.xlsx", read_only=True)
    header, *rows = book[book.sheetnames[0]].iter_rows(values_only=True)
    assert {row[header.index("id")] for row in rows} == ids_of(features())
    assert "lon" in header and "lat" in header and len(book.sheetnames) == 2


def test_the_table_of_power_query_is_what_it_says(snippets, features):
    """Excel is not here: at least its address answers with commas and UTF-8."""
    assert 'Delimiter = ","' in snippets["excel-pq"] and "Encoding = 65001" in snippets["excel-pq"]
    (address,) = findall(r'Web\.Contents\("(.*?)"\)', snippets["excel-pq"])
    with urlopen(address) as answer:
        rows = list(csv.DictReader(answer.read().decode("utf-8-sig").splitlines(keepends=True)))
    assert ids_of(rows) == ids_of(features())


@pytest.mark.browser
def test_leaflet(snippets, features, live_url, tmp_path):
    """The page, saved as a file, in a browser that reaches nothing but the portal."""
    page_file = tmp_path / "blocks.html"
    page_file.write_text(snippets["leaflet-html"], encoding="utf-8")
    offered = features("status=offered")
    troubles = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.goto(page_file.as_uri())
        page.wait_for_selector("path.leaflet-interactive", state="attached")
        paths = page.locator("path.leaflet-interactive")
        dashes = page.locator("path.leaflet-interactive[stroke-dasharray]")
        assert paths.count() == 2 * len(offered)  # a shape and a dot
        assert dashes.count() == 2 * sum(row["boundary_kind"] == "indicative" for row in offered) > 0
        paths.last.click()
        assert page.locator(".leaflet-popup-content").inner_text() in {row["name"] for row in offered}
        assert page.locator(f'a[href="{live_url}/data"]').count() == 1
        browser.close()
    assert troubles == []


def test_the_address_of_the_tiles_answers(snippets):
    with urlopen(snippets["tiles-url"].format(z=5, y=14, x=23)) as answer:
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile" and answer.read()


# QGIS


@pytest.fixture(scope="module")
def in_qgis(live_url, snippets, tmp_path_factory):
    """What QGIS says of both layer definitions, of the vector tiles and of the code for its console."""
    folder = tmp_path_factory.mktemp("qgis")
    for name in ("khanij-atlas", "ports"):
        with urlopen(f"{live_url}/data/{name}.qlr") as answer:
            (folder / f"{name}.qlr").write_bytes(answer.read())
    (folder / "console.py").write_text(snippets["qgis_console-py"], encoding="utf-8")
    folder.chmod(0o700)
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    said = run(folder, "env", "-u", "VIRTUAL_ENV", "-u", "PYTHONPATH", "-u", "PYTHONHOME",
               SYSTEM_PYTHON, str(QGIS_DOORS), snippets["tiles-url"], **environment)  # fmt: skip
    return json.loads(said.splitlines()[-1])


@pytest.mark.slow
@needs_qgis
class TestQgis:
    def test_every_layer_of_the_definition_is_valid_and_whole(self, in_qgis, features):
        layers = {layer["collection"]: layer for layer in in_qgis["khanij-atlas"]}
        assert set(layers) == {
            "blocks", "occurrences", "exploration-projects", "processing-units", "centres-of-excellence", "ports",
            "global-assets", "coal-mine-closures", "states",
        }  # fmt: skip
        for name, layer in layers.items():
            assert layer["valid"], name
            assert layer["count"] == len(features(collection=name)), name
            assert layer["crs"] == "EPSG:4326" and layer["read_only"] and layer["notes"] and layer["attribution"], name
            assert layer["group"] == "Khanij Atlas"
        assert in_qgis["without_project"] == [True] * len(layers)

    def test_blocks_are_drawn_by_status(self, in_qgis, features):
        (blocks,) = [layer for layer in in_qgis["khanij-atlas"] if layer["collection"] == "blocks"]
        assert blocks["renderer"] == "categorizedSymbol"
        assert {row["status"] for row in features()} <= set(blocks["categories"])
        assert blocks["categories"]["offered"] == "Offered" and blocks["status_colours"]["offered"] == "#0072b2"
        assert blocks["aliases"]["area_ha"] == "Declared area, ha"
        assert blocks["dashed"] == sum(row["boundary_kind"] == "indicative" for row in features())
        assert blocks["solid"] == sum(row["boundary_kind"] == "published" for row in features())

    def test_each_point_is_drawn_by_one_rule(self, in_qgis):
        points = [layer for layer in in_qgis["khanij-atlas"] if layer["renderer"] == "RuleRenderer"]
        assert len(points) == 7
        for layer in points:
            assert layer["rules_met"] == [1], layer["collection"]

    def test_one_collection_alone(self, in_qgis, features):
        (ports,) = in_qgis["ports"]
        assert (ports["collection"], ports["count"], ports["valid"]) == (
            "ports",
            len(features(collection="ports")),
            True,
        )

    def test_colours_are_seen(self, in_qgis):
        """Drawn at the scale of India: the colours of status are on the picture."""
        assert {"#0072b2", "#e69f00", "#1d2226"} <= set(in_qgis["colours"])

    def test_vector_tiles_and_console(self, in_qgis, features):
        assert in_qgis["tiles"]["valid"] and in_qgis["tiles"]["drawn"]
        assert in_qgis["console"] == f"{len(features('status=offered'))} blocks on offer"
