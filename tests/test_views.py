"""The explorer's address → view, filters, chips, bars and texts to copy; none of it needs a page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from conftest import get_ids
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, view_of
from app.downloads.formats import FORMATS
from app.explorer.chips import chips_of, parts_of
from app.explorer.panel import bars_of, groups_of
from app.explorer.takeaway import estimate_bytes, files_of, lines_of, say_size
from app.explorer.words import COLUMN_TITLES, FACET_TITLES, say_filter, say_value
from app.filters import to_cql2
from app.params import FILTER_NAMES, parse_leniently
from app.params.forms import BY_COMMA, from_form
from app.params.views import (
    COLUMNS,
    DEFAULT_COLUMNS,
    DEFAULT_LAYERS,
    MAP_THEMES,
    OVERLAYS,
    VIEW_NAMES,
    Place,
    ViewState,
    page_theme,
    parse_view,
)
from app.queries.facets import Choice, Facets, Histogram, list_facets
from app.queries.vocabulary import Vocabulary, get_edition, read_vocabulary
from app.values import Selection

SEED = 20261124
MINERALS = "graphite lithium copper rare-earth-elements phosphorus phosphorite vanadium nickel tungsten".split()
STATES = "odisha IN-AP maharashtra IN-GJ chhattisgarh rajasthan karnataka jharkhand arunachal-pradesh goa".split()
STATUSES = "offered annulled preferred_bidder_declared letter_of_intent licence_granted cancelled unknown".split()
LISTS: dict[str, list[str]] = {
    "mineral": MINERALS,
    "state": STATES,
    "status": STATUSES,
    "stage": "G4 G3 G2 G1 unknown".split(),
    "concession": "CL ML EL unknown".split(),
    "tranche": "I II III IV V VII VIII unknown".split(),
    "asset_class": "central_auction_block state_auction_block offshore_block_group".split(),
    "position_accuracy": "surveyed locality district".split(),
    "district": ["Nuapada", "Rayagada", "Sri Sathya Sai", "North Goa", "kutch", "unknown"],
}
CQL2 = (
    "area_ha > 120 AND status = 'offered'",
    "NOT (stage IN ('G3','G4')) OR premium_percent IS NOT NULL",
    "CASEI(name) LIKE CASEI('%block%')",
    "attempts BETWEEN 1 AND 3",
    "name LIKE '%''s%' OR resource_mt > 1.5e1",
)


@pytest.fixture
def vocabulary(catalogue: Session) -> Vocabulary:
    return read_vocabulary(catalogue, get_edition(catalogue))


def read(asked: dict[str, str], vocabulary: Vocabulary) -> Selection:
    """The selection of filters that are all right."""
    selection, kept, problems = parse_leniently(asked, COLLECTIONS["blocks"], vocabulary)
    assert problems == [] and kept == asked
    return selection


def write(**changes: str | None) -> str:
    """Stands for the page's own writer of addresses: only what changes."""
    return urlencode({name: "" if value is None else value for name, value in changes.items()})


# Random filters, for this file and for the page's own proofs.


def _box(draw: random.Random) -> list[float]:
    west, south = draw.uniform(69, 90), draw.uniform(8, 26)
    return [round(x, 3) for x in (west, south, west + draw.uniform(2, 12), south + draw.uniform(2, 10))]


def _shape(draw: random.Random) -> dict[str, str]:
    west, south, east, north = _box(draw)
    wkt = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {south}))"
    return {"intersects": wkt} | draw.choice([{}, {"buffer_km": draw.choice(["0.5", "40", "150"])}])


def _near(draw: random.Random) -> dict[str, str]:
    at = f"{draw.uniform(72, 88):.3f},{draw.uniform(12, 26):.3f}"
    return {"near": at, "within_km": draw.choice(["50", "250.5", "600"])}


def _period(draw: random.Random) -> dict[str, str]:
    year = draw.randint(2020, 2026)
    told = draw.choice(["{0}-01-01/{0}-06-30", "{0}-03-01/..", "../{0}-12-31", "{0}", "{0}-05"])
    return {"datetime": told.format(year)}


def _range(least: str, most: str, bounds: list[float]) -> Any:
    def one(draw: random.Random) -> dict[str, str]:
        low, high = sorted(draw.sample(bounds, 2))
        given = {least: f"{low:g}", most: f"{high:g}"}
        return {name: given[name] for name in draw.choice([[least], [most], [least, most]])}

    return one


def _list(name: str) -> Any:
    def one(draw: random.Random) -> dict[str, str]:
        return {name: ",".join(draw.sample(LISTS[name], draw.randint(1, 3)))}

    return one


KINDS = (
    *(_list(name) for name in LISTS),
    _range("area_min_ha", "area_max_ha", [0, 49.5, 100, 250, 1000, 5000]),
    _range("premium_min_percent", "premium_max_percent", [0, 5.5, 10, 60, 150, 500]),
    lambda draw: {"bbox": ",".join(map(str, _box(draw)))},
    _near,
    _period,
    lambda draw: {"q": draw.choice(["graphite", "block", "goa", "manganese block", "graffite", "neb"])},
    _shape,
    lambda draw: {"as_of": draw.choice(["2023-12-31", "2024-11-30", "2025-07-01", "2026-01-15"])},
)


def random_filters(count: int, kinds: Any = KINDS, most: int = 3, seed: int = SEED) -> Iterator[dict[str, str]]:
    """So many different mixes of filters; the same each time."""
    draw = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        asked = {k: v for kind in draw.sample(kinds, draw.randint(1, most)) for k, v in kind(draw).items()}
        if repr(asked) not in seen:
            seen.add(repr(asked))
            yield asked


# What a link shows.

GOOD_VIEWS: list[tuple[str, str, str, Any]] = [
    *(("theme", theme, "theme", theme) for theme in MAP_THEMES),
    ("theme", "dark", "theme", "status"),
    ("theme", "auto", "theme", "status"),
    ("theme", "stage,light", "theme", "stage"),
    ("theme", "dark, area", "theme", "area"),
    *(("layers", layer, "layers", (layer,)) for layer in OVERLAYS),
    ("layers", "none", "layers", ()),
    ("layers", "ports,ports, districts", "layers", ("ports", "districts")),
    *(("columns", column, "columns", (column,)) for column in COLUMNS),
    ("columns", "grade,area_ha", "columns", ("grade", "area_ha")),
    ("map", "6.5/20.8/84.6", "place", Place(6.5, 20.8, 84.6)),
    ("map", "0/-90/-180", "place", Place(0, -90, -180)),
    ("map", "18/12.34567890/539.9", "place", Place(18, 12.3456789, 539.9)),
    ("block", "akharkata-graphite", "block", "akharkata-graphite"),
    ("shape", "device", "on_device", True),
    ("swipe", "status,stage", "swipe", ("status", "stage")),
    ("swipe", "2024-12-31, stage", "swipe", ("2024-12-31", "stage")),
    ("v", "1", "theme", "status"),
]

BAD_VIEWS = [
    ("theme", "pink"),
    ("theme", "stage,pink"),
    ("layers", "port"),
    ("layers", "none,ports"),
    ("columns", "colour"),
    ("columns", "status,area"),
    ("map", "20.8,84.6"),
    ("map", "6/20.8"),
    ("map", "19/20/80"),
    ("map", "6/91/80"),
    ("map", "6/20/541"),
    ("map", "6/2e1/80"),
    ("map", "٦/٢٠/٨٠"),
    ("block", "Akharkata Graphite"),
    ("block", "../about"),
    ("block", "a" * 121),
    ("shape", "POLYGON((0 0,1 0,1 1,0 0))"),
    ("swipe", "status"),
    ("swipe", "status,status"),
    ("swipe", "status,2024-02-30"),
    ("swipe", "status,stage,area"),
    ("swipe", "colour,stage"),
    ("v", "2"),
    ("v", "0"),
    ("v", "one"),
    ("v", "1.0"),
]


@pytest.mark.parametrize(("name", "text", "field", "value"), GOOD_VIEWS)
def test_a_good_parameter_is_read(name: str, text: str, field: str, value: Any) -> None:
    state, kept, problems = parse_view({name: text})
    assert getattr(state, field) == value
    assert kept == {name: text} and problems == []


@pytest.mark.parametrize(("name", "text"), BAD_VIEWS)
def test_a_bad_one_gets_a_sentence_and_the_rest_is_kept(name: str, text: str) -> None:
    rest = {"theme": "stage", "layers": "ports", "columns": "grade", "map": "5/20/80", "block": "a-1", "v": "1"}
    rest.pop(name, None)
    state, kept, problems = parse_view({**rest, name: text})
    assert kept == rest
    assert state == parse_view(rest)[0]
    (problem,) = problems
    assert problem.parameter == name and problem.detail.startswith(f"{name}: ") and problem.detail.endswith(".")
    assert len(problem.detail) < 300


def test_every_parameter_of_the_view_is_tried() -> None:
    assert {name for name, *_ in GOOD_VIEWS} == {name for name, _ in BAD_VIEWS} == set(VIEW_NAMES)


def test_nothing_asked_is_the_plain_view() -> None:
    assert parse_view({}) == (ViewState(), {}, [])
    assert parse_view({"theme": "", "mineral": "graphite", "colour": "red"}) == (ViewState(), {}, [])
    assert ViewState().layers == DEFAULT_LAYERS and ViewState().columns == DEFAULT_COLUMNS


def test_all_columns_have_words_and_are_properties() -> None:
    assert set(COLUMNS) == set(COLUMN_TITLES)
    assert set(COLUMNS) <= set(COLLECTIONS["blocks"].properties)


@pytest.mark.parametrize(
    ("text", "theme"),
    [(None, None), ("", None), ("dark", "dark"), ("stage,light", "light"), ("auto", None), ("stage", None)],
)
def test_the_pages_own_theme_stands_beside_the_maps(text: str | None, theme: str | None) -> None:
    assert page_theme(text) == theme


# What a form sends.

FORMS: list[tuple[str, str]] = [
    ("", ""),
    ("mineral=graphite&mineral=lithium", "mineral=graphite,lithium"),
    ("mineral=graphite&state=goa&mineral=lithium,copper", "mineral=graphite,lithium,copper&state=goa"),
    ("mineral=graphite&mineral=graphite", "mineral=graphite"),
    ("mineral= graphite , lithium ", "mineral=graphite,lithium"),
    ("mineral=&state=&q=&since=&until=", ""),
    ("mineral=,", ""),
    ("mineral=,&mineral=graphite", "mineral=graphite"),
    ("q=+two+words+", "q=two words"),
    ("columns=grade&columns=agency&layers=ports", "columns=grade,agency&layers=ports"),
    ("since=2024-01-01", "datetime=2024-01-01/.."),
    ("until=2024-12-31", "datetime=../2024-12-31"),
    ("since=2024-01-01&until=2024-12-31&stage=G2", "stage=G2&datetime=2024-01-01/2024-12-31"),
    ("datetime=2020/..&since=2024-01-01", "datetime=2024-01-01/.."),
    ("datetime=2020/..&since=&until=", "datetime=2020/.."),
    ("theme=dark&colour=red", "theme=dark&colour=red"),
    ("limit=25&limit=50", "limit=25&limit=50"),
]


@pytest.mark.parametrize(("sent", "address"), FORMS)
def test_a_form_becomes_an_address(sent: str, address: str) -> None:
    found = from_form(parse_qsl(sent, keep_blank_values=True))
    assert "&".join(f"{name}={text}" for name, text in found) == address
    assert from_form(found) == found


def test_lists_are_those_of_the_filters() -> None:
    assert BY_COMMA - {"layers", "columns"} == set(LISTS) | {"ids"}


# Chips.

CHIPS: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({}, []),
    (
        {"mineral": "graphite,rare-earth-elements", "state": "IN-OD"},
        [("Mineral", "Graphite"), ("Mineral", "Rare earth elements"), ("State", "Odisha")],
    ),
    (
        {"stage": "G4,unknown", "status": "offered"},
        [
            ("Exploration stage", "G4 reconnaissance"),
            ("Exploration stage", "not published"),
            ("Status", "Offered"),
        ],
    ),
    ({"tranche": "VIII", "concession": "CL"}, [("Tranche", "Tranche VIII"), ("Concession", "Composite licence")]),
    ({"area_min_ha": "5", "premium_max_percent": "20"}, [("Area from", "5 ha"), ("Premium up to", "20%")]),
    ({"near": "84.6,20.8", "within_km": "50"}, [("Near", "84.6,20.8, 50 km")]),
    (
        {"intersects": "POLYGON((84 20,85 20,85 21,84 20))", "buffer_km": "7.5"},
        [("Drawn shape", "polygon, 3 corners, 7.5 km")],
    ),
    ({"intersects": "POINT(84 20)"}, [("Drawn shape", "point")]),
    ({"intersects": "LINESTRING(84 20,85 21)", "buffer_km": "1"}, [("Drawn shape", "line, 2 corners, 1 km")]),
    ({"datetime": "2024-01-01/.."}, [("In its status since", "from 1 January 2024")]),
    ({"datetime": "../2024-05"}, [("In its status since", "up to May 2024")]),
    ({"datetime": "2024-01-01/2024-12-31"}, [("In its status since", "1 January 2024 to 31 December 2024")]),
    ({"datetime": "2024"}, [("In its status since", "2024")]),
    ({"ids": "a-1"}, [("Chosen blocks", "a-1")]),
    ({"ids": "a-1,a-2,a-3"}, [("Chosen blocks", "3 blocks")]),
    ({"q": "kundan gold"}, [("Words", "kundan gold")]),
    ({"filter": "area_ha > 5", "filter-lang": "cql2-text"}, [("CQL2", "area_ha > 5")]),
    ({"bbox": "80,15,88,24"}, [("Within the box", "80,15,88,24")]),
    ({"as_of": "2024-12-31"}, [("True on", "31 December 2024")]),
]


@pytest.mark.parametrize(("kept", "said"), CHIPS, ids=lambda part: "&".join(part) if isinstance(part, dict) else "")
def test_chips_say_what_is_applied(kept: dict[str, str], said: list[tuple[str, str]], vocabulary: Vocabulary) -> None:
    assert [(chip.title, chip.words) for chip in chips_of(kept, vocabulary, write)] == said


@pytest.mark.parametrize("kept", [kept for kept, _ in CHIPS if kept], ids="&".join)
def test_a_chip_leads_to_the_selection_without_it(kept: dict[str, str], vocabulary: Vocabulary) -> None:
    clocks = {"as_of", "revision"}

    def query(**changes: str | None) -> str:
        return "/?" + urlencode({k: v for k, v in {**kept, **changes}.items() if v})

    for chip in chips_of(kept, vocabulary, query):
        values = kept[chip.name].split(",")
        left = dict(parse_qsl(urlsplit(chip.without).query))
        expected = {k: v for k, v in kept.items() if k not in parts_of(chip.name)}
        if chip.name in LISTS and len(values) > 1:
            (gone,) = [v for v in values if v not in left[chip.name].split(",")]
            assert say_value(chip.name, gone, vocabulary) == chip.words
            expected[chip.name] = ",".join(v for v in values if v != gone)
        assert left == expected
        read({k: v for k, v in left.items() if k not in clocks}, vocabulary)


def test_a_list_of_one_thing_said_twice_goes_value_by_value(vocabulary: Vocabulary) -> None:
    chips = chips_of({"state": "odisha,IN-OD"}, vocabulary, write)
    assert [(chip.words, chip.without) for chip in chips] == [("Odisha", "state=IN-OD"), ("Odisha", "state=odisha")]


def test_every_filter_has_words_of_its_own() -> None:
    for name in (*FILTER_NAMES, "as_of", "revision"):
        if name in ("filter-lang", "filter-crs"):
            continue
        assert say_filter(name)[0].isupper() and "_" not in say_filter(name)
    assert len({say_filter(name) for name in FILTER_NAMES}) == len(FILTER_NAMES)


# The panel.


def make_facets(**lists: list[Choice]) -> Facets:
    empty = Histogram((), (), 0)
    return Facets(
        {name: lists.get(name, []) for name in FACET_TITLES},
        {"area_ha": Histogram((10, 100), (1, 0, 400), 3), "premium_percent": empty, "status_since": empty},
    )


def test_groups_stand_in_the_order_of_the_page_with_words(vocabulary: Vocabulary) -> None:
    choices = [Choice(v, v, 1, v == "G2") for v in ("G1", "G4", "unknown", "G2")]
    groups = {group.name: group for group in groups_of(make_facets(stage=choices), vocabulary, {})}
    assert list(groups) == list(FACET_TITLES)
    (section,) = groups["stage"].sections
    words = ["G1 detailed exploration", "G2 general exploration", "G4 reconnaissance", "not published"]
    assert [choice.words for choice in section.choices] == words
    assert groups["stage"].chosen == 1 and groups["stage"].is_open
    assert not groups["concession"].is_open


def test_states_are_written_as_addresses_have_them(vocabulary: Vocabulary) -> None:
    facets = make_facets(state=[Choice("IN-OD", "Odisha", 15, False)])
    (choice,) = next(g for g in groups_of(facets, vocabulary, {}) if g.name == "state").sections[0].choices
    assert (choice.value, choice.words, choice.count) == ("odisha", "Odisha", 15)


def test_critical_minerals_stand_apart(vocabulary: Vocabulary) -> None:
    facets = make_facets(mineral=[Choice("graphite", "Graphite", 1, False), Choice("limestone", "Limestone", 2, True)])
    critical, others = next(g for g in groups_of(facets, vocabulary, {}) if g.name == "mineral").sections
    assert (critical.title, [c.value for c in critical.choices]) == ("Critical minerals", ["graphite"])
    assert (others.title, [c.value for c in others.choices]) == ("Other minerals", ["limestone"])


def test_bars_say_what_they_hold_and_no_record_is_too_few_to_see() -> None:
    bars = bars_of(make_facets())["area_ha"]
    assert [bar.words for bar in bars.bars] == ["under 10 ha", "10 to 100 ha", "100 ha and more"]
    assert [bar.height for bar in bars.bars] == [2.0, 0.0, 40.0]
    assert [(bar.least, bar.most) for bar in bars.bars] == [("", "10"), ("10", "100"), ("100", "")]
    assert (bars.width, bars.unknown) == (60.0, 3)
    assert bars_of(make_facets())["status_since"].bars == []


def test_each_choice_of_the_real_panel_is_one_that_a_link_may_have(catalogue: Session, vocabulary: Vocabulary) -> None:
    view = view_of(COLLECTIONS["blocks"])
    facets = list_facets(catalogue, view, Selection(), vocabulary, "test_views")
    for group in groups_of(facets, vocabulary, {}):
        values = [choice.value for section in group.sections for choice in section.choices]
        assert values and len(values) == len(set(values)), group.name
        for value in values:
            assert from_form([(group.name, value)]) == [(group.name, value)], "a comma would part it"
            read({group.name: value}, vocabulary)


# What is taken away.

SELECTIONS: list[dict[str, str]] = [{}, {"mineral": "graphite"}, {"state": "odisha", "status": "offered"}]


@pytest.mark.parametrize("asked", SELECTIONS, ids=lambda asked: "&".join(asked) or "all")
def test_the_size_of_a_file_is_told_within_a_factor_of_two(portal: TestClient, asked: dict[str, str]) -> None:
    rows = len(get_ids(portal, **asked))
    files = files_of(asked, rows)
    assert [file.ending for file in files] == list(FORMATS)
    for file in files:
        answer = portal.get(file.href)
        assert int(answer.headers["x-row-count"]) == rows
        real, told = len(answer.content), estimate_bytes(file.ending, rows)
        assert real / 2 <= told <= real * 2, (file.ending, real, told)
        assert file.size == say_size(told)


def test_a_format_that_cannot_hold_so_many_is_not_offered() -> None:
    assert "kml" not in {file.ending for file in files_of({}, 1_000_000)}
    assert {"geojson", "parquet"} <= {file.ending for file in files_of({}, 100_000_000)}


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "under 1 kB"),
        (940, "under 1 kB"),
        (999, "about 1 kB"),
        (1_000, "about 1 kB"),
        (344_000, "about 340 kB"),
        (96_400, "about 96 kB"),
        (1_230_000, "about 1.2 MB"),
        (999_999, "about 1 MB"),
        (99_900_000, "about 100 MB"),
        (2_600_000_000, "about 2.6 GB"),
    ],
)
def test_sizes_are_said_to_two_digits(size: int, words: str) -> None:
    assert say_size(size) == words


def test_texts_to_copy_hold_the_address_and_nothing_that_ends_a_quotation() -> None:
    nasty = {"q": "a'b\"c`$(d)\\ &e", "mineral": "graphite"}
    lines = {line.id: line.text for line in lines_of("https://atlas.example", nasty, "name = 'x'")}
    assert list(lines) == ["copy-api", "copy-cql2", "copy-python", "copy-ogr2ogr"]
    assert lines["copy-api"].startswith("https://atlas.example/api/collections/blocks/items?")
    assert dict(parse_qsl(urlsplit(lines["copy-api"]).query)) == nasty
    python: dict[str, Any] = {}
    exec(lines["copy-python"].replace("import geopandas", "").replace("geopandas.read_file", "str"), python)
    assert dict(parse_qsl(urlsplit(python["blocks"]).query)) == nasty
    ogr = lines["copy-ogr2ogr"]
    assert ogr.count("'") == 2 and "/vsicurl/https://atlas.example/download/blocks.fgb?" in ogr
    assert not set('`$\\"') & set(ogr)
    assert [line.id for line in lines_of("", {}, None)] == ["copy-api", "copy-python", "copy-ogr2ogr"]


# A selection as CQL2.

SAYABLE = (
    *(_list(name) for name in LISTS),
    _list("state"),
    _range("area_min_ha", "area_max_ha", [0, 49.5, 100, 250, 1000, 5000]),
    _range("premium_min_percent", "premium_max_percent", [0, 5.5, 10, 60, 150, 500]),
    lambda draw: {"bbox": ",".join(map(str, _box(draw)))},
    lambda draw: {"intersects": _shape(draw)["intersects"]},
    lambda draw: {"filter": draw.choice(CQL2)},
    lambda draw: {"ids": "akharkata-graphite,biarpalli-graphite-manganese,no-such-block"},
)


def test_cql2_finds_the_same_ids(portal: TestClient, vocabulary: Vocabulary) -> None:
    said = found = 0
    for asked in random_filters(400, SAYABLE):
        text, left = to_cql2(read(asked, vocabulary), asked.get("filter"))
        assert (text is None) == bool(left), asked
        if text is None:
            continue
        ids = get_ids(portal, filter=text)
        assert ids == get_ids(portal, **asked), (asked, text)
        said, found = said + 1, found + bool(ids)
        if said == 60:
            break
    assert said == 60 and found > 25


@pytest.mark.parametrize(
    "asked",
    [
        {"district": "100%_sure' OR 1=1 --\\"},
        {"district": "Sri Sathya Sai,unknown"},
        {"bbox": "170,-10,-100,40"},
        {"bbox": "84,20,84,20"},
        {"intersects": "MULTIPOLYGON(((84 20,85 20,85 21,84 20)),((74 15,75 15,75 16,74 15)))"},
        {"intersects": "GEOMETRYCOLLECTION(POINT(84 20),LINESTRING(73 15,75 16))"},
        {"intersects": '{"type":"Point","coordinates":[84.1,20.2]}'},
        {"filter": "area_ha > 500 OR stage = 'G4'", "mineral": "graphite"},
        {"stage": "unknown"},
        {"stage": "G4,unknown", "status": "offered"},
        {"area_max_ha": "1e30"},
        {"area_min_ha": "1e-7"},
    ],
)
def test_cql2_of_odd_texts_finds_the_same_ids(
    portal: TestClient, vocabulary: Vocabulary, asked: dict[str, str]
) -> None:
    text, left = to_cql2(read(asked, vocabulary), asked.get("filter"))
    assert text is not None and left == []
    assert get_ids(portal, filter=text) == get_ids(portal, **asked), text


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"q": "graphite"}, ["q"]),
        ({"near": "84,20", "within_km": "9"}, ["near"]),
        ({"datetime": "2024"}, ["datetime"]),
        ({"intersects": "POINT(84 20)", "buffer_km": "3"}, ["buffer_km"]),
        ({"mineral": "graphite,unknown"}, ["mineral"]),
        ({"tranche": "unknown"}, ["tranche"]),
        ({"mineral": "graphite", "q": "goa", "datetime": "2024"}, ["q", "datetime"]),
        ({"filter": '{"op":"=","args":[{"property":"stage"},"G4"]}', "filter-lang": "cql2-json"}, ["filter"]),
        (
            {
                "filter": "S_INTERSECTS(geometry, BBOX(9350000,2270000,9470000,2390000))",
                "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
            },
            ["filter"],
        ),
    ],
)
def test_what_cql2_has_no_words_for_is_named(vocabulary: Vocabulary, asked: dict[str, str], names: list[str]) -> None:
    assert to_cql2(read(asked, vocabulary), asked.get("filter")) == (None, names)


def test_no_filter_is_no_text() -> None:
    assert to_cql2(Selection()) == (None, [])
