"""Hindi is whole: what a page says of a fault, too, and what its scripts show as it comes."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser

import pypdfium2
import pytest

from app import wording
from app.languages import speaking
from app.languages.catalogues import LANGUAGES, read_messages
from app.search.lexicon import make_lexicon
from app.settings import PROJECT_ROOT

BLOCK = "akharkata-graphite"
# Words that a sentence in English can hardly do without; names, codes and values have none of them.
_LITTLE = (
    "the is are was were of or and not no none more give did you it its to in with has have here there this that than "
    "most one such only left out send take want wants"
).split()
_ENGLISH = re.compile(rf"(?<![\w“/=.-])(?:{'|'.join([*_LITTLE, *map(str.capitalize, _LITTLE)])})(?![\w”/=.-])")
_QUOTED = re.compile(r"“[^”]*”")
# What is not said but shown: code, what is marked as English.
_SHOWN = frozenset({"script", "style", "code", "pre", "textarea"})
_VOID = frozenset({"br", "img", "input", "meta", "link", "hr", "wbr", "col", "source"})

# Every filter, view and slice wrong at once; then one by one what hides behind another.
ALL_WRONG = {
    "mineral": "graphit",
    "state": "xx",
    "stage": "G9",
    "status": "foo",
    "concession": "zz",
    "asset_class": "zz",
    "tranche": "abc",
    "position_accuracy": "z",
    "ids": ",",
    "area_min_ha": "x",
    "premium_max_percent": "y",
    "q": "...",
    "bbox": "1,2,3",
    "near": "1",
    "within_km": "x",
    "datetime": "foo",
    "intersects": "POLYGON((1",
    "buffer_km": "-1",
    "filter": "bar = 4",
    "theme": "zz",
    "layers": "zz",
    "columns": "zz",
    "map": "1/2",
    "block": "AA",
    "shape": "z",
    "swipe": "a",
    "v": "9",
    "sortby": "zz",
    "limit": "-1",
    "offset": "x",
    "token": "zz",
    "revision": "99",
    "as_of": "foo",
    "strange": "1",
}
ONE_WRONG = [
    {"bbox": "84,99,85,100"},
    {"bbox": "999,1,1000,2"},
    {"bbox": "84,21,85,20"},
    {"bbox": "84,x,85,20"},
    {"near": "84,20"},
    {"near": "84,20", "within_km": "-1"},
    {"near": "84,200", "within_km": "5"},
    {"within_km": "4"},
    {"buffer_km": "4"},
    {"intersects": "POLYGON((84 20,85 21,85 20,84 21,84 20))"},
    {"intersects": "POINT(200 3)"},
    {"intersects": "POLYGON EMPTY"},
    {"intersects": "POINT(84 20)", "buffer_km": "99999"},
    {"q": "a b c d e f g h i j k l m n"},
    {"datetime": "2025-01-01/2024-01-01"},
    {"datetime": "1/2/3"},
    {"datetime": "2025-01-01/P9999Y"},
    {"revision": "yesterday"},
    {"revision": "1999-01-01"},
    {"token": "zz", "offset": "1"},
    {"map": "99/20/84"},
    {"swipe": "status,status"},
    {"swipe": "status,zz"},
    {"mineral": "\0"},
    {"state": "orisa"},
    {"filter-lang": "zz", "filter": "area_ha>1"},
    {"filter-crs": "zz", "filter": "area_ha>1"},
    {"filter-lang": "cql2-text"},
    {"filter": "name"},
    {"filter": "nothing(area_ha) = 1"},
    {"filter": "area_ha = 'x'"},
    {"filter": "geometry = 1"},
    {"filter": "area_ha LIKE 'x'"},
    {"filter": "S_INTERSECTS(name,POINT(84 20))"},
    {"filter": "S_WITHIN(geometry,GEOMETRYCOLLECTION(POINT(84 20)))"},
    {"filter": "S_INTERSECTS(geometry,POLYGON((84 20,85 21,85 20,84 21,84 20)))"},
    {"filter": "S_INTERSECTS(geometry,POINT(300 20))"},
    {"filter": "S_INTERSECTS(geometry,BBOX(84,21,85,20))"},
    {"filter": "T_AFTER(name,DATE('2025-01-01'))"},
    {"filter": "status_since > DATE('2025-99-01')"},
    {"filter": "status_since > TIMESTAMP('foo')"},
    {"filter": "A_CONTAINS(name,('x'))"},
    {"filter": "A_CONTAINS(minerals,(1,2))"},
    {"filter": "CASEI(area_ha) = 'x'"},
    {"filter": "name + 1 = 2"},
    {"filter": "area_ha > 1e301"},
    {"filter": json.dumps({"op": "in", "args": [{"property": "stage"}, []]}), "filter-lang": "cql2-json"},
    {"filter": json.dumps({"op": "=", "args": [1]}), "filter-lang": "cql2-json"},
    {"filter": json.dumps({"op": "=", "args": 1}), "filter-lang": "cql2-json"},
    {"filter": json.dumps({"op": "=", "args": [1, None]}), "filter-lang": "cql2-json"},
    {"filter": json.dumps({"foo": 1}), "filter-lang": "cql2-json"},
    {"filter": "NaN", "filter-lang": "cql2-json"},
    {"filter": "[" * 200 + "]" * 200, "filter-lang": "cql2-json"},
]
PAGES = [
    ("/offers", {"result": "annuled", "offer_tranche": "zz", "mineral": "zz", "as_of": "zz", "strange": "1"}),
    ("/compare", {"ids": f"{BLOCK},{BLOCK},akharkata-grafite,{','.join(f'x{n}' for n in range(20))}", "add": "..."}),
    ("/compare", {"weights": "area_ha:3", "differences": "zz", "revision": "zz", "strange": "1"}),
    ("/insights", {"inventory": "coper", "strange": "1"}),
    ("/data", {"collection": "zz", "format": "zz", "crs": "zz", "mineral": "zz", "strange": "1"}),
    ("/data/quality", {"strange": "1"}),
    ("/about", {"strange": "1"}),
    ("/states/odisha", {"as_of": "zz", "revision": "99", "strange": "1"}),
    ("/screening", {"strange": "1"}),
    (f"/blocks/{BLOCK}", {"as_of": "zz", "revision": "99", "strange": "1"}),
    (f"/blocks/{BLOCK}/history", {"strange": "1"}),
]
# Pages that are nothing but the fault.
REFUSED = [
    ("/nothing-here", {}),
    ("/blocks/akharkata-grafite", {}),
    ("/processing-units/none-such", {}),
    ("/states/orisa", {}),
    ("/blocks/none-such/history", {}),
    ("/blocks/none-such.pdf", {}),
    (f"/blocks/{BLOCK}.pdf", {"strange": "1"}),
    (f"/blocks/{BLOCK}.html", {"strange": "1"}),
    ("/compare.pdf", {}),
    ("/compare.pdf", {"ids": BLOCK}),
    ("/compare.pdf", {"ids": f"{BLOCK},babja-graphite-manganese", "weights": "zz:3"}),
    ("/data/get", {"collection": "blocks", "format": "zz"}),
    ("/data/none.xyz", {}),
    ("/screening", {"intersects": "POLYGON((84 20,85 21,85 20,84 21,84 20))"}),
    ("/screening", {"intersects": "POLYGON EMPTY"}),
    ("/screening", {"intersects": "POLYGON((60 0,100 0,100 40,60 40,60 0))"}),
    ("/screening", {"intersects": "POLYGON((460 0,500 0,500 40,460 40,460 0))"}),
    ("/screening", {"intersects": "POLYGON((-179 0,179 0,179 40,-179 40,-179 0))"}),
    ("/screening", {"intersects": "GEOMETRYCOLLECTION EMPTY"}),
    ("/screening", {"intersects": '{"type":"Feature"}'}),
    ("/screening", {"intersects": '{"type":"FeatureCollection","features":[]}'}),
    ("/screening", {"intersects": "[1]"}),
    ("/screening", {"intersects": "POLYGON((84 20,84.1 20,84.1 20.1,84 20))", "mineral": "zz"}),
    ("/about", {"x": "y" * 64_001}),
]


class Told(HTMLParser):
    """The texts of a part of a page, with those that are read out or shown as one points."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted, self.texts = wanted, []
        self.open: list[tuple[str, bool, bool]] = []  # element, whether it is wanted, whether it is but shown

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        wanted, shown = self.open[-1][1:] if self.open else (False, False)
        wanted = wanted or tag == self.wanted or given.get("id") == self.wanted
        shown = shown or tag in _SHOWN or given.get("lang") == "en"
        if wanted and not shown:
            self.texts += [given[name] for name in ("title", "aria-label", "placeholder", "alt") if given.get(name)]
        if tag not in _VOID:
            self.open.append((tag, wanted, shown))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1][1:] == (True, False) and data.strip():
            self.texts.append(" ".join(data.split()))


def texts_of(html: str, wanted: str) -> list[str]:
    parser = Told(wanted)
    parser.feed(html)
    return parser.texts


def is_english(text: str) -> bool:
    return _ENGLISH.search(_QUOTED.sub("", text)) is not None


def english_of(texts: list[str]) -> list[str]:
    return [text for text in texts if is_english(text)]


def test_english_is_told_from_what_only_looks_like_it():
    for text in ("It was left out.", "block: “x” is no id", "“a” or “b”", "three blocks and 2 more"):
        assert is_english(text), text
    for text in ("state=odisha,goa", "“there is none”: नहीं", "ids=first,second", "Akharkata Graphite Block", "G4, G3"):
        assert not is_english(text), text


def test_every_text_in_the_code_is_in_the_catalogue():
    """Also where none is found for translators: within the braces of an f-string."""
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in read_messages("hi") if m.id}
    asked = set()
    for path in (PROJECT_ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in ("_", "N_", "ngettext") and isinstance(first, ast.Constant):
                    asked.add(first.value)
    assert len(asked) > 900
    assert asked - known == set()


@pytest.mark.parametrize("asked", [ALL_WRONG, *ONE_WRONG], ids=str)
def test_the_explorer_tells_its_faults_in_hindi(portal, asked):
    answer = portal.get("/", params={**asked, "lang": "hi"})
    assert answer.status_code == 200
    told = texts_of(answer.text, "page-notices")
    # Each fault has its notice, and the heading of the list is one text more.
    assert len(told) > (len(ALL_WRONG) - 3 if asked is ALL_WRONG else 1)
    assert english_of(told) == []


@pytest.mark.parametrize(("path", "asked"), PAGES, ids=str)
def test_a_page_tells_its_faults_in_hindi(portal, path, asked):
    answer = portal.get(path, params={**asked, "lang": "hi"})
    assert answer.status_code == 200
    told = texts_of(answer.text, "page-notices")
    assert len(told) > 1
    assert english_of(told) == []


@pytest.mark.parametrize(("path", "asked"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_page_that_is_refused_says_why_in_hindi(portal, path, asked):
    answer = portal.get(path, params={**asked, "lang": "hi"}, headers={"Accept-Language": "hi"})
    assert answer.status_code >= 400
    assert '<html lang="hi"' in answer.text
    # The form of the page of files offers names of records; its notices alone tell the fault.
    told = texts_of(answer.text, "page-notices" if path == "/data/get" else "main")
    assert len(told) > 1
    assert english_of(told) == []


def test_a_posted_shape_is_refused_in_hindi(portal):
    for typed in ("", " ", "{}", '{"type":"Polygon"}', '{"type":"Polygon","coordinates":[],"crs":"EPSG:32645"}'):
        answer = portal.post("/screening?lang=hi", data={"shape": typed})
        assert english_of(texts_of(answer.text, "main")) == [], typed
    answer = portal.post("/?lang=hi", data={"mineral": "graphite"})
    assert answer.status_code == 400
    assert english_of(texts_of(answer.text, "main")) == []


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/screening", "main"),
        ("/compare", "main"),
        ("/offers?mineral=graphite&state=goa", "main"),
        ("/?mineral=graphite&state=goa", "table"),
        ("/?mineral=graphite&state=goa", "head"),
    ],
)
def test_a_page_without_records_has_no_english(portal, path, part):
    told = texts_of(portal.get(path, headers={"Accept-Language": "hi"}).text, part)
    assert len(told) > 1
    assert english_of(told) == []


def test_the_foot_of_a_printed_comparison_is_in_hindi(portal):
    answer = portal.get("/compare.pdf", params={"ids": f"{BLOCK},babja-graphite-manganese", "lang": "hi"})
    assert answer.status_code == 200
    text = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.content))
    assert "Facts compiled" not in text
    assert "keeps the rights" not in text


# What scripts show as it comes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.geojson", b"{"),
        ("a.geojson", b'{"type":"Topology"}'),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}'),
        ("a.geojson", b'{"type":"Polygon","coordinates":[[[84,20],[85,21],[85,20],[84,21],[84,20]]]}'),
        ("a.geojson", b'{"type":"Polygon","coordinates":[[[84,20],[85,21]]]}'),
        ("a.geojson", b'{"type":"Point","coordinates":[500000,2000000]}'),
        ("a.kml", b"<html></html>"),
        ("a.kml", b"<kml>"),
        ("a.zip", b"PK\x05\x06" + b"\0" * 18),
        ("a.shp", b"\x00\x00\x27\x0a"),
        ("a.png", b"\x89PNG"),
        ("a.txt", b"nothing"),
        ("a.txt", b""),
    ],
)
def test_a_file_is_refused_in_the_language_of_the_page(portal, name, content):
    answers = {
        code: portal.post(f"/api/shapes?name={name}{code and f'&lang={code}'}", content=content) for code in ("", "hi")
    }
    for code, answer in answers.items():
        assert answer.status_code in (400, 413)
        assert is_english(answer.json()["detail"]) is not bool(code), answer.json()["detail"]
    assert answers["hi"].headers["content-language"] == "hi"
    assert "content-language" not in answers[""].headers


def test_a_file_that_is_read_has_its_notices_in_the_language_of_the_page(portal):
    content = b'{"type":"Point","coordinates":[20,50,7]}'
    notices = portal.post("/api/shapes?name=a.kml&lang=hi", content=content).json()["properties"]["notices"]
    assert len(notices) == 4
    assert english_of(notices) == []
    refused = portal.post("/api/shapes?name=a.kml&lang=xx", content=content)
    assert (refused.status_code, refused.json()["parameter"]) == (400, "lang")


def test_suggestions_are_in_the_language_of_the_page(portal):
    def ask(text, **more):
        return portal.get("/api/suggestions", params={"q": text, **more}).json()["groups"]

    for text in ("graph", "odish", "tranche v", "indian rare", "20.8, 84.6"):
        told = [
            words
            for group in ask(text, lang="hi")
            for words in (group["title"], *(s["detail"] for s in group["suggestions"] if group["kind"] != "blocks"))
        ]
        assert told
        assert not [words for words in told if not re.search("[ऀ-ॿ]", words)], told
    # Whoever asked first: others get theirs.
    assert ask("odish")[0]["suggestions"][0]["detail"] == "State or union territory"
    assert portal.get("/api/suggestions", params={"q": "odish", "lang": "xx"}).status_code == 400


def test_what_is_kept_for_all_readers_is_in_english(catalogue):
    from app.queries.search import list_names
    from app.queries.vocabulary import get_vocabulary

    with speaking("hi"):
        lexicon = make_lexicon(get_vocabulary(catalogue), list_names(catalogue))
    assert lexicon.phrases["on offer"].name == "Offered"


def test_the_parameter_knows_all_languages(portal):
    for code in LANGUAGES:
        assert portal.get("/api/suggestions", params={"q": "graph", "lang": code}).status_code == 200


def test_what_a_source_says_is_marked_as_english(portal):
    html = portal.get(f"/blocks/{BLOCK}?lang=hi").text
    assert "Notice inviting tender issued" in html
    told = " ".join(texts_of(html, "main"))
    for quoted in ("otice inviting tender", "transcribed to 6", "Preferred bidders of six", "Press Information"):
        assert quoted in html
        assert quoted not in told
    # A text of a source is not half in Hindi.
    assert "bids due 27 February 2025" in portal.get("/offers?lang=hi").text


def test_a_comparison_says_states_units_and_fields_in_hindi(portal):
    ids = f"{BLOCK},babja-graphite-manganese"
    html = portal.get("/compare", params={"ids": ids, "lang": "hi"}).text
    told = " ".join(texts_of(html, "main"))
    assert not re.search(r"\bOdisha\b|\d (km|ha)\b", told), told
    document = pypdfium2.PdfDocument(portal.get("/compare.pdf", params={"ids": ids, "lang": "hi"}).content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert not re.search(r"\bOdisha\b|\d (km|ha)\b", text), text


def test_a_page_says_lakh_and_crore_in_its_language():
    for code, crore in {"hi": "करोड़", "te": "కోట్ల", "or": "କୋଟି", "mr": "कोटी", "gu": "કરોડ"}.items():
        with speaking(code):
            assert crore in wording.format_tonnage(12.5)


def test_charts_name_minerals_units_and_figures_in_hindi(portal):
    html = portal.get("/insights?lang=hi").text
    told = []

    def gather(value, name=""):
        if isinstance(value, dict):
            for key, part in value.items():
                gather(part, key)
        elif isinstance(value, list):
            for part in value:
                gather(part, name)
        elif isinstance(value, str) and name in ("label", "title"):
            told.append(value)

    for spec in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL):
        gather(json.loads(spec))
    assert "ग्रेफाइट" in told
    assert [text for text in told if re.search("[a-z]{3}", text)] == []
    headings = re.findall(r'<h2 id="([^"]+)">([^<]*)</h2>', html)
    assert len(headings) > 10
    assert [heading for _id, heading in headings if re.search("[a-z]{3}", heading)] == []
