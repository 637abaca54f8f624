"""Columns in memory count what PostgreSQL counts: the same facets for any selection of lists, ranges and a period."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from conftest import get_json
from factories import make_block
from fastapi.testclient import TestClient
from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View, view_of
from app.filters import where
from app.queries import columns, counts, facets, tallies
from app.queries.columns import kept, reach
from app.queries.records import list_page, list_page_of
from app.queries.tiles.counts import select_counts
from app.queries.tiles.held import select_held_counts
from app.queries.vocabulary import get_vocabulary
from app.tiling import TILE_MATRIX_SETS, Tile
from app.values import BBox, Near, Page, Period, Selection, Shape, SortKey

BLOCKS = COLLECTIONS["blocks"]
NAMES = (*facets.facets_of(BLOCKS), *facets.histograms_of(BLOCKS))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """However few the records are, they are taken for many."""
    monkeypatch.setattr(kept, "MANY", 0)
    forget()
    yield
    forget()


def forget() -> None:
    for module in (columns, counts, tallies):
        module.forget_all()


def counted(told: dict[str, tallies.Tally]) -> dict[str, Any]:
    """What was found, but for what was not."""
    return {name: ({v: n for v, n in t.counts.items() if n}, t.unknown) for name, t in told.items()}


def random_selection(rng: random.Random, held: columns.Columns, *, is_plain: bool = False) -> Selection:
    lists = []
    for name in rng.sample(facets.facets_of(BLOCKS), rng.randint(0, 3)):
        known = [value for values in held.coded[name].values for value in values]
        chosen = {rng.choice([*known, "unknown", "no-such-value"]) for _ in range(rng.randint(1, 4))}
        lists.append((name, tuple(sorted(v.upper() if name == "district" else v for v in chosen))))
    ranges: list[tuple[str, float | None, float | None]] = []
    if rng.random() < 0.4:
        bounds = sorted(rng.choice([4.61, 100, 303.866, 1_000, 5_000.0]) for _ in range(2))
        ranges.append(("area_ha", bounds[0], rng.choice([None, bounds[1]])))
    if rng.random() < 0.3:
        ranges.append(("premium_percent", rng.choice([None, 5.0]), rng.choice([50.0, None])))
    days = sorted(date(rng.randint(2021, 2026), rng.randint(1, 12), rng.randint(1, 28)) for _ in range(2))
    period = Period(rng.choice([None, days[0]]), rng.choice([None, days[1]])) if rng.random() < 0.4 else None
    if is_plain:
        return Selection(lists=tuple(lists), ranges=tuple(ranges), period=period)
    words = (rng.choice(["graphite", "grafite", "odisha", "block"]),) if rng.random() < 0.2 else ()
    west, south = rng.uniform(68, 90), rng.uniform(8, 30)
    box = BBox(west, south, west + 10 ** rng.uniform(-1, 1.2), south + 10 ** rng.uniform(-1, 1.2))
    near = Near(west + 1, south + 1, rng.uniform(10, 900)) if rng.random() < 0.15 else None
    if rng.random() < 0.1:
        lists.append(("ids", ("akharkata-graphite", "no-such-id", "mp-makra-graphite-vanadium")))
    shapes = (random_shape(rng),) if rng.random() < 0.3 else ()
    return Selection(tuple(lists), tuple(ranges), words, box if rng.random() < 0.3 else None, near, period, shapes)


def random_shape(rng: random.Random) -> Shape:
    """A polygon, line or point as readers draw them, from a village's size to a state's, mostly with a distance."""
    lon, lat, size = rng.uniform(70, 90), rng.uniform(10, 30), 10 ** rng.uniform(-1.5, 0.8)
    at = [(lon + size * rng.uniform(-1, 1), lat + size * rng.uniform(-1, 1)) for _ in range(rng.randint(3, 9))]
    hull = shapely.MultiPoint(at).convex_hull
    drawn = rng.choice([hull, hull, hull, shapely.LineString(at), shapely.MultiPoint(at), shapely.Point(lon, lat)])
    wkb = shapely.to_wkb(shapely.set_srid(drawn, 4326), hex=True, include_srid=True)
    return Shape(wkb, rng.choice([0.0, 1.0, 10.0, 60.0, 150.0]))


def check(session: Session, view: View, selection: Selection, held: columns.Columns) -> None:
    vocabulary = get_vocabulary(session)
    told = tallies.read_tallies(session, view, selection, NAMES, vocabulary)
    mask = columns.select_records(session, view, held, selection, "a test")
    assert counted(tallies.tally_columns(held, mask, NAMES, vocabulary)) == counted(told), selection
    matched = session.scalar(select(func.count()).select_from(view.rows).where(where(view, selection)))
    assert (held.count if mask is None else int(mask.sum())) == matched, selection


def test_150_random_selections_are_counted_alike(catalogue: Session, many: None) -> None:
    view = view_of(BLOCKS)
    held = columns.get_columns(catalogue, view, "a test", 1)
    assert held is not None
    rng = random.Random(5)
    for _ in range(150):
        check(catalogue, view, random_selection(rng, held), held)


def test_what_lies_near_is_told_without_asking_about_most(catalogue: Session, many: None) -> None:
    """Of places alone: the boxes tell most, and never more than PostGIS finds."""
    view = view_of(BLOCKS)
    held = columns.get_columns(catalogue, view, "a test", 1)
    assert held is not None
    rng = random.Random(11)
    asked = found = 0
    for _ in range(150):
        near = Near(rng.uniform(70, 90), rng.uniform(10, 30), 10 ** rng.uniform(0, 3))
        selection = Selection(near=near) if rng.random() < 0.4 else Selection(shapes=(random_shape(rng),))
        check(catalogue, view, selection, held)
        told = reach.in_reach(held, selection)
        mask = columns.select_records(catalogue, view, held, selection, "a test")
        assert mask is not None
        if told is not None:
            assert not (told.inside & ~mask).any() and not (mask & ~told.inside & ~told.edge).any(), selection
            asked, found = asked + int(told.edge.sum()), found + int(mask.sum())
    assert found > 300 and asked < found


@pytest.mark.parametrize("place", [Near(179.9, 10, 300), Near(20, 85, 300), Near(0, 0, 20_000)])
def test_poles_and_the_antimeridian_are_left_to_postgis(catalogue: Session, many: None, place: Near) -> None:
    view = view_of(BLOCKS)
    held = columns.get_columns(catalogue, view, "a test", 1)
    assert held is not None and reach.in_reach(held, Selection(near=place)) is None
    check(catalogue, view, Selection(near=place), held)


SORTS = (
    "name", "id", "area_ha", "premium_percent", "status_since", "status", "stage", "state", "district", "concession",
    "latest_tranche", "attempts", "resource_mt", "grade", "preferred_bidder", "agency", "primary_mineral", "updated_at",
)  # fmt: skip


def test_pages_of_a_table_are_the_same_either_way(catalogue: Session, many: None) -> None:
    """In every order that the page offers, forwards, backwards and from an offset, walked to the end."""
    view = view_of(BLOCKS)
    held = columns.get_columns(catalogue, view, "a test", 1)
    assert held is not None
    rng = random.Random(3)
    for number in range(90):
        selection = random_selection(rng, held, is_plain=True) if number % 3 else Selection()
        names = rng.sample(SORTS, rng.choice([1, 1, 2]))
        sort = tuple(SortKey(name, rng.random() < 0.5) for name in names if name != "id" or len(names) == 1)
        mask, condition = held.select(selection), where(view, selection)
        matched = held.count if mask is None else int(mask.sum())
        page = Page(limit=rng.choice([1, 7, 40]), offset=rng.choice([0, 0, 30]), sort=sort)
        for _ in range(4):
            told = list_page(catalogue, view, condition, page, matched)
            places = columns.find_places(held, mask, page)
            assert places is not None
            assert list_page_of(catalogue, view, places, page, matched) == told, (selection, page)
            if not told.rows:
                break
            row, backwards = rng.choice(told.rows), rng.random() < 0.4
            page = Page(limit=page.limit, sort=sort, key=tuple(json.loads(row["key"])), backwards=backwards)


def test_a_key_that_no_record_has_any_more_still_tells_the_place(catalogue: Session, many: None) -> None:
    view = view_of(BLOCKS)
    held = columns.get_columns(catalogue, view, "a test", 1)
    assert held is not None
    for name, value in (("name", "M"), ("name", "zzz"), ("status", "on"), ("area_ha", 500.5), ("grade", "")):
        for descending in (False, True):
            for backwards in (False, True):
                page = Page(12, sort=(SortKey(name, descending),), key=(value, "gone"), backwards=backwards)
                places = columns.find_places(held, None, page)
                assert places is not None
                told = list_page(catalogue, view, true(), page, held.count)
                assert list_page_of(catalogue, view, places, page, held.count) == told, page


def test_an_order_that_the_columns_do_not_know_is_postgresqls(catalogue: Session, many: None) -> None:
    held = columns.get_columns(catalogue, view_of(BLOCKS), "a test", 1)
    assert held is not None
    assert columns.find_places(held, None, Page(sort=(SortKey("locality", False),))) is None
    assert columns.find_places(replace(held, has_order=False), None, Page(sort=(SortKey("name", False),))) is None


def test_awkward_values_come_through(session: Session, many: None) -> None:
    make_block(session, district='A "quoted", name', tranches=["One, two", "Line\nbreak"], status_since=None)
    make_block(session, district="\\N", tranches=[], minerals=[])
    make_block(session, district=None, area_ha=None, premium_percent=0.0)
    session.flush()
    view = view_of(BLOCKS)
    held = columns.get_columns(session, view, "awkward", 1)
    assert held is not None
    for wanted in (("Line\nbreak",), ("One, two", "unknown")):
        check(session, view, Selection(lists=(("tranche", wanted),)), held)
    for wanted in (('A "quoted", name',), ("\\N",), ("unknown",)):
        check(session, view, Selection(lists=(("district", wanted),)), held)


def test_an_empty_collection_has_none(session: Session, many: None) -> None:
    assert columns.get_columns(session, view_of(COLLECTIONS["districts"]), "none", 0) is None


def test_the_portal_answers_the_same_either_way(portal: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"mineral": "graphite"},
        {"state": "odisha", "area_min_ha": "50"},
        {"q": "block"},
    ]
    forget()
    plain = [portal.get("/api/collections/blocks/facets", params=a).json() for a in asked]
    monkeypatch.setattr(kept, "MANY", 0)
    forget()
    assert [portal.get("/api/collections/blocks/facets", params=a).json() for a in asked] == plain
    forget()


def test_what_columns_do_not_hold_is_asked_of_postgis() -> None:
    assert columns.is_plain(Selection(lists=(("state", ("IN-OD",)),), ranges=(("area_ha", 1.0, None),)))
    assert not columns.is_plain(Selection(words=("graphite",)))
    assert not columns.is_plain(Selection(lists=(("ids", ("a",)),)))
    assert not columns.is_plain(Selection(near=Near(84.0, 20.0, 10.0)))


@pytest.mark.parametrize("matrix_set", ["WebMercatorQuad", "WorldCRS84Quad"])
def test_tiles_of_counts_are_the_same_either_way(catalogue: Session, many: None, matrix_set: str) -> None:
    view = view_of(BLOCKS)
    held = columns.get_columns(catalogue, view, "tiles", 1)
    assert held is not None
    rng = random.Random(9)
    tiles = [(0, 0, 0), (2, 1, 2), (4, 6, 11), (4, 7, 11), (6, 27, 46), (8, 110, 186)]
    for number, (zoom, row, col) in enumerate(tiles * 3):
        tile = Tile(TILE_MATRIX_SETS[matrix_set], zoom, row, col)
        selection = random_selection(rng, held, is_plain=True) if number >= len(tiles) else Selection()
        told = catalogue.scalar(select_counts(view, where(view, selection), tile))
        kept = catalogue.scalar(select_held_counts(held, held.select(selection), tile))
        assert layers_of(kept) == layers_of(told), (zoom, row, col, selection)


def layers_of(content: Any) -> Any:
    layers = mapbox_vector_tile.decode(bytes(content or b""))
    return {
        name: sorted((f["geometry"]["coordinates"], sorted(f["properties"].items())) for f in layer["features"])
        for name, layer in layers.items()
    }


DEEP = [
    "offset=9&limit=5", "offset=170&limit=20", "offset=5000&limit=5", "offset=3&limit=4&state=odisha&sortby=-area_ha",
    "offset=2&limit=2&mineral=graphite&sortby=stage,-name", "offset=0&limit=3",
]  # fmt: skip


@pytest.mark.parametrize("asked", DEEP)
def test_a_deep_page_is_the_same_from_the_columns(portal: TestClient, many: None, monkeypatch, asked: str) -> None:
    address = f"/api/collections/blocks/items?{asked}"
    plain = get_json(portal, address)
    get_json(portal, "/api/collections/blocks/facets")  # reads the columns
    monkeypatch.setattr(tallies, "_DEEP", 1)
    found: list[object] = []
    real = tallies.find_places
    monkeypatch.setattr(tallies, "find_places", lambda *given: found.append(given) or real(*given))
    deep = get_json(portal, address)
    assert bool(found) == ("offset=0" not in asked)
    for page in (plain, deep):
        page.pop("timeStamp")
    assert deep == plain
