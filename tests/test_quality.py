"""Quality in the open: rules on hand-placed records, figures counted again from the data files, the page itself."""

import json
import re
import time
from html import unescape
from types import SimpleNamespace

import pytest
from factories import make_block, make_mineral, make_state
from pyproj import Geod
from shapely.geometry import shape
from sqlalchemy import insert, select, text, update

from app.models import PAST, Block, Revision, table_of
from app.queries import quality
from app.queries.quality import expressions
from app.queries.quality.revisions import check_revisions
from app.routes.data import MOST_SHOWN
from app.settings import Settings
from app.values import STATUS_AFTER

SPHEROID = Geod(ellps="WGS84")
RULES = {rule.id: rule for rule in quality.RULES}


def failing(session, rule_id):
    """(ids that fail, how many were checked)"""
    finding = quality.check(session, RULES[rule_id])
    assert finding.fails == len(finding.failing)
    return [record["id"] for record in finding.failing], finding.checked


def an_event(seq, kind, date=None, source=None):
    return {"seq": seq, "date": date, "kind": kind, "tranche": None, "note": None, "source": source}


# Rules


def test_rules_have_their_own_names_and_words():
    assert len(RULES) == len(quality.RULES)
    for words in ("holds", "failing"):
        assert len({getattr(rule, words) for rule in quality.RULES}) == len(quality.RULES)


def test_a_status_that_the_events_do_not_say_fails(session):
    events = [an_event(1, "offered"), an_event(2, "annulled"), an_event(3, "clearance")]
    make_block(session, id="right", status="annulled", attempts=1, events=events)
    make_block(session, 85, id="wrong", status="offered", attempts=2, events=events)
    make_block(session, 86, id="no-events", status=None)
    assert failing(session, "status-follows") == (["wrong"], 3)
    assert failing(session, "attempts-follow") == (["wrong"], 3)


def test_the_order_of_events_is_their_number_not_their_place(session):
    events = [an_event(2, "annulled"), an_event(1, "offered")]
    make_block(session, status="annulled", attempts=1, events=events)
    assert failing(session, "status-follows") == ([], 1)


@pytest.mark.parametrize(
    ("dates", "fails"),
    [
        (["2024-01-05", "2024-01-04"], True),
        (["2024-01-05", "2024-01"], False),  # the month may be the same day or later
        (["2024-02", "2024-01-31"], True),
        (["2024", "2023-12-31"], True),
        (["2024-03-01", None, "2024-02-01"], True),
        ([None, "2024", None, "2024-12"], False),
        ([], None),
    ],
)
def test_dates_that_go_back(session, dates, fails):
    make_block(session, id="a", events=[an_event(i, "clearance", day) for i, day in enumerate(dates, 1)])
    assert failing(session, "dates-in-order") == (["a"] if fails else [], 0 if fails is None else 1)


def test_an_area_may_differ_by_one_per_cent(session):
    for name, computed in (("low", 98.9), ("within", 99.1), ("high", 101.1)):
        make_block(session, id=name, area_ha=100.0, computed_area_ha=computed)
    make_block(session, id="undeclared", computed_area_ha=5.0)
    make_block(session, id="indicative", boundary_kind="indicative", area_ha=5.0)
    assert failing(session, "area-agrees") == (["high", "low"], 3)
    assert failing(session, "computed-area") == ([], 5)


def test_a_boundary_more_than_a_kilometre_outside_its_state_fails(session):
    make_state(session, "odisha", "IN-OD", 81, 18, 87, 22)
    make_block(session, 84, 20, id="inside")
    make_block(session, 87.015, 20, id="half-a-kilometre-off")
    make_block(session, 87.05, 20, id="outside")
    make_block(session, 89, 20, id="at-sea", offshore=True)
    make_block(session, 89, 20, id="indicative", boundary_kind="indicative")
    make_block(session, 84, 20, id="unknown-state", state_code="IN-XX")
    assert failing(session, "in-state") == (["outside", "unknown-state"], 4)


def test_boundaries_that_share_more_than_a_hundredth_of_the_smaller_one_fail(session):
    make_block(session, 84.00, 20, id="left")
    make_block(session, 84.02, 20, id="touches-left")
    make_block(session, 84.0397, 20, id="by-one-and-a-half-per-cent")
    make_block(session, 84.06, 20.0199, id="by-a-half-per-cent-of-none")
    make_block(session, 84.0, 20, id="indicative", boundary_kind="indicative")
    assert failing(session, "no-overlap") == (["by-one-and-a-half-per-cent", "touches-left"], 4)


def test_what_lacks_beside_what_is_there_fails(session):
    make_block(session, 84, id="bare")
    make_block(session, 85, id="half", resource_mt=1.0, premium_percent=5.0, stage="G3", concession="ML")
    make_block(
        session, 86, id="full", resource_mt=1.0, resource_category="333", premium_percent=5.0, preferred_bidder="A",
        stage="G2", concession="ML", agency="GSI", datum="WGS 84", status="preferred_bidder_declared", attempts=None,
        events=[an_event(1, "preferred_bidder", source={"url": "https://example.org"})],
    )  # fmt: skip
    make_block(session, 87, id="lease", concession="ML", datum="WGS 84 (assumed)", status="producing")
    assert failing(session, "resource-category") == (["half"], 2)
    assert failing(session, "premium-of-bidder") == (["half"], 2)
    assert failing(session, "stage-agency") == (["half"], 2)
    assert failing(session, "lease-stage-known") == (["lease"], 3)
    assert failing(session, "lease-stage-reached") == (["half"], 2)
    assert failing(session, "datum-named") == (["bare", "half", "lease"], 4)
    assert failing(session, "bidder-named") == (["lease"], 2)
    assert failing(session, "bidder-declared") == ([], 1)
    assert failing(session, "event-sourced") == ([], 1)
    assert failing(session, "has-document") == (["bare", "full", "half", "lease"], 4)


def test_namesakes_of_a_state_fail(session):
    make_block(session, 84, id="a", name="Akhar")
    make_block(session, 85, id="b", name="AKHAR")
    make_block(session, 86, id="c", name="Akhar", state_code="IN-GJ")
    assert failing(session, "name-once") == (["a", "b"], 3)


def test_an_unknown_mineral_and_a_crossing_outline_are_the_portals_fault(session):
    make_mineral(session, "graphite")
    make_block(session, 84, id="known", minerals=["graphite"])
    make_block(session, 85, id="unknown", minerals=["graphite", "unobtainium"])
    bow_tie = "SRID=4326;MULTIPOLYGON(((84 20,84.02 20.02,84.02 20,84 20.02,84 20)))"
    session.execute(update(Block).where(Block.id == "known").values(geom=text(f"'{bow_tie}'::geometry")))
    assert failing(session, "mineral-known") == (["unknown"], 2)
    assert failing(session, "outline-valid") == (["known"], 2)


def test_a_rule_counts_all_and_names_some(session, monkeypatch):
    for number in range(5):
        make_block(session, id=f"b{number}", premium_percent=1.0)
    monkeypatch.setattr("app.queries.quality.rules.MOST_READ", 3)
    finding = quality.check(session, RULES["premium-of-bidder"])
    assert (finding.checked, finding.fails, [r["id"] for r in finding.failing]) == (5, 5, ["b0", "b1", "b2"])


def test_past_rows_have_an_end_and_never_overlap(session):
    make_block(session, id="akhar")
    session.add_all(Revision(number=n, at=time_of(n), note="", who="") for n in (2, 3, 4))
    session.flush()
    present, past = table_of(Block), PAST[Block]
    session.execute(update(present).values(revision=4))

    def add_past(revision, until):
        columns = [c for c in present.columns if c.name != "revision"]
        row = select(*columns, text(str(revision)), text(str(until))).where(present.c.id == "akhar")
        session.execute(insert(past).from_select([*(c.name for c in columns), "revision", "until_revision"], row))

    def faults():
        return {f.rule.id: f.fails for f in check_revisions(session) if f.fails}

    add_past(1, 3)
    assert faults() == {}
    add_past(2, 4)
    assert faults() == {"past-apart": 2}
    session.execute(past.delete())
    add_past(1, 9)
    assert faults() == {"past-ended": 1, "past-apart": 1}


def time_of(number):
    return f"2026-01-{number:02}T00:00:00+00:00"


# The catalogue: counted again from the data files


@pytest.fixture(scope="module")
def files():
    """Name of a file → its records as (id, properties, geometry)."""
    found = {}
    for path in Settings().data_dir.glob("*.geojson"):
        records = json.loads(path.read_text())["features"]
        found[path.stem] = [
            SimpleNamespace(id=f["id"], geometry=shape(f["geometry"]), **f["properties"]) for f in records
        ]
    return found


@pytest.fixture
def report(catalogue):
    return quality.read_report(catalogue)


def finding(report, rule_id):
    return next(f for f in (*report.own, *report.published) if f.rule.id == rule_id)


def test_no_record_of_the_catalogue_breaks_the_portals_own_rules(report, catalogue):
    assert [(f.rule.id, f.failing) for f in (*report.own, *check_revisions(catalogue)) if f.fails] == []
    assert all(f.checked for f in report.own)


def test_areas_that_disagree_counted_again(report, files):
    published = [b for b in files["blocks"] if b.geometry.geom_type != "Point" and b.area_ha]
    computed = {b.id: abs(SPHEROID.geometry_area_perimeter(b.geometry)[0]) / 10_000 for b in published}
    wrong = sorted(b.id for b in published if abs(computed[b.id] - b.area_ha) > b.area_ha / 100)
    found = finding(report, "area-agrees")
    assert ([r["id"] for r in found.failing], found.checked) == (wrong, len(published))
    assert {"marudipatti-molybdenum", "iluppakudi-graphite", "tamiya-graphite-manganese"} <= set(wrong)


def test_shares_counted_again(report, files):
    blocks = files["blocks"]
    central = [b for b in blocks if b.asset_class == "central_auction_block"]
    shares = {share.words: share for share in report.shares}
    assert shares["Published boundary"].every == (sum(b.geometry.geom_type != "Point" for b in blocks), len(blocks))
    assert shares["Exploration stage"].central == (sum(b.stage is not None for b in central), len(central))
    assert shares["Resource in tonnes"].central == (sum(b.resource_mt is not None for b in central), len(central))
    bidder = "Premium, where a bidder is declared"
    last = {b.id: [e["kind"] for e in b.events if e["kind"] in STATUS_AFTER][-1] for b in central if b.events}
    declared = [b for b in central if STATUS_AFTER.get(last.get(b.id)) in expressions.AWARDED]
    assert shares[bidder].central == (sum(b.premium_percent is not None for b in declared), len(declared))


def test_overlaps_counted_again(report, files):
    published = [b for b in files["blocks"] if b.geometry.geom_type != "Point"]
    overlapping = {
        one.id
        for one in published
        for other in published
        if one is not other
        and one.geometry.intersection(other.geometry).area > 0.01 * min(one.geometry.area, other.geometry.area)
    }
    found = finding(report, "no-overlap")
    assert ({r["id"] for r in found.failing}, found.checked) == (overlapping, len(published))


def test_events_without_a_source_counted_again(report, files):
    missing = [(b.id, e["kind"], e["date"]) for b in files["blocks"] for e in b.events if e["source"] is None]
    assert sorted((e["id"], e["kind"], e["date"]) for e in report.unsourced_events) == sorted(missing)


def test_general_knowledge_and_labels_counted_again(report, files):
    counted = {row["id"]: row for row in report.confidences}
    for name, records in files.items():
        named = [{s["publisher"] for s in r.sources} for r in records if hasattr(r, "sources")]
        assert counted[name]["general"] == sum("general knowledge" in publishers for publishers in named), name
        assert counted[name]["only_general"] == sum(publishers == {"general knowledge"} for publishers in named), name
        labels = sum(getattr(r, "position_accuracy", None) in ("district", "state", "region") for r in records)
        assert counted[name]["labels"] == labels, name


def test_freshness_counted_again(report, files):
    tender = next(p for p in report.publishers if p["publisher"] == "MSTC Limited")
    dates = [s["date"] for rs in files.values() for r in rs for s in getattr(r, "sources", ())
             if s["publisher"] == "MSTC Limited" and s["date"]]  # fmt: skip
    assert tender["newest"] >= max(dates)
    assert next(p for p in report.publishers if p["publisher"] == "general knowledge")["newest"] is None


def test_the_holes_of_the_catalogue(report):
    holes = report.holes
    assert (holes.central, holes.central_without_stage, holes.central_without_tonnage) == (100, 96, 97)
    assert holes.letters_of_intent == 0
    by_tranche = {row["tranche"]: row for row in report.tranches}
    assert {name for name, row in by_tranche.items() if row["premiums"] < row["awarded"]} == {"II", "III"}
    assert {name for name, row in by_tranche.items() if row["open"]} == {"VIII"}


# The page


@pytest.fixture(scope="module")
def page(portal):
    response = portal.get("/data/quality")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return response.text


def test_the_page_shows_no_value_of_the_machine(page):
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert re.findall(r"\bNone\b(?! of)|\bnull\b|\bnan\b|\bTrue\b|\bFalse\b|\[\]|\{\{|&amp;amp;|Undefined", words) == []
    assert page.count("<h1") == 1 and "revision 1" in words


def test_everything_that_stands_open_is_on_the_page(page, catalogue):
    report = quality.read_report(catalogue)
    shown = unescape(page)
    assert len(report.unlocated) == 73
    assert [row["name"] for row in (*report.unlocated, *report.contradictions) if row["name"] not in shown] == []
    for found in (*report.own, *report.published):
        assert found.rule.holds in shown
        assert all(record["name"] in shown for record in found.failing[:MOST_SHOWN])


def test_every_link_answers_and_every_linked_number_is_the_number_of_rows(page, portal):
    links = re.findall(r'<a href="(/[^"#]+)[^"]*">([^<]*)</a>', page.split("<main")[1].split("<footer")[0])
    assert len(links) > 200
    counted = 0
    for address, words in {(unescape(address), words) for address, words in links}:
        response = portal.get(address)
        assert response.status_code == 200 and "notice-warning" not in response.text.split("<main")[0], address
        if re.fullmatch(r"[\d,]+", words):
            body = portal.get(address if address.startswith("/api") else f"/api/collections/blocks/items{address[1:]}")
            assert body.json()["numberMatched"] == int(words.replace(",", "")), address
            counted += 1
    assert counted > 15


def test_a_parameter_that_the_page_does_not_know_is_said(portal):
    assert "“stage” is no parameter of this page" in portal.get("/data/quality?stage=G4").text


def test_the_page_is_made_once_for_a_revision(portal, page):
    started = time.perf_counter()
    assert portal.get("/data/quality").text == page
    assert time.perf_counter() - started < 0.3


def test_an_empty_portal_has_the_page_too(client):
    text_of_page = client.get("/data/quality").text
    assert "No record that the rule is for." in text_of_page and "Every record has a place." in text_of_page
