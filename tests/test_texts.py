"""Finished Feature texts beside the tables: the same as those made when asked, never those of another revision."""

from __future__ import annotations

import pytest
from conftest import get_json, get_problem
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, true, update
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, view_of
from app.ingest import texts
from app.ingest.imports import Options, import_file
from app.ingest.load import load
from app.ingest.texts import finish_texts, is_all_kept
from app.ingest.undo import rename, revert
from app.main import create_app
from app.models import TEXTS
from app.queries import items
from app.queries import texts as reading
from app.queries.features import feature_text
from app.settings import PROJECT_ROOT, Settings
from app.values import Page

BLOCKS = COLLECTIONS["blocks"]
KEPT = TEXTS[BLOCKS.model]
ALL = Page(limit=100_000)


def kept(session: Session, name: str) -> list[str]:
    table = TEXTS[COLLECTIONS[name].model]
    return list(session.scalars(select(table.c.feature).order_by(table.c.id)))


def made(session: Session, name: str) -> list[str]:
    rows = session.execute(feature_text(view_of(COLLECTIONS[name]), true(), ALL)).all()
    return [row[0] for row in rows]


@pytest.mark.parametrize("name", [c.id for c in COLLECTIONS.values()])
def test_every_record_of_the_catalogue_has_the_text_that_would_be_made(catalogue, name):
    assert kept(catalogue, name) == made(catalogue, name)


@pytest.fixture
def filled(database: Engine) -> Engine:
    load(database, PROJECT_ROOT / "data/geojson")
    return database


def check_all(engine: Engine) -> None:
    with Session(engine) as session:
        for name in COLLECTIONS:
            assert kept(session, name) == made(session, name), name


def test_texts_follow_changes_what_goes_a_new_id_and_what_is_undone(filled, tmp_path):
    file = tmp_path / "blocks.csv"
    row = select(BLOCKS.table.c.id, BLOCKS.table.c.lon, BLOCKS.table.c.lat).order_by(BLOCKS.table.c.id).limit(2)
    with Session(filled) as session:
        first, second = session.execute(row).all()
    file.write_text(f"id,name,resource_text,lon,lat\n{first.id},Another name,much,{first.lon},{first.lat}\n")
    published = import_file(filled, "blocks", str(file), Options(who="tests"), lambda *_: None)
    assert published.revision == 2, published.findings
    check_all(filled)
    rename(filled, "blocks", second.id, "quite-another-id", "tests")
    check_all(filled)
    revert(filled, 3, "tests")
    revert(filled, 2, "tests")
    check_all(filled)
    only = import_file(filled, "blocks", str(file), Options(who="tests", replaces=True), lambda *_: None)
    assert only.counts.gone > 100
    check_all(filled)


@pytest.fixture
def reader(filled: Engine, load_url: str) -> TestClient:
    with TestClient(create_app(Settings(database_url=load_url))) as client:
        yield client


def pages(client: TestClient) -> list[object]:
    """Pages of all kinds, but for the time at which they were made."""
    found = []
    for asked in (
        "limit=7",
        "limit=7&offset=171",
        "limit=7&offset=500",
        "limit=5&sortby=-area_ha,name&state=odisha",
        "bbox=84,18,86,21&limit=3",
        "bbox=0,0,1,1",
        "mineral=graphite&limit=1000",
        "q=graphite&limit=2",
        "crs=http://www.opengis.net/def/crs/EPSG/0/3857&limit=2",
        "revision=1&limit=2",
        "as_of=2025-01-01&limit=2",
    ):
        page = get_json(client, f"/api/collections/blocks/items?{asked}")
        page.pop("timeStamp")
        found.append(page)
        for link in page["links"]:
            if link["rel"] == "next":
                page = get_json(client, link["href"].removeprefix("http://testserver"))
                page.pop("timeStamp")
                found.append(page)
    found.append(get_json(client, f"/api/collections/blocks/items/{found[0]['features'][0]['id']}"))
    download = client.get("/download/blocks.geojson?state=odisha").json()
    download.pop("made_at", None)
    found.append(download["features"])
    return found


def test_pages_are_the_same_with_texts_without_and_with_some(reader, filled):
    with_all = pages(reader)
    with filled.begin() as connection:
        connection.execute(KEPT.delete().where(func.length(KEPT.c.feature) % 2 == 0))
    some = pages(reader)
    with filled.begin() as connection:
        connection.execute(KEPT.delete())
    assert with_all == some == pages(reader)


def test_texts_are_what_pages_are_made_of(reader, filled):
    with filled.begin() as connection:
        connection.execute(update(KEPT).values(feature=func.replace(KEPT.c.feature, '"name"', '"title"')))
    page = get_json(reader, "/api/collections/blocks/items?limit=3")
    item = get_json(reader, f"/api/collections/blocks/items/{page['features'][0]['id']}")
    file = reader.get("/download/blocks.geojson").json()
    for feature in (*page["features"], item, *file["features"]):
        assert "title" in feature["properties"] and "name" not in feature["properties"]


@pytest.mark.parametrize("change", [{"revision": 7}, {"form": "of another release"}])
def test_a_text_of_another_revision_or_form_is_not_used(reader, filled, change):
    before = pages(reader)
    with filled.begin() as connection:
        connection.execute(update(KEPT).values(feature="{}", **change))
    assert pages(reader) == before
    assert not is_all_kept(filled)
    with Session(filled) as session:
        assert sum(finish_texts(filled)) == len(kept(session, "blocks"))
    check_all(filled)


def test_a_large_publication_leaves_its_texts_for_after_it(database, load_url, monkeypatch):
    monkeypatch.setattr(texts, "MOST_AT_ONCE", 20)
    monkeypatch.setattr(texts, "_BATCH", 50)
    load(database, PROJECT_ROOT / "data/geojson")
    with Session(database) as session:
        assert kept(session, "blocks") == [] and kept(session, "centres-of-excellence") != []
    with TestClient(create_app(Settings(database_url=load_url))) as client:
        before = pages(client)
        written = list(finish_texts(database))
        assert max(written) == 50 and len(written) > 3
        assert pages(client) == before
    check_all(database)
    assert is_all_kept(database) and list(finish_texts(database)) == []


def test_counts_of_few_and_of_many_are_the_same(reader, monkeypatch):
    few = pages(reader)
    monkeypatch.setattr(reading, "_MOST_COUNTED", 2)
    assert pages(reader) == few


def test_an_id_that_is_not_there_is_compared_with_its_neighbours_among_very_many(portal, monkeypatch):
    ids = [f["id"] for f in get_json(portal, "/api/collections/blocks/items?limit=1000")["features"]]
    wrong = ids[90][:-1] + "zz"
    every = get_problem(portal, f"/api/collections/blocks/items/{wrong}", 404)
    monkeypatch.setattr(items, "_MOST_COMPARED", 10)
    some = get_problem(portal, f"/api/collections/blocks/items/{wrong}", 404)
    assert ids[90] in every["suggestions"] and ids[90] in some["suggestions"]
