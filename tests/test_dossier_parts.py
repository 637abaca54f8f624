"""The dossier's parts: footnotes, base rates, corners, timeline, and the same for programs."""

import csv
import io
import itertools
import json
import re
from html import unescape

import pytest
from conftest import get_json
from pyproj import Geod, Transformer
from shapely.geometry import shape
from sqlalchemy import text

from app.footnotes import FIGURES, footnotes_of, say_numbers
from app.settings import PROJECT_ROOT
from app.timeline import WIDTH, draw_timeline
from app.wording import format_dms

BLOCK = "akharkata-graphite"
FEATURES = json.loads((PROJECT_ROOT / "data/geojson/blocks.geojson").read_text())["features"]
AWARDED = ("preferred_bidder_declared", "letter_of_intent", "licence_granted", "lease_executed", "producing")


@pytest.fixture(scope="module")
def dossiers(portal):
    return {f["id"]: get_json(portal, f"/blocks/{f['id']}.json") for f in FEATURES}


# Terms


@pytest.mark.parametrize(
    ("concession", "said"), [("CL", "from stage G4"), ("ML", "stage G2"), ("EL", "lowest percentage")]
)
def test_terms_follow_from_the_kind_of_right_and_name_their_rule(portal, dossiers, concession, said):
    values = {i: {f["figure"]: f["value"] for f in d["figures"]} for i, d in dossiers.items()}
    block_id = next(i for i, figures in values.items() if figures["concession"] == concession)
    terms = dossiers[block_id]["terms"]
    assert any(said in term["words"] for term in terms) and all("2015" in term["rule"] for term in terms)
    page = portal.get(f"/blocks/{block_id}").text
    assert all(term["words"] in unescape(page) for term in terms)


def test_a_right_that_is_not_published_has_no_terms(dossiers):
    for dossier in dossiers.values():
        known = next(f["value"] for f in dossier["figures"] if f["figure"] == "concession")
        assert bool(dossier["terms"]) == (known is not None)


# Sources


def test_every_figure_of_every_block_has_a_source_or_is_not_known(dossiers):
    for block_id, dossier in dossiers.items():
        numbers = {source["number"] for source in dossier["sources"]}
        assert numbers == set(range(1, len(numbers) + 1)) and numbers
        assert [figure["figure"] for figure in dossier["figures"]] == list(FIGURES)
        for figure in dossier["figures"]:
            if figure["known"]:
                assert figure["sources"] and set(figure["sources"]) <= numbers, (block_id, figure)
                assert figure["confidence"] in ("high", "medium", "low")
            else:
                assert figure["value"] is None and figure["sources"] == [] and figure["confidence"] is None
        wanted = {"stage", "grade", "area_ha", "agency", "exploration", "access"}
        absent = {f["figure"] for f in dossier["figures"] if not f["known"]} & wanted
        assert len(dossier["not_known"]) >= len(absent), block_id


def test_every_number_on_every_page_stands_in_its_list_of_sources(portal):
    for feature in FEATURES:
        page = portal.get(f"/blocks/{feature['id']}").text
        there = set(re.findall(r'id="(source-\d+)"', page))
        named = set(re.findall(r'href="#(source-\d+)"', page))
        assert named and named <= there, feature["id"]


def test_a_later_find_names_its_own_source_and_confidence(dossiers):
    seen = 0
    for feature in FEATURES:
        sources = {s["number"]: s for s in dossiers[feature["id"]]["sources"]}
        for figure in dossiers[feature["id"]]["figures"]:
            find = feature["properties"]["field_sources"].get(figure["figure"])
            if find and not find.get("agrees") and figure["known"]:
                (number,) = figure["sources"]
                assert sources[number]["title"] == find["source"]["title"]
                assert figure["confidence"] == find["confidence"]
                seen += 1
    assert seen > 5


def test_both_values_are_there_where_sources_disagree(dossiers):
    seen = 0
    for feature in FEATURES:
        for disagreement in feature["properties"]["contradictions"]:
            assert disagreement in dossiers[feature["id"]]["contradictions"]
            figures = [f for f in dossiers[feature["id"]]["figures"] if f["figure"] == disagreement["field"]]
            for figure in figures:
                assert len(figure["sources_disagree"]) == len(disagreement["values"]) > 1
            seen += 1
    assert seen > 0


def test_numbers_in_a_row_are_said_as_a_run():
    assert [say_numbers(n) for n in ((1,), (1, 2, 3), (3, 1, 7), ())] == ["1", "1–3", "1, 3, 7", ""]


def test_the_same_source_has_one_number():
    source = {"title": "One", "publisher": "P", "date": None, "url": None, "via": None}
    block = {
        "sources": [source, source], "events": [{"source": source}], "contradictions": [], "confidence": "high",
        "field_sources": {"grade": {"source": source | {"title": "Two"}, "confidence": "low", "note": None}},
    }  # fmt: skip
    notes = footnotes_of(block)
    assert [s["title"] for s in notes.sources] == ["One", "Two"]
    assert notes.numbers["grade"] == (2,) and notes.confidence["grade"] == "low" and notes.numbers["stage"] == (1,)


# Base rates


def rates_by_sql(catalogue, condition):
    """Results of offers by a statement of its own, from the table as it is."""
    rows = catalogue.execute(
        text(
            "select coalesce(o ->> 'result', 'unknown'), count(*) from block, jsonb_array_elements(offers) o "
            f"where {condition} group by 1"
        )
    )
    return dict(map(tuple, rows))


def test_base_rates_are_what_separate_sql_counts(catalogue, dossiers):
    kin = "select array_agg(id) from mineral where id = '{0}' or broader = '{0}'"
    seen = 0
    for block_id, dossier in list(dossiers.items())[::4]:
        for rate in dossier["base_rates"]:
            ((name, value),) = rate["blocks_with"].items()
            condition = {
                "mineral": f"minerals && ({kin.format(value)})",
                "state": f"state_code = (select code from state where id = '{value}')",
                "stage": "stage is null" if value == "unknown" else f"stage = '{value}'",
            }[name]
            wanted = rates_by_sql(catalogue, condition)
            found = {k: v for k, v in rate["counts"].items() if v and k != "offers"}
            assert found == wanted and rate["counts"]["offers"] == sum(wanted.values()), (block_id, rate)
            seen += 1
    assert seen > 80


def test_each_number_of_a_base_rate_leads_to_its_rows(portal):
    page = portal.get(f"/blocks/{BLOCK}").text
    rates = page.partition('id="base-rates"')[2].partition("</ul>")[0]
    links = re.findall(r'<a href="(/offers\?[^"]+)">([^<]*)</a>', rates)
    assert len(links) >= 9
    for link, words in links:
        rows = portal.get(unescape(link)).text
        listed = rows.partition("<tbody>")[2].count('<th scope="row">')
        assert listed == int(re.search(r"\d+", words)[0]), (link, words)


def test_offers_at_another_day_are_those_made_by_then(portal):
    assert "2 offers are known here" in portal.get("/offers?as_of=2020-01-01").text  # copper, of February 2019
    now, then = (
        int(re.search(r"([\d,]+) offers are known here", portal.get(f"/offers{q}").text)[1])
        for q in ("", "?as_of=2024-06-01")
    )
    known = [e for f in FEATURES for e in f["properties"]["events"] if e["kind"] in ("offered", "re-offered")]
    assert now == len(known) and 2 < then < now


def test_bad_input_of_offers_is_a_notice(portal):
    page = portal.get("/offers?result=anulled&mineral=unobtainium&foo=1").text
    for said in ("Did you mean annulled", "unobtainium", "“foo” is no parameter"):
        assert said in page


# Corners


def test_the_corner_table_is_the_boundary(portal):
    rows = list(csv.DictReader(io.StringIO(portal.get(f"/blocks/{BLOCK}/corners.csv").text)))
    feature = next(f for f in FEATURES if f["id"] == BLOCK)
    outline = shape(feature["geometry"])
    ring = list((outline.geoms[0] if outline.geom_type == "MultiPolygon" else outline).exterior.coords)[:-1]
    found = [(float(r["longitude"]), float(r["latitude"])) for r in rows]
    assert sorted(found) == sorted((round(x, 7), round(y, 7)) for x, y in ring)
    assert [r["corner"] for r in rows] == list("1234")
    to_utm = Transformer.from_crs(4326, 32645, always_xy=True)
    for row, place in zip(rows, found, strict=True):
        east, north = to_utm.transform(*place)
        assert (float(row["easting_m"]), float(row["northing_m"])) == pytest.approx((east, north), abs=0.02)
        assert row["utm_zone"] == "45N" and row["datum"] == "WGS 84"
        degrees, minutes, seconds = (float(part) for part in re.findall(r"[\d.]+", row["latitude_dms"]))
        assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(place[1], abs=1e-6)


def test_declared_against_computed_area(portal, dossiers):
    flagged = 0
    for feature in FEATURES:
        boundary = dossiers[feature["id"]]["boundary"]
        if boundary["kind"] != "published":
            assert boundary["corners"] == [] and boundary["validity"] is None
            continue
        outline = shape(feature["geometry"])
        area_ha = abs(Geod(ellps="WGS84").geometry_area_perimeter(outline)[0]) / 10_000
        assert boundary["computed_area_ha"] == pytest.approx(area_ha, rel=1e-6, abs=0.0001)
        assert boundary["validity"]["is_valid"] and len(boundary["corners"]) >= 3
        difference = boundary["difference_percent"]
        if boundary["declared_area_ha"]:
            declared = boundary["declared_area_ha"]
            assert difference == pytest.approx(100 * (area_ha - declared) / declared, abs=0.002)
        page = portal.get(f"/blocks/{feature['id']}").text
        is_flagged = "A difference above 1% asks for a look" in page
        assert is_flagged == (difference is not None and abs(difference) > 1), feature["id"]
        flagged += is_flagged
    assert flagged > 0


def test_an_indicative_area_has_no_corner_table(portal):
    indicative = next(f["id"] for f in FEATURES if f["geometry"]["type"] == "Point")
    assert "no published boundary" in get_problem_text(portal, f"/blocks/{indicative}/corners.csv")
    assert "No boundary is published here" in portal.get(f"/blocks/{indicative}").text


def get_problem_text(portal, address):
    response = portal.get(address)
    assert response.status_code == 404
    return response.text


def test_degrees_minutes_seconds_carry():
    assert format_dms(84.99999999, "lon") == "85° 00′ 00.000″ E"
    assert format_dms(-20.5, "lat") == "20° 30′ 00.000″ S"


# Timeline


def test_marks_stand_in_the_order_of_time_and_their_words_do_not_meet():
    for feature in FEATURES:
        timeline = draw_timeline(feature["properties"]["events"])
        dated = [e for e in feature["properties"]["events"] if e["date"]]
        if timeline is None:
            assert len({e["date"] for e in dated}) < 2
            continue
        assert len(timeline.marks) == len(dated)
        assert [m.x for m in timeline.marks] == sorted(m.x for m in timeline.marks)
        assert all(0 <= m.x <= WIDTH for m in timeline.marks)
        for row in {m.row for m in timeline.marks}:
            spans = []
            for m in timeline.marks:
                length = len(m.words) * 6.6
                if m.row == row:
                    spans.append((m.x, m.x + length) if m.right else (m.x - length, m.x))
            spans.sort()
            assert all(a[1] < b[0] for a, b in itertools.pairwise(spans)), feature["id"]


# For programs


def test_the_documents_beside_a_block(portal):
    document = get_json(portal, f"/blocks/{BLOCK}.geojson")
    item = get_json(portal, f"/api/collections/blocks/items/{BLOCK}")
    assert document["geometry"] == item["geometry"] and document["properties"] == item["properties"]
    dossier = get_json(portal, f"/blocks/{BLOCK}.json")
    screened = get_json(portal, f"/api/screening?block={BLOCK}")
    assert dossier["surroundings"] == screened["layers"]
    etag = portal.get(f"/blocks/{BLOCK}.json").headers["etag"]
    assert portal.get(f"/blocks/{BLOCK}.json", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("ending", [".json", ".geojson", "/corners.csv"])
def test_bad_input_of_the_documents(portal, ending):
    assert portal.get(f"/blocks/akharkata-grafite{ending}").status_code == 404
    assert portal.get(f"/blocks/{BLOCK}{ending}?foo=1").status_code == 400
    assert portal.get(f"/blocks/{BLOCK}{ending}?revision=99").status_code == 400
    assert portal.get(f"/blocks/a%00b{ending}").status_code == 404


def test_another_day_has_the_status_of_then(portal):
    then = get_json(portal, f"/blocks/{BLOCK}.json?as_of=2024-01-15")
    figures = {f["figure"]: f["value"] for f in then["figures"]}
    assert figures["status"] == "offered" and figures["preferred_bidder"] is None and then["as_of"] == "2024-01-15"
