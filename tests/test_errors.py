"""Bad input: what it gets, in words for programs and for people; and a database that is away."""

import os
import random
import re
import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.parse import quote

import pytest
from conftest import get_ids, get_problem
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from app.cluster import create_database, drop_database
from app.db import make_engine
from app.ingest.load import load
from app.main import create_app
from app.migrate import migrate
from app.params import FILTER_NAMES
from app.settings import Settings

ITEMS = "/api/collections/blocks/items"
API_ROUTES = (
    "/api",
    "/api/conformance",
    "/api/openapi.json",
    "/api/docs",
    "/api/collections",
    "/api/collections/blocks",
    ITEMS,
    f"{ITEMS}/akharkata-graphite",
    "/healthz",
    "/readyz",
)
PAGES = ("/", "/states/odisha", "/blocks/akharkata-graphite", "/processing-units/{unit}", "/about")

# Query → the parameter at fault, and what the sentence must say of what would be right.
BAD = {
    "bbox=1,2": ("bbox", "west,south,east,north"),
    "bbox=a,b,c,d": ("bbox", "west,south,east,north"),
    "bbox=1,2,3": ("bbox", "west,south,east,north"),
    "bbox=1,2,3,4,5": ("bbox", "west,south,east,north"),
    "bbox=84,91,85,92": ("bbox", "-90 to 90"),
    "bbox=84,-91,85,20": ("bbox", "-90 to 90"),
    "bbox=181,20,182,21": ("bbox", "-180 to 180"),
    "bbox=84,21,85,20": ("bbox", "west,south,east,north"),
    "bbox=nan,20,85,21": ("bbox", "not a number"),
    "bbox=inf,20,85,21": ("bbox", "not a number"),
    "bbox=8_4,20,85,21": ("bbox", "not a number"),
    "bbox=": ("bbox", "west,south,east,north"),
    "limit=0": ("limit", "from 1"),
    "limit=ten": ("limit", "whole number"),
    "limit=-1": ("limit", "whole number"),
    "limit=1.5": ("limit", "whole number"),
    "limit=": ("limit", "whole number"),
    "offset=-1": ("offset", "whole number"),
    "offset=99999999999999999999": ("offset", ""),
    "mineral=unobtainium": ("mineral", "vocabulary"),
    "mineral=": ("mineral", "empty"),
    "mineral=graphite,nonsense": ("mineral", "nonsense"),
    "state=atlantis": ("state", "state or union territory"),
    "stage=G5": ("stage", "G4, G3, G2, G1"),
    "status=sold": ("status", "offered"),
    "concession=XL": ("concession", "CL, ML, EL"),
    "asset_class=x": ("asset_class", "central_auction_block"),
    "tranche=XCIX": ("tranche", "VIII"),
    "position_accuracy=exact": ("position_accuracy", "surveyed"),
    "near=84,20": ("near", "within_km"),
    "within_km=5": ("within_km", "near"),
    "near=84&within_km=5": ("near", "lon,lat"),
    "near=84,91&within_km=5": ("near", "-90 to 90"),
    "near=181,20&within_km=5": ("near", "-180 to 180"),
    "near=84,20&within_km=-1": ("within_km", "0 to"),
    "near=84,20&within_km=nan": ("within_km", "not a number"),
    "near=84,20&within_km=99999": ("within_km", "0 to"),
    "area_min_ha=many": ("area_min_ha", "not a number"),
    "area_min_ha=1_000": ("area_min_ha", "not a number"),
    "area_max_ha=inf": ("area_max_ha", "not a number"),
    "premium_min_percent=1e999": ("premium_min_percent", "not a number"),
    "premium_max_percent=": ("premium_max_percent", "not a number"),
    "datetime=yesterday": ("datetime", "2025-06-30"),
    "datetime=2025-02-30": ("datetime", "2025-06-30"),
    "datetime=2025-13": ("datetime", "2025-06-30"),
    "datetime=2025-01-02/2025-01-01": ("datetime", "ends before"),
    "datetime=2025/2026/2027": ("datetime", "start/end"),
    "datetime=": ("datetime", "2025-06-30"),
    "q=": ("q", "no word"),
    "q=%20,%20": ("q", "no word"),
    "q=" + "%20".join(f"w{n}" for n in range(40)): ("q", "at most"),
    "sortby=nothing": ("sortby", "name"),
    "sortby=minerals": ("sortby", "name"),
    "sortby=": ("sortby", "name"),
    "f=xml": ("f", "json"),
    "lmit=5": ("lmit", "limit"),
    "BBOX=1,2,3,4": ("BBOX", "bbox"),
    "limit=1&limit=2": ("limit", "twice"),
    "state=odisha&state=gujarat": ("state", "twice"),
}


@pytest.mark.parametrize("query", BAD)
def test_bad_input_is_400_naming_the_parameter_and_what_is_right(portal, query):
    parameter, right = BAD[query]
    problem = get_problem(portal, f"{ITEMS}?{query}")
    assert problem["parameter"] == parameter
    assert right in problem["detail"]


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("mineral=grafite", "graphite"),
        ("mineral=litium", "lithium"),
        ("state=orisa", "odisha"),
        ("state=maharastra", "maharashtra"),
        ("status=anulled", "annulled"),
        ("sortby=areaha", "area_ha"),
        ("minral=graphite", "mineral"),
    ],
)
def test_the_nearest_names_are_offered(portal, query, nearest):
    problem = get_problem(portal, f"{ITEMS}?{query}")
    assert problem["suggestions"][0] == nearest
    assert nearest in problem["detail"]


def test_a_broad_misspelling_still_offers_a_mineral(portal):
    assert get_problem(portal, f"{ITEMS}?mineral=unobtainium")["suggestions"]


@pytest.mark.parametrize("address", API_ROUTES)
def test_an_unknown_parameter_is_refused_everywhere(portal, address):
    problem = get_problem(portal, f"{address}?unknownQueryParameter=1")
    assert problem["parameter"] == "unknownQueryParameter"


# As sent: quoted, or not.
HOSTILE = {
    "NUL": "%00",
    "NUL inside": "a%00b",
    "quote": "%27",
    "backslash": "%5C",
    "drop": quote("'; DROP TABLE block; --"),
    "or": quote("1) OR (1=1"),
    "double quotes": quote('" OR ""="'),
    "pictures": quote("💎" * 50),
    "10,000 letters": "x" * 10_000,
    "half a character": "%ED%A0%80%FF",
}


@pytest.mark.parametrize("name", [*FILTER_NAMES, "sortby", "limit", "offset", "f"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_in_any_parameter_is_a_fault_of_ours(portal, name, text):
    response = portal.get(f"{ITEMS}?{name}={HOSTILE[text]}")
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json()["features"] == []


def test_nothing_random_is_a_fault_of_ours(portal):
    chance = random.Random(20261122)
    names = [*FILTER_NAMES, "sortby", "limit", "offset", "f"]
    letters = string.printable + "ओडिशाé\u0000\u2028'\";%,./-"
    for _ in range(150):
        query = "&".join(
            f"{name}={quote(''.join(chance.choices(letters, k=chance.randint(0, 12))))}"
            for name in chance.sample(names, chance.randint(1, 3))
        )
        assert portal.get(f"{ITEMS}?{query}").status_code in (200, 400), query
        assert portal.get(f"/?{query}").status_code == 200, query


@pytest.mark.parametrize(
    "path",
    ["/api/nothing", "/api/collections/nothing", "/api/collections/nothing/items", f"{ITEMS}/nothing", f"{ITEMS}/%00",
     "/api/collections/%00", f"{ITEMS}/a/b", "/api/collections/nothing/items/x"],
)  # fmt: skip
def test_an_unknown_address_of_the_api_is_404(portal, path):
    assert "nothing" in get_problem(portal, path, 404)["detail"] or "nothing" not in path


def test_an_unknown_collection_offers_the_nearest(portal):
    assert get_problem(portal, "/api/collections/block/items", 404)["suggestions"][0] == "blocks"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_wrong_method_is_405_with_the_right_ones(portal, method):
    for address in API_ROUTES:
        if method == "POST" and address.endswith("/items"):
            continue  # takes a question that is too long for an address
        response = portal.request(method, address)
        assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
        assert "GET" in response.headers["allow"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/screening", "GET, HEAD, POST"),
        (ITEMS, "GET, HEAD, POST"),
        ("/api/shapes", "POST"),
        ("/about", "GET, HEAD"),
    ],
)
def test_allow_names_just_what_can_be_done(portal, path, methods):
    assert portal.request("OPTIONS", path).headers["allow"] == methods


def test_head_is_answered_like_get_without_a_body(portal):
    for address in (*API_ROUTES, "/", "/about"):
        response = portal.head(address)
        assert (response.status_code, response.content) == (200, b"")


def test_errors_are_not_kept_by_caches(portal):
    for address in (f"{ITEMS}?limit=0", f"{ITEMS}/nothing", "/blocks/nothing"):
        assert portal.get(address).headers["cache-control"] == "no-store"


# Pages


def fill(portal, page):
    return page.format(unit=get_ids(portal, "processing-units", limit=1)[0])


def notices_in(html):
    return re.findall(r'<div class="notice[^"]*"[^>]*>(.*?)</div>', html, re.DOTALL)


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("/blocks/akharkata-grafite", "/blocks/akharkata-graphite"),
        ("/states/odisa", "/states/odisha"),
        ("/states/maharastra", "/states/maharashtra"),
        ("/blocks/%00", None),
        ("/processing-units/%00", None),
        ("/states/%00", None),
        ("/blocks/a%2Fb", None),
        ("/nothing", None),
        ("/apiary", None),
        ("/blocks/" + "x" * 5000, None),
        ("/states/%3Cscript%3E", None),
        ("/blocks/%3Cscript%3Ealert(1)%3C%2Fscript%3E", None),
    ],
)
def test_an_unknown_page_is_404_for_people_with_a_way_back(portal, path, suggestion):
    response = portal.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    main = response.text.partition("<main")[2]
    assert 'href="/"' in main and "<script>alert" not in main and "%3Cscript" not in main.partition("<h1>")[2][:300]
    if suggestion:
        assert f'href="{suggestion}"' in main
        assert portal.get(suggestion).status_code == 200


def test_an_unknown_unit_offers_the_nearest(portal):
    unit = get_ids(portal, "processing-units", limit=1)[0]
    assert f'href="/processing-units/{unit}"' in portal.get(f"/processing-units/{unit}x").text


# A plain form sends nothing typed as nothing asked, and each choice of a list by itself.
FINE_ON_A_PAGE = ("f=", "q=%20", "state=odisha&state=")


@pytest.mark.parametrize("query", [q for q in BAD if not q.endswith("=") and not q.startswith(FINE_ON_A_PAGE)])
def test_bad_input_on_a_page_is_a_notice_and_the_rest_is_applied(portal, query):
    rest = "" if query.startswith("state") else "&state=odisha"
    response = portal.get(f"/?{query}{rest}")
    assert response.status_code == 200
    assert notices_in(response.text)
    if rest:
        assert "of 15</span>" in response.text


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_parameter_on_a_page_is_a_notice(portal, page):
    response = portal.get(f"{fill(portal, page)}?nosuch=1")
    assert response.status_code == 200
    assert any("nosuch" in notice for notice in notices_in(response.text))


@pytest.mark.parametrize("name", [*FILTER_NAMES, "sortby", "limit", "offset", "theme", "nosuch", "<b>name"])
def test_markup_in_a_parameter_is_escaped(portal, name):
    html = portal.get("/", params={name: '"><script>alert(1)</script>', "within_km": "5"}).text
    assert "<script>alert" not in html and '"><script' not in html and "<b>name" not in html


# A database that is away


def test_a_killed_connection_is_replaced_within_the_request(portal, catalogue_engine):
    assert portal.get(ITEMS).status_code == 200
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    with catalogue_engine.connect() as connection:
        connection.execute(text(others + "pg_backend_pid()"))
    assert portal.get(ITEMS).status_code == 200
    assert portal.get("/states/odisha").status_code == 200


def test_many_first_requests_at_once_are_all_answered(catalogue_report, catalogue_url):
    """More than the pool has connections; none may wait for a second one while it holds a first."""
    app, together = create_app(Settings(), catalogue_url), Barrier(40)

    def ask(_):
        client = TestClient(app, raise_server_exceptions=False)
        together.wait()
        return client.get(f"{ITEMS}?limit=1").status_code

    with ThreadPoolExecutor(40) as threads:
        assert list(threads.map(ask, range(40))) == [200] * 40
    app.state.engine.dispose()


@pytest.fixture
def later(server):
    """A database that is not there yet: (make it, its URL)."""
    name = f"khanij_test_later_{os.getpid()}"
    drop_database(server, name)
    url = create_database(server, name)
    drop_database(server, name)
    yield (lambda: create_database(server, name)), url
    drop_database(server, name)


def is_away(client):
    """503 with a word on when to come back, everywhere but /healthz."""
    for address in (ITEMS, "/api/collections", "/readyz"):
        assert get_problem(client, address, 503)["detail"]
        assert int(client.get(address).headers["retry-after"]) > 0
    for address in ("/", "/states/odisha", "/blocks/x", "/about"):
        response = client.get(address)
        assert (response.status_code, response.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert int(response.headers["retry-after"]) > 0 and "<h1>" in response.text
    assert client.get("/healthz").status_code == 200
    return True


def test_a_database_that_is_away_is_503_and_comes_back_by_itself(later):
    create, url = later
    with TestClient(create_app(Settings(), url), raise_server_exceptions=False) as client:
        assert is_away(client)
        create()
        assert is_away(client)  # there, but without tables
        engine = make_engine(url)
        migrate(engine)
        assert get_problem(client, "/readyz", 503)["detail"]  # with tables, but without data
        assert client.get(ITEMS).json()["features"] == []
        load(engine, Settings().data_dir)
        engine.dispose()
        assert client.get("/readyz").json() == {"status": "ok", "revision": 1}
        assert client.get(ITEMS).json()["numberMatched"] == 178
        assert client.get("/states/odisha").status_code == 200


def test_a_server_that_does_not_listen_is_503(tmp_path: Path):
    url = f"postgresql://khanij@/khanij?host={tmp_path}"
    with TestClient(create_app(Settings(), url), raise_server_exceptions=False) as client:
        assert is_away(client)


def test_a_broken_connection_in_the_middle_is_503(portal, catalogue_engine, monkeypatch):
    """The server goes away between the pool's look and the question."""
    from app.routes import items

    def killed(session, *_):
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with create_engine(catalogue_engine.url).connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        session.scalar(text("SELECT 1"))

    monkeypatch.setattr(items, "list_features", killed)
    get_problem(portal, ITEMS, 503)
    monkeypatch.undo()
    assert portal.get(ITEMS).status_code == 200
