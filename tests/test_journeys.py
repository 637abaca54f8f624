"""Whole journeys through the explorer in a real Chromium: by mouse, by keyboard alone, without scripts, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pyogrio
import pytest
from conftest import get_ids
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from test_browser import READY, open_page

from app.machine import find_chromium

__all__ = ["open_page"]

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
# Round Odisha and its neighbours: lon, lat.
CORNERS = ((81.5, 18.5), (87.0, 19.0), (86.5, 23.0), (82.0, 22.5))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Without movement, so that what is clicked stands still."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-prefers-reduced-motion"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


def asked(page: Page) -> dict[str, str]:
    """What the address of the page asks for."""
    return dict(parse_qsl(urlsplit(page.url).query))


def filters(page: Page) -> dict[str, str]:
    return {k: v for k, v in asked(page).items() if k not in ("theme", "layers", "columns", "map", "block", "v")}


def rows(page: Page) -> list[str]:
    found = page.locator("#table tr[data-id]").evaluate_all("rows => rows.map((row) => row.dataset.id)")
    assert isinstance(found, list)
    return found


def chips(page: Page) -> list[str]:
    return [words.split("\n")[0].strip() for words in page.locator(".chip-filter").all_inner_texts()]


FEATURES = (
    "() => window.portalMaps[0].layers.find(({options}) => options.kind === 'blocks').features.map(({id}) => id).sort()"
)


def expect_in_step(page: Page, portal: TestClient, **wanted: str) -> list[str]:
    """Table, map and address have what the API has for these filters; the ids."""
    ids = get_ids(portal, **wanted)
    expect(page.locator("#head")).to_have_attribute("data-matched", str(len(ids)))
    page.wait_for_selector(READY)
    page.wait_for_function(f"(ids) => JSON.stringify(({FEATURES})()) === JSON.stringify(ids)", arg=ids)
    assert rows(page) == get_ids(portal, **wanted, sortby="name")[:25]
    assert filters(page) == wanted
    return ids


def ids_by_pages(page: Page) -> list[str]:
    """Ids of all pages of the table, by its links."""
    ids = rows(page)
    while (following := page.get_by_role("link", name="Next", exact=True)).count():
        first = ids[-1]
        following.click()
        expect(page.locator(f'#table tr[data-id="{first}"]')).to_have_count(0)
        ids += rows(page)
    return ids


def at(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a position lies in the window."""
    x, y = page.evaluate(
        """([lon, lat]) => {
            const { map } = portalMaps[0];
            const point = map.latLngToContainerPoint([lat, lon]);
            const box = map.getContainer().getBoundingClientRect();
            return [point.x + box.x + map.getContainer().clientLeft, point.y + box.y + map.getContainer().clientTop];
        }""",
        [lon, lat],
    )
    return x, y


def take_file(page: Page, folder: Path, press: Callable[[], None]) -> list[str]:
    """Ids in the GeoPackage that comes."""
    with page.expect_download() as coming:
        press()
    file = folder / "blocks.gpkg"
    coming.value.save_as(file)
    assert coming.value.suggested_filename.endswith(".gpkg")
    return sorted(pyogrio.raw.read(file, columns=["id"], read_geometry=False)[3][0])


def tab_to(page: Page, target: Locator, most: int = 250, back: bool = False) -> None:
    """Press Tab until the target has the focus: what a mouse reaches, keys reach too."""
    target.evaluate("(element) => { window.wanted = element; }")
    for _ in range(most):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("document.activeElement === window.wanted"):
            return
    raise AssertionError(f"{most} times Tab do not lead to {target}")


def test_an_investor_goes_from_search_to_dossier_to_document_to_comparison(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("combobox", name="Search blocks, minerals, places").fill("Akharkata")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Akharkata Graphite Block").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Akharkata Graphite Block")
    with page.expect_download() as coming:
        page.get_by_role("link", name="PDF to print").click()
    assert coming.value.suggested_filename == "akharkata-graphite.pdf"
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    expect(page.get_by_role("heading", level=1)).to_have_text("Akharkata Graphite Block")
    page.get_by_role("link", name="Compare with other blocks").click()
    page.get_by_label("Find a block to add").fill("babja graphite")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("link", name="Add Babja").click()
    expect(page.locator(".compare-table thead th")).to_have_count(3)
    page.get_by_label("Declared area, larger").fill("2")
    page.get_by_role("button", name="Put in order").click()
    expect(page.locator(".ranking tbody tr")).to_have_count(2)
    expect(page.locator(".ranking tbody tr").first).to_contain_text("Akharkata")
    # The stars keep both; from the shortlist they come back side by side.
    for name in ("Akharkata Graphite Block", "Babja Graphite and Manganese Block"):
        page.locator(f'.compare-table [data-star][data-name="{name}"]').click()
    page.locator(".compare-table thead").get_by_role("link", name="Akharkata Graphite Block", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Akharkata Graphite Block")
    page.get_by_role("region", name="Shortlist").get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url("**/compare?ids=akharkata-graphite,babja-graphite-manganese")
    mine = page.locator(".links-line", has_text="This comparison:")
    for kind, start in (("CSV", b"group,fact"), ("PDF", b"%PDF-")):
        with page.expect_download() as taken:
            mine.get_by_role("link", name=kind, exact=True).click()
        assert taken.value.suggested_filename == f"comparison.{kind.lower()}"
        assert Path(taken.value.path()).read_bytes().startswith(start)


def test_an_investor_finds_compares_and_takes_away(open_page: Open, portal: TestClient, tmp_path: Path) -> None:
    page = open_page("/")
    page.get_by_role("combobox", name="Search blocks, minerals, places").fill("graphite odisha")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?mineral=graphite&state=odisha")
    expect_in_step(page, portal, mineral="graphite", state="odisha")
    assert chips(page) == ["Mineral: Graphite ×", "State: Odisha ×"]
    page.locator("#f-status-offered").check()
    ids = expect_in_step(page, portal, mineral="graphite", state="odisha", status="offered")
    # A block and back.
    page.get_by_role("link", name="Naringpanga South").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Naringpanga South")
    page.go_back()
    expect_in_step(page, portal, mineral="graphite", state="odisha", status="offered")
    # Two on the shortlist, side by side.
    for star in page.locator("#table [data-star]").all():
        star.click()
    page.get_by_role("region", name="Shortlist").get_by_role("link", name="Compare").click()
    assert sorted(asked(page)["ids"].split(",")) == ids and len(ids) == 2
    expect(page.get_by_role("main")).to_contain_text("Naringpanga South")
    expect(page.get_by_role("main")).to_contain_text("Tamiya")
    # All that are on offer, as a file.
    page.go_back()
    page.get_by_role("link", name="Mineral: Graphite").click()
    expect(page.locator(".chip-filter")).to_have_count(2)
    page.get_by_role("link", name="State: Odisha").click()
    offered = expect_in_step(page, portal, status="offered")
    page.locator("#export summary").click()
    link = page.locator("#export").get_by_role("link", name="GeoPackage")
    assert take_file(page, tmp_path, link.click) == offered
    expect(page.locator(".file-progress")).to_contain_text("GeoPackage: done, ")
    expect(page.locator(".file-progress")).to_contain_text(f"{len(offered)} rows")
    page.keyboard.press("Escape")
    assert sorted(ids_by_pages(page)) == offered and len(offered) > 25


def test_an_analyst_draws_a_shape_and_passes_it_on(open_page: Open, portal: TestClient) -> None:
    page = open_page("/")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Tools").click()
    page.get_by_role("button", name="Polygon", exact=True).click()
    expect(page.locator(".tool-panel:not(.swipe-panel) .tool-hint")).not_to_be_empty()
    for corner in CORNERS:
        page.mouse.click(*at(page, *corner))
    page.keyboard.press("Enter")
    page.wait_for_url("**/?*intersects=*")
    drawn = filters(page)["intersects"]
    numbers = [float(n) for n in re.findall(r"\d+\.?\d*", drawn)]
    assert numbers[:2] == numbers[-2:] and len(numbers) == 10
    assert all(min(abs(n - c) for corner in CORNERS for c in corner) < 0.2 for n in numbers), drawn
    expect_in_step(page, portal, intersects=drawn)
    page.get_by_label("Buffer, km").fill("60")
    page.get_by_label("Buffer, km").press("Enter")
    expect_in_step(page, portal, intersects=drawn, buffer_km="60")
    page.locator("#f-stage-unknown").check()
    expect(page).to_have_url(re.compile("stage=unknown"))
    page.locator("#f-stage-G2").check()
    expect(page).to_have_url(re.compile("stage=G2,unknown"))
    wanted = {"intersects": drawn, "buffer_km": "60", "stage": "G2,unknown"}
    found = expect_in_step(page, portal, **wanted)
    assert 0 < len(found) < len(get_ids(portal, intersects=drawn, buffer_km="60"))
    assert found != get_ids(portal, intersects=drawn, stage="G2,unknown")
    expect(page.locator(".map path.tool-shape")).to_have_count(1)
    # Somebody else opens the link.
    address = page.evaluate("location.href")
    elsewhere = open_page("/" + address.split("/", 3)[3])
    assert elsewhere.url == address
    assert expect_in_step(elsewhere, portal, **wanted) == found
    for picture in ("tool-shape", "tool-halo"):
        expect(elsewhere.locator(f".map path.{picture}")).to_have_count(1)
    shape = elsewhere.evaluate("portalMaps[0].map.portal.options.shape.coordinates.flat(2)")
    assert shape == numbers
    assert "Drawn shape: polygon, 4 corners, 60 km ×" in chips(elsewhere)
    # Its chip takes it off the map as well.
    elsewhere.get_by_role("link", name="Drawn shape").click()
    expect_in_step(elsewhere, portal, stage="G2,unknown")
    expect(elsewhere.locator(".map path.tool-shape")).to_have_count(0)


def test_the_investors_journey_by_keyboard_alone(open_page: Open, portal: TestClient, tmp_path: Path) -> None:
    page = open_page("/")
    tab_to(page, page.locator("#site-q"))
    page.keyboard.type("graphite odisha")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?mineral=graphite&state=odisha")
    page.wait_for_selector(READY)
    tab_to(page, page.locator("#f-status-offered"))
    page.keyboard.press("Space")
    wanted = {"mineral": "graphite", "state": "odisha", "status": "offered"}
    ids = expect_in_step(page, portal, **wanted)
    # What was ticked keeps the focus: the table is reached from there.
    expect(page.locator("#f-status-offered")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Skip the map"))
    page.keyboard.press("Enter")
    stars = page.locator("#table [data-star]")
    for number in range(2):
        tab_to(page, stars.nth(number))
        page.keyboard.press("Space")
        expect(stars.nth(number)).to_have_attribute("aria-pressed", "true")
    tab_to(page, page.get_by_role("region", name="Shortlist").get_by_role("link", name="Compare"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?*")
    assert sorted(asked(page)["ids"].split(",")) == ids
    page.go_back()
    expect_in_step(page, portal, **wanted)
    page.get_by_role("link", name="Skip the map").evaluate("(link) => link.focus()")
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#export summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#export").get_by_role("link", name="GeoPackage"))
    assert take_file(page, tmp_path, lambda: page.keyboard.press("Enter")) == ids
    page.keyboard.press("Escape")
    expect(page.locator("#export")).not_to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.closest('#export') !== null")
    tab_to(page, page.get_by_role("link", name="Naringpanga South"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Naringpanga South")


def test_the_analysts_journey_by_keyboard_alone(open_page: Open, portal: TestClient) -> None:
    page = open_page("/")
    page.wait_for_selector(READY)
    tab_to(page, page.locator("#f-stage-unknown"))
    page.keyboard.press("Space")
    expect_in_step(page, portal, stage="unknown")
    tab_to(page, page.get_by_role("button", name="Tools"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Polygon", exact=True), 10)
    page.keyboard.press("Enter")
    expect(page.locator(".tool-panel:not(.swipe-panel)")).to_be_focused()
    tab_to(page, page.locator(".tool-panel:not(.swipe-panel) summary"), 10)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Corners"), 3)
    page.keyboard.type("\n".join(f"{lat}, {lon}" for lon, lat in CORNERS))
    tab_to(page, page.get_by_role("button", name="Set the polygon"), 3)
    page.keyboard.press("Enter")
    wkt = f"POLYGON(({','.join(f'{lon:g} {lat:g}' for lon, lat in (*CORNERS, CORNERS[0]))}))"
    expect_in_step(page, portal, stage="unknown", intersects=wkt)
    tab_to(page, page.get_by_label("Buffer, km"), 5)
    page.keyboard.press("Control+A")
    page.keyboard.type("60")
    page.keyboard.press("Enter")
    expect_in_step(page, portal, stage="unknown", intersects=wkt, buffer_km="60")
    expect(page.locator(".map path.tool-halo")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".tool-panel:not(.swipe-panel)")).to_be_hidden()


def follow(link: Locator) -> None:
    """Click, and wait for the page that it leads to: a click by itself is over before that page is there."""
    with link.page.expect_navigation():
        link.click()


def test_the_investors_journey_without_scripts(open_page: Open, portal: TestClient, tmp_path: Path) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_label("Search blocks, minerals, places").fill("graphite odisha")
    follow(page.get_by_role("button", name="Search", exact=True))
    assert filters(page) == {"mineral": "graphite", "state": "odisha"}
    page.locator("#f-status-offered").check()
    follow(page.get_by_role("button", name="Show blocks"))
    wanted = {"mineral": "graphite", "state": "odisha", "status": "offered"}
    expect(page.locator(".chip-filter")).to_have_count(3)
    assert filters(page) == wanted
    ids = get_ids(portal, **wanted)
    assert rows(page) == get_ids(portal, **wanted, sortby="name")
    assert page.locator("[data-star]:visible").count() == 0, "a button that does nothing"
    follow(page.get_by_role("link", name="Naringpanga South"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Naringpanga South")
    page.go_back()
    page.locator("#export summary").click()
    link = page.locator("#export").get_by_role("link", name="GeoPackage")
    assert take_file(page, tmp_path, link.click) == ids
    # Columns, order, a filter less, the next page.
    page.locator("#export summary").click()
    page.locator("#columns summary").click()
    page.locator("#c-grade").check()
    follow(page.get_by_role("button", name="Show these columns"))
    follow(page.get_by_role("link", name="Area", exact=True))
    assert asked(page) == wanted | {"columns": "status,minerals,stage,area_ha,grade", "sortby": "area_ha"}
    follow(page.get_by_role("link", name="Mineral: Graphite"))
    follow(page.get_by_role("link", name="State: Odisha"))
    assert filters(page) == {"status": "offered", "sortby": "area_ha"}
    found = rows(page)
    follow(page.get_by_role("link", name="Next", exact=True))
    assert [*found, *rows(page)] == get_ids(portal, status="offered", sortby="area_ha")


def test_back_and_forward_keep_filters_and_map_in_step(open_page: Open, portal: TestClient) -> None:
    page = open_page("/")
    page.wait_for_selector(READY)
    page.locator("#f-mineral-graphite").check()
    expect_in_step(page, portal, mineral="graphite")
    page.locator("#f-state-odisha").check()
    expect_in_step(page, portal, mineral="graphite", state="odisha")
    page.get_by_role("link", name="Mineral: Graphite").click()
    expect_in_step(page, portal, state="odisha")
    graphite, odisha = page.locator("#f-mineral-graphite"), page.locator("#f-state-odisha")
    states: list[dict[str, str]] = [{}, {"mineral": "graphite"}, {"mineral": "graphite", "state": "odisha"}]
    for wanted in (states[2], states[1], states[0]):
        page.go_back()
        expect_in_step(page, portal, **wanted)
        expect(graphite).to_be_checked(checked="mineral" in wanted)
        expect(odisha).to_be_checked(checked="state" in wanted)
        assert len(chips(page)) == len(wanted)
    for wanted in (states[1], states[2], {"state": "odisha"}):
        page.go_forward()
        expect_in_step(page, portal, **wanted)
        expect(graphite).to_be_checked(checked="mineral" in wanted)


def test_a_line_of_the_legend_is_a_filter(open_page: Open, portal: TestClient) -> None:
    page = open_page("/?mineral=graphite")
    page.wait_for_selector(READY)
    page.locator(".map-legend summary").click()
    line = page.locator(".legend-filter", has_text="Annulled")
    told = int(line.locator(".count").inner_text())
    line.click()
    ids = expect_in_step(page, portal, mineral="graphite", status="annulled")
    assert len(ids) == told
    expect(page.locator(".legend-filter[aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#f-status-annulled")).to_be_checked()
    page.locator(".legend-filter", has_text="Annulled").click()
    expect_in_step(page, portal, mineral="graphite")
    # A line of numbers is a filter too.
    page.locator(".theme-select").select_option("area")
    page.locator(".legend-filter", has_text="100 to 500 ha").click()
    expect_in_step(page, portal, mineral="graphite", area_min_ha="100", area_max_ha="500")


def test_what_is_shown_stands_in_the_address_and_outlasts_a_reload(open_page: Open, portal: TestClient) -> None:
    page = open_page("/?mineral=graphite&state=odisha")
    page.wait_for_selector(READY)
    page.locator(".map-legend summary").click()
    page.locator(".theme-select").select_option("stage")
    assert asked(page)["theme"] == "stage" and asked(page)["v"] == "1"
    page.locator(".leaflet-control-layers").hover()
    page.get_by_label("Ports").check()
    expect(page).to_have_url(re.compile("layers=processing-units,ports"))
    page.mouse.move(5, 5)
    # A click beside the link in a row opens the block's popup.
    page.locator('#table tr[data-id="akharkata-graphite"] td.num').click()
    expect(page.locator(".leaflet-popup")).to_contain_text("Akharkata Graphite Block")
    assert asked(page)["block"] == "akharkata-graphite"
    shown = asked(page)
    page.reload()
    page.wait_for_selector(READY)
    expect(page.locator(".map.by-stage")).to_have_count(1)
    expect(page.locator(".leaflet-popup")).to_contain_text("Akharkata Graphite Block")
    assert page.evaluate("portalMaps[0].map.portal.theme") == "stage"
    assert {k: v for k, v in asked(page).items() if k != "map"} == {k: v for k, v in shown.items() if k != "map"}
    assert page.evaluate("portalMaps[0].layers.filter(l => l.features.length).map(l => l.options.collection)") == [
        "blocks",
        "processing-units",
        "ports",
    ]
    # The view goes along when the filters change, and what is closed goes from the address.
    page.locator("#f-state-odisha").uncheck()
    expect_in_step(page, portal, mineral="graphite")
    assert asked(page)["theme"] == "stage" and "block" not in asked(page)
    assert asked(page)["layers"] == "processing-units,ports"


def test_the_pages_own_theme_is_kept(open_page: Open) -> None:
    page = open_page("/?theme=dark,area")
    page.wait_for_selector(READY)
    expect(page.locator(".map.by-area")).to_have_count(1)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator(".map-legend summary").click()
    page.locator(".theme-select").select_option("mineral")
    assert asked(page)["theme"] == "dark,mineral"


def test_table_and_map_point_at_each_other(open_page: Open) -> None:
    page = open_page("/?mineral=graphite&state=odisha")
    page.wait_for_selector(READY)
    one = "akharkata-graphite"
    page.locator(f'#table tr[data-id="{one}"] th').hover()
    expect(page.locator(f'.map path[data-id="{one}"].is-lit')).to_have_count(1)
    page.locator("h1").hover()
    expect(page.locator(".map path.is-lit")).to_have_count(0)
    page.locator(f'.map path[data-id="{one}"]').focus()
    expect(page.locator(f'#table tr[data-id="{one}"].is-lit')).to_have_count(1)


def test_on_a_phone_the_map_comes_first_and_the_filters_fold(open_page: Open, portal: TestClient) -> None:
    page = open_page("/?state=odisha", 390, has_touch=True, is_mobile=True)
    page.wait_for_selector(READY)
    fold = page.locator("#panel-fold")
    assert not fold.evaluate("(details) => details.open")
    tops = [page.locator(part).bounding_box() for part in (".explorer-map", "#panel-fold", "#table")]
    heights = [box["y"] for box in tops if box]
    assert len(heights) == 3 and heights == sorted(heights), "map, filters, table"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    fold.locator("> summary").tap()
    page.locator("label[for], label", has=page.locator("#f-mineral-graphite")).first.tap()
    expect_in_step(page, portal, state="odisha", mineral="graphite")
    # What is open stays open, and nothing pushes the page wider.
    assert fold.evaluate("(details) => details.open")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="Mineral: Graphite").tap()
    expect_in_step(page, portal, state="odisha")
