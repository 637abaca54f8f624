"""Languages: which one a page is in, what it says of it, and what its catalogue holds."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pypdfium2
import pytest
from babel.messages.pofile import read_po

from app import wording
from app.languages import LANGUAGES, find, speaking
from app.languages.catalogues import read_messages
from app.languages.choosing import choose
from app.languages.subset import COMPLETE, PARTLY, list_misfits, list_missing
from app.settings import PROJECT_ROOT

OTHERS = list(LANGUAGES)[1:]
PAGES = ("/", "/states/odisha", "/blocks/akharkata-graphite", "/data", "/about", "/insights", "/screening", "/compare")


@pytest.mark.parametrize(
    ("asked", "accepted", "code"),
    [
        (None, "", "en"),
        (None, "hi-IN,hi;q=0.9,en;q=0.8", "hi"),
        (None, "fr,te;q=0.5,en;q=0.4", "te"),
        (None, "hi;q=0,en", "en"),
        (None, "hi;q=nonsense", "en"),
        ("gu", "hi", "gu"),
        ("HI-IN", "", "hi"),
        ("xx", "hi", "en"),
    ],
)
def test_the_address_comes_before_the_browser(asked, accepted, code):
    assert choose(asked, accepted).code == code


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_its_language_and_where_the_others_are(portal, path):
    answers = {code: portal.get(f"{path}?lang={code}") for code in LANGUAGES}
    for code, answer in answers.items():
        assert answer.status_code == 200
        assert f'<html lang="{code}"' in answer.text
        assert answer.headers["content-language"] == code
        assert "Accept-Language" in answer.headers["vary"]
        told = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', answer.text))
        assert list(told) == [*LANGUAGES, "x-default"]
        assert all(href.endswith(f"{path}?lang={other}") for other, href in list(told.items())[:-1])
        assert "lang=" not in told["x-default"]
    assert len({answer.headers["etag"] for answer in answers.values()}) == len(LANGUAGES)


def test_a_browser_is_answered_in_its_language(portal):
    answer = portal.get("/about", headers={"Accept-Language": "or-IN,or;q=0.9"})
    assert '<html lang="or"' in answer.text
    # What was not asked for in the address does not get into the links.
    assert 'href="/data?lang=or"' not in answer.text


def test_links_and_forms_keep_the_language_of_the_address(portal):
    for path in ("/?state=odisha", "/states/odisha?x", "/blocks/akharkata-graphite?x", "/screening?x"):
        html = portal.get(f"{path}&lang=hi").text
        for link in map(unescape, re.findall(r'<a\b[^>]*href="(/[^"]*)"', html)):
            english = re.match(r"/(api|download|feeds)\b", link) or re.search(r"\.(json|geojson|csv|qlr)(\?|$)", link)
            assert ("lang=" in link) is not bool(english), link
        for form in re.findall(r'<form\b.*?action="/.*?</form>', html, re.DOTALL):
            assert 'name="lang" value="hi"' in form or "?lang=hi" in form


def test_a_language_that_is_not_there_is_said(portal):
    html = portal.get("/about?lang=xx").text
    assert '<html lang="en"' in html
    assert "“xx” is no language of this portal" in html


def test_what_programs_read_stays_english(portal):
    hindi = {"Accept-Language": "hi"}
    for path in ("/api/collections/blocks", "/blocks/akharkata-graphite.json", "/feeds/changes.json"):
        answer = portal.get(path, headers=hindi)
        assert "content-language" not in answer.headers
        assert answer.content == portal.get(path).content
    assert portal.get("/api/collections/blocks/items?lang=hi").status_code == 400


def test_an_error_page_is_in_the_language_too(portal):
    assert '<html lang="hi"' in portal.get("/blocks/none-such?lang=hi").text


def test_numbers_and_dates_are_as_the_language_has_them():
    assert wording.format_number(1234567.5) == "1,234,567.5"
    with speaking("hi"):
        assert wording.format_number(1234567.5) == "12,34,567.5"
        assert wording.format_number(-123456) == "-1,23,456"
        assert wording.format_number(999) == "999"
        assert wording.format_date("2024-06-24") == "24 जून 2024"
        assert "(1.25 " in wording.format_tonnage(12.5)
        assert find("Graphite") == "ग्रेफाइट"
    for code in OTHERS:
        with speaking(code):
            assert re.search(r"[^\x00-\x7f]", wording.format_date("2024-06-24"))


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_placeholders_of_its_text(code):
    assert [message.id for message in list_misfits(code)] == []


@pytest.mark.parametrize("words", ["ग्रेफाइट", "ଗ୍ରାଫାଇଟ୍", "ગ્રેફાઇટ"])
def test_a_mineral_is_found_by_its_name_in_each_language(portal, words):
    answer = portal.get("/", params={"search": f"{words} ओडिशा"}, follow_redirects=False)
    assert answer.status_code == 303
    assert "mineral=graphite" in answer.headers["location"]
    assert "state=odisha" in answer.headers["location"]


# Whole


@pytest.mark.parametrize("code", [*COMPLETE, *PARTLY])
def test_nothing_that_is_to_be_translated_is_missing(code):
    assert [message.id for message in list_missing(code)] == []
    assert [message.id for message in list_misfits(code)] == []


def test_the_catalogues_know_every_text_of_the_pages(tmp_path):
    """`make messages` would find nothing that is not there."""
    found = tmp_path / "messages.pot"
    bin_dir = Path(sys.executable).parent
    keywords = ["-k", "N_", "-k", "_", "-k", "ngettext:1,2"]
    command = [bin_dir / "pybabel", "-q", "extract", "-F", "babel.cfg", *keywords, "-o", found, "."]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True)
    texts = {message.id for message in read_po(found.open("rb")) if message.id}
    assert len(texts) > 1500
    assert texts - {message.id for message in read_messages("hi")} == set()


@pytest.mark.parametrize("code", ["hi", "te", "or", "mr", "gu"])
def test_a_document_in_each_language_shows_every_letter(portal, code):
    response = portal.get(f"/blocks/akharkata-graphite.pdf?lang={code}")
    assert response.status_code == 200
    document = pypdfium2.PdfDocument(response.content)
    assert len(document) <= 6
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert "[U+" not in text and "\ufffd" not in text
    # PDF/UA-1, which wants that each glyph, ligatures too, can be told back to its letters.
    assert b"pdfuaid" in response.content
    if code == "hi":
        assert "सीमा" in text, text[:500]


@pytest.mark.parametrize("code", ["hi", "or"])
def test_a_page_says_little_in_english_where_it_is_translated(portal, code):
    html = portal.get(f"/states/odisha?lang={code}").text
    main = re.sub(r"<script.*?</script>|<[^>]+>", " ", html.partition("<main")[2], flags=re.DOTALL)
    for english in ("processing units", "Preferred bidder declared", "not published", "Exploration stage", "Sources"):
        assert english not in main, english
