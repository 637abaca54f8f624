"""Pages in a real Chromium, the outside network blocked; a console error or a request elsewhere fails the test."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from app.machine import find_chromium

pytestmark = pytest.mark.browser

FOCUS_STATES = ("andhra-pradesh", "odisha", "maharashtra", "gujarat")
PAGES = ("/", *(f"/states/{s}" for s in FOCUS_STATES), "/blocks/akharkata-graphite", "/processing-units/irel-oscom")
READY = '.map[data-ready="true"]'


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

    def open_page(path: str, width: int = 1440, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", lambda m: troubles.append(f"console: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        # What a page was still fetching when the reader left it is no trouble.
        page.on(
            "requestfailed", lambda r: None if r.failure == "net::ERR_ABORTED" else troubles.append(f"failed: {r.url}")
        )
        page.goto(live_url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_draws_its_map_and_fits_its_width(open_page, path, width):
    page = open_page(path, width)
    page.wait_for_selector(READY)
    assert page.locator(".map path.leaflet-interactive").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1600])
def test_the_narrowest_and_widest_pages_do_not_scroll_sideways(open_page, width):
    for path in ("/", "/states/odisha", "/blocks/akharkata-graphite", "/about", "/nowhere"):
        context_page = open_page("/about" if path == "/nowhere" else path, width)
        assert context_page.evaluate("document.documentElement.scrollWidth") <= width


def test_legend_counts_what_the_page_counts(open_page):
    page = open_page("/states/odisha")
    page.wait_for_selector(READY)
    legend = page.locator(".map-legend").inner_text()
    counted = {
        words: int(n) for words, n in re.findall(r"(Offered|Annulled|Preferred bidder declared)\s+(\d+)", legend)
    }
    assert counted == {"Offered": 5, "Preferred bidder declared": 9, "Annulled": 1}


def test_indicative_boundaries_are_dashed_and_published_ones_solid(open_page):
    page = open_page("/states/odisha")
    page.wait_for_selector(READY)
    dashes = page.evaluate(
        """() => {
            const dash = (selector) => getComputedStyle(document.querySelector(selector)).strokeDasharray;
            return {
                published: dash('.map path.shape:not(.boundary-indicative)'),
                indicative: dash('.map path.shape.boundary-indicative'),
            };
        }"""
    )
    assert dashes["published"] == "none"
    assert dashes["indicative"] not in (None, "none")


def test_a_popup_says_status_and_stage_and_leads_to_the_block(open_page):
    page = open_page("/blocks/akharkata-graphite")
    page.wait_for_selector(READY)
    page.locator(".map path.is-chosen").focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Akharkata Graphite Block")
    expect(popup).to_contain_text("Preferred bidder declared")
    expect(popup).to_contain_text("not published")
    assert popup.locator('a[href="/blocks/akharkata-graphite"]').count() == 1


def test_an_investor_finds_graphite_of_odisha_without_a_mouse_on_the_map(open_page):
    page = open_page("/")
    page.wait_for_selector(READY)
    page.locator("#f-mineral-graphite").check()
    expect(page.locator(".explorer-head")).to_contain_text("28 blocks found")
    page.locator("#f-state-odisha").check()
    expect(page.locator(".explorer-head")).to_contain_text("11 blocks found")
    assert page.locator(".explorer-table tbody tr").count() == 11
    page.get_by_role("link", name="Akharkata Graphite Block").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Akharkata Graphite Block")


def test_search_forgives_a_misspelling(open_page):
    page = open_page("/")
    page.get_by_role("combobox", name="Search blocks, minerals, places").fill("graffite oddisha")
    page.keyboard.press("Enter")
    page.wait_for_selector(READY)
    expect(page.locator(".explorer-head")).to_contain_text("11 blocks found")


def test_scripts_off_still_filters_and_lists(open_page):
    page = open_page("/", java_script_enabled=False)
    page.locator("#f-state-gujarat").check()
    page.get_by_role("button", name="Show blocks").click()
    assert page.locator(".explorer-table tbody tr").count() == 6


def test_a_small_block_is_seen_on_its_own_map_and_nothing_covers_it(open_page):
    page = open_page("/blocks/rj-psb-01-limestone")
    page.wait_for_selector(READY)
    block = page.locator('.map path[data-id="rj-psb-01-limestone"]')
    box = block.bounding_box()
    assert max(box["width"], box["height"]) >= 80
    on_top = "([x, y]) => document.elementFromPoint(x, y)?.dataset.id"
    block.scroll_into_view_if_needed()
    box = block.bounding_box()
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    assert page.evaluate(on_top, middle) == "rj-psb-01-limestone"


def test_a_project_stands_beside_the_block_it_explored(open_page):
    page = open_page("/states/odisha")
    page.wait_for_selector(READY)
    dot = page.locator('.map path[data-id="salepali-graphite"]')
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    tag = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.tagName", middle)
    assert tag.lower() == "path"


def test_a_popup_on_a_phone_keeps_clear_of_the_buttons(open_page):
    page = open_page("/states/gujarat", 390, has_touch=True, is_mobile=True)
    page.wait_for_selector(READY)
    page.evaluate(
        "portalMaps[0].map.eachLayer(l => l.getElement?.()?.dataset?.id === 'kutch-copper-mundra' && l.openPopup())"
    )
    page.wait_for_timeout(600)
    popup = page.locator(".leaflet-popup-content-wrapper").bounding_box()
    buttons = page.locator(".leaflet-control-zoom").bounding_box()
    assert popup["x"] >= buttons["x"] + buttons["width"]


def test_the_list_of_layers_opens_and_closes_from_the_keyboard(open_page):
    page = open_page("/states/odisha")
    page.wait_for_selector(READY)
    toggle = page.locator(".leaflet-control-layers-toggle")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-control-layers-list input:focus")).to_have_count(1)
    expect(page.locator(".map-legend")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(toggle).to_be_focused()
    expect(page.locator(".map-legend")).to_be_visible()


def test_the_map_can_be_skipped(open_page):
    page = open_page("/states/odisha")
    link = page.get_by_role("link", name="Skip the map")
    link.focus()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "after_map_main"


def test_the_tables_of_the_explorer_show_every_column(open_page):
    for width in (1440, 1024):
        page = open_page("/", width)
        region = page.locator(".explorer-table .table-region")
        assert region.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_zooming_on_phones_is_possible(open_page):
    page = open_page("/states/goa", 390, has_touch=True, is_mobile=True)
    viewport = page.locator('meta[name="viewport"]').get_attribute("content")
    assert "user-scalable" not in viewport
    assert "maximum-scale" not in viewport


def test_dark_theme_paints_the_page_dark(open_page):
    page = open_page("/states/goa", color_scheme="dark")
    page.wait_for_selector(READY)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(20, 24, 27)"


def test_a_base_map_is_asked_for_only_when_chosen(browser, live_url):
    page = browser.new_page()
    asked: list[str] = []
    page.route(
        "**/*",
        lambda r: r.continue_() if r.request.url.startswith(live_url) else (asked.append(r.request.url), r.abort()),
    )
    page.goto(f"{live_url}/states/goa")
    page.wait_for_selector(READY)
    assert asked == []
    page.locator(".leaflet-control-layers").hover()
    page.get_by_label("OpenStreetMap").check(force=True)
    page.wait_for_timeout(500)
    assert asked and all(url.startswith("https://tile.openstreetmap.org/") for url in asked)
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("OpenStreetMap")
    page.close()


def test_a_failing_layer_says_so_and_the_rest_goes_on(browser, live_url):
    page = browser.new_page()
    page.route("**/api/collections/ports/**", lambda route: route.abort())
    page.goto(f"{live_url}/states/odisha")
    page.wait_for_selector(READY)
    expect(page.locator(".map")).to_contain_text("Ports could not be loaded")
    assert page.locator(".map path.leaflet-interactive").count() > 0
    page.close()


def test_api_docs_come_from_the_portal_itself(open_page):
    page = open_page("/api/docs")
    page.wait_for_selector(".swagger-ui .opblock")
    assert page.locator(".opblock").count() >= 7


@pytest.mark.parametrize("width", [1440, 390])
def test_charts_are_drawn_and_a_mark_leads_to_its_rows(open_page, width):
    page = open_page("/insights", width)
    for name in ("minerals", "statuses", "funnel", "premiums", "tranches", "area", "inventory-0", "projects"):
        page.locator(f"#{name}").scroll_into_view_if_needed()
        expect(page.locator(f"section[aria-labelledby='{name}'] .chart svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bar = page.locator("section[aria-labelledby='statuses'] .chart svg .mark-rect path").first
    bar.scroll_into_view_if_needed()
    bar.click()
    page.wait_for_url(re.compile("status="))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_charts_wear_the_theme(open_page):
    page = open_page("/insights")
    page.locator("#statuses").scroll_into_view_if_needed()
    label = page.locator("section[aria-labelledby='statuses'] .chart svg text").first
    expect(label).to_have_attribute("fill", "#1d2226")
    page.locator("#theme").select_option("dark")
    expect(label).to_have_attribute("fill", "#e8e6e1")


def test_a_shaded_state_leads_to_its_page(open_page):
    page = open_page("/insights")
    page.wait_for_selector(READY)
    expect(page.locator(".map path.shade")).to_have_count(21)
    page.locator(".map path.shade-4").first.dispatch_event("click")
    page.wait_for_url(re.compile("/states/"))
