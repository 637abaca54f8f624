"""The shortlist in a real Chromium: kept on the device, in step between tabs, shared as a link, without a mouse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright

from app.downloads import FORMATS
from app.machine import find_chromium

pytestmark = pytest.mark.browser

ONE, TWO = "akharkata-graphite", "biarpalli-graphite-manganese"
ONE_NAME, TWO_NAME = "Akharkata Graphite Block", "Biarpalli Graphite and Manganese Block"
KEY = "khanij.shortlist"
READY = '.map[data-ready="true"]'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def new_device(browser: Browser, live_url: str) -> Iterator[Callable[..., BrowserContext]]:
    """A browser with nothing stored; at the end no script may have failed, and nobody else been asked."""
    troubles: list[str] = []
    contexts = []

    def guard(route: Route) -> None:
        if route.request.url.startswith(live_url):
            route.continue_()
        else:
            troubles.append(f"asked another host: {route.request.url}")
            route.abort()

    def listen(page: Page) -> None:
        page.on("console", lambda m: troubles.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))

    def new_device(width: int = 1440, **options) -> BrowserContext:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=live_url, **options)
        contexts.append(context)
        context.route("**/*", guard)
        context.on("page", listen)
        return context

    yield new_device
    for context in contexts:
        context.close()
    assert troubles == []


def open_page(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.goto(path)
    return page


def star(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"{re.escape(name)} (to|from) the shortlist")).first


def tray(page: Page) -> Locator:
    return page.get_by_role("region", name="Shortlist")


def stored(page: Page) -> list[str]:
    return [entry["id"] for entry in json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "[]")]


def store(context: BrowserContext, text: str) -> None:
    """What an earlier visit left behind, once; the blank page before the first has no storage."""
    context.add_init_script(
        f"if (location.protocol === 'http:' && !sessionStorage.stored) {{"
        f" sessionStorage.stored = 1; localStorage.setItem('{KEY}', {json.dumps(text)}); }}"
    )


def keep(context: BrowserContext, *blocks: tuple[str, str]) -> None:
    store(context, json.dumps([{"id": block_id, "name": name} for block_id, name in blocks]))


def test_two_stars_are_kept_counted_and_compared(new_device):
    context = new_device()
    page = open_page(context, f"/blocks/{ONE}")
    expect(tray(page)).to_be_hidden()
    button = page.get_by_role("button", name=f"Add {ONE_NAME} to the shortlist")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    pressed = page.get_by_role("button", name=f"Remove {ONE_NAME} from the shortlist", pressed=True)
    expect(pressed).to_be_visible()
    expect(tray(page)).to_contain_text("Shortlist: 1")
    expect(page.get_by_role("status")).to_have_text(f"{ONE_NAME} added to the shortlist. It holds 1 block.")
    expect(tray(page).get_by_role("link", name="Compare")).to_have_attribute("aria-disabled", "true")
    expect(tray(page)).to_contain_text("Compare needs two blocks.")

    page.goto(f"/blocks/{TWO}")
    star(page, TWO_NAME).click()
    expect(tray(page)).to_contain_text("Shortlist: 2")
    page.reload()
    expect(tray(page)).to_contain_text("Shortlist: 2")
    expect(star(page, TWO_NAME)).to_have_attribute("aria-pressed", "true")

    tray(page).get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url(f"**/compare?ids={ONE},{TWO}")
    assert page.locator(".compare-table thead th a[href^='/blocks/']").all_inner_texts() == [ONE_NAME, TWO_NAME]
    expect(page.get_by_role("button", name="Keep these in my shortlist")).to_be_hidden()  # they are there


def test_a_second_tab_is_in_step(new_device):
    context = new_device()
    first, second = open_page(context, f"/blocks/{ONE}"), open_page(context, f"/compare?ids={ONE},{TWO}")
    star(first, ONE_NAME).click()
    expect(tray(second)).to_contain_text("Shortlist: 1")
    expect(star(second, ONE_NAME)).to_have_attribute("aria-pressed", "true")
    star(second, TWO_NAME).click()
    expect(tray(first)).to_contain_text("Shortlist: 2")
    star(second, ONE_NAME).click()
    expect(star(first, ONE_NAME)).to_have_attribute("aria-pressed", "false")
    second.evaluate("localStorage.clear()")
    expect(tray(first)).to_contain_text("Shortlist: empty")


def test_the_tray_leads_everywhere(new_device):
    context = new_device()
    keep(context, (ONE, ONE_NAME), (TWO, TWO_NAME))
    page = open_page(context, f"/blocks/{ONE}")
    tray(page).locator("summary").click()
    links = {a.get_attribute("href") for a in tray(page).get_by_role("link").all()}
    ids = f"?ids={ONE},{TWO}"
    assert links == {
        f"/blocks/{ONE}",
        f"/blocks/{TWO}",
        f"/compare{ids}",
        f"/{ids}",
        f"/feeds/changes.atom{ids}",
        *(f"/download/blocks.{ending}{ids}" for ending in FORMATS),
    }
    for link in links:
        assert context.request.get(link).status == 200, link
    rows = context.request.get(f"/download/blocks.csv{ids}").headers["x-row-count"]
    assert rows == "2"


def test_removing_and_clearing_keep_the_focus_in_the_tray(new_device):
    context = new_device()
    keep(context, (ONE, ONE_NAME), (TWO, TWO_NAME))
    page = open_page(context, f"/blocks/{ONE}")
    tray(page).locator("summary").click()
    tray(page).get_by_role("button", name=f"Remove {ONE_NAME}").click()
    expect(tray(page).get_by_role("button", name=f"Remove {TWO_NAME}")).to_be_focused()
    expect(star(page, ONE_NAME)).to_have_attribute("aria-pressed", "false")
    tray(page).get_by_role("button", name="Clear the shortlist").click()
    assert stored(page) == []
    expect(tray(page).get_by_role("button", name="Bring back")).to_be_focused()
    page.keyboard.press("Enter")
    assert stored(page) == [TWO]
    expect(tray(page).locator("summary")).to_be_focused()


def test_a_shared_link_opens_elsewhere_with_the_same_blocks(new_device):
    context = new_device(permissions=["clipboard-read", "clipboard-write"])
    keep(context, (ONE, ONE_NAME), (TWO, TWO_NAME))
    page = open_page(context, f"/blocks/{ONE}")
    tray(page).locator("summary").click()
    tray(page).get_by_role("button", name="Share as link").click()
    expect(page.get_by_role("status")).to_have_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"/compare?ids={ONE},{TWO}") and link.startswith("http://")

    other = open_page(new_device(), link)
    assert other.locator(".compare-table thead th a[href^='/blocks/']").all_inner_texts() == [ONE_NAME, TWO_NAME]
    expect(tray(other)).to_be_hidden()
    assert stored(other) == []  # a link alone keeps nothing
    other.get_by_role("button", name="Keep these in my shortlist").click()
    assert stored(other) == [ONE, TWO]
    expect(tray(other)).to_contain_text("Shortlist: 2")
    expect(tray(other).locator("summary")).to_be_focused()


def test_more_than_six_are_shared_by_the_explorer_and_compared_in_part(new_device, portal):
    found = portal.get("/api/collections/blocks/items?state=odisha&limit=8").json()["features"]
    eight = [(feature["id"], feature["properties"]["name"]) for feature in found]
    context = new_device(permissions=["clipboard-read", "clipboard-write"])
    keep(context, *eight)
    page = open_page(context, "/compare")
    ids = ",".join(block_id for block_id, _ in eight)
    first = tray(page).get_by_role("link", name="Compare the first 6")
    assert first.get_attribute("href") == f"/compare?ids={','.join(block_id for block_id, _ in eight[:6])}"
    tray(page).locator("summary").click()
    tray(page).get_by_role("button", name="Share as link").click()
    expect(page.get_by_role("status")).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/?ids={ids}")


def test_where_nothing_may_be_copied_the_link_is_selected(new_device):
    context = new_device()
    context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    keep(context, (ONE, ONE_NAME), (TWO, TWO_NAME))
    page = open_page(context, f"/compare?ids={ONE},{TWO}")
    tray(page).locator("summary").click()
    tray(page).get_by_role("button", name="Share as link").click()
    field = tray(page).get_by_label("Link to the shortlist, to copy")
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString()") == field.input_value()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_label("Link to this comparison")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("copy it yourself")


@pytest.mark.parametrize(
    "text",
    ["{", "null", "42", '"text"', "{}", '[null, 7, {}, {"id": 3}, {"id": "a,b"}, [[]], true]', "\u0000", "[" * 9999],
)
def test_broken_content_is_an_empty_list_that_works(new_device, text):
    context = new_device()
    store(context, text)
    page = open_page(context, f"/blocks/{ONE}")
    expect(star(page, ONE_NAME)).to_have_attribute("aria-pressed", "false")
    expect(tray(page)).to_be_hidden()
    star(page, ONE_NAME).click()
    assert stored(page) == [ONE]


def test_what_can_be_read_of_a_list_is(new_device):
    context = new_device()
    text = json.dumps(
        [ONE, {"id": TWO}, {"id": TWO, "name": "again"}, {"id": "<b>x</b>", "name": "<img src=x onerror=a>"}]
    )
    store(context, text)
    page = open_page(context, f"/blocks/{ONE}")
    expect(tray(page)).to_contain_text("Shortlist: 3")
    tray(page).locator("summary").click()
    names = tray(page).locator("li a").all_inner_texts()
    assert names == [ONE_NAME, TWO, "<img src=x onerror=a>"]  # the page told the name of the first
    assert tray(page).locator("img, b").count() == 0


@pytest.mark.parametrize(
    "closed",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
)
def test_without_storage_the_list_lasts_as_long_as_the_page(new_device, closed):
    context = new_device()
    context.add_init_script(closed)
    page = open_page(context, f"/compare?ids={ONE},{TWO}")
    for name in (ONE_NAME, TWO_NAME):
        star(page, name).click()
    expect(tray(page)).to_contain_text("Shortlist: 2")
    tray(page).locator("summary").click()
    expect(tray(page)).to_contain_text("keeps nothing for this site")
    page.reload()
    expect(tray(page)).to_be_hidden()


def test_fifty_are_the_most(new_device):
    context = new_device()
    keep(context, *((f"b-{n}", f"Block {n}") for n in range(49)))
    page = open_page(context, f"/compare?ids={ONE},{TWO}")
    page.get_by_role("button", name="Keep these in my shortlist").click()
    expect(page.get_by_role("status")).to_have_text(
        "1 block added to the shortlist. 1 did not fit: the shortlist holds 50 blocks. It holds 50 blocks."
    )
    star(page, TWO_NAME).click()
    expect(page.get_by_role("status")).to_contain_text("The shortlist is full")
    expect(star(page, TWO_NAME)).to_have_attribute("aria-pressed", "false")
    assert len(stored(page)) == 50


def test_without_a_mouse(new_device):
    page = open_page(new_device(), f"/blocks/{ONE}")
    star(page, ONE_NAME).focus()
    page.keyboard.press("Space")
    expect(star(page, ONE_NAME)).to_have_attribute("aria-pressed", "true")
    expect(star(page, ONE_NAME)).to_be_focused()
    page.keyboard.press("Enter")
    expect(star(page, ONE_NAME)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    page.goto(f"/blocks/{TWO}")
    star(page, TWO_NAME).focus()
    page.keyboard.press("Enter")
    tray(page).locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(tray(page).get_by_role("link", name=ONE_NAME)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert stored(page) == [TWO]
    star(page, TWO_NAME).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/compare?ids={TWO}")


def test_stars_that_arrive_later_work_and_one_that_changes_its_block_follows(new_device):
    context = new_device()
    keep(context, (TWO, "An old name"))
    page = open_page(context, "/compare")
    page.evaluate(
        """([one, two]) => {
            const fragment = document.createElement("div");
            for (const [id, name] of [one, two]) {
                const button = document.createElement("button");
                Object.assign(button, {type: "button", hidden: true});
                Object.assign(button.dataset, {star: id, name});
                fragment.append(button);
            }
            document.querySelector("main").prepend(fragment);
        }""",
        [[ONE, ONE_NAME], [TWO, TWO_NAME]],
    )
    expect(star(page, TWO_NAME)).to_have_attribute("aria-pressed", "true")
    star(page, ONE_NAME).click()
    assert stored(page) == [TWO, ONE]
    tray(page).locator("summary").click()
    assert tray(page).locator("li a").all_inner_texts() == [TWO_NAME, ONE_NAME]
    page.evaluate(f"document.querySelector('[data-star={ONE}]').dataset.star = 'another'")
    expect(page.get_by_role("button", name=f"Add {ONE_NAME} to the shortlist")).to_be_visible()


def test_back_to_a_page_finds_what_was_starred_since(new_device):
    page = open_page(new_device(), f"/compare?ids={ONE},{TWO}")
    page.goto(f"/blocks/{ONE}")
    star(page, ONE_NAME).click()
    page.go_back()
    expect(star(page, ONE_NAME)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("width", [360, 390, 1024, 1440])
@pytest.mark.parametrize("path", [f"/compare?ids={ONE},{TWO}", "/compare", f"/blocks/{ONE}", "/compare?ids=SIX"])
def test_no_page_is_wider_than_its_window(new_device, portal, width, path):
    found = portal.get("/api/collections/blocks/items?status=annulled&limit=6").json()["features"]
    context = new_device(width)
    keep(context, *((feature["id"], feature["properties"]["name"]) for feature in found))
    page = open_page(context, path.replace("SIX", ",".join(feature["id"] for feature in found)))
    tray(page).locator("summary").click()
    if page.locator(".map").count():
        page.wait_for_selector(READY)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("[data-star], .shortlist button, .compare-rows a").all():
        box = button.bounding_box()
        assert box is None or (box["width"] >= 24 and box["height"] >= 24)


def test_the_tray_covers_nothing_that_the_keyboard_reaches(new_device):
    context = new_device(390)
    keep(context, (ONE, ONE_NAME), (TWO, TWO_NAME))
    page = open_page(context, f"/compare?ids={ONE},{TWO}")
    page.wait_for_selector(READY)
    covered = page.evaluate(
        """() => {
            const tray = document.querySelector("[data-shortlist]");
            const found = [];
            for (const link of document.querySelectorAll("main a[href], main button, main input")) {
                if (tray.contains(link) || !link.checkVisibility()) continue;
                link.focus();
                const box = link.getBoundingClientRect();
                if (box.top >= tray.getBoundingClientRect().top && box.bottom <= tray.getBoundingClientRect().bottom)
                    found.push(link.outerHTML);
            }
            return found;
        }"""
    )
    assert covered == []


def test_scripts_off_the_table_is_there_and_no_dead_button(new_device):
    page = open_page(new_device(java_script_enabled=False), f"/compare?ids={ONE},{TWO}")
    assert page.locator(".compare-table tbody tr[data-fact]").count() > 20
    assert page.locator("main button:visible").all_inner_texts() == ["Put in order", "Find"]
    page.get_by_role("link", name=re.compile("Differences only")).click()
    assert 0 < page.locator(".compare-table tbody tr[data-fact]").count() < 20
    page.get_by_label("Find a block to add").fill("graphite odisha")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("link", name=re.compile("^Add ")).first.click()
    assert page.locator(".compare-table thead th").count() == 4
