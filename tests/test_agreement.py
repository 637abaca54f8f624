"""One filter, one answer: items, downloads, tiles and plain SQL written by another hand name the same blocks."""

from __future__ import annotations

import csv
import io
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mapbox_vector_tile
import psycopg
import pyarrow.parquet
import pyogrio
import pytest
from fastapi.testclient import TestClient

SEED = 20261123
MINERALS = "graphite lithium copper rare-earth-elements phosphorus vanadium nickel tungsten glauconite titanium".split()
STATES = "IN-OD IN-AP IN-MH IN-GJ IN-CG IN-RJ IN-KA IN-JH IN-BR IN-UP IN-TN IN-MP IN-AR".split()
STATUSES = "offered annulled preferred_bidder_declared under_exploration licence_granted cancelled unknown".split()
STAGES = "G4 G3 G2 G1 unknown".split()
WORDS = "block goa iron g3 od ml zinc".split()


class Question(NamedTuple):
    """The parameters of the portal, and what they mean as a condition of SQL with its values."""

    asked: dict[str, str]
    condition: str
    values: list[Any]


def _listed(column: str, chosen: list[str]) -> tuple[str, list[Any]]:
    known = [value for value in chosen if value != "unknown"]
    return (f"({column} = ANY(%s)" + (f" OR {column} IS NULL)" if "unknown" in chosen else ")")), [known]


def _mineral(draw: random.Random) -> Question:
    chosen = draw.sample(MINERALS, draw.randint(1, 3))
    narrower = "(SELECT coalesce(array_agg(id), '{}') FROM mineral WHERE id = ANY(%s) OR broader = ANY(%s))"
    return Question({"mineral": ",".join(chosen)}, f"minerals && {narrower}", [chosen, chosen])


def _list_of(name: str, column: str, words: list[str]) -> Any:
    def draw_list(draw: random.Random) -> Question:
        chosen = draw.sample(words, draw.randint(1, 3))
        condition, values = _listed(column, chosen)
        return Question({name: ",".join(chosen)}, condition, values)

    return draw_list


def _area(draw: random.Random) -> Question:
    least = draw.choice([0, 50, 100.5, 300])
    return Question(
        {"area_min_ha": str(least), "area_max_ha": str(least * 4 + 100)},
        "area_ha >= %s AND area_ha <= %s",
        [least, least * 4 + 100],
    )


def _box(draw: random.Random) -> list[float]:
    west, south = draw.uniform(68, 92), draw.uniform(8, 30)
    return [round(x, 4) for x in (west, south, west + draw.uniform(1, 12), south + draw.uniform(1, 10))]


def _bbox(draw: random.Random) -> Question:
    box = _box(draw)
    return Question(
        {"bbox": ",".join(map(str, box))}, "ST_Intersects(geom, ST_MakeEnvelope(%s, %s, %s, %s, 4326))", list(box)
    )


def _near(draw: random.Random) -> Question:
    lon, lat, km = round(draw.uniform(72, 88), 3), round(draw.uniform(12, 26), 3), draw.choice([50, 200, 500])
    return Question(
        {"near": f"{lon},{lat}", "within_km": str(km)},
        "ST_DWithin(geom::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography, %s)",
        [lon, lat, km * 1000],
    )


def _period(draw: random.Random) -> Question:
    year = draw.randint(2022, 2026)
    return Question(
        {"datetime": f"{year}-01-01/{year}-06-30"},
        "status_period && daterange(%s::date, %s::date, '[]')",
        [f"{year}-01-01", f"{year}-06-30"],
    )


def _word(draw: random.Random) -> Question:
    word = draw.choice(WORDS)
    # A word of four letters may go on, a shorter one may not; from five letters on misspellings count too.
    if len(word) == 5:
        found = "(search LIKE %s OR strict_word_similarity(%s, search) >= 0.35)"
        return Question({"q": word}, found, [f"% {word}%", word])
    return Question({"q": word}, "search LIKE %s", [f"% {word}%" if len(word) == 4 else f"% {word} %"])


def _shape(draw: random.Random) -> Question:
    west, south, east, north = _box(draw)
    wkt = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {south}))"
    km = draw.choice([None, 25])
    if km is None:
        return Question({"intersects": wkt}, "ST_Intersects(geom, ST_GeomFromText(%s, 4326))", [wkt])
    return Question(
        {"intersects": wkt, "buffer_km": str(km)},
        "ST_DWithin(geom::geography, ST_GeomFromText(%s, 4326)::geography, %s)",
        [wkt, km * 1000],
    )


def _cql2(draw: random.Random) -> Question:
    west, south, east, north = _box(draw)
    text, condition, values = draw.choice(
        [
            ("area_ha > 120 AND status = 'offered'", "area_ha > 120 AND status = 'offered'", []),
            ("NOT (stage IN ('G3','G4'))", "stage NOT IN ('G3', 'G4')", []),
            ("CASEI(name) LIKE CASEI('%BLOCK%')", "name ILIKE '%%block%%'", []),
            ("premium_percent BETWEEN 10 AND 150", "premium_percent BETWEEN 10 AND 150", []),
            ("A_OVERLAPS(minerals, ('graphite','vanadium'))", "minerals && '{graphite,vanadium}'", []),
            ("computed_area_ha IS NULL", "computed_area_ha IS NULL", []),
            ("area_ha / 2 + 10 >= attempts * 20", "area_ha / 2 + 10 >= attempts * 20", []),
            (
                f"S_INTERSECTS(geometry, BBOX({west},{south},{east},{north})) OR state_code = 'IN-OD'",
                "ST_Intersects(geom, ST_MakeEnvelope(%s, %s, %s, %s, 4326)) OR state_code = 'IN-OD'",
                [west, south, east, north],
            ),
        ]
    )
    return Question({"filter": text}, f"({condition})", values)


KINDS = (
    _mineral,
    _list_of("state", "state_code", STATES),
    _list_of("status", "status", STATUSES),
    _list_of("stage", "stage", STAGES),
    _list_of("concession", "concession", ["CL", "ML", "EL", "unknown"]),
    _area,
    _bbox,
    _near,
    _period,
    _word,
    _shape,
    _cql2,
)


def questions(count: int) -> Iterator[Question]:
    """Random combinations of up to three filters of different kinds; the same each time."""
    draw = random.Random(SEED)
    for _ in range(count):
        parts = [kind(draw) for kind in draw.sample(KINDS, draw.randint(1, 3))]
        asked = {name: text for part in parts for name, text in part.asked.items()}
        values = [value for part in parts for value in part.values]
        yield Question(asked, " AND ".join(part.condition for part in parts), values)


def ids_by_sql(url: str, question: Question) -> list[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(f"SELECT id FROM block WHERE {question.condition} ORDER BY id", question.values)
        return [row[0] for row in rows]


def ids_of_items(portal: TestClient, asked: dict[str, str]) -> list[str]:
    """Ids over all pages, by the link to the next one."""
    ids: list[str] = []
    answer = portal.get("/api/collections/blocks/items", params={**asked, "limit": "17"})
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        ids += [feature["id"] for feature in body["features"]]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        if not following:
            assert body["numberMatched"] == len(ids)
            return ids
        answer = portal.get(following[0])


def ids_of_download(portal: TestClient, ending: str, asked: dict[str, str]) -> list[str]:
    answer = portal.get(f"/download/blocks.{ending}", params=asked)
    assert answer.status_code == 200, answer.text
    if ending == "geojson":
        ids = [feature["properties"]["id"] for feature in json.loads(answer.content)["features"]]
    elif ending == "csv":
        ids = [row["id"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
    elif ending == "parquet":
        ids = pyarrow.parquet.read_table(io.BytesIO(answer.content)).column("id").to_pylist()
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"blocks.{ending}")
            file.write_bytes(answer.content)
            ids = list(pyogrio.raw.read(file, columns=["id"], read_geometry=False)[3][0])
    assert int(answer.headers["x-row-count"]) == len(ids)
    return ids


def read_tiles(portal: TestClient, zoom: int, asked: dict[str, str]) -> tuple[set[str], int]:
    """Ids of the shapes in all tiles of a zoom that India lies in, and the sum of the counts of its cells."""
    ids: set[str] = set()
    count = 0
    side = 2**zoom
    for row in range(side // 4, side * 5 // 8):
        for column in range(side * 5 // 8, side * 7 // 8):
            answer = portal.get(f"/api/collections/blocks/tiles/WebMercatorQuad/{zoom}/{row}/{column}", params=asked)
            assert answer.status_code in (200, 204), answer.text
            layers = mapbox_vector_tile.decode(answer.content) if answer.content else {}
            ids.update(feature["properties"]["id"] for feature in layers.get("blocks", {"features": []})["features"])
            count += sum(
                feature["properties"]["count"] for feature in layers.get("counts", {"features": []})["features"]
            )
    return ids, count


def check(portal: TestClient, url: str, question: Question) -> int:
    """The same ids by every way; how many they are."""
    wanted = ids_by_sql(url, question)
    assert ids_of_items(portal, question.asked) == wanted, question
    for ending in ("geojson", "csv", "gpkg", "fgb", "parquet"):
        assert sorted(ids_of_download(portal, ending, question.asked)) == wanted, (ending, question)
    shapes, counted = read_tiles(portal, 3, question.asked)
    assert sorted(shapes) == wanted and counted == 0, question
    return len(wanted)


def test_all_ways_agree(portal: TestClient, catalogue_url: str) -> None:
    found = [check(portal, catalogue_url, question) for question in questions(12)]
    assert sum(count > 0 for count in found) > 5


@pytest.mark.slow
def test_all_ways_agree_for_300_random_filters(portal: TestClient, catalogue_url: str) -> None:
    found = [check(portal, catalogue_url, question) for question in questions(300)]
    assert sum(count > 0 for count in found) > 150
