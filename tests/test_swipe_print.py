"""Swipe and print of the explorer's map: the address that says them, and both in a real Chromium."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from app.machine import find_chromium
from app.params.views import parse_view

READY = '.map[data-ready="true"]'
AXE = Path(__file__).parent / "web/node_modules/axe-core/axe.min.js"
LEFT, RIGHT = '[class*="swipe-left-"] path', '[class*="swipe-right-"] path'
A4_LANDSCAPE_POINTS = (842, 595)
browser_test = pytest.mark.browser


# The address


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("status,stage", ("status", "stage")),
        ("area , premium", ("area", "premium")),
        ("2024-12-31,2026-11-24", ("2024-12-31", "2026-11-24")),
        ("mineral,2024-02-29", ("mineral", "2024-02-29")),
    ],
)
def test_two_sides_are_read(text, sides):
    state, kept, problems = parse_view({"swipe": text})
    assert (state.swipe, kept, problems) == (sides, {"swipe": text}, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status", "is not two sides by comma"),
        ("status,stage,area", "is not two sides"),
        (",", "“” is no side"),
        ("status,stagge", "“stagge” is no side: there are stage, or a day"),
        ("2024-02-30,status", "“2024-02-30” is no side"),
        ("20241231,status", "“20241231” is no side"),
        ("status,status", "both sides are status; there is nothing to compare"),
        ("status,<script>", "“<script>” is no side"),
    ],
)
def test_what_is_no_swipe_becomes_a_notice_and_the_page_is_there(portal, text, said):
    state, kept, problems = parse_view({"swipe": text})
    assert (state.swipe, kept) == (None, {})
    assert [said in problem.detail for problem in problems] == [True]
    answer = portal.get("/", params={"swipe": text, "mineral": "graphite"})
    assert answer.status_code == 200
    assert "swipe: " in answer.text
    assert "28 blocks found" in answer.text
    assert "<script>”" not in answer.text


def test_links_and_forms_of_the_page_keep_the_swipe(portal):
    page = portal.get("/?swipe=status,2024-12-31&mineral=graphite").text
    assert '"swipe":["status","2024-12-31"]' in page
    assert page.count('<input type="hidden" name="swipe" value="status,2024-12-31">') == 2
    assert "swipe=status,2024-12-31" in re.search(r'<a class="chip-filter" href="([^"]+)"', page).group(1)
    assert '"swipe":null' in portal.get("/").text


# In Chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, live_url: str) -> Iterator:
    """Opens an address of the portal at a width; at the end nothing may have gone wrong behind the scenes."""
    troubles: list[str] = []
    contexts = []

    def guard(route: Route) -> None:
        if route.request.url.startswith(live_url):
            route.continue_()
        else:
            troubles.append(f"asked another host: {route.request.url}")
            route.abort()

    def open_page(path: str, width: int = 1440, **options: Any) -> Page:
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", lambda m: troubles.append(f"console: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        page.goto(live_url + path)
        if options.get("java_script_enabled", True):
            page.wait_for_selector(READY)
            if "swipe=" in path:
                expect(page.locator(".swipe-side li")).not_to_have_count(0)
                page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def statuses(page: Page, query: str) -> dict[str | None, int]:
    """How many blocks the API has in each status."""
    answer = page.request.get(f"{page.url.split('/?')[0].rstrip('/')}/api/collections/blocks/items?limit=1000&{query}")
    return dict(Counter(feature["properties"]["status"] for feature in answer.json()["features"]))


def legend(page: Page, side: str) -> dict[str, int]:
    """The lines of a side's legend."""
    lines = page.locator(f".swipe-side.is-{side} li").all()
    return {line.locator("span").nth(1).text_content(): int(line.locator(".count").text_content()) for line in lines}


def handle(page: Page) -> Locator:
    return page.get_by_role("slider", name="Divider of the map")


def divider_x(page: Page) -> float:
    box = page.locator(".swipe-divider").bounding_box()
    return box["x"] + box["width"] / 2


def on_top(page: Page, id: str) -> str | None:
    """Which half's shape of a block is met at the middle of the block."""
    return page.evaluate(
        """(id) => {
            const {x, y, width, height} = document.querySelector(`[class*="swipe-"] path[data-id="${id}"]`)
                .getBoundingClientRect();
            const met = document.elementFromPoint(x + width / 2, y + height / 2);
            return met.dataset.id === id ? met.closest('.leaflet-pane').className.match(/swipe-(left|right)/)[1] : null;
        }""",
        id,
    )


def seen_in_view(page: Page, shapes: str) -> int:
    """How many shapes within the map's frame are there for eyes and keys."""
    return page.locator(shapes).evaluate_all(
        """(all) => {
            const frame = document.querySelector('.map').getBoundingClientRect();
            return all.filter((one) => {
                const {left, right} = one.getBoundingClientRect();
                const isIn = right > frame.left + 2 && left < frame.right - 2;
                return isIn && getComputedStyle(one).visibility !== 'hidden';
            }).length;
        }"""
    )


def focus(page: Page, id: str) -> None:
    """The map, so near a block that its shape is a polygon with nothing over it."""
    page.evaluate(
        """(id) => {
            const {map, layers} = portalMaps[0];
            map.fitBounds(layers.find(({options}) => options.kind === 'blocks').find(id).bounds.pad(0.5));
        }""",
        id,
    )


@browser_test
def test_swipe_is_asked_for_and_moved_by_keys_alone(open_page):
    page = open_page("/?mineral=graphite")
    button = page.get_by_role("button", name="Swipe")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Left side", exact=True)).to_be_focused()
    page.get_by_label("Left side", exact=True).select_option("stage")
    page.get_by_label("Right side", exact=True).select_option("mineral")
    page.get_by_label("Right side", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(handle(page)).to_be_focused()
    assert "swipe=stage,mineral" in page.url
    expect(handle(page)).to_have_attribute("aria-valuenow", "50")
    for key, value in (
        ("ArrowRight", "52"), ("ArrowUp", "54"), ("ArrowLeft", "52"), ("PageUp", "62"), ("Home", "0"), ("End", "100"),
        ("ArrowRight", "100"), ("PageDown", "90"),
    ):  # fmt: skip
        page.keyboard.press(key)
        expect(handle(page)).to_have_attribute("aria-valuenow", value)
    assert handle(page).get_attribute("aria-valuetext") == "90 %: by exploration stage left, by mineral right"
    map_box = page.locator(".map").bounding_box()
    assert divider_x(page) == pytest.approx(map_box["x"] + map_box["width"] * 0.9, abs=2)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Left side", exact=True)).to_have_value("stage")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Swipe off").click()
    assert "swipe" not in page.url
    assert page.locator(f"{LEFT}, {RIGHT}").count() == 0
    expect(page.locator(".leaflet-overlay-pane path.block, .leaflet-dots-pane path.block").first).to_be_visible()


@browser_test
def test_each_half_is_drawn_in_its_own_theme_and_met_on_its_own_side(open_page):
    page = open_page("/?swipe=status,stage")
    focus(page, "akharkata-graphite")
    assert page.locator(LEFT).count() == page.locator(RIGHT).count() == 178
    fills = page.evaluate(
        """() => [...document.querySelectorAll('path[data-id="akharkata-graphite"]')].map((path) => [
            path.closest('.leaflet-pane').className.match(/swipe-(left|right)|$/)[1] ?? 'whole',
            getComputedStyle(path).fill, getComputedStyle(path).display])"""
    )
    assert {half: fill for half, fill, _ in fills if half != "whole"} == {
        "left": "rgb(230, 159, 0)",  # preferred bidder
        "right": "rgb(251, 250, 247)",  # stage not published
    }
    assert [display for half, _, display in fills if half == "whole"] == ["none"]
    handle(page).focus()
    page.keyboard.press("Home")
    assert on_top(page, "akharkata-graphite") == "right"
    # What is cut off is not reached by the Tab key.
    assert (seen_in_view(page, LEFT), seen_in_view(page, RIGHT) > 0) == (0, True)
    page.keyboard.press("End")
    assert on_top(page, "akharkata-graphite") == "left"
    assert (seen_in_view(page, LEFT) > 0, seen_in_view(page, RIGHT)) == (True, 0)


@browser_test
def test_the_divider_is_dragged_and_stays_where_it_is_when_the_map_moves(open_page):
    page = open_page("/?swipe=status,mineral", reduced_motion="no-preference")
    at = divider_x(page)
    box = handle(page).bounding_box()
    assert (box["width"], box["height"]) == (44, 44)
    page.mouse.move(at, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(at + 60, box["y"], steps=4)
    page.mouse.move(at + 130, box["y"], steps=4)
    page.mouse.up()
    assert divider_x(page) == pytest.approx(at + 130, abs=2)
    assert page.evaluate("portalMaps[0].map.getContainer().matches('.is-swiped')")
    edges = """() => ['left', 'right'].map((side) => {
        const pane = document.querySelector(`[class*="swipe-${side}-shapes"]`);
        const xs = [...pane.style.clipPath.matchAll(/(-?[0-9.]+)px -?[0-9.]+px/g)].map((found) => Number(found[1]));
        const shift = portalMaps[0].map.layerPointToContainerPoint([0, 0]).x;
        return [Math.min(...xs) + shift, Math.max(...xs) + shift].map(Math.round);
    })"""
    width = page.evaluate("portalMaps[0].map.getSize().x")
    before = page.evaluate(edges)
    assert before[0][0] == 0 and before[1][1] == width and before[0][1] == before[1][0]
    page.evaluate("portalMaps[0].map.panBy([170, 40])")
    page.wait_for_timeout(500)
    assert page.evaluate(edges) == before
    assert divider_x(page) == pytest.approx(at + 130, abs=2)
    page.evaluate("portalMaps[0].map.setZoom(portalMaps[0].map.getZoom() + 1)")
    page.wait_for_timeout(600)
    assert page.evaluate(edges) == before
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_timeout(300)
    share = before[0][1] / width
    now = page.evaluate("portalMaps[0].map.getSize().x")
    assert page.evaluate(edges)[0][1] == pytest.approx(now * share, abs=2)


@browser_test
def test_days_show_where_blocks_stood_and_their_popups_say_so(open_page):
    page = open_page("/?swipe=2024-12-31,2026-11-24")
    then, now = statuses(page, "as_of=2024-12-31"), statuses(page, "as_of=2026-11-24")
    assert then != now
    words = page.evaluate("portalMaps[0].map.portal.words.status")
    for side, counted in (("left", then), ("right", now)):
        assert legend(page, side) == {
            (words[status] if status else "no event by then"): count for status, count in counted.items()
        }
    for side, day in (("left", "31 December 2024"), ("right", "24 November 2026")):
        handle(page).focus()
        page.keyboard.press("End" if side == "left" else "Home")
        focus(page, "akharkata-graphite")
        path = page.locator(f'[class*="swipe-{side}-"] path[data-id="akharkata-graphite"]')
        assert path.get_attribute("aria-label").endswith(f", on {day}")
        path.focus()
        page.keyboard.press("Enter")
        popup = page.locator(".leaflet-popup")
        expect(popup).to_contain_text(f"As it stood on {day}")
        expect(popup).to_contain_text("Akharkata Graphite Block")
        assert "block=akharkata-graphite" in page.url
        page.keyboard.press("Escape")


@browser_test
def test_a_filter_redraws_both_halves_and_the_theme_only_the_one_of_a_day(open_page):
    page = open_page("/?swipe=area,2024-12-31")
    page.locator("#f-mineral-graphite").check()
    expect(page.locator(".explorer-head")).to_contain_text("28 blocks found")
    expect(page.locator(LEFT)).to_have_count(28)
    expect(page.locator(RIGHT)).to_have_count(28)
    assert "swipe=area,2024-12-31" in page.url
    assert sum(legend(page, "left").values()) == sum(legend(page, "right").values()) == 28
    before = legend(page, "left")
    expect(page.locator(".swipe-side.is-right summary")).to_have_text("Right: 31 December 2024, by status")
    page.locator(".map-legend summary").click()
    page.locator(".theme-select").select_option("mineral")
    expect(page.locator(".swipe-side.is-right summary")).to_have_text("Right: 31 December 2024, by mineral")
    minerals = legend(page, "right")
    assert (sum(minerals.values()), list(minerals)) == (28, ["Graphite", "Vanadium"])
    assert legend(page, "left") == before
    page.locator("#f-state-odisha").check()
    expect(page.locator(LEFT)).to_have_count(11)
    expect(page.locator(RIGHT)).to_have_count(11)


@browser_test
def test_the_form_refuses_with_a_sentence(open_page):
    page = open_page("/")
    page.get_by_role("button", name="Swipe").click()
    page.get_by_label("Right side", exact=True).select_option("status")
    page.get_by_role("button", name="Show both").click()
    alert = page.locator(".swipe-panel [role=alert]")
    expect(alert).to_have_text("Both sides are the same: choose another for one of them.")
    page.get_by_label("Right side", exact=True).select_option("day")
    page.get_by_role("button", name="Show both").click()
    expect(alert).to_have_text("Right side: choose a day.")
    page.get_by_label("Day, right side").fill("2025-06-30")
    page.get_by_role("button", name="Show both").click()
    expect(page.locator(".swipe-side.is-right")).to_contain_text("30 June 2025")
    assert "swipe=status,2025-06-30" in page.url


@browser_test
def test_of_too_many_blocks_swipe_says_so_and_rests_until_there_are_fewer(open_page):
    page = open_page("/?swipe=status,stage")
    page.evaluate("portalMaps[0].map.portal.options.most_shapes = 100; portalMaps[0].map.fire('portal:change')")
    said = "Swipe needs at most 100 blocks; there are 178 now. Filter them further."
    expect(page.locator(".swipe-rest")).to_have_text(said)
    expect(page.locator(".swipe-side").first).to_be_hidden()
    assert page.locator(f"{LEFT}, {RIGHT}").count() == 0
    expect(page.locator(".leaflet-dots-pane path.block").first).to_be_visible()
    page.get_by_role("button", name="Swipe").click()
    expect(page.locator(".swipe-panel [role=alert]")).to_have_text(said)
    page.get_by_role("button", name="Show both").click()
    expect(page.locator(".swipe-panel [role=alert]")).to_have_text(said)
    page.keyboard.press("Escape")
    page.locator("#f-mineral-graphite").check()
    expect(page.locator(LEFT)).to_have_count(28)
    expect(page.locator(".swipe-rest")).to_be_hidden()


@browser_test
def test_a_day_that_cannot_be_fetched_is_said_and_asked_for_again(browser, live_url):
    page = browser.new_page()
    page.route("**/items?*as_of=*", lambda route: route.abort())
    page.goto(f"{live_url}/?swipe=status,2024-12-31")
    page.wait_for_selector(READY)
    expect(page.locator(".map-notes")).to_contain_text("Blocks on 31 December 2024 could not be loaded")
    assert page.locator(LEFT).count() == 178
    assert page.locator(RIGHT).count() == 0
    page.unroute("**/items?*as_of=*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(RIGHT)).to_have_count(178)
    page.close()


@browser_test
def test_on_a_phone_swipe_has_room_and_its_targets_are_large(open_page):
    page = open_page("/?swipe=mineral,2024-12-31", 390, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for target in (page.locator(".swipe-button"), handle(page), page.locator(".swipe-side.is-left summary")):
        assert target.bounding_box()["height"] >= 44
    sides = [page.locator(f".swipe-side.is-{side}").bounding_box() for side in ("left", "right")]
    frame = page.locator(".map").bounding_box()
    assert sides[0]["x"] + sides[0]["width"] <= sides[1]["x"]
    assert sides[1]["x"] + sides[1]["width"] <= frame["x"] + frame["width"]
    page.locator(".swipe-button").tap()
    for control in page.locator(".swipe-panel select, .swipe-panel button:visible").all():
        assert control.bounding_box()["height"] >= 44


@browser_test
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_in_swipe_and_its_form(open_page, width, scheme):
    if not AXE.exists():
        pytest.skip("axe-core is not there yet: `make test` fetches it")
    page = open_page("/?swipe=status,2024-12-31", width, color_scheme=scheme)
    page.get_by_role("button", name="Swipe").click()
    page.evaluate(AXE.read_text())
    faults = page.evaluate(
        """async () => (await axe.run({include: ['.map'], exclude: ['path']}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',
            'wcag21aa', 'wcag22aa'], resultTypes: ['violations']})).violations
            .map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))])"""
    )
    assert [fault for fault in faults if fault[0] != "target-size"] == []
    targets = [html for name, all in faults if name == "target-size" for html in all]
    assert [html for html in targets if "swipe" in html] == []


# On paper


def seen_of_map(page: Page) -> str:
    return page.evaluate(
        """() => {
            const {map} = portalMaps[0];
            return JSON.stringify([map.getCenter(), map.getZoom(), map.getSize(), map.options.zoomSnap,
                document.documentElement.className, document.documentElement.dataset.theme ?? null,
                document.querySelectorAll('.print-sheet').length, location.href]);
        }"""
    )


def to_paper(page: Page) -> None:
    """What a browser does before it prints, as far as a picture can show it."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")


@browser_test
@pytest.mark.parametrize(("width", "path"), [(1440, "/?theme=dark"), (390, "/?mineral=graphite&swipe=status,stage")])
def test_a_print_is_a4_landscape_and_leaves_the_page_as_it_was(open_page, width, path, tmp_path):
    page = open_page(path, width)
    before = seen_of_map(page)
    made = page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox ?\[0 0 ([0-9.]+) ([0-9.]+)\]", made)
    assert {(round(float(wide)), round(float(high))) for wide, high in sizes} == {A4_LANDSCAPE_POINTS}
    # One page for the map, and the table from the next one on.
    assert 2 <= len(sizes) <= 4
    page.wait_for_timeout(400)
    assert seen_of_map(page) == before


@browser_test
def test_a_print_says_what_it_shows(open_page):
    page = open_page("/?mineral=graphite&state=odisha&theme=stage&columns=status,stage")
    address = page.url
    to_paper(page)
    facts = dict(
        zip(
            page.locator(".print-facts dt").all_text_contents(),
            page.locator(".print-facts dd").all_text_contents(),
            strict=True,
        )
    )
    assert facts["Blocks"] == "11 on the map; in the table: 1–11 of 11"
    assert facts["Filters"] == "Mineral: Graphite; State: Odisha"
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ 20\d\d", facts["Printed"])
    assert re.fullmatch(r"as at \d{1,2} [A-Z][a-z]+ 20\d\d, revision \d+", facts["Data"])
    assert facts["Map"].startswith("North is up.")
    assert "CC BY 4.0" in facts["Source"]
    assert facts["Address"] == address
    sheet = page.locator(".print-legend")
    expect(sheet).to_contain_text("Coloured by exploration stage")
    assert sheet.locator("button, select, input").count() == 0
    expect(page.locator(".leaflet-control-scale-line")).to_be_visible()
    assert page.locator("#table tbody tr").count() == 11
    for hidden in (".leaflet-bar", ".map-legend", "#panel-fold", ".take-away", ".site-search", ".chips", ".columns"):
        expect(page.locator(hidden).first).to_be_hidden()


@browser_test
def test_paper_is_light_though_the_screen_is_dark_and_the_map_as_wide_as_the_page(open_page):
    page = open_page("/", color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    view = json.loads(page.evaluate("JSON.stringify(portalMaps[0].map.getBounds())"))
    # A4 without its margins, at 96 pixels an inch.
    to_paper(page)
    page.set_viewport_size({"width": 1047, "height": 718})
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != dark
    assert page.evaluate("getComputedStyle(document.querySelector('.state-area')).fill") == "rgb(251, 250, 247)"
    width = page.evaluate("portalMaps[0].map.getSize().x")
    assert width == page.locator(".map").evaluate("one => one.clientWidth")
    assert 1030 <= width <= 1047
    # All of India is on paper as it is on the screen.
    shown = json.loads(page.evaluate("JSON.stringify(portalMaps[0].map.getBounds())"))
    for bounds in (view, shown):
        assert bounds["_southWest"]["lat"] < 6.8 and bounds["_northEast"]["lat"] > 36.9
        assert bounds["_southWest"]["lng"] < 68.3 and bounds["_northEast"]["lng"] > 97.2
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


@browser_test
def test_both_halves_of_a_swipe_are_on_paper_with_their_legends(open_page):
    page = open_page("/?mineral=graphite&swipe=status,2024-12-31", 390)
    to_paper(page)
    expect(page.locator(".print-legend")).to_contain_text("Left: By status. Right: 31 December 2024, by status.")
    for side in ("left", "right"):
        expect(page.locator(f".swipe-side.is-{side} li").first).to_be_visible()
    expect(handle(page)).to_be_hidden()
    share = page.evaluate(
        """() => parseFloat(getComputedStyle(document.querySelector('.swipe-sides')).getPropertyValue('--swipe-at'))
            / portalMaps[0].map.getSize().x"""
    )
    assert share == pytest.approx(0.5, abs=0.01)


@browser_test
def test_the_button_prints_when_the_page_is_ready_for_it(open_page):
    page = open_page("/")
    page.evaluate(
        """() => { window.print = () => {
            window.printed = [document.documentElement.className, portalMaps[0].map.getSize().x,
                document.querySelectorAll('.print-facts div').length];
            dispatchEvent(new Event('beforeprint'));
            dispatchEvent(new Event('afterprint'));
        }; }"""
    )
    before = seen_of_map(page)
    button = page.get_by_role("button", name="Print map")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.printed")
    names, width, facts = page.evaluate("window.printed")
    assert "is-printing" in names.split()
    assert (width > 1030, facts) == (True, 7)
    assert seen_of_map(page) == before
    page.locator("#f-mineral-graphite").check()
    expect(page.locator(".explorer-head")).to_contain_text("28 blocks found")
    expect(page.get_by_role("button", name="Print map")).to_have_count(1)


@browser_test
def test_a_reader_without_scripts_sees_no_button_that_does_nothing(open_page):
    page = open_page("/?swipe=status,stage", java_script_enabled=False)
    assert page.get_by_role("button", name="Print map").count() == 0
    assert page.get_by_role("button", name="Swipe").count() == 0
    page.emulate_media(media="print")
    expect(page.locator("#table tbody tr").first).to_be_visible()
    expect(page.locator(".map")).to_be_hidden()
