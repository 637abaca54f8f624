"""CQL2 over the blocks: what it finds, what it refuses, and that nothing of it becomes SQL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import SHARED, get_problem
from factories import make_block
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, view_of
from app.errors import BadParameter
from app.filters import where
from app.params.cql import MOST_DEPTH, parse_cql, read_json, read_text
from app.values import Selection

ITEMS = "/api/collections/blocks/items"


def ids(client: TestClient, **asked: str) -> list[str]:
    answer = client.get(ITEMS, params={name.replace("_", "-"): value for name, value in asked.items()})
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def refused(client: TestClient, filter_: str, **asked: str) -> dict[str, object]:
    answer = client.get(ITEMS, params={"filter": filter_, **asked})
    assert answer.status_code == 400, (filter_[:80], answer.status_code, answer.text[:200])
    problem: dict[str, object] = answer.json()
    return problem


@pytest.fixture
def blocks(session: Session) -> None:
    def make(slug: str, lon: float, lat: float, **facts: Any) -> None:
        make_block(session, lon, lat, side_degrees=0.1, id=slug, **facts)

    make("alpha", 84.05, 20.05, name="Alpha Graphite Block", minerals=["graphite"], area_ha=120.5, stage="G3")
    make("beta", 86.05, 22.05, name="Beta O'Neil (100%)", minerals=["lithium", "tantalum"], area_ha=80.0,
         premium_percent=12.0)  # fmt: skip
    make("gamma", 74.05, 18.05, name="Gämmà", stage="G4", boundary_kind="indicative", premium_percent=110.0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("area_ha > 100", ["alpha"]),
        ("area_ha = 80", ["beta"]),
        ("NOT area_ha > 100", ["beta"]),  # what is not known is neither
        ("area_ha IS NULL", ["gamma"]),
        ("stage IN ('G3','G4')", ["alpha", "gamma"]),
        ("premium_percent BETWEEN 12 AND 110", ["beta", "gamma"]),
        ("name LIKE '%(100\\%)'", ["beta"]),
        ("name = 'Beta O''Neil (100%)'", ["beta"]),
        ("CASEI(name) = CASEI('ALPHA GRAPHITE BLOCK')", ["alpha"]),
        ("ACCENTI(CASEI(name)) = ACCENTI('gamma')", ["gamma"]),
        ("offshore = false AND area_ha*2 >= 241", ["alpha"]),
        ("-area_ha < -100", ["alpha"]),
        ("area_ha / 0 > 1 OR id = 'gamma'", ["gamma"]),
        ("area_ha % 50 = 30", ["beta"]),
        ("area_ha div 50 = 2", ["alpha"]),
        ("area_ha ^ 2 = 6400", ["beta"]),
        ("A_CONTAINS(minerals, ('lithium'))", ["beta"]),
        ("A_OVERLAPS(minerals, ('graphite','lithium'))", ["alpha", "beta"]),
        ("A_EQUALS(minerals, ('tantalum','lithium'))", ["beta"]),
        ("A_CONTAINEDBY(minerals, ('graphite','gold'))", ["alpha", "gamma"]),
        ("S_INTERSECTS(geometry, BBOX(83,19,85,21))", ["alpha"]),
        ("S_INTERSECTS(geom, POINT(86.05 22.05))", ["beta"]),
        ("S_WITHIN(geometry, POLYGON((73 17,75 17,75 19,73 19,73 17)))", ["gamma"]),
        ("S_INTERSECTS(geometry, BBOX(170,-10,75,30))", ["gamma"]),  # round the back of the globe
        ("boundary_kind <> 'published' AND NOT (stage = 'G3' OR stage IS NULL)", ["gamma"]),
        ("T_AFTER(updated_at, DATE('2000-01-01'))", ["alpha", "beta", "gamma"]),
        ("updated_at < TIMESTAMP('2000-01-01T00:00:00Z')", []),
    ],
)
def test_filter_finds(client: TestClient, blocks: None, asked: str, found: list[str]) -> None:
    assert ids(client, filter=asked) == found


def test_text_and_json_say_the_same(client: TestClient, blocks: None) -> None:
    large = {"op": ">", "args": [{"property": "area_ha"}, 100]}
    unsold = {"op": "isNull", "args": [{"property": "premium_percent"}]}
    tree = json.dumps({"op": "and", "args": [large, unsold]})
    assert ids(client, filter=tree, filter_lang="cql2-json") == ["alpha"]


def test_filter_crs_has_its_own_axis_order(client: TestClient, blocks: None) -> None:
    by_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
    by_utm = "http://www.opengis.net/def/crs/EPSG/0/32645"
    assert ids(client, filter="S_INTERSECTS(geometry, POINT(20.05 84.05))", filter_crs=by_4326) == ["alpha"]
    assert ids(client, filter="S_INTERSECTS(geometry, BBOX(19,83,21,85))", filter_crs=by_4326) == ["alpha"]
    assert ids(client, filter="S_INTERSECTS(geometry, POINT(191500 2219500))", filter_crs=by_utm) == ["alpha"]


def test_time_of_status_is_compared_as_days(client: TestClient, session: Session) -> None:
    make_block(session, id="early", status_since="2025-03")
    make_block(session, id="late", status_since="2026-02-03")
    make_block(session, id="undated")
    assert ids(client, filter="T_BEFORE(status_since, DATE('2026-01-01'))") == ["early"]
    assert ids(client, filter="T_DURING(status_since, INTERVAL('2025-02-28','2025-04-01'))") == ["early"]
    assert ids(client, filter="T_INTERSECTS(status_since, INTERVAL('2025-03-31','..'))") == ["early", "late"]
    assert ids(client, filter="status_since = '2025-03'") == ["early"]
    assert ids(client, filter="status_since >= DATE('2026-02-03')") == ["late"]


def test_properties_are_parameters_of_their_own(client: TestClient, blocks: None) -> None:
    assert ids(client, name="Alpha Graphite Block") == ["alpha"]
    assert client.get(f"{ITEMS}?area_ha=80").json()["numberMatched"] == 1
    assert client.get(f"{ITEMS}?minerals=tantalum").json()["numberMatched"] == 1
    assert client.get(f"{ITEMS}?offshore=true").json()["numberMatched"] == 0
    assert client.get(f"{ITEMS}?boundary_kind=indicative&limit=1").json()["numberMatched"] == 1
    for wrong in ("area_ha=wide", "offshore=perhaps", "updated_at=2025-01-01", "geometry=x", "search=x", "name=%00"):
        answer = client.get(f"{ITEMS}?{wrong}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, wrong.split("=")[0])
    assert client.get("/api/collections/ports/items?boundary_kind=published").status_code == 400


def test_shape_and_buffer(client: TestClient, blocks: None) -> None:
    assert ids(client, intersects="POLYGON((83 19,85 19,85 21,83 19))") == ["alpha"]
    point = json.dumps({"type": "Point", "coordinates": [84.2, 20.05]})
    assert client.get(ITEMS, params={"intersects": point}).json()["numberMatched"] == 0
    for km, found in (("10", 0), ("11", 1)):  # 0.1° of longitude at 20° north: 10.46 km
        asked = {"intersects": point, "buffer_km": km}
        assert client.get(ITEMS, params=asked).json()["numberMatched"] == found


@pytest.mark.parametrize(
    "asked",
    [
        {"intersects": "POLYGON((0 0,1 1"},
        {"intersects": '{"type":"Point"}'},
        {"intersects": '{"type":"Point","coordinates":[NaN,1]}'},
        {"intersects": "POINT(200 10)"},
        {"intersects": "POINT EMPTY"},
        {"intersects": "POLYGON((0 0,2 2,2 0,0 2,0 0))"},
        {"intersects": "POINT(1 1)", "buffer_km": "-1"},
        {"intersects": "{" * 5_000},
        {"buffer_km": "5"},
        {"filter-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
    ],
)
def test_bad_shape_is_named(client: TestClient, asked: dict[str, str]) -> None:
    answer = client.get(ITEMS, params=asked)
    assert answer.status_code == 400
    assert answer.json()["parameter"] in asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("colour = 'red'", "no property “colour”"),
        ("areaha > 1", "Did you mean area_ha"),
        ("search = 'x'", "no property"),
        ("events IS NULL", "no property"),
        ("area_ha = 'wide'", "a number cannot be compared with a text"),
        ("name > 5", "a text cannot be compared with a number"),
        ("name + 1 = 2", "calculates with numbers"),
        ("name LIKE 5", "LIKE compares texts"),
        ("area_ha LIKE '1%'", "LIKE compares texts"),
        ("area_ha", "neither true nor false"),
        ("updated_at = DATE('2025-13-01')", "no date"),
        ("updated_at = TIMESTAMP('yesterday')", "no time"),
        ("T_AFTER(name, DATE('2025-01-01'))", "compares dates and times"),
        ("S_INTERSECTS(name, POINT(1 1))", "compares geometries"),
        ("S_WITHIN(geometry, POLYGON((0 0,2 2,2 0,0 2,0 0)))", "not valid"),
        ("S_INTERSECTS(geometry, POINT(84 120))", "leaves the globe"),
        ("S_TOUCHES(geometry, GEOMETRYCOLLECTION(POINT(1 1)))", "takes no GEOMETRYCOLLECTION"),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", "filter"),
        ("geometry = POINT(1 1)", "S_EQUALS"),
        ("A_CONTAINS(name, ('x'))", "compares lists"),
        ("minerals = 'graphite'", "A_EQUALS"),
        ("magic(name) = 1", "no function “magic”"),
        ("name = 'open", "no CQL2"),
        ("area_ha >", "no CQL2"),
        ("", "empty"),
        ("name = 'a\0b'", "NUL"),
        ("area_ha = 1; DROP TABLE block", "no CQL2"),
        ("1e400 = area_ha", "filter"),
        ("NOT " * 10_000 + "area_ha > 1", "NOT"),
        ("(" * 10_000 + "area_ha > 1" + ")" * 10_000, "deep"),
        ("area_ha = " + "1+" * 10_000 + "1", "+"),
        ("area_ha = " + "-" * 10_000 + "1", "-"),
        ("CASEI(" * 1_000 + "name" + ")" * 1_000 + " = 'x'", "deep"),
        ("S_INTERSECTS(geometry, " + "GEOMETRYCOLLECTION(" * 2_000 + "POINT(1 1)" + ")" * 2_001, "deep"),
    ],
)  # fmt: skip
def test_bad_filter_gets_a_sentence(client: TestClient, asked: str, said: str) -> None:
    problem = refused(client, asked)
    assert problem["parameter"] == "filter"
    assert said in str(problem["detail"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("filter-lang", "cql-text"), ("filter-crs", "EPSG:9999"), ("filter-crs", "http://example.org/crs")],
)
def test_unknown_language_or_system(client: TestClient, name: str, value: str) -> None:
    assert refused(client, "area_ha > 1", **{name: value})["parameter"] == name


@pytest.mark.parametrize(
    "tree",
    [
        "{", "[]", "null", '"text"', "5", '{"op":"and"}', '{"op":"and","args":5}', '{"op":"=","args":[1]}',
        '{"op":"in","args":[{"property":"name"},"x"]}', '{"op":"=","args":[{"property":5},null]}',
        '{"op":"=","args":[NaN,1]}', '{"op":5,"args":[]}',
        '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":"x"}]}',
        '{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[1,"x",2,3]}]}',
        '{"op":"t_after","args":[{"property":"updated_at"},{"interval":["2025"]}]}',
        '{"op":"=","args":[{"property":"area_ha"},' + "9" * 400 + "]}",
        '{"op":"not","args":[' * 5_000 + "true" + "]}" * 5_000,
        '{"op":"not","args":[' * 200 + "true" + "]}" * 200,
        "[" * 200_000,
    ],
)  # fmt: skip
def test_bad_tree_gets_a_sentence(client: TestClient, tree: str) -> None:
    if len(tree) > 60_000:
        with pytest.raises(BadParameter, match="deep"):
            read_json(tree)
        return
    assert refused(client, tree, **{"filter-lang": "cql2-json"})["parameter"] == "filter"


def test_polygon_of_a_million_corners_is_refused() -> None:
    corners = ",".join(f"{84 + i / 1e6:.6f} 20" for i in range(1_000_000))
    asked = f"S_INTERSECTS(geometry, POLYGON(({corners})))"
    with pytest.raises(BadParameter, match="characters"):
        read_text(asked)
    few = asked[: asked.index("84.020000")].rstrip(",") + ",84 21,84 20)))"
    with pytest.raises(BadParameter, match="vertices"):
        parse_cql({"filter": few}, COLLECTIONS["blocks"])


def test_deepest_filter_taken_is_answered(client: TestClient, blocks: None) -> None:
    depth = MOST_DEPTH - 1
    assert ids(client, filter="NOT (" * (depth // 2 * 2) + "area_ha > 100" + ")" * (depth // 2 * 2)) == ["alpha"]
    long = " OR ".join(f"area_ha = {number}" for number in range(1_000))
    assert ids(client, filter=long) == ["beta"]


@pytest.mark.parametrize(
    "asked",
    [
        "name = 'x'' OR 1=1 --'",
        "name = 'x\\'' OR 1=1 --'",
        "name = '$1'",
        "name = ':name'",
        "name LIKE '%;DROP TABLE block;--'",
        "CASEI(name) = '}'')) OR true --'",
        "A_CONTAINS(minerals, ('x'')} OR true --'))",
    ],
)
def test_nothing_becomes_sql(client: TestClient, blocks: None, asked: str) -> None:
    answer = client.get(ITEMS, params={"filter": asked})
    assert answer.status_code == 400 or answer.json()["numberMatched"] == 0


def test_values_are_bound(session: Session) -> None:
    asked = "name = 'Robert''); DROP TABLE block; --' AND S_INTERSECTS(geometry, POINT(84 20)) AND area_ha > 4711.5"
    view = view_of(COLLECTIONS["blocks"])
    condition = where(view, Selection(cql=parse_cql({"filter": asked}, COLLECTIONS["blocks"])))
    statement = str(select(view.c.id).where(condition).compile(dialect=postgresql.dialect()))
    assert "DROP" not in statement and "4711" not in statement


@pytest.mark.parametrize("asked", ["area_ha ^ 1000 > 1", "area_ha * 1e300 * 1e300 > 1"])
def test_too_large_a_number_is_no_500(client: TestClient, blocks: None, asked: str) -> None:
    assert "too large" in str(refused(client, asked)["detail"])


def test_spatial_filter_uses_the_index(session: Session) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    view = view_of(COLLECTIONS["blocks"])
    asked = "S_INTERSECTS(geometry, BBOX(84,20,85,21)) AND area_ha > 1"
    condition = where(view, Selection(cql=parse_cql({"filter": asked}, COLLECTIONS["blocks"])))
    compiled = select(view.c.id).where(condition).compile(session.connection())
    plan = session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params)
    assert "ix_block_geom" in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize(
    "asked", ["status = 'offered'", "status IN ('offered')", "state_code = 'IN-OD' AND area_ha > 1", "id = 'a'"]
)
def test_equal_texts_are_found_by_the_index(session: Session, asked: str) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    view = view_of(COLLECTIONS["blocks"])
    condition = where(view, Selection(cql=parse_cql({"filter": asked}, COLLECTIONS["blocks"])))
    compiled = select(view.c.name).where(condition).compile(session.connection())
    plan = session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params)
    assert "Index Cond: (" + asked.split()[0] in "\n".join(row[0] for row in plan)


@pytest.mark.skipif(not (SHARED / "ogc").is_dir(), reason="OGC's examples are not on this machine")
def test_examples_of_the_standard_are_read_or_refused_with_a_sentence(client: TestClient) -> None:
    examples = json.loads((SHARED / "ogc" / "cql2_ats" / "examples.json").read_text())
    assert len(examples) == 120
    for example in examples:
        read_text(example["text"])
        answer = client.get(ITEMS, params={"filter": example["text"]})
        assert answer.status_code in (200, 400), example


def test_a_geometry_that_breaks_off_is_no_cql2(client):
    """The parser raises a bare exception here."""
    problem = get_problem(client, f"{ITEMS}?filter=S_INTERSECTS(geom,POLYGON((80 18,80 2 84 22,80 18)))")
    assert problem["parameter"] == "filter" and "no CQL2" in problem["detail"]


@pytest.mark.parametrize("piece", ["a = 1 OR NOT (b IN (", "name LIKE 'K%' OR NOT ("])
def test_a_text_that_the_parser_would_read_for_hours_is_given_up(client, piece):
    problem = get_problem(client, f"{ITEMS}?filter={(piece * 20).replace('%', '%25')}%25")
    assert problem["parameter"] == "filter" and "too long" in problem["detail"]


def test_a_long_sound_text_is_read_apart_and_means_the_same(client):
    asked = " OR ".join(f"(area_ha = {n})" for n in range(30))
    assert client.get(ITEMS, params={"filter": asked}).json()["numberMatched"] == 0


@pytest.mark.parametrize("kind", ["Foo", "ƴoint", "", None])
def test_a_geometry_of_no_known_type_is_no_cql2(client, kind):
    geometry = {"type": kind, "coordinates": [84.5, 20.5]}
    tree = {"op": "s_intersects", "args": [{"property": "geom"}, geometry]}
    asked = {"filter": json.dumps(tree), "filter-lang": "cql2-json"}
    answer = client.get("/api/collections/blocks/items", params=asked)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "filter")
    answer = client.get("/api/collections/blocks/items", params={"intersects": json.dumps(geometry)})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "intersects")
