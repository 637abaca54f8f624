"""What is asked of each server: addresses made from the table itself, the same places for all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import asinh, floor, pi, radians, tan
from urllib.parse import quote

from sqlalchemy import Engine, text

Box = tuple[float, float, float, float]
_NEAREST = text(
    "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geom) e FROM (SELECT geom FROM block "
    "ORDER BY geom <-> (SELECT geom FROM block WHERE id = :id) LIMIT :many) n) b"
)
MINERALS = "graphite lithium vanadium tungsten glauconite nickel cobalt copper".split()
STATES = {"odisha": "IN-OD", "andhra-pradesh": "IN-AP", "gujarat": "IN-GJ", "maharashtra": "IN-MH"}
COLUMNS = "name,state,district,locality,minerals,primary_mineral,asset_class,concession,stage,status,area_ha,grade"
ITEMS = {"portal": "/api/collections/blocks/items", "tipg": "/collections/public.block/items"}
ITEMS["pygeoapi"] = "/collections/blocks/items"
_EXTRA = {"portal": "", "tipg": f"&properties={COLUMNS},id", "pygeoapi": "&f=json"}
_TYPED = ("gra", "lithium od", "syn", "vanad", "graphite andhra", "offered", "tungst", "synthetic 12", "g2 copper")


def some_ids(engine: Engine, many: int) -> Sequence[str]:
    """Ids at random, the same for the same table."""
    with engine.connect() as connection:
        total = connection.scalar(text("SELECT count(*) FROM block")) or 1
        share = min(100.0, 300.0 * many / total)
        rows = connection.scalars(
            text(f"SELECT id FROM block TABLESAMPLE BERNOULLI ({share}) REPEATABLE (7) ORDER BY md5(id) LIMIT {many}")
        )
        return list(rows)


def boxes(engine: Engine, ids: Sequence[str], holding: int = 250) -> list[Box]:
    """Boxes of about so many blocks, round blocks taken at random."""
    with engine.connect() as connection:
        return [tuple(connection.execute(_NEAREST, {"id": i, "many": holding}).one()) for i in ids]


def by_box(server: str, where: Sequence[Box], variants: int = 100) -> list[str]:
    """Each address is another one, by less than a metre: none was answered before."""
    found = []
    for variant in range(variants):
        for box in where:
            shown = ",".join(f"{edge + variant * 1e-7:.7f}" for edge in box)
            found.append(f"{ITEMS[server]}?limit=100&bbox={shown}{_EXTRA[server]}")
    return found


def by_words(server: str) -> list[str]:
    """Mineral and state; the peers filter by the columns that hold them."""
    found = []
    for number in range(4_000):
        mineral, state = MINERALS[number % 8], list(STATES)[number // 8 % 4]
        limit = 100 + number // 32 % 4
        names = {"portal": ("mineral", "state", state), "tipg": ("primary_mineral", "state_code", STATES[state])}
        names["pygeoapi"] = names["tipg"]
        first, second, value = names[server]
        found.append(
            f"{ITEMS[server]}?limit={limit}&{first}={mineral}&{second}={value}{_EXTRA[server]}&offset={number}"
        )
    return found


def by_cql(server: str) -> list[str]:
    """Three terms, no two addresses alike."""
    found = []
    for number in range(20_000):
        state = list(STATES.values())[number % 4]
        cql = f"area_ha > {100 + number / 10} AND status = 'offered' AND state_code = '{state}'"
        lang = "&filter-lang=cql2-text" if server != "pygeoapi" else "&filter-lang=cql-text"
        found.append(f"{ITEMS[server]}?limit=100&filter={quote(cql)}{lang}{_EXTRA[server]}")
    return found


def by_page(server: str, number: int) -> list[str]:
    """The so many-th page of everything; by different lengths of pages, as an answer is kept."""
    return [
        f"{ITEMS[server]}?limit={limit}&offset={(number - 1) * 100 + shift}{_EXTRA[server]}"
        for limit in range(100, 104)
        for shift in range(500)
    ]


def items(server: str, ids: Sequence[str]) -> list[str]:
    return [f"{ITEMS[server]}/{i}" for i in ids]


def typed() -> list[str]:
    return [f"/api/suggestions?q={quote(text)}&limit={limit}" for limit in range(1, 20) for text in _TYPED]


def facets() -> list[str]:
    """Each with another least area."""
    return [
        f"/api/collections/blocks/facets?area_min_ha={100 + n / 10}&mineral={MINERALS[n % 8]}" for n in range(9_000)
    ]


def tiles(server: str, where: Sequence[Box], zoom: int) -> list[str]:
    """Tiles of a zoom round blocks, each once."""
    root = {"portal": "/api/collections/blocks", "tipg": "/collections/public.block"}[server]
    found = []
    for west, south, east, north in where:
        lon, lat = (west + east) / 2, (south + north) / 2
        col = floor((lon + 180) / 360 * 2**zoom)
        row = floor((0.5 - asinh(tan(radians(lat))) / (2 * pi)) * 2**zoom)
        place = f"{zoom}/{row}/{col}" if server == "portal" else f"{zoom}/{col}/{row}"
        found.append(f"{root}/tiles/WebMercatorQuad/{place}")
    found = list(dict.fromkeys(found))
    random.Random(1).shuffle(found)
    return found
