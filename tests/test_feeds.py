"""Feeds of changes: valid documents, the contract's filters, every change once, the same for everybody."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import get_ids, get_problem
from datafiles import a_block, a_port, an_event
from fastapi.testclient import TestClient
from publishing import write_blocks
from sqlalchemy import event, select, update

from app.ingest.load import load
from app.ingest.undo import rename, revert
from app.main import create_app
from app.models import Block, Revision
from app.settings import Settings

ATOM = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}
OFFERED = [an_event(1, "offered", "2024-06-24", "I")]
ANNULLED = [*OFFERED, an_event(2, "annulled", "2024-09-01", "I")]
ODD = "Ké & <b>“बक्सर”</b> ]]>"


@pytest.fixture
def reader(database, load_url):
    with TestClient(create_app(Settings(), load_url)) as client:
        yield client


@pytest.fixture
def edited(database, folder):
    """Three blocks and a port at 1; one annulled at 2; one gone and another's name odd at 3."""
    folder.features("blocks", [a_block(slug, events=OFFERED) for slug in ("one", "two", "three")])
    folder.features("ports", [a_port()])
    load(database, folder.path, "First")
    blocks = [a_block("one", events=ANNULLED), a_block("two", events=OFFERED), a_block("three", events=OFFERED)]
    write_blocks(database, blocks, "Annulled")
    write_blocks(database, [a_block("one", events=ANNULLED), a_block("two", name=ODD, events=OFFERED)], "Mended")
    return database


EVERYTHING = [("two", 3), ("three", 3), ("one", 2), ("two", 1), ("three", 1), ("one", 1)]


def get_feed(client, query="", ending="json"):
    answer = client.get(f"/feeds/changes.{ending}{'?' if query else ''}{query}")
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content) if ending == "json" else ET.fromstring(answer.content)


def keys(feed):
    return [(item["_khanij"]["id"], item["_khanij"]["revision"]) for item in feed["items"]]


def read_back(client, address, between=lambda: None):
    """All entries from the newest to the first one, by the links to the next page."""
    found = []
    while address:
        parts = urlsplit(address)
        answer = client.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 200, answer.text
        feed = answer.json()
        found += feed["items"]
        address = feed.get("next_url")
        between()
    return found


# Documents


def test_an_atom_feed_has_what_the_rfc_wants(edited, reader):
    answer = reader.get("/feeds/changes.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ET.fromstring(answer.content)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for element in (feed, *feed.findall("a:entry", ATOM)):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"a:{name}", ATOM)
            assert found.text.strip()
        assert element.find("a:id", ATOM).text.startswith("urn:uuid:")
        updated = element.find("a:updated", ATOM).text
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", updated) and datetime.fromisoformat(updated)
    assert feed.find("a:author/a:name", ATOM).text == "Khanij Atlas"
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links["self"] == links["first"] == "http://testserver/feeds/changes.atom" and "next" not in links
    entries = feed.findall("a:entry", ATOM)
    assert len({entry.find("a:id", ATOM).text for entry in entries}) == len(entries) == len(EVERYTHING)
    for entry in entries:
        assert entry.find("a:content", ATOM).get("type") == "html" and entry.find("a:summary", ATOM).text
        (page,) = [link for link in entry.findall("a:link", ATOM) if link.get("rel") == "alternate"]
        assert reader.get(page.get("href")).status_code == 200


def test_a_json_feed_has_what_version_1_1_wants(edited, reader):
    answer = reader.get("/feeds/changes.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["title"]
    assert feed["feed_url"] == "http://testserver/feeds/changes.json" and "next_url" not in feed
    for item in feed["items"]:
        assert item["id"] and item["url"] and item["content_html"] and item["content_text"] and item["title"]
        assert datetime.fromisoformat(item["date_published"]) == datetime.fromisoformat(item["date_modified"])
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])


def test_both_feeds_have_the_same_entries_in_the_same_order(edited, reader):
    feed = get_feed(reader)
    assert keys(feed) == EVERYTHING
    atom = get_feed(reader, ending="atom")
    assert [e.find("a:id", ATOM).text for e in atom.findall("a:entry", ATOM)] == [i["id"] for i in feed["items"]]


def test_all_entries_of_a_revision_have_its_time(edited, reader):
    with edited.connect() as connection:
        times = {row.number: row.at for row in connection.execute(select(Revision.number, Revision.at))}
    for item in get_feed(reader)["items"]:
        assert datetime.fromisoformat(item["date_modified"]) == times[item["_khanij"]["revision"]]


def test_entries_tell_what_changed(edited, reader):
    items = {(i["_khanij"]["id"], i["_khanij"]["revision"]): i for i in get_feed(reader)["items"]}
    annulled, gone, new = items[("one", 2)], items[("three", 3)], items[("one", 1)]
    assert annulled["title"] == "One: now annulled" and annulled["tags"] == ["changed"]
    assert "Status: Offered → Annulled" in annulled["content_text"]
    changes = {c["field"]: (c["before"], c["after"]) for c in annulled["_khanij"]["changes"]}
    assert changes["status"] == ("offered", "annulled") and "events" in changes and "standings" not in changes
    assert (gone["title"], gone["tags"]) == ("Three: no longer held", ["gone"])
    assert (new["title"], new["tags"]) == ("One: new", ["new"]) and "State: Odisha" in new["summary"]
    assert new["_khanij"]["note"] == "First"


def test_odd_characters_come_through(edited, reader):
    item = get_feed(reader, "ids=two")["items"][0]
    assert item["title"] == f"{ODD}: name changed"
    assert "&lt;b&gt;“बक्सर”&lt;/b&gt; ]]&gt;" in item["content_html"] and "<b>" not in item["content_html"]
    entry = get_feed(reader, "ids=two", "atom").find("a:entry", ATOM)
    assert entry.find("a:title", ATOM).text == f"{ODD}: name changed"
    assert entry.find("a:content", ATOM).text == item["content_html"]


def test_characters_that_xml_forbids_are_dropped(edited, reader):
    with edited.begin() as connection:
        connection.execute(update(Block).where(Block.id == "two").values(name="Bell\x07 \x0b\x1f\ufffe Tower"))
    entry = get_feed(reader, "ids=two", "atom").find("a:entry", ATOM)
    assert entry.find("a:title", ATOM).text.startswith("Bell  Tower: ")


# Which


def test_any_collection_has_a_feed(edited, reader):
    for collection, wanted in (("ports", [("paradip", 1)]), ("states", [("odisha", 1)]), ("districts", [])):
        feed = get_feed(reader, f"collection={collection}")
        assert keys(feed) == wanted
        for item in feed["items"]:
            assert reader.get(item["url"]).status_code == 200
        assert len(get_feed(reader, f"collection={collection}", "atom").findall("a:entry", ATOM)) == len(wanted)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("status=annulled", [("one", 2)]),
        ("status=offered", [("two", 3), ("three", 3), ("one", 2), ("two", 1), ("three", 1), ("one", 1)]),
        ("ids=three", [("three", 3), ("three", 1)]),
        ("state=odisha&ids=one,three&status=offered", [("three", 3), ("one", 2), ("three", 1), ("one", 1)]),
        ("q=three", [("three", 3), ("three", 1)]),
        ("bbox=0,0,1,1", []),
        ("mineral=graphite&bbox=84,20,85,21", EVERYTHING),
        ("revision=2", EVERYTHING[2:]),
        ("revision=1&ids=one", [("one", 1)]),
    ],
)
def test_a_filter_leaves_the_changes_of_what_it_finds(edited, reader, query, wanted):
    assert keys(get_feed(reader, query)) == wanted


@pytest.mark.parametrize(
    "query",
    ["state=odisha", "mineral=graphite", "q=vanadium", "status=offered,annulled", "stage=unknown", "area_min_ha=500",
     "bbox=84,20,85,21", "near=84.6,20.8&within_km=50", "tranche=I", "datetime=2024-01-01/2024-12-31"],
)  # fmt: skip
def test_a_filter_finds_the_same_records_as_in_the_api(portal, query):
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    entries = read_back(portal, f"/feeds/changes.json?{query}&limit=500")
    assert sorted(item["_khanij"]["id"] for item in entries) == get_ids(portal, **asked)


# Paging


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 7])
def test_paging_gives_each_change_once(edited, reader, limit):
    items = read_back(reader, f"/feeds/changes.json?limit={limit}")
    assert keys({"items": items}) == EVERYTHING


def test_the_whole_catalogue_pages_back_to_its_beginning(portal):
    items = read_back(portal, "/feeds/changes.json")
    assert sorted(item["_khanij"]["id"] for item in items) == get_ids(portal)


def test_what_is_published_meanwhile_disturbs_no_reader(edited, reader):
    areas = iter(range(1, 100))

    def publish():
        blocks = [a_block("one", area_ha=float(next(areas))), a_block("two", name=ODD, events=OFFERED)]
        write_blocks(edited, blocks)

    items = read_back(reader, "/feeds/changes.json?limit=2", publish)
    assert keys({"items": items}) == EVERYTHING
    assert keys(get_feed(reader))[0] == ("one", 6)


def test_atom_pages_are_linked_as_archives(edited, reader):
    address, seen = "/feeds/changes.atom?limit=2&status=offered", 0
    while address:
        feed = ET.fromstring(reader.get(address).content)
        links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
        assert (feed.find("fh:archive", ATOM) is not None) == (seen > 0) == ("current" in links)
        assert links.get("next") == links.get("prev-archive")
        assert links["first"] == "http://testserver/feeds/changes.atom?status=offered&limit=2"
        seen += len(feed.findall("a:entry", ATOM))
        address = links.get("next")
    assert seen == 6


def test_a_page_that_is_past_stays_as_it_is(edited, reader):
    following = get_feed(reader, "limit=2")["next_url"]
    before = keys(reader.get(following).json())
    rename(edited, "blocks", "one", "uno", "me")
    assert keys(reader.get(following).json()) == before


def test_a_token_of_another_question_is_refused(edited, reader):
    token = parse_qs(urlsplit(get_feed(reader, "limit=2")["next_url"]).query)["token"][0]
    assert keys(get_feed(reader, f"token={token}&limit=3")) == EVERYTHING[2:5]
    assert len(get_feed(reader, f"token={token}", "atom").findall("a:entry", ATOM)) == 4
    forged = [token[:-2] + "AA", token[1:], token + "A", "AAAA", "0", "%00", "ß", "a b", "=" * 5, token * 50]
    for query in (*(f"token={text}" for text in forged), f"token={token}&status=offered", "token="):
        assert get_problem(reader, f"/feeds/changes.json?{query}")["parameter"] == "token", query
    assert get_problem(reader, f"/feeds/changes.json?token={token}&collection=ports")["parameter"] == "token"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"), ("limit=x", "limit"), ("limit=-1", "limit"), ("collection=nothing", "collection"),
        ("collection=ports&tranche=I", "tranche"), ("state=atlantis", "state"), ("revision=99", "revision"),
        ("sortby=name", "sortby"), ("nothing=1", "nothing"), ("limit=1&limit=2", "limit"), ("bbox=1", "bbox"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem(edited, reader, query, parameter):
    for ending in ("atom", "json"):
        assert get_problem(reader, f"/feeds/changes.{ending}?{query}")["parameter"] == parameter


def test_a_limit_above_the_maximum_is_the_maximum(portal):
    assert len(get_feed(portal, "limit=100000")["items"]) == len(get_ids(portal))
    assert len(get_feed(portal)["items"]) == 50


# Manners


def test_what_a_reader_has_already_is_not_made_again(edited, reader):
    for ending in ("atom", "json"):
        address = f"/feeds/changes.{ending}?status=offered"
        first = reader.get(address)
        assert first.headers["cache-control"] == "public, no-cache" and first.headers["last-modified"]
        asked = []

        def note(*told, asked=asked):
            asked.append(told[2])

        event.listen(reader.app.state.engine, "before_cursor_execute", note)
        again = reader.get(address, headers={"If-None-Match": first.headers["etag"]})
        event.remove(reader.app.state.engine, "before_cursor_execute", note)
        assert (again.status_code, again.content) == (304, b"")
        assert not any("block" in statement for statement in asked), asked
        assert reader.get("/feeds/changes.json?status=annulled").headers["etag"] != first.headers["etag"]
    write_blocks(edited, [a_block("one")])
    assert reader.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_two_readers_get_the_same_bytes(edited, reader):
    for ending in ("atom", "json"):
        assert reader.get(f"/feeds/changes.{ending}").content == reader.get(f"/feeds/changes.{ending}").content


def test_a_renaming_is_told_under_both_ids(edited, reader):
    rename(edited, "blocks", "one", "uno", "me")
    new, old = get_feed(reader)["items"][:2]
    assert (new["title"], new["tags"]) == ("One: id changed", ["changed"])
    assert new["_khanij"]["changes"] == [{"field": "id", "before": "one", "after": "uno"}]
    assert (old["title"], old["tags"]) == ("One: renamed to uno", ["gone"])
    assert reader.get(old["url"]).url.path == "/blocks/uno/history"


def test_undoing_is_a_change_like_any_other(edited, reader):
    revert(edited, 3, "me")
    assert keys(get_feed(reader))[:2] == [("two", 4), ("three", 4)]
    assert [item["tags"] for item in get_feed(reader)["items"][:2]] == [["changed"], ["new"]]


def test_a_portal_without_records_has_empty_feeds(client):
    assert get_feed(client)["items"] == []
    assert get_feed(client, ending="atom").find("a:updated", ATOM).text == "1970-01-01T00:00:00.000000Z"


def test_the_openapi_document_lists_both(portal):
    paths = portal.get("/api/openapi.json").json()["paths"]
    for ending, kind in (("atom", "application/atom+xml"), ("json", "application/feed+json")):
        operation = paths[f"/feeds/changes.{ending}"]["get"]
        assert {"collection", "token", "limit", "status", "bbox", "q"} <= {p["name"] for p in operation["parameters"]}
        assert kind in operation["responses"]["200"]["content"]
