"""The map's tools in a real Chromium: drawn by mouse, by touch, by keys and in forms; figures held against pyproj.

The page is a bare Leaflet map. Everything it asks for is answered from the static folder, `/api/shapes` by the test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright
from pyproj import Geod, Transformer

from app.machine import find_chromium

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parent.parent / "frontend" / "static"
ORIGIN = "http://portal.test"
GEOD = Geod(ellps="WGS84")
CENTRE = (85.0, 20.5)  # lon, lat of the map's middle
STYLES = ("tokens", "base", "pieces", "shapes", "map", "controls", "tools")
PAGE = f"""<!doctype html><html lang="en" class="js"><head><meta charset="utf-8"><title>Tools</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/leaflet/leaflet.css">
{"".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in STYLES)}
<script src="/static/vendor/leaflet/leaflet.js"></script></head>
<body><div id="map" class="map" role="region" aria-label="Map"></div>
<script type="module">
import {{ addTools }} from "/static/js/tools/index.js";
window.map = L.map("map", {{zoomAnimation: false, fadeAnimation: false, inertia: false}}).setView([20.5, 85], 8);
window.told = [];
window.tools = addTools(map, {{...window.given, onShape: (one) => told.push(one)}});
document.body.dataset.ready = "true";
</script></body></html>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_map(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the map with its tools; at the end nothing may have gone wrong behind the scenes."""
    troubles: list[str] = []
    contexts = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        elif path.startswith("/static/") and (STATIC / path.removeprefix("/static/")).is_file():
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        else:
            troubles.append(f"asked: {route.request.url}")
            route.abort()

    def open_map(width: int = 1280, *, given: dict[str, Any] | None = None, **options: Any) -> Page:
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.route("**/*", answer)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        page.add_init_script(f"window.given = {json.dumps(given or {})}")
        page.goto(ORIGIN + "/")
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_map
    for context in contexts:
        context.close()
    assert troubles == []


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Map tools").get_by_role("button", name=name, exact=True)


def take(page: Page, name: str) -> None:
    """Take a tool in hand; its module may still have to be fetched."""
    tool(page, name).click()
    expect(page.locator(".tool-panel .tool-hint")).not_to_be_empty()


def told(page: Page) -> list[dict[str, Any]]:
    """What the page was told of the shape, each time."""
    found = page.evaluate("told")
    assert isinstance(found, list)
    return found


def at(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a position lies in the window."""
    x, y = page.evaluate(
        """([lon, lat]) => {
            const point = map.latLngToContainerPoint([lat, lon]);
            const box = map.getContainer().getBoundingClientRect();
            return [point.x + box.x + map.getContainer().clientLeft, point.y + box.y + map.getContainer().clientTop];
        }""",
        [lon, lat],
    )
    return x, y


def click(page: Page, *positions: tuple[float, float]) -> None:
    for position in positions:
        page.mouse.click(*at(page, *position))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=5)
    page.mouse.up()


def pan(page: Page, key: str) -> None:
    """Press an arrow key and wait until the map has come to rest."""
    page.evaluate("() => { window.rested = new Promise((done) => map.once('moveend', () => setTimeout(done, 20))); }")
    page.keyboard.press(key)
    page.evaluate("rested")


def ring_of(shape: dict[str, Any]) -> list[list[float]]:
    assert shape["geometry"]["type"] == "Polygon"
    ring = shape["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    area, _ = GEOD.polygon_area_perimeter(*zip(*ring, strict=True))
    assert area > 0, "an outer ring runs counter-clockwise"
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", shape["wkt"])]
    assert numbers == [n for corner in ring for n in corner], "text and geometry say the same"
    assert all(round(n, 5) == n for n in numbers)
    assert isinstance(ring, list)
    return ring


def bounds_of(shape: dict[str, Any]) -> tuple[float, float, float, float]:
    lons, lats = zip(*ring_of(shape), strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def radii_km(shape: dict[str, Any], lon: float, lat: float) -> list[float]:
    return [GEOD.inv(lon, lat, *corner)[2] / 1000 for corner in ring_of(shape)[:-1]]


def fill(page: Page, heading: str, values: dict[str, str], submit: str) -> None:
    """By keyboard alone: open the form, type, press Enter on its button."""
    summary = page.locator(".tool-panel summary", has_text=heading)
    if summary.locator("..").get_attribute("open") is None:
        summary.focus()
        page.keyboard.press("Enter")
    for label, value in values.items():
        page.locator(".tool-panel").get_by_label(label).fill(value)
    page.get_by_role("button", name=submit).focus()
    page.keyboard.press("Enter")


def press_tool(page: Page, name: str) -> None:
    """The same as `take`, by keyboard."""
    tool(page, name).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tool-panel .tool-hint")).not_to_be_empty()


# Drawing with the mouse


def test_a_rectangle_is_dragged(open_map):
    page = open_map()
    page.evaluate("() => { window.clicks = 0; map.on('click', () => (clicks += 1)); }")
    take(page, "Rectangle")
    drag(page, (84.5, 20.8), (85.3, 20.1))
    assert page.evaluate("clicks") == 0
    (shape,) = told(page)
    assert bounds_of(shape) == pytest.approx((84.5, 20.1, 85.3, 20.8), abs=0.01)
    assert len(ring_of(shape)) == 5
    assert (shape["name"], shape["bufferKm"], shape["travels"]) == ("Rectangle", 0, True)
    expect(tool(page, "Rectangle")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("map.dragging.enabled()")


def test_a_rectangle_is_clicked_at_two_corners(open_map):
    page = open_map()
    take(page, "Rectangle")
    click(page, (85.3, 20.1), (84.5, 20.8))
    assert bounds_of(told(page)[0]) == pytest.approx((84.5, 20.1, 85.3, 20.8), abs=0.01)


@pytest.mark.parametrize("gesture", [drag, click])
def test_a_circle_is_true_on_the_ground(open_map, gesture):
    page = open_map()
    take(page, "Circle")
    gesture(page, (85.0, 20.5), (85.6, 20.5))
    (shape,) = told(page)
    assert len(ring_of(shape)) == 65
    west, south, east, north = bounds_of(shape)
    radii = radii_km(shape, (west + east) / 2, (south + north) / 2)
    assert max(radii) / min(radii) < 1.002
    assert sum(radii) / 64 == pytest.approx(GEOD.inv(85.0, 20.5, 85.6, 20.5)[2] / 1000, rel=0.02)


@pytest.mark.parametrize("ending", ["Enter", "Finish", "first corner", "double click"])
def test_a_polygon_is_clicked_and_finished(open_map, ending):
    page = open_map()
    take(page, "Polygon")
    corners = [(84.5, 20.2), (85.4, 20.2), (85.2, 20.8)]
    click(page, *corners)
    if ending == "Enter":
        page.keyboard.press("Enter")
    elif ending == "Finish":
        page.get_by_role("button", name="Finish").click()
    elif ending == "first corner":
        click(page, corners[0])
    else:
        page.mouse.dblclick(*at(page, *corners[2]))
    (shape,) = told(page)
    ring = ring_of(shape)
    assert len(ring) == 4
    assert sorted(ring[:-1]) == [pytest.approx(corner, abs=0.01) for corner in sorted(corners)]


def test_backspace_takes_the_last_corner_back(open_map):
    page = open_map()
    take(page, "Polygon")
    click(page, (84.5, 20.2), (85.4, 20.2), (85.2, 20.8), (84.0, 21.0))
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    assert len(ring_of(told(page)[0])) == 4


def test_a_polygon_that_crosses_itself_is_refused_and_can_be_mended(open_map):
    page = open_map()
    take(page, "Polygon")
    click(page, (84.5, 20.2), (85.4, 20.8), (85.4, 20.2), (84.5, 20.7))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The sides cross each other")
    page.keyboard.press("Backspace")
    expect(page.locator(".tool-alert")).to_be_empty()
    page.keyboard.press("Enter")
    assert len(told(page)) == 1


def test_two_corners_are_no_polygon(open_map):
    page = open_map()
    take(page, "Polygon")
    click(page, (84.5, 20.2), (85.4, 20.8))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("three corners")
    assert told(page) == []


@pytest.mark.parametrize("name", ["Rectangle", "Polygon", "Circle", "Measure", "Go to", "From file"])
def test_escape_cancels(open_map, name):
    page = open_map()
    take(page, name)
    expect(tool(page, name)).to_have_attribute("aria-pressed", "true")
    if name in ("Rectangle", "Polygon", "Circle", "Measure"):
        click(page, (84.5, 20.2))
    page.keyboard.press("Escape")
    expect(page.locator(".tool-panel")).to_be_hidden()
    expect(tool(page, name)).to_have_attribute("aria-pressed", "false")
    click(page, (84.6, 20.3), (84.9, 20.9))
    assert told(page) == []
    assert page.locator(".tool-line[d*=L], .tool-dot").count() == 0
    assert page.evaluate("map.dragging.enabled() && map.doubleClickZoom.enabled()")


def test_what_lies_on_the_map_does_not_take_the_click(open_map):
    page = open_map()
    page.evaluate("L.polygon([[20, 84], [20, 86], [21, 86], [21, 84]]).bindPopup('A block').addTo(map)")
    page.evaluate("() => { window.clicks = 0; map.on('click', () => (clicks += 1)); }")
    take(page, "Rectangle")
    click(page, (84.5, 20.2), (85.3, 20.8))
    assert bounds_of(told(page)[0]) == pytest.approx((84.5, 20.2, 85.3, 20.8), abs=0.01)
    assert page.locator(".leaflet-popup").count() == 0
    take(page, "Polygon")
    click(page, (84.5, 20.2), (85.3, 20.8))
    drag(page, (85.0, 20.5), (85.1, 20.6))  # moves the map and sets no corner
    expect(page.locator(".tool-figure")).to_have_text("Corners: 2")
    assert page.evaluate("clicks") == 0
    page.keyboard.press("Escape")
    page.evaluate("map.stop().setView([20.5, 85], map.getZoom(), {animate: false})")  # thrown, it would glide on
    click(page, (85.0, 20.4))
    expect(page.locator(".leaflet-popup")).to_have_text(re.compile("A block"))


# Drawing without a mouse


def test_a_rectangle_is_typed(open_map):
    page = open_map()
    press_tool(page, "Rectangle")
    sides = {"West": "84.5", "South": "20.1", "East": "85.25", "North": "20.75"}
    fill(page, "Type its sides", sides, "Set the rectangle")
    assert bounds_of(told(page)[0]) == (84.5, 20.1, 85.25, 20.75)
    assert page.evaluate("document.activeElement.className") == "tool-panel"


@pytest.mark.parametrize("radius_km", [0.5, 25, 300])
def test_a_circle_is_typed(open_map, radius_km):
    page = open_map()
    press_tool(page, "Circle")
    fill(page, "Type centre", {"Centre": "20.5 N, 85 E", "Radius": str(radius_km)}, "Set the circle")
    (shape,) = told(page)
    assert len(ring_of(shape)) == 65
    assert radii_km(shape, *CENTRE) == [pytest.approx(radius_km, rel=0.002)] * 64


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON((84.5 20.2, 85.4 20.2, 85.2 20.8, 84.5 20.2))",
        "SRID=4326;polygon z ((84.5 20.2 7, 85.4 20.2 7, 85.2 20.8 7, 84.5 20.2 7))",
        "20.2, 84.5\n20.2, 85.4\n20.8, 85.2",
        "20.2 N 84.5 E; 20.2 N 85.4 E; 20°48′ N 85°12′ E; 20.2 N 84.5 E",
    ],
)
def test_a_polygon_is_typed(open_map, text):
    page = open_map()
    press_tool(page, "Polygon")
    fill(page, "Type its corners", {"Corners": text}, "Set the polygon")
    (shape,) = told(page)
    assert ring_of(shape) == [[84.5, 20.2], [85.4, 20.2], [85.2, 20.8], [84.5, 20.2]]


def test_a_hole_is_kept(open_map):
    page = open_map()
    press_tool(page, "Polygon")
    text = "POLYGON((85 20,87 20,87 22,85 22,85 20),(85.5 20.5,86 20.5,86 21,85.5 20.5))"
    fill(page, "Type its corners", {"Corners": text}, "Set the polygon")
    assert len(told(page)[0]["geometry"]["coordinates"]) == 2


@pytest.mark.parametrize(
    ("name", "heading", "values", "submit", "sentence"),
    [
        ("Rectangle", "sides", {"West": "86", "South": "20", "East": "85", "North": "21"}, "Set", "West must be less"),
        ("Rectangle", "sides", {"West": "85", "South": "21", "East": "86", "North": "20"}, "Set", "South must be less"),
        ("Rectangle", "sides", {"West": "85", "South": "20", "East": "86"}, "Set", "North is missing"),
        ("Rectangle", "sides", {"West": "x", "South": "20", "East": "86", "North": "21"}, "Set", "“x” is no number"),
        ("Rectangle", "sides", {"West": "85", "South": "20", "East": "86", "North": "95"}, "Set", "outside −90 to 90"),
        ("Circle", "centre", {"Centre": "20 N 85 E", "Radius": "0"}, "Set", "radius must be 0.05 to 2,000 km"),
        ("Circle", "centre", {"Centre": "20 N 85 E", "Radius": "9000"}, "Set", "radius must be"),
        ("Circle", "centre", {"Centre": "", "Radius": "5"}, "Set", "Type a position"),
        ("Circle", "centre", {"Centre": "89 N 85 E", "Radius": "500"}, "Set", "over a pole"),
        ("Circle", "centre", {"Centre": "20 N 179.9 E", "Radius": "500"}, "Set", "180th meridian"),
        ("Polygon", "corners", {"Corners": ""}, "Set", "three corners"),
        ("Polygon", "corners", {"Corners": "20 85\nfoo\n21 86"}, "Set", "Line 2: “foo”"),
        ("Polygon", "corners", {"Corners": "POINT(85 20)"}, "Set", "This WKT is not read here"),
        ("Polygon", "corners", {"Corners": "POLYGON((85 20, 86 x))"}, "Set", "“86 x” is no pair"),
        ("Polygon", "corners", {"Corners": "POLYGON((85 20,86 21,86 20,85 21,85 20))"}, "Set", "sides cross"),
        ("Polygon", "corners", {"Corners": "POLYGON((85 20,86 20,87 20,85 20))"}, "Set", "one line"),
    ],
)
def test_what_cannot_be_a_shape_gets_a_sentence(open_map, name, heading, values, submit, sentence):
    page = open_map()
    press_tool(page, name)
    fill(page, heading, values, submit)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    assert told(page) == []


def test_a_rectangle_is_drawn_with_the_arrow_keys(open_map):
    page = open_map()
    press_tool(page, "Rectangle")
    page.get_by_role("button", name="Draw with the arrow keys").press("Enter")
    assert page.evaluate("document.activeElement.id") == "map"
    page.keyboard.press("Space")
    for key in ("ArrowRight", "ArrowUp"):
        pan(page, key)
    centre = page.evaluate("(({lng, lat}) => [lng, lat])(map.getCenter())")
    page.keyboard.press("Space")
    assert bounds_of(told(page)[0]) == pytest.approx((*CENTRE, *centre), abs=1e-5)


def test_a_polygon_is_drawn_with_the_arrow_keys(open_map):
    page = open_map()
    press_tool(page, "Polygon")
    page.get_by_role("button", name="Draw with the arrow keys").press("Enter")
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press("Space")
        pan(page, key)
    page.keyboard.press("Enter")
    ring = ring_of(told(page)[0])
    assert len(ring) == 4 and list(CENTRE) in ring


@pytest.mark.parametrize("name", ["Rectangle", "Circle", "Polygon"])
def test_shapes_are_drawn_by_touch_on_a_phone(open_map, name):
    page = open_map(390, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Tools", exact=True).tap()
    tool(page, name).tap()
    expect(page.locator(".tool-panel .tool-hint")).not_to_be_empty()
    corners = [(84.6, 20.7), (85.3, 21.2), (85.5, 20.7)][: 3 if name == "Polygon" else 2]
    for corner in corners:
        page.touchscreen.tap(*at(page, *corner))
    if name == "Polygon":
        page.get_by_role("button", name="Finish").tap()
    (shape,) = told(page)
    assert shape["name"] == name
    if name == "Rectangle":
        assert bounds_of(shape) == pytest.approx((84.6, 20.7, 85.3, 21.2), abs=0.02)


def test_a_finger_draws_a_circle_in_one_stroke(open_map):
    page = open_map(390, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Tools", exact=True).tap()
    tool(page, "Circle").tap()
    expect(page.locator(".tool-panel .tool-hint")).not_to_be_empty()
    session = page.context.new_cdp_session(page)
    start, end = at(page, 85.0, 20.9), at(page, 85.4, 20.9)
    for kind, points in (("touchStart", [start]), ("touchMove", [end]), ("touchEnd", [])):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
    page.wait_for_function("told.length > 0")
    assert told(page)[0]["name"] == "Circle"
    # The map itself stayed where it was.
    assert page.evaluate("(({lng, lat}) => [lng, lat])(map.getCenter())") == pytest.approx(CENTRE, abs=0.001)


# The shape once it is there


def make_rectangle(page: Page) -> None:
    press_tool(page, "Rectangle")
    sides = {"West": "84.5", "South": "20.1", "East": "85.25", "North": "20.75"}
    fill(page, "Type its sides", sides, "Set the rectangle")


def test_the_buffer_appears_with_the_shape_and_is_told(open_map):
    page = open_map()
    assert page.get_by_label("Buffer, km").count() == 0
    make_rectangle(page)
    buffer = page.get_by_label("Buffer, km")
    buffer.fill("12.5")
    buffer.press("Enter")
    assert [one["bufferKm"] for one in told(page)] == [0, 12.5]
    assert told(page)[0]["wkt"] == told(page)[1]["wkt"]
    width = float(page.locator("path.tool-halo").get_attribute("stroke-width"))
    one_degree = at(page, 85, 20.925)[1] - at(page, 85, 19.925)[1]
    assert abs(width / 2 / one_degree) == pytest.approx(12.5 / 110.7, rel=0.02)


@pytest.mark.parametrize("text", ["-1", "many", "5000"])
def test_a_buffer_that_is_none_gets_a_sentence(open_map, text):
    page = open_map()
    make_rectangle(page)
    page.get_by_label("Buffer, km").fill(text)
    page.get_by_label("Buffer, km").press("Enter")
    expect(page.get_by_role("alert")).not_to_be_empty()
    assert len(told(page)) == 1


def test_a_shape_is_removed(open_map):
    page = open_map()
    expect(tool(page, "Remove shape")).to_have_attribute("aria-disabled", "true")
    make_rectangle(page)
    expect(tool(page, "Remove shape")).to_have_attribute("aria-disabled", "false")
    tool(page, "Remove shape").click()
    assert told(page)[-1] == {"geometry": None, "wkt": None, "bufferKm": 0, "name": None, "travels": True}
    assert page.locator("path.tool-shape").count() == 0
    expect(page.locator(".tool-panel")).to_be_hidden()
    tool(page, "Remove shape").press("Enter")
    expect(page.get_by_role("status")).to_have_text("There is no shape to remove.")
    assert len(told(page)) == 2


@pytest.mark.parametrize("how", ["mouse", "keys"])
def test_a_corner_is_moved(open_map, how):
    page = open_map()
    make_rectangle(page)
    page.get_by_role("button", name="Change", exact=True).click()
    handle = page.get_by_role("button", name="North-east corner")
    expect(handle).to_be_visible()
    if how == "mouse":
        drag(page, (85.25, 20.75), (85.5, 20.9))
        expected = (84.5, 20.1, 85.5, 20.9)
    else:
        here = at(page, 85.25, 20.75)
        for _ in range(3):
            handle.focus()
            page.keyboard.press("ArrowRight")
        moved = page.evaluate(
            "([x, y]) => map.mouseEventToLatLng({clientX: x, clientY: y}).lng", [here[0] + 24, here[1]]
        )
        expected = (84.5, 20.1, moved, 20.75)
    page.wait_for_function("told.length === 2")
    assert bounds_of(told(page)[1]) == pytest.approx(expected, abs=0.01)
    expect(page.locator(".tool-handle")).to_have_count(4)


def test_corners_of_a_polygon_come_and_go(open_map):
    page = open_map()
    press_tool(page, "Polygon")
    fill(page, "Type its corners", {"Corners": "20.2 84.5; 20.2 85.4; 20.8 85.2"}, "Set the polygon")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".tool-handle")).to_have_count(6)
    drag(page, (84.95, 20.2), (84.95, 19.9))
    page.wait_for_function("told.length === 2")
    ring = ring_of(told(page)[1])
    assert len(ring) == 5 and any(corner == pytest.approx([84.95, 19.9], abs=0.01) for corner in ring)
    page.get_by_role("button", name="Corner 2 of 4").focus()
    page.keyboard.press("Delete")
    page.wait_for_function("told.length === 3")
    assert ring_of(told(page)[2]) == [[84.5, 20.2], [85.4, 20.2], [85.2, 20.8], [84.5, 20.2]]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Corner 2 of 3"


def test_a_circle_from_an_address_is_still_a_circle(open_map):
    page = open_map()
    press_tool(page, "Circle")
    fill(page, "Type centre", {"Centre": "20.5 N, 85 E", "Radius": "30"}, "Set the circle")
    given = told(page)[0]
    page = open_map(given={"shape": given["geometry"], "bufferKm": 3})
    assert told(page) == []
    expect(page.locator("path.tool-shape")).to_have_count(1)
    press_tool(page, "Circle")
    page.locator(".tool-panel summary").click()
    expect(page.get_by_label("Centre", exact=True)).to_have_value("20.50000° N, 85.00000° E")
    expect(page.get_by_label("Radius")).to_have_value("30")
    page.keyboard.press("Escape")
    tool(page, "Shape and buffer").click()
    expect(page.get_by_label("Buffer, km")).to_have_value("3")
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_role("button", name="Centre").focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_function("told.length === 1")
    west, south, east, north = bounds_of(told(page)[0])
    assert north > 20.78 and radii_km(told(page)[0], (west + east) / 2, south + (north - south) / 2)[
        0
    ] == pytest.approx(30, rel=0.002)


def test_the_page_sets_and_fits_a_shape_without_being_told(open_map):
    page = open_map()
    polygon = {"type": "Polygon", "coordinates": [[[72, 19], [73, 19], [73, 20], [72, 19]]]}
    page.evaluate("(shape) => { tools.setShape(shape, 10); tools.fit(); }", polygon)
    west, south, east, north = map(float, page.evaluate("map.getBounds().toBBoxString()").split(","))
    assert west < 71.9 and east > 73.1 and south < 18.9 and north > 20.1
    tool(page, "Shape and buffer").click()
    expect(page.get_by_label("Buffer, km")).to_have_value("10")
    page.evaluate("tools.setShape(null)")
    assert page.locator("path.tool-shape").count() == 0
    expect(page.locator(".tool-panel")).to_be_hidden()
    assert told(page) == []


def test_a_shape_of_many_corners_does_not_travel(open_map):
    page = open_map()
    press_tool(page, "Polygon")
    ring = [GEOD.fwd(85, 20.5, -i * 360 / 230, 40_000)[:2] for i in range(230)]
    text = "\n".join(f"{lat:.5f}, {lon:.5f}" for lon, lat in ring)
    fill(page, "Type its corners", {"Corners": text}, "Set the polygon")
    (shape,) = told(page)
    assert len(ring_of(shape)) == 231 and shape["travels"] is False


@pytest.mark.parametrize(("width", "name"), [(390, "Go to"), (700, "Go to"), (390, "Measure")])
def test_the_panel_covers_nothing_that_was_asked_for(open_map, width, name):
    page = open_map(width)
    if width < 640:
        page.get_by_role("button", name="Tools", exact=True).click()
    take(page, name)
    if name == "Go to":
        page.get_by_label("Position", exact=True).fill("20.95 N 85.1 E")
        page.keyboard.press("Enter")
    else:
        fill(page, "Type the points", {"Points": "20.9 85; 20.95 85.1"}, "Measure these")
    page.wait_for_timeout(300)
    x, y = at(page, 85.1, 20.95)
    panel = page.locator(".tool-panel").bounding_box()
    covered = panel["x"] <= x <= panel["x"] + panel["width"] and panel["y"] <= y <= panel["y"] + panel["height"]
    frame = page.locator("#map").bounding_box()
    assert not covered and frame["y"] < y < frame["y"] + frame["height"]


# Files

SQUARE = {"type": "Polygon", "coordinates": [[[84.5, 20.2], [85, 20.2], [85, 20.6], [84.5, 20.2]]]}
FEATURE = {
    "type": "Feature",
    "geometry": SQUARE,
    "properties": {
        "wkt": "POLYGON((84.5 20.2,85 20.2,85 20.6,84.5 20.2))",
        "vertices": 4,
        "travels": True,
        "area_ha": 115_000.0,
        "notices": ["It was read as EPSG:32645."],
    },
}


def serve_shapes(page: Page, status: int, body: dict[str, Any] | str) -> list[tuple[str, bytes | None]]:
    """Answer for the portal; what was sent to it."""
    sent: list[tuple[str, bytes | None]] = []

    def answer(route: Route) -> None:
        assert route.request.method == "POST"
        sent.append((route.request.url.removeprefix(ORIGIN), route.request.post_data_buffer))
        kind = "application/geo+json" if status == 200 else "application/problem+json"
        text = body if isinstance(body, str) else json.dumps(body)
        route.fulfill(status=status, body=text, content_type=kind)

    page.route("**/api/shapes?*", answer)
    return sent


def choose(page: Page, name: str, content: bytes) -> None:
    take(page, "From file")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )


def test_a_file_is_sent_and_used(open_map):
    page = open_map()
    sent = serve_shapes(page, 200, FEATURE)
    choose(page, "my lease.geojson", b"{}")
    expect(page.locator(".tool-panel")).to_contain_text("It was read as EPSG:32645.")
    assert sent == [("/api/shapes?name=my%20lease.geojson", b"{}")]
    (shape,) = told(page)
    assert (shape["name"], shape["geometry"]) == ("my lease.geojson", SQUARE)
    assert shape["wkt"] == FEATURE["properties"]["wkt"] and shape["travels"] is True
    expect(page.get_by_label("Buffer, km")).to_be_visible()


def test_a_file_is_dropped_on_the_map(open_map):
    page = open_map()
    sent = serve_shapes(page, 200, FEATURE)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["<kml/>"], "block.kml"));
            const options = {dataTransfer: data, bubbles: true, cancelable: true};
            for (const kind of ["dragenter", "dragover", "drop"])
                map.getContainer().dispatchEvent(new DragEvent(kind, options));
        }"""
    )
    page.wait_for_function("told.length === 1")
    assert sent == [("/api/shapes?name=block.kml", b"<kml/>")]
    assert page.locator(".is-dropping").count() == 0


def test_a_problem_with_a_file_is_said(open_map):
    page = open_map()
    serve_shapes(page, 400, {"status": 400, "title": "Bad file", "detail": "lease.json holds <b>no</b> geometry."})
    choose(page, "lease.json", b"{}")
    expect(page.get_by_role("alert")).to_have_text("lease.json holds <b>no</b> geometry.")
    assert told(page) == []


@pytest.mark.parametrize("repaired", [SQUARE, FEATURE])
def test_the_repaired_shape_is_offered(open_map, repaired):
    page = open_map()
    serve_shapes(page, 400, {"status": 400, "detail": "Feature 1 crosses itself.", "repaired": repaired})
    choose(page, "lease.json", b"{}")
    expect(page.get_by_role("alert")).to_have_text("Feature 1 crosses itself.")
    assert told(page) == []
    page.get_by_role("button", name="Use the repaired shape").press("Enter")
    assert told(page)[0]["geometry"] == SQUARE
    assert told(page)[0]["wkt"] == "POLYGON((84.5 20.2,85 20.2,85 20.6,84.5 20.2))"


@pytest.mark.parametrize(
    ("content", "sentence"), [(b" " * 5_000_001, "has 5.0 MB; at most 5 MB are taken"), (b"", "is empty")]
)
def test_a_file_of_the_wrong_size_is_not_sent(open_map, content, sentence):
    page = open_map()
    sent = serve_shapes(page, 200, FEATURE)
    choose(page, "big.geojson", content)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    assert sent == [] and told(page) == []


def test_an_answer_that_is_none_gets_a_sentence(open_map):
    page = open_map()
    serve_shapes(page, 502, "<html>Bad gateway")
    choose(page, "lease.json", b"{}")
    expect(page.get_by_role("alert")).to_contain_text("it answered 502")
    page.unroute_all()
    page.route("**/api/shapes?*", lambda route: route.abort())
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "b.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")


def test_points_and_collections_are_written_as_text(open_map):
    page = open_map()
    points = {"type": "MultiPoint", "coordinates": [[85.1234567, 20.1], [85.2, 20.2]]}
    both = {"type": "GeometryCollection", "geometries": [points, {"type": "Point", "coordinates": [85, 20]}]}
    serve_shapes(page, 200, {"type": "Feature", "geometry": both, "properties": {}})
    choose(page, "points.gpx", b"<gpx/>")
    page.wait_for_function("told.length === 1")
    text = told(page)[0]["wkt"]
    assert text == "GEOMETRYCOLLECTION(MULTIPOINT(85.12346 20.1,85.2 20.2),POINT(85 20))"
    expect(page.locator(".tool-panel")).to_contain_text("give it a buffer")


# Measuring

LINE = [(84.5, 20.2), (85.4, 20.2), (85.2, 20.8), (84.6, 20.9)]


def number(text: str, after: str) -> float:
    found = re.search(after + r"\s*([\d,.]+)", text)
    assert found, text
    return float(found[1].replace(",", ""))


def test_distances_are_geodesic(open_map):
    page = open_map()
    take(page, "Measure")
    click(page, *LINE[:3])
    page.keyboard.press("Enter")
    result = page.locator(".tool-result").inner_text()
    legs = [GEOD.inv(*a, *b)[2] / 1000 for a, b in pairwise(LINE[:3])]
    assert number(result, "Last") == pytest.approx(legs[1], rel=0.01)  # a pixel is about a half per cent
    assert number(result, "Total") == pytest.approx(sum(legs), rel=0.01)
    assert page.locator(".tool-result").evaluate("e => getComputedStyle(e).userSelect") == "text"


@pytest.mark.parametrize("closing", ["button", "first point"])
def test_an_area_is_measured_when_closed(open_map, closing):
    page = open_map()
    take(page, "Measure")
    click(page, *LINE)
    if closing == "button":
        page.get_by_role("button", name="Close the area").click()
    else:
        click(page, LINE[0])
    result = page.locator(".tool-result").inner_text()
    area = abs(GEOD.polygon_area_perimeter(*zip(*LINE, strict=True))[0])
    assert number(result, "Area") == pytest.approx(area / 1e4, rel=0.02)
    assert "km²" in result


def test_typed_points_are_measured_as_pyproj_does(open_map):
    page = open_map()
    press_tool(page, "Measure")
    text = "\n".join(f"{lat}, {lon}" for lon, lat in [*LINE, LINE[0]])
    fill(page, "Type the points", {"Points": text}, "Measure these")
    result = page.locator(".tool-result").inner_text()
    area, along = GEOD.polygon_area_perimeter(*zip(*LINE, strict=True))
    assert number(result, "Area") == pytest.approx(abs(area) / 1e4, rel=0.0005)
    assert number(result, "Perimeter") == pytest.approx(along / 1000, rel=0.0005)
    fill(page, "Type the points", {"Points": "8 77.5; 34 74.8"}, "Measure these")
    total = number(page.locator(".tool-result").inner_text(), "Total")
    assert total == pytest.approx(GEOD.inv(77.5, 8, 74.8, 34)[2] / 1000, rel=0.0005)


def test_measuring_wants_enough_points(open_map):
    page = open_map()
    take(page, "Measure")
    click(page, *LINE[:2])
    page.get_by_role("button", name="Close the area").click()
    expect(page.get_by_role("alert")).to_contain_text("three points")
    fill(page, "Type the points", {"Points": "20 85"}, "Measure these")
    expect(page.get_by_role("alert")).to_contain_text("two points or more")
    assert told(page) == []


def test_geodesy_against_pyproj(open_map):
    page = open_map()
    pairs = [
        ((77.5, 8.1), (74.8, 34.2)),
        ((85, 20), (85.0001, 20.0001)),
        ((0, 0), (179.9, 0.1)),
        ((10, 60), (-70, -33)),
    ]
    rings = [LINE, [(70, 8), (95, 10), (90, 30), (72, 33)], [(85, 20), (85.01, 20), (85.01, 20.01), (85, 20.01)]]
    found = page.evaluate(
        """async ([pairs, rings]) => {
            const { areaM2, distanceM } = await import("/static/js/tools/geodesy.js");
            return [pairs.map(([a, b]) => distanceM(a, b)), rings.map(areaM2)];
        }""",
        [pairs, rings],
    )
    # Nearly opposite points go by the sphere.
    assert found[0] == [pytest.approx(GEOD.inv(*a, *b)[2], rel=0.005) for a, b in pairs]
    assert found[0][:2] == [pytest.approx(GEOD.inv(*a, *b)[2], abs=0.001) for a, b in pairs[:2]]
    expected = [abs(GEOD.polygon_area_perimeter(*zip(*ring, strict=True))[0]) for ring in rings]
    assert found[1] == [pytest.approx(area, rel=1e-4) for area in expected]


# Going to a position


def parse_all(page: Page, texts: list[str]) -> list[Any]:
    found = page.evaluate(
        """async (texts) => {
            const { parsePosition, Refusal } = await import("/static/js/tools/positions.js");
            return texts.map((text) => {
                try { return parsePosition(text); }
                catch (error) { if (!(error instanceof Refusal)) throw error; return error.message; }
            });
        }""",
        texts,
    )
    assert isinstance(found, list)
    return found


READ = {
    "20.95, 85.1": (85.1, 20.95),
    "85.1, 20.95": (85.1, 20.95),  # only this order leads to India
    "20.95 85.1": (85.1, 20.95),
    "85.1E 20.95N": (85.1, 20.95),
    "20.95N85.1E": (85.1, 20.95),
    "N20.95 E85.1": (85.1, 20.95),
    "E 85.1, N 20.95": (85.1, 20.95),
    "E 85.1 N 20.95": (85.1, 20.95),
    "20.95° N, 85.1° E": (85.1, 20.95),
    "-33.4, -70.2": (-70.2, -33.4),
    "−33.4, −70.2": (-70.2, -33.4),
    "33.4 S 70.2 W": (-70.2, -33.4),
    "120, 20": (120, 20),
    "20°57'30\"N 85°06'00\"E": (85.1, 20.958333),
    "20°57′30″ N, 85°6′ E": (85.1, 20.958333),
    "20°57’30” N, 85°6’ E": (85.1, 20.958333),
    "20°57'30''N 85°06'00''E": (85.1, 20.958333),
    "N 20 57 30 E 85 6 0": (85.1, 20.958333),
    "20 57 30, 85 6 0": (85.1, 20.958333),
    "20 57.5 N 85 6 E": (85.1, 20.958333),
    "20:57:30 85:06:00": (85.1, 20.958333),
    "20d57m30s N 85d6m0s E": (85.1, 20.958333),
}


def test_positions_are_read_in_all_usual_writings(open_map):
    found = parse_all(open_map(), list(READ))
    assert dict(zip(READ, found, strict=True)) == {text: pytest.approx(place, abs=1e-6) for text, place in READ.items()}


def test_utm_agrees_with_pyproj_to_a_metre(open_map):
    page = open_map()
    places = [(85.1, 20.95), (70.0, 35.0), (97.1, 8.0), (77.999, 8.1), (-70.2, -33.4), (10.0, 60.0), (92.5, 6.8)]
    texts, expected = [], []
    for lon, lat in places:
        zone = int((lon + 180) // 6) + 1
        to_utm = Transformer.from_crs(4326, (32700 if lat < 0 else 32600) + zone, always_xy=True)
        east, north = to_utm.transform(lon, lat)
        texts.append(f"{zone}{'S' if lat < 0 else 'N'} {east:.0f} {north:.0f}")
        expected.append((round(east), round(north)))
    found = parse_all(page, texts)
    for (lon, lat), place in zip(places, found, strict=True):
        assert GEOD.inv(lon, lat, *place)[2] < 1
    written = page.evaluate(
        """async (places) => {
            const { positionWords } = await import("/static/js/tools/positions.js");
            return places.map((place) => positionWords(place).utm);
        }""",
        places,
    )
    for text, (east, north) in zip(written, expected, strict=True):
        assert [int(n) for n in text.split()[1:]] == [pytest.approx(east, abs=1), pytest.approx(north, abs=1)]
    assert (
        parse_all(page, ["45Q 302442 2317786", "UTM 45N, 302442mE, 2317786mN"])
        == [pytest.approx((85.1, 20.95), abs=1e-4)] * 2
    )


REFUSED = {
    "": "Type a position",
    "Keonjhar": "is not read as a position",
    "20.95": "is not read as a position",
    "20,95 85,1": "is not read as a position",
    "1, 2, 3": "is not read as a position",
    "91, 100": "The latitude 91 lies outside",
    "100, 200": "The latitude 100 lies outside",
    "20 N, 181 E": "The longitude 181 lies outside",
    "20.95N 85.1N": "same direction",
    "20 70 0, 85 0 0": "lie below 60",
    "20.5 30 N, 85 E": "a fraction",
    "-20 S, 85 E": "both a minus sign and a letter",
    "61N 500000 100": "zones 1 to 60",
    "45N 5 100": "easting lies outside",
    "45N 500000 20000000": "northing lies above",
    "45N 302000": "UTM is written with zone",
}


def test_positions_that_are_none_get_a_sentence(open_map):
    found = dict(zip(REFUSED, parse_all(open_map(), list(REFUSED)), strict=True))
    assert {text: said for text, said in found.items() if not isinstance(said, str) or REFUSED[text] not in said} == {}


def test_the_map_goes_there_and_says_where_that_is(open_map):
    page = open_map()
    press_tool(page, "Go to")
    field = page.get_by_label("Position", exact=True)
    expect(field).to_be_focused()
    field.fill("nowhere")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“nowhere” is not read as a position")
    field.fill("45N 302442 2317786")
    field.press("Enter")
    expect(page.locator(".tool-alert")).to_be_empty()
    x, y = at(page, 85.1, 20.95)
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y - 12).className", [x, y]).startswith(
        "leaflet-marker"
    )
    panel = page.locator(".tool-panel")
    for words in ("20.95000° N, 85.10000° E", "20°57′00.0″ N, 85°06′00.0″ E", "45N 302442 2317786"):
        expect(panel).to_contain_text(words)
    page.keyboard.press("Escape")
    page.locator(".tool-place").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup")).to_contain_text("45N 302442 2317786")
    page.get_by_role("button", name="Remove the marker").click()
    assert page.locator(".tool-place").count() == 0


# Graticule, toolbar, what is sent at first


def test_a_graticule_follows_the_zoom(open_map):
    page = open_map()
    tool(page, "Graticule").click()
    expect(tool(page, "Graticule")).to_have_attribute("aria-pressed", "true")
    labels = page.locator(".graticule-labels")
    steps = {}
    for zoom in (4, 6, 8, 10, 13):
        page.evaluate(f"map.setView([20.5, 85], {zoom})")
        lats = labels.locator(".is-lat").all_inner_texts()
        degrees = sorted(float(text.split("°")[0]) * (-1 if text.endswith("S") else 1) for text in lats)
        steps[zoom] = round(degrees[1] - degrees[0], 4)
    assert steps == {4: 10, 6: 2, 8: 0.5, 10: 0.2, 13: 0.02}
    page.evaluate("map.setView([20.5, 85], 8)")
    line = next(span for span in labels.locator(".is-lat").all() if span.inner_text() == "21.0° N")
    box = line.bounding_box()
    assert box["y"] + box["height"] / 2 == pytest.approx(at(page, 85, 21)[1], abs=2)
    expect(labels).to_have_attribute("aria-hidden", "true")
    assert page.locator(".graticule-line.leaflet-interactive").count() == 0
    tool(page, "Graticule").click()
    expect(labels).to_have_count(0)


def test_the_toolbar_folds_into_one_button_on_a_phone(open_map):
    page = open_map(390, has_touch=True, is_mobile=True)
    fold = page.get_by_role("button", name="Tools", exact=True)
    expect(tool(page, "Rectangle")).to_be_hidden()
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.tap()
    expect(fold).to_have_attribute("aria-expanded", "true")
    for button in page.locator(".tool-list button").all():
        box = button.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    page.keyboard.press("Escape")
    expect(tool(page, "Rectangle")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_buttons_have_names_and_are_large_enough_for_fingers(open_map):
    page = open_map(1024, has_touch=True, is_mobile=True)
    names = [button.inner_text() or button.get_attribute("title") for button in page.locator(".tool-list button").all()]
    assert names == [
        *("Rectangle", "Polygon", "Circle", "From file", "Measure", "Go to", "Graticule", "Shape and buffer"),
        "Remove shape",
    ]
    for button in page.locator(".tool-list button").all():
        box = button.bounding_box()
        assert min(box["height"], box["width"]) >= 44
    bottom = page.locator(".tool-bar").bounding_box()
    frame = page.locator("#map").bounding_box()
    assert bottom["y"] + bottom["height"] <= frame["y"] + frame["height"]


def test_the_focus_comes_back_to_the_button(open_map):
    page = open_map()
    press_tool(page, "Circle")
    assert page.evaluate("document.activeElement.className") == "tool-panel"
    page.keyboard.press("Escape")
    expect(tool(page, "Circle")).to_be_focused()
    outline = tool(page, "Circle").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_instructions_are_read_out(open_map):
    page = open_map()
    status = page.get_by_role("status")
    expect(status).to_have_count(1)
    take(page, "Polygon")
    expect(status).to_contain_text("Click each corner")
    click(page, (84.5, 20.2), (85.4, 20.2), (85.2, 20.8))
    page.keyboard.press("Enter")
    expect(status).to_contain_text("Polygon set. Area")


def test_tools_are_fetched_when_they_are_taken(open_map):
    page = open_map()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[-1]))
    take(page, "Measure")
    assert "measure.js" in fetched and "draw.js" not in fetched
    take(page, "Circle")
    assert "draw.js" in fetched


def test_a_tool_that_cannot_be_fetched_says_so(open_map):
    page = open_map()
    page.route("**/measure.js", lambda route: route.abort())
    tool(page, "Measure").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be fetched")
    expect(tool(page, "Measure")).to_have_attribute("aria-pressed", "false")


def test_no_module_takes_data_for_markup():
    sources = {path.name: path.read_text(encoding="utf-8") for path in (STATIC / "js" / "tools").glob("*.js")}
    assert len(sources) > 10
    bad = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|\bon\w+=\"|#[0-9a-f]{6}\b|https?://(?!www\.w3\.org/2000/svg)"
    )
    assert [name for name, text in sources.items() if bad.search(text)] == []
    css = (STATIC / "css" / "tools.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", css) == []
