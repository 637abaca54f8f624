"""OGC's own predicates over its own data, through the portal's API: each finds as many features as it should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cql2
import pyogrio
import pytest
from conftest import SHARED
from fastapi.testclient import TestClient
from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Engine, Float, MetaData, Table, Text, text
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection

FOLDER = SHARED / "ogc" / "cql2_ats"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="OGC's test data are not on this machine")
PREDICATES: list[dict[str, str]] = (
    json.loads((FOLDER / "predicates_expected.json").read_text()) if FOLDER.is_dir() else []
)
EXAMPLES: Any = json.loads((FOLDER / "examples.json").read_text()) if FOLDER.is_dir() else []
LAYERS = ("ne_110m_admin_0_countries", "ne_110m_populated_places_simple", "ne_110m_rivers_lake_centerlines")
# Places whose names begin so, counted by hand: Chișinău, Chicago, Chengdu.
DISPUTED = {"Ch%": 3, "Chis%": 1}
BOOLEANS = {"boolean"}


def _column(name: str, dtype: str) -> Column[Any]:
    if name in BOOLEANS or dtype == "bool":
        return Column(name, Boolean)
    if dtype.startswith("datetime64[D]"):
        return Column(name, Date)
    if dtype.startswith("datetime64"):
        return Column(name, DateTime(timezone=True))
    if dtype.startswith(("int", "uint")):
        return Column(name, BigInteger)
    return Column(name, Float if dtype.startswith("float") else Text)


def _collection(layer: str, metadata: MetaData) -> tuple[Collection, list[dict[str, Any]]]:
    """A layer of the file as a collection of the portal, and its rows."""
    file = FOLDER / "ne110m4cql2.gpkg"
    info = pyogrio.read_info(file, layer=layer)
    _, _, shapes, values = pyogrio.raw.read(file, layer=layer)
    columns = [_column(n, str(d)) for n, d in zip(info["fields"], info["dtypes"], strict=True)]
    table = Table(layer, metadata, Column("id", Text, primary_key=True), *columns, Column("geom", Geometry(srid=4326)))
    rows = []
    for place, shape in enumerate(shapes):
        row: dict[str, Any] = {"id": str(place), "geom": f"SRID=4326;{_wkt(shape)}"}
        for column, cells in zip(columns, values, strict=True):
            row[column.name] = _plain(cells[place], column)
        rows.append(row)
    model = type("Layer", (), {"__table__": table})
    properties = ("id", *(c.name for c in columns))
    return Collection(layer, model, layer, layer, info["geometry_type"], first=properties), rows  # type: ignore[arg-type]


def _wkt(shape: bytes) -> str:
    import shapely

    return shapely.to_wkt(shapely.from_wkb(shape), rounding_precision=-1)


def _plain(value: Any, column: Column[Any]) -> Any:
    if value is None or value != value or str(value) == "NaT":
        return None
    if isinstance(column.type, Boolean):
        return bool(value)
    if isinstance(column.type, Date | DateTime):
        return f"{value}Z" if isinstance(column.type, DateTime) else str(value)[:10]
    return value.item() if hasattr(value, "item") else value


@pytest.fixture(scope="module")
def layers(engine: Engine) -> Iterator[None]:
    """The three layers as collections; the places' times are those of the file, in UTC."""
    metadata = MetaData()
    made = [_collection(layer, metadata) for layer in LAYERS]
    metadata.create_all(engine)
    with Session(engine) as session:
        for collection, rows in made:
            session.execute(collection.table.insert(), rows)
            COLLECTIONS[collection.id] = collection
        session.commit()
    yield
    for layer in LAYERS:
        del COLLECTIONS[layer]
    with engine.begin() as connection:
        for layer in LAYERS:
            connection.execute(text(f'DROP TABLE "{layer}"'))


def count(client: TestClient, layer: str, **asked: str) -> int:
    answer = client.get(f"/api/collections/{layer}/items", params={**asked, "limit": "1"})
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["numberMatched"]
    return found


def expected(predicate: dict[str, str]) -> int:
    if "disputed" in predicate:
        return 3 if "ch%" in predicate["Predicate"].casefold() else 1
    return int(predicate["Expected number of items"])


def test_predicates_find_what_ogc_says(client: TestClient, layers: None) -> None:
    wrong = {}
    for predicate in PREDICATES:
        layer, asked = predicate["Data Source"], predicate["Predicate"]
        found = count(client, layer, filter=asked)
        if found != expected(predicate):
            wrong[f"{layer}: {asked}"] = f"{found}, not {expected(predicate)}"
        tree = json.dumps(cql2.parse_text(asked).to_json())
        assert count(client, layer, filter=tree, **{"filter-lang": "cql2-json"}) == found, asked
    assert len(PREDICATES) == 274
    assert wrong == {}
