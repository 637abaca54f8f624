"""What changed of a record: fields, words, the page of its history; questions that go by an index."""

import pytest
from datafiles import a_block, a_port, an_event, polygon
from fastapi.testclient import TestClient
from publishing import write_blocks
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.facts import FIELD_WORDS, say_change, say_field, say_lines
from app.ingest.load import load
from app.ingest.undo import rename, revert
from app.main import create_app
from app.models import PAST
from app.queries.changes import get_history, list_changes, select_keys
from app.settings import Settings
from app.values import Selection

BLOCKS = COLLECTIONS["blocks"]
WIDER = [[84.0, 20.0], [84.04, 20.0], [84.04, 20.02], [84.0, 20.02], [84.0, 20.0]]
OFFERED = [an_event(1, "offered", "2024-06-24", "I")]
ANNULLED = [*OFFERED, an_event(2, "annulled", "2024-09-01", "I")]


@pytest.fixture
def reader(database, load_url):
    with TestClient(create_app(Settings(), load_url), follow_redirects=False) as client:
        yield client


@pytest.fixture
def edited(database, folder):
    """New at 1, status at 2, boundary at 3, gone at 4, back as it was at 5."""
    folder.features("blocks", [a_block("one", events=OFFERED), a_block("two")])
    load(database, folder.path)
    write_blocks(database, [a_block("one", events=ANNULLED), a_block("two")], "Tranche I annulled")
    write_blocks(database, [a_block("one", polygon(WIDER), events=ANNULLED), a_block("two")], "The <new> notice")
    write_blocks(database, [a_block("two")], "Left its file")
    revert(database, 4, "me", "Left by mistake")
    return database


def history(engine, slug):
    with Session(engine) as session:
        return get_history(session, BLOCKS, slug)


def test_a_history_has_every_change_the_newest_first(edited):
    changes = history(edited, "one")
    assert [(c.made.number, c.kind) for c in changes] == [
        (5, "new"), (4, "gone"), (3, "changed"), (2, "changed"), (1, "new")
    ]  # fmt: skip
    assert [c.made.note for c in changes][:3] == ["Left by mistake", "Left its file", "The <new> notice"]
    assert [[f.field for f in c.fields] for c in changes[2:4]] == [
        ["computed_area_ha", "geometry"], ["status", "status_since", "events"]
    ]  # fmt: skip
    assert [(c.made.number, c.kind) for c in history(edited, "two")] == [(1, "new")]


def test_a_change_has_its_values_before_and_after(edited):
    boundary, status = history(edited, "one")[2:4]
    assert (status.fields[0].before, status.fields[0].after) == ("offered", "annulled")
    shapes = boundary.fields[1]
    assert shapes.before["corners"] == shapes.after["corners"] == 4
    assert shapes.after["area_ha"] == pytest.approx(2 * shapes.before["area_ha"], rel=1e-6)


def test_a_feeds_changes_are_those_of_the_histories(edited):
    with Session(edited) as session:
        changes = list_changes(session, BLOCKS, Selection(), before=None, limit=100)
    found = {(c.id, c.made.number): (c.kind, c.fields) for c in changes}
    told = [c for slug in ("one", "two") for c in history(edited, slug)]
    assert found == {(c.id, c.made.number): (c.kind, c.fields) for c in told}
    assert [(c.made.number, c.id) for c in changes] == sorted(found and [(n, i) for i, n in found], reverse=True)


def test_a_change_belongs_to_a_selection_before_and_after(edited):
    with Session(edited) as session:
        selection = Selection(lists=(("status", ("offered",)), ("ids", ("one",))))
        changes = list_changes(session, BLOCKS, selection, before=None, limit=100)
    assert [(c.made.number, c.kind) for c in changes] == [(2, "changed"), (1, "new")]


def test_changes_are_read_in_a_fixed_number_of_questions(edited):
    from sqlalchemy import event

    asked = []
    event.listen(edited, "before_cursor_execute", lambda *a: asked.append(a[2]))
    with Session(edited) as session:
        for limit in (1, 100):
            asked.clear()
            list_changes(session, BLOCKS, Selection(), before=None, limit=limit)
            assert len(asked) == 4, asked


# In words


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("area_ha", None, 1250.5, "Declared area: not published → 1,250.5 ha (12.5 km²)"),
        ("status", "offered", "annulled", "Status: Offered → Annulled"),
        ("stage", "G4", None, "Stage: G4 reconnaissance → not published"),
        ("offshore", False, True, "Offshore: no → yes"),
        ("status_since", "2024-06-24", "2025", "Status since: 24 June 2024 → 2025"),
        ("commissioned_year", 2019, 2020, "Commissioned year: 2019 → 2020"),
        ("minerals", ["graphite"], ["rare-earth-elements", "tin"],
         "Minerals: Graphite → Rare earth elements, Tin"),
        ("aliases", [], ["Akhar"], "Also written: not published → Akhar"),
        ("geometry", {"lon": 84.5, "lat": 20.25}, {"lon": 84.5, "lat": 20.0},
         "Shape and place: 20.25° N 84.5° E → 20° N 84.5° E"),
        ("capacity", [{"value": 5.0, "unit": "kt"}], [{"value": 6.0, "unit": "kt"}],
         "Capacity: value 5; unit kt → value 6; unit kt"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_sentence(name, before, after, words):
    assert say_change(name, before, after) == words


def test_of_a_long_list_only_what_came_and_went_is_told():
    told = say_change("events", OFFERED, ANNULLED)
    assert told == "Events: now Annulled, tranche I, 1 September 2024"
    assert say_change("events", ANNULLED, OFFERED) == "Events: no longer Annulled, tranche I, 1 September 2024"


def test_a_source_is_told_by_title_publisher_and_date():
    source = {"title": "Notice", "publisher": "Ministry", "date": "2024-03", "url": None, "via": None}
    assert say_lines("sources", [source]) == ["Notice, Ministry, March 2024"]


def test_every_field_of_every_record_can_be_told(catalogue):
    for collection in COLLECTIONS.values():
        for row in catalogue.execute(collection.table.select()).mappings():
            for name, value in row.items():
                if name != "geom":
                    assert say_field(name) and all(line and "None" not in line for line in say_lines(name, value))


def members(value) -> set[str]:
    """Names of the members of objects, however deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()).union(*map(members, inner))


def test_every_field_with_words_of_its_own_is_there(catalogue):
    there = {"geometry"}
    for collection in COLLECTIONS.values():
        there.update(collection.table.c.keys())
        for row in catalogue.execute(collection.table.select()).mappings():
            there.update(*map(members, row.values()))
    # What an auction's notice and result may say besides, and no record of the catalogue says yet.
    assert set(FIELD_WORDS) <= there | {"method", "page", "qualified_bidders", "tender_number"}


# The page


def test_the_page_shows_every_change(edited, reader):
    html = reader.get("/blocks/one/history").text
    for number in range(1, 6):
        assert f'id="revision-{number}"' in html
    assert "The &lt;new&gt; notice" in html and "<td>Offered</td><td>Annulled</td>" in html
    assert html.index("revision-5") < html.index("revision-1")
    for number in (1, 2, 3, 5):
        assert f'href="/blocks/one?revision={number}"' in html
        assert reader.get(f"/blocks/one?revision={number}").status_code == 200
    assert "Made up for a test" in html


def test_the_page_of_a_record_that_is_gone_says_so(edited, reader):
    revert(edited, 5, "me")
    assert reader.get("/blocks/one").status_code == 404
    page = reader.get("/blocks/one/history")
    assert page.status_code == 200
    assert "One is no longer held since revision 6." in page.text and "What it was" in page.text


def test_the_history_goes_on_under_another_id(edited, reader):
    rename(edited, "blocks", "one", "uno", "me")
    answer = reader.get("/blocks/one/history?theme=dark")
    assert answer.status_code == 308 and answer.headers["location"].endswith("/blocks/uno/history?theme=dark")
    html = reader.get("/blocks/uno/history").text
    assert "<td>one</td><td>uno</td>" in html and 'id="revision-1"' in html


def test_an_id_that_never_was_is_not_found(edited, reader):
    answer = reader.get("/blocks/twoo/history")
    assert answer.status_code == 404 and 'href="/blocks/two"' in answer.text
    assert reader.get("/blocks/a%00b/history").status_code == 404
    assert reader.get("/blocks/one/history?nothing=1").text.count("is no parameter of this page") == 1


# Indexes


@pytest.fixture
def crowded(database, folder):
    """Twenty thousand versions, at three revisions."""
    folder.features("blocks", [a_block("one")])
    folder.features("ports", [a_port()])
    load(database, folder.path)
    names = [c.name for c in BLOCKS.table.columns if c.name not in ("id", "revision")]
    listed = ", ".join(f'"{name}"' for name in names)
    copied = f"INSERT INTO block (id, revision, {listed}) SELECT 'b-' || n, CAST(:r AS integer), {listed} FROM block, "
    with database.begin() as connection:
        for number in (2, 3):
            connection.execute(text("INSERT INTO revision VALUES (:r, now(), '', '')"), {"r": number})
            rows = "generate_series(CAST(:a AS integer), :b) n WHERE id = 'one'"
            connection.execute(text(copied + rows), {"r": number, "a": number * 10_000, "b": number * 10_000 + 9_999})
        connection.execute(text("ANALYZE block"))
    return database


def test_the_newest_changes_are_read_from_the_index(crowded):
    statement = select_keys(BLOCKS, Selection(), (3, "b-39000"), 51)
    with crowded.connect() as connection:
        compiled = statement.compile(crowded, compile_kwargs={"render_postcompile": True})
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)).scalars())
    assert "ix_block_revision" in plan and "Seq Scan on block " not in plan, plan
    assert PAST[BLOCKS.model].name in plan
