"""Dossiers on paper, and the map in one file."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pypdfium2
import pytest
from conftest import get_ids, get_json
from playwright.sync_api import Browser, sync_playwright

from app.machine import find_chromium
from app.printing import PrintFailed, engine, sheets, typeset
from app.settings import PROJECT_ROOT

FONTS = PROJECT_ROOT / "frontend/static/vendor/print-fonts"
PUBLISHED, INDICATIVE = "akharkata-graphite", "el-ii-ambadhera-rangamatia-v-ti"
MOST_PAGES = 6
LEAST_LINES = 6
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def read(content):
    """Pages and text of a PDF; a blank wherever a line breaks."""
    document = pypdfium2.PdfDocument(content)
    texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    return len(document), " ".join(" ".join(texts).replace("\ufffe", "").split())


def fetch(portal, block_id):
    response = portal.get(f"/blocks/{block_id}.pdf")
    assert response.status_code == 200, (block_id, response.text[:300])
    assert response.headers["content-type"] == "application/pdf"
    return response.content


def check(portal, block_id):
    content = fetch(portal, block_id)
    pages, text = read(content)
    assert 1 <= pages <= MOST_PAGES, (block_id, pages)
    # PDF/UA-1: tagged, and no text that its fonts cannot show.
    assert b"pdfuaid" in content, block_id
    dossier = get_json(portal, f"/blocks/{block_id}.json")
    for said in (dossier["name"], "No data here", "Sources", "Not known", f"/blocks/{block_id}"):
        assert said in text, (block_id, said)
    # The last page holds more than what ran over from the one before: its foot alone is three lines.
    last = pypdfium2.PdfDocument(content)[pages - 1].get_textpage().get_text_range()
    assert len([line for line in last.splitlines() if line.strip()]) > LEAST_LINES, block_id
    for source in dossier["sources"][:3]:
        assert (source["title"] or source["publisher"])[:20] in text, block_id
    return text


@pytest.mark.parametrize("block_id", [PUBLISHED, INDICATIVE, "offshore-kerala-sand-3", "mh-dubarpeth-copper"])
def test_a_document_says_what_the_page_says(portal, block_id):
    text = check(portal, block_id)
    if block_id == INDICATIVE:
        assert "Indicative area" in text and "≈" in text
    if block_id == PUBLISHED:
        for said in (
            "752.77 ha",
            "Kundan Gold Mines Private Limited",
            "20° 50′ 26.160″ N",
            "Preferred bidder declared",
        ):
            assert said in text, said


@pytest.mark.slow
def test_every_block_has_its_document(portal):
    for block_id in get_ids(portal, "blocks", limit=1000):
        check(portal, block_id)


def test_the_same_revision_gives_the_same_bytes(portal):
    assert fetch(portal, PUBLISHED) == fetch(portal, PUBLISHED)
    response = portal.get(f"/blocks/{PUBLISHED}.pdf")
    again = portal.get(f"/blocks/{PUBLISHED}.pdf", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    assert fetch(portal, f"{PUBLISHED}") != portal.get(f"/blocks/{PUBLISHED}.pdf?as_of=2024-01-15").content


def test_another_day_is_said(portal):
    pages, text = read(portal.get(f"/blocks/{PUBLISHED}.pdf?as_of=2024-01-15").content)
    assert "15 January 2024" in text and "Offered" in text and pages <= MOST_PAGES


def test_indian_scripts_are_set_and_not_boxes():
    words = "खनिज ओडिशा · తెలంగాణ · ଓଡ଼ିଶା · ગુજરાત · ≈ ₹ − ′ ″"
    made = set_title(words)
    # Noto Sans itself draws Devanagari.
    for name in (b"NotoSansTelugu", b"NotoSansOriya", b"NotoSansGujarati"):
        assert name in made
    assert "[U+" not in read(made)[1]


def test_a_script_without_a_font_is_spelled_by_its_codes():
    assert "[U+77F3][U+58A8]" in read(set_title("石墨"))[1]


def set_title(words):
    """A document of next to nothing under this title."""
    empty = dict.fromkeys(re.findall(r"#d\.([a-z_]+)", (PROJECT_ROOT / "app/printing/dossier.typ").read_text()), "")
    lists = {
        n: [] for n in ("terms", "offers", "rates", "ladder", "explored", "corners", "near", "none_found", "no_data")
    }
    lists |= {n: [] for n in ("events", "unknown", "notes", "disagreements", "sources")}
    plan = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0L9 9" stroke="#222"/></svg>'
    counted = {"more_corners": "", "more_sources": "", "lang": "en", "words": sheets._words("")}
    facts = {"facts": [{"title": "One", "rows": []}, {"title": "Two", "rows": []}]}
    data = {"plan_note": "", "place": "", "status": "", "since": "", "minerals": "", "aliases": "", "timeline": None}
    sheet = empty | data | lists | counted | facts | {"title": words, "plan": plan}
    return typeset("dossier", sheet, FONTS, datetime(2026, 1, 1, tzinfo=UTC))


def test_an_engine_that_fails_is_503_and_the_page_stays(portal, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr(engine.typst, "Compiler", fail)
    response = portal.get(f"/blocks/{PUBLISHED}.pdf")
    assert response.status_code == 503 and response.headers["retry-after"] == "10"
    assert "could not be set" in response.text and "Traceback" not in response.text
    assert portal.get(f"/blocks/{PUBLISHED}").status_code == 200


def test_missing_fonts_are_said(tmp_path):
    with pytest.raises(PrintFailed, match="fonts are not there"):
        typeset("dossier", {}, tmp_path, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("ending", [".pdf", ".map.html"])
def test_bad_input_of_what_is_taken_along(portal, ending):
    assert portal.get(f"/blocks/akharkata-grafite{ending}").status_code == 404
    assert portal.get(f"/blocks/{PUBLISHED}{ending}?foo=1").status_code == 400
    assert portal.get(f"/blocks/{PUBLISHED}{ending}?revision=99").status_code == 400


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("block_id", [PUBLISHED, INDICATIVE])
def test_the_map_in_one_file_draws_without_a_network(portal, browser, tmp_path, block_id):
    response = portal.get(f"/blocks/{block_id}.map.html")
    assert response.status_code == 200 and len(response.content) < 2_000_000
    assert response.content == portal.get(f"/blocks/{block_id}.map.html").content
    file = tmp_path / "map.html"
    file.write_bytes(response.content)
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector('path[fill="#d9a300"]')
    name = get_json(portal, f"/blocks/{block_id}.json")["name"]
    assert page.locator("h1").inner_text() == name
    yellow = page.locator('path[fill="#d9a300"]')
    box = yellow.bounding_box()
    assert box and min(box["width"], box["height"]) > 40, "the block is drawn, large enough to be seen"
    assert (yellow.get_attribute("stroke-dasharray") is not None) == (block_id == INDICATIVE)
    yellow.hover()
    page.wait_for_selector(f".leaflet-tooltip >> text={name}")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and wrong == []
    context.close()


@pytest.mark.browser
def test_the_button_says_when_no_document_could_be_made(browser, live_url):
    page = browser.new_page()
    page.route("**/*.pdf", lambda route: route.fulfill(status=503, body=json.dumps({"status": 503})))
    page.goto(f"{live_url}/blocks/{PUBLISHED}")
    page.get_by_role("link", name="PDF to print").click()
    page.wait_for_selector("#made-slowly >> text=could not be made")
    assert page.url.endswith(f"/blocks/{PUBLISHED}")
    page.close()
