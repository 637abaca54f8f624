"""Every page as axe-core sees it in a real Chromium: light and dark, narrow and wide, and with what unfolds unfolded.

axe finds what a machine can find; what only a reader can judge is looked at in test_browser.py and by hand.
`/api/docs` is left out: it is Swagger UI as its makers ship it, and everything it shows is at `/api` as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.machine import find_chromium

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "web/node_modules/axe-core/axe.min.js"
# WCAG 2.2 to level AA holds all of WCAG 2.0 and 2.1; axe keeps its rules by the version that brought them.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# A block's dot stands where the block is, however near the next one is: the guideline names pins on a map as targets
# whose place is essential, and the table, the search and the Tab key lead to the same blocks.
# Source: WCAG 2.2, 2.5.8 Target Size (Minimum), exceptions “Equivalent” and “Essential”.
RUN_AXE = """async (rules) => {
    const onTheMap = ({target}) => document.querySelector(target[0]).matches('.leaflet-interactive');
    const {violations} = await axe.run(document, {runOnly: rules, resultTypes: ['violations']});
    for (const fault of violations)
        if (fault.id === 'target-size') fault.nodes = fault.nodes.filter((node) => !onTheMap(node));
    return violations;
}"""
READY = '.map[data-ready="true"]'
WIDTHS = (390, 1440)

FOCUS_STATES = ("andhra-pradesh", "odisha", "maharashtra", "gujarat")
PUBLISHED, INDICATIVE = "/blocks/akharkata-graphite", "/blocks/biarpalli-graphite-manganese"
PAGES = (
    "/",
    "/?mineral=graphite&state=odisha",
    "/?mineral=graphite&state=gujarat&nonsense=1",  # nothing found, and a notice
    *(f"/states/{slug}" for slug in FOCUS_STATES),
    PUBLISHED,
    INDICATIVE,
    f"{PUBLISHED}/history",
    "/processing-units/irel-oscom",
    "/data",
    "/data/quality",
    "/about",
    "/compare?ids=akharkata-graphite,biarpalli-graphite-manganese",
    "/compare?ids=akharkata-graphite,babja-graphite-manganese&weights=area_ha:3,premium_percent:-1,attempts:1",
    "/insights",
    "/offers?mineral=graphite",
    "/screening?intersects=POLYGON((84.5%2020.5,84.6%2020.5,84.6%2020.6,84.5%2020.5))",
    "/blocks/akharkata-grafite",  # no such block
)
# One of each template: what the ordinary run looks at.
QUICK_PAGES = ("/", "/states/goa", INDICATIVE, "/processing-units/irel-oscom", "/data", "/blocks/akharkata-grafite")


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    if not AXE.exists():
        pytest.skip("axe-core is not there yet: `make test` fetches it")
    return AXE.read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, live_url: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the portal at a width, in a theme, its map drawn; nobody else can be asked for anything."""
    contexts = []

    def open_page(path: str, width: int, scheme: str = "light") -> Page:
        # Motion is off: a colour half way through a change is no colour of the page.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        context.route(lambda address: not address.startswith(live_url), lambda route: route.abort())
        page = context.new_page()
        page.goto(live_url + path)
        if page.locator(".map").count():
            page.wait_for_selector(READY)
        return page

    yield open_page
    for context in contexts:
        context.close()


def list_faults(page: Page, axe: str) -> list[str]:
    """What axe-core holds against the page as it stands: each rule with the elements that break it."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE, list(RULES))
    return [describe(fault) for fault in found if fault["nodes"]]


def describe(fault: dict[str, Any]) -> str:
    nodes = "".join(f"\n    {node['html'][:160]}\n      {node['failureSummary']}" for node in fault["nodes"][:5])
    return f"{fault['id']} ({fault['impact']}, {len(fault['nodes'])} elements): {fault['help']}{nodes}"


def expect_none(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


def is_there(live_url: str, path: str) -> bool:
    """Whether a page that a portal need not have answers."""
    return httpx2.get(live_url + path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", QUICK_PAGES)
def test_each_kind_of_page_is_free_of_faults(open_page, axe, path):
    expect_none(list_faults(open_page(path, 390), axe))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_free_of_faults(open_page, live_url, axe, path, width, scheme):
    if path.startswith(("/compare", "/insights")) and not is_there(live_url, path):
        pytest.skip(f"this portal has no {path}")
    expect_none(list_faults(open_page(path, width, scheme), axe))


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", INDICATIVE])
def test_a_theme_that_the_address_asks_for_is_free_of_faults(open_page, axe, path):
    page = open_page(f"{path}?theme=dark", 1440)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    expect_none(list_faults(page, axe))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_what_unfolds_is_free_of_faults(open_page, axe, width, scheme):
    """The menu and the legend, then a block's popup, then the list of layers: each over the page as it is then."""
    page = open_page(PUBLISHED, width, scheme)
    if width == min(WIDTHS):
        page.locator("#menu-button").click()
        page.locator(".map-legend summary").click()
    faults = list_faults(page, axe)
    page.locator(".map path.is-chosen").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup")
    # The map makes room for the popup; until it has, a button may lie under another.
    page.wait_for_function("() => !document.querySelector('.leaflet-pan-anim')")
    faults += list_faults(page, axe)
    page.keyboard.press("Escape")
    page.locator(".leaflet-control-layers-toggle").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-control-layers-expanded")
    faults += list_faults(page, axe)
    expect_none(faults)
