"""/data: what there is, a form that leads to a file, layer definitions; and what a wrong wish gets."""

import re
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import EMPTY, get_ids, get_json
from fastapi.testclient import TestClient
from playwright.sync_api import expect, sync_playwright

from app.catalogue import COLLECTIONS
from app.crs import CRS84, SYSTEMS
from app.doors import icons, read_colours
from app.doors.qgis import ORDER
from app.downloads import FORMATS
from app.machine import find_chromium
from app.main import create_app
from app.routes.doors import FORMAT_WORDS
from app.settings import PROJECT_ROOT, Settings
from app.values import BLOCK_STATUSES

STATIC = PROJECT_ROOT / "frontend" / "static"
FILLED = [name for name in COLLECTIONS if name not in EMPTY]
LEAKS = re.compile(r"\bNone\b|\bnull\b|\bnan\b|\bTrue\b|\bFalse\b|\[\]|\{\{|\['|&amp;amp;|Undefined")


@pytest.fixture(scope="module")
def page(portal):
    return portal.get("/data").text


def links_of(html):
    return {unescape(link).split("#")[0] for link in re.findall(r'<a\b[^>]*href="([^"]+)"', html)} - {""}


def notices_of(html):
    return [unescape(text) for text in re.findall(r'notice-warning"><p>(.*?)</p>', html)]


def section(html, collection):
    return re.search(rf'<article [^>]*collection-{collection}".*?</article>', html, re.DOTALL).group()


def fetch(portal, address):
    """The answer itself: a redirect is not followed."""
    return portal.get(address, follow_redirects=False)


# The page


def test_the_page_is_like_the_others(page):
    assert page.count("<h1") == 1 and page.startswith("<!doctype html>") and len(page.encode()) < 60_000
    shown = re.sub(r"<script.*?</script>|<pre.*?</pre>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert LEAKS.search(shown) is None
    loaded = re.findall(
        r'<(?:script|img|iframe)\b[^>]*src="([^"]+)"|<link\b(?! rel="alternate" hreflang)[^>]*href="([^"]+)"', page
    )
    assert all((src or href).startswith("/") for src, href in loaded)


@pytest.mark.parametrize("address", ["/", "/about", "/states/odisha", "/data/quality"])
def test_every_page_leads_there(portal, address):
    assert "/data" in links_of(portal.get(address).text)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_is_shown_with_its_number_and_addresses(portal, page, name):
    shown, collection = section(page, name), COLLECTIONS[name]
    number = get_json(portal, f"/api/collections/{name}/items?limit=1")["numberMatched"]
    assert (f"{number:,} record" in shown) if number else ("No records yet" in shown)
    assert collection.title in shown and unescape(collection.attribution) in unescape(shown)
    here = f"/api/collections/{name}"
    parts = {here, f"{here}/items", f"{here}/schema", f"{here}/queryables", f"{here}/tiles"}
    files = {f"/download/{name}.{ending}" for ending in FORMATS} | {f"/data/{name}.qlr"}
    assert links_of(shown) >= (parts | files if number else parts)
    assert bool(files & links_of(shown)) == bool(number)


def test_every_link_of_the_page_answers(portal, page):
    """Of the files, those of one small collection; the others have tests of their own."""
    links = {link for link in links_of(page) if link.startswith("/")}
    many = {link for link in links if link.startswith("/download/") and "/centres-of-excellence." not in link}
    assert len(many) > 60
    for link in sorted(links - many):
        assert portal.get(link).status_code == 200, link


def test_all_formats_are_on_offer():
    assert set(FORMAT_WORDS) == set(FORMATS)


def test_freshness_is_that_of_the_files(page):
    assert "Researched up to" in section(page, "blocks")
    assert "Researched up to" not in section(page, "districts")


def test_an_empty_portal_has_the_page_too(client):
    html = client.get("/data").text
    assert "No records yet" in section(html, "blocks") and "/download/blocks" not in section(html, "blocks")
    assert client.get("/data/khanij-atlas.qlr").status_code == 200


# The form


def form_of(html):
    return re.search(r'<form class="file-form".*?</form>', html, re.DOTALL).group()


def options_of(html, name):
    choices = re.search(rf'<select id="d-{name}".*?</select>', html, re.DOTALL).group()
    return [unescape(value) for value in re.findall(r'<option value="([^"]*)"', choices)]


def test_the_form_leads_to_the_file(portal):
    query = "collection=blocks&format=csv&crs=&mineral=graphite&state=odisha&status=&stage="
    answer = fetch(portal, f"/data/get?{query}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/download/blocks.csv?mineral=graphite&state=odisha"
    rows = portal.get(answer.headers["location"])
    assert rows.headers["x-row-count"] == str(len(get_ids(portal, mineral="graphite", state="odisha")))


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_of_the_form_is_a_file(portal, page, ending):
    assert ending in options_of(page, "format")
    answer = portal.get(f"/data/get?collection=centres-of-excellence&format={ending}")
    assert answer.status_code == 200 and answer.url.path == f"/download/centres-of-excellence.{ending}"
    assert answer.headers["content-type"] == FORMATS[ending].media_type


def test_every_reference_system_of_the_form_is_taken(portal, page):
    offered = options_of(page, "crs")
    assert offered == ["", *(uri for uri in SYSTEMS if uri != CRS84)]
    for uri in offered:
        answer = portal.get("/data/get", params={"collection": "ports", "format": "geojson", "crs": uri})
        assert answer.status_code == 200 and answer.headers["content-crs"] == f"<{uri or CRS84}>"


def test_every_choice_of_a_list_is_one_that_blocks_or_others_know(portal, page):
    for name in ("mineral", "state", "stage"):
        assert len(options_of(page, name)) > 4
        for value in options_of(page, name):
            answer = fetch(portal, f"/data/get?collection=blocks&format=csv&{name}={value}")
            assert answer.status_code == 303, (name, value)
    ids = {collection.title: name for name, collection in COLLECTIONS.items()}
    statuses = re.search(r'<select id="d-status".*?</select>', page, re.DOTALL).group()
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', statuses, re.DOTALL)
    assert len(groups) > 4
    for title, choices in groups:
        for value in re.findall(r'value="([^"]*)"', choices):
            asked = {"collection": ids[unescape(title)], "format": "csv", "status": unescape(value)}
            assert portal.get("/data/get", params=asked, follow_redirects=False).status_code == 303, asked


def test_any_filter_of_the_contract_goes_through(portal):
    query = "collection=blocks&format=geojson&bbox=81,17,88,23&area_min_ha=100&as_of=2025-03-01"
    location = urlsplit(fetch(portal, f"/data/get?{query}").headers["location"])
    assert parse_qs(location.query) == {"bbox": ["81,17,88,23"], "area_min_ha": ["100"], "as_of": ["2025-03-01"]}


def test_rows_of_the_explorer_come_along(portal):
    explorer = portal.get("/?state=odisha&mineral=graphite&area_min_ha=100").text
    (link,) = [link for link in links_of(explorer) if link.startswith("/data?")]
    html = portal.get(link).text
    count = len(get_ids(portal, state="odisha", mineral="graphite", area_min_ha=100))
    assert f"<strong>{count}</strong>" in html and notices_of(html) == []
    form = form_of(html)
    assert '<option value="odisha" selected>' in form and '<option value="graphite" selected>' in form
    assert 'name="area_min_ha" value="100"' in form


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("collection=mines&format=csv", "collection: “mines”"),
        ("collection=blocks&format=docx", "format: “docx”"),
        ("collection=blocks&format=csv&state=atlantis", "state: “atlantis”"),
        ("collection=ports&format=csv&mineral=graphite", "Ports cannot be filtered by mineral"),
        ("collection=blocks&format=csv&status=operating", "status: “operating”"),
        ("collection=blocks&format=csv&crs=EPSG:1", "crs: “EPSG:1”"),
        ("collection=blocks&format=kml&crs=http://www.opengis.net/def/crs/EPSG/0/32645", "KML has longitude"),
        ("collection=blocks&format=csv&colour=red", "“colour” is no parameter"),
        ("collection=blocks&format=csv&state=odisha&state=gujarat", "“state” is given twice"),
        ("collection=blocks&format=csv&as_of=soon", "as_of"),
        ("collection=blocks&format=csv&bbox=1,2", "bbox"),
        ("collection=blocks&format=csv&q=%00", "NUL"),
        ("collection=blocks&format=%3Cscript%3E", "format: “<script>”"),
    ],
)
def test_a_wrong_wish_gets_no_file_but_the_form_and_the_reason(portal, query, says):
    answer = fetch(portal, f"/data/get?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "No file was made" in notices_of(answer.text)[0]
    assert any(says in notice for notice in notices_of(answer.text)), notices_of(answer.text)
    assert "<script>”" not in answer.text and 'action="/data/get"' in answer.text


def test_what_was_typed_stays_in_the_form(portal):
    query = "collection=ports&format=kml&state=gujarat&mineral=gold,silver&area_min_ha=much"
    form = form_of(portal.get(f"/data/get?{query}").text)
    for part in (
        '<option value="ports" selected>',
        '<option value="kml" selected>',
        '<option value="gujarat" selected>',
    ):
        assert part in form
    assert 'value="much"' in form and '<option value="gold,silver" selected>' in form


def test_a_workbook_is_not_begun_for_more_rows_than_it_holds(portal, monkeypatch):
    monkeypatch.setitem(FORMATS, "xlsx", FORMATS["xlsx"]._replace(most_rows=9))
    assert fetch(portal, "/data/get?collection=centres-of-excellence&format=xlsx").status_code == 303
    answer = fetch(portal, "/data/get?collection=ports&format=xlsx")
    assert answer.status_code == 400 and "take gpkg" in notices_of(answer.text)[1]


def test_without_a_format_there_is_no_file(portal):
    answer = fetch(portal, "/data/get")
    assert answer.status_code == 400 and "No file was made" in answer.text


def test_a_wrong_parameter_of_the_page_is_said_and_the_rest_applied(portal):
    answer = portal.get("/data?state=odisha&stage=G9&colour=red")
    assert answer.status_code == 200
    assert [notice.partition(" ")[0] for notice in notices_of(answer.text)] == ["stage:", "“colour”"]
    assert '<option value="odisha" selected>' in answer.text


# Addresses


def test_public_url_stands_in_snippets_and_layers(catalogue_report, catalogue_url):
    with TestClient(create_app(Settings(public_url="https://atlas.example/portal/"), catalogue_url)) as client:
        page, layers = client.get("/data").text, client.get("/data/khanij-atlas.qlr").text
    assert "testserver" not in page + layers
    assert "https://atlas.example/portal/download/blocks.csv" in page
    assert layers.count("url='https://atlas.example/portal/api'") == 2 * len(FILLED)


@pytest.mark.parametrize("host", ["zz'zz", 'zz"zz', "zz$(id)", "zz zz", "zz<zz"])
def test_a_host_that_is_code_stands_nowhere(portal, host):
    for address in ("/data", "/data/khanij-atlas.qlr"):
        answer = portal.get(address, headers={"Host": host})
        assert host not in unescape(answer.text)
        assert answer.status_code == 400 or "http://testserver" in answer.text


# Layer definitions


def read_definition(portal, name="khanij-atlas"):
    answer = portal.get(f"/data/{name}.qlr")
    assert answer.headers["content-type"] == "application/x-qgis-layer-definition"
    assert f'filename="{name}.qlr"' in answer.headers["content-disposition"]
    assert answer.text.startswith("<!DOCTYPE qgis-layer-definition>")
    return ET.fromstring(answer.content)


def test_the_definition_holds_every_collection_that_has_records(portal):
    document = read_definition(portal)
    group = document.find("layer-tree-group/layer-tree-group")
    names = [re.search("typename='([^']+)'", node.get("source")).group(1) for node in group]
    assert group.get("name") == "Khanij Atlas"
    assert names == [name for name in ORDER if name in FILLED] and set(ORDER) == set(COLLECTIONS)
    ids = [node.get("id") for node in group]
    assert ids == [layer.findtext("id") for layer in document.iter("maplayer")] and len(set(ids)) == len(ids)
    for layer in document.iter("maplayer"):
        assert "url='http://testserver/api'" in layer.findtext("datasource")
        assert layer.findtext("attribution") and layer.find("userNotes").get("value")


def test_blocks_have_the_maps_colours_and_dashes(portal):
    (blocks,) = read_definition(portal, "blocks").iter("maplayer")
    renderer = blocks.find("renderer-v2")
    categories = {c.get("value"): c.get("symbol") for c in renderer.iter("category")}
    assert set(categories) == {*BLOCK_STATUSES, ""}
    symbols = {s.get("name"): s for s in renderer.findall("symbols/symbol")}
    wanted = {"offered": "0,114,178,255", "licence_granted": "0,158,115,255", "known_deposit": "204,121,167,255"}
    for status, colour in wanted.items():
        fill = symbols[categories[status]].find("layer[@class='SimpleFill']")
        assert fill.find("Option/Option[@name='color']").get("value") == colour
        assert fill.find("prop[@k='color']").get("v") == colour
        dash = fill.find("data_defined_properties//Option[@name='outlineStyle']/Option[@name='expression']")
        assert "indicative" in dash.get("value") and "'dash'" in dash.get("value")
    aliases = {a.get("field"): a.get("name") for a in blocks.iter("alias")}
    assert list(aliases) == list(COLLECTIONS["blocks"].properties)
    assert aliases["area_ha"] == "Declared area, ha" and aliases["resource_mt"] == "Resource, million tonnes"
    assert "indicative area" in blocks.find("userNotes").get("value")


def test_points_have_a_rule_for_each_status_and_one_for_labels(portal):
    (units,) = read_definition(portal, "processing-units").iter("maplayer")
    rules = [rule.get("filter") for rule in units.iter("rule")]
    found = {f["properties"]["status"] for f in get_json(portal, "/api/collections/processing-units/items")["features"]}
    for status in found - {None}:
        assert sum(f"'{status}'" in rule for rule in rules) == 1, status
    assert sum(not rule.startswith("NOT") for rule in rules) == 1


def test_a_definition_is_asked_for_again_only_when_it_changed(portal):
    tag = portal.get("/data/blocks.qlr").headers["etag"]
    assert portal.get("/data/blocks.qlr", headers={"If-None-Match": tag}).status_code == 304
    assert portal.get("/data/ports.qlr", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(("address", "status"), [("/data/block.qlr", 404), ("/data/blocks.qlr?state=odisha", 400)])
def test_a_wrong_definition_is_refused(portal, address, status):
    answer = portal.get(address)
    assert answer.status_code == status
    assert status != 404 or 'href="/data/blocks.qlr"' in answer.text


# Colours and signs are those of the map


def test_colours_are_read_from_the_tokens():
    colours = read_colours(STATIC / "css" / "tokens.css")
    assert (colours["status-offered"], colours["ink"], colours["paper"]) == ("#0072b2", "#1d2226", "#fbfaf7")


def test_signs_are_those_of_the_map():
    """The map's own list is JavaScript; its strings, joined, are the bodies here."""
    script = (STATIC / "js" / "symbols.js").read_text(encoding="utf-8")
    listed = script[script.index("const BODIES") : script.index("const CROSS")]
    bodies = {}
    for name, texts in re.findall(r"^  (\w+):\s*((?:'[^']*'\s*\+?\s*)+),$", listed, re.MULTILINE):
        bodies[name] = "".join(re.findall("'([^']*)'", texts))
    assert bodies == icons.BODIES
    assert f"const CROSS = '{icons.CROSS}';" in script


@pytest.mark.parametrize("fill", ["filled", "half", "hollow", "done", "unverified", "crossed", "status"])
@pytest.mark.parametrize("icon", icons.BODIES)
def test_a_sign_is_a_drawing_without_styles_of_the_page(icon, fill):
    drawing = icons.draw_icon(icon, fill, read_colours(STATIC / "css" / "tokens.css"), "#cc79a7")
    assert ET.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"
    assert "class=" not in drawing and ("#cc79a7" in drawing) == (fill == "status")


# In a browser


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 390, 1440])
def test_the_page_fits_its_width_and_nothing_moves(browser, live_url, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => {"
        " for (const entry of list.getEntries()) window.shift += entry.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(f"{live_url}/data")
    expect(page.locator(".snippet button").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.shift") < 0.02
    assert troubles == []
    page.close()


@pytest.mark.browser
def test_a_snippet_is_copied_from_the_keyboard(browser, live_url):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{live_url}/data")
    button = page.locator("#snippet-features-url + button")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{live_url}/api"
    context.close()


@pytest.mark.browser
def test_a_file_without_scripts(browser, live_url, portal, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_url}/data")
    page.get_by_label("Format").select_option("csv")
    page.get_by_label("State", exact=True).select_option("gujarat")
    with page.expect_download() as download:
        page.get_by_role("button", name="Get the file").click()
    path = Path(tmp_path / "gujarat.csv")
    download.value.save_as(path)
    ids = get_ids(portal, state="gujarat")
    assert ids and all(block in path.read_text(encoding="utf-8") for block in ids)
    assert page.locator(".snippet button").count() == 0
    context.close()
