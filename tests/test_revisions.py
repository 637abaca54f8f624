"""Both clocks: every revision gives what a plain replay gives, and every day what the events say; undoing, renaming."""

import re
from calendar import monthrange
from copy import deepcopy
from datetime import date
from itertools import pairwise

import pytest
from conftest import get_ids, get_json, get_problem
from datafiles import Folder, a_block, an_event, dump, ids_of, polygon
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from publishing import write_blocks
from sqlalchemy import delete, select
from typer.testing import CliRunner

from app import cli
from app.ingest.load import load
from app.ingest.read import LoadError
from app.ingest.undo import rename, revert
from app.main import create_app
from app.models import PAST, Base, Block, Renaming, Revision
from app.settings import Settings

# The long proof has 200; the suite that runs at each change has some of them.
HISTORIES, SOME_HISTORIES = 200, 30
SLUGS = ("akhar", "bela", "chand")
STATUSES = {
    "announced": "under_exploration", "offered": "offered", "re-offered": "offered", "annulled": "annulled",
    "preferred_bidder": "preferred_bidder_declared", "letter_of_intent": "letter_of_intent",
    "composite_licence_granted": "licence_granted", "lease_executed": "lease_executed", "cancelled": "cancelled",
}  # fmt: skip
DATES = (None, "2023", "2024", "2024-02", "2024-03", "2024-03-13", "2024-06-24", "2025-01", "2025-01-31")
DAYS = ("2023-12-30", "2023-12-31", "2024-02-29", "2024-03-20", "2024-12-30", "2025-01-31", "2026-01-01")
TOLD = ("name", "area_ha", "stage", "status", "status_since", "tranches", "latest_tranche", "attempts", "minerals")


# A plain replay


def end_of(text):
    """The last day of a date's period."""
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    return date(year, month or 12, day or monthrange(year, month or 12)[1])


def standing(events, day=None):
    """What the events say, up to a day: each counts from its period's end, but never later than a following one."""
    if day is not None:
        ends = [[end_of(e["date"]) for e in events[i:] if e["date"]] for i in range(len(events))]
        events = [e for e, days in zip(events, ends, strict=True) if days and min(days) <= date.fromisoformat(day)]
    setting = [e for e in events if e["kind"] in STATUSES]
    offers = [e for e in events if e["kind"] in ("offered", "re-offered")]
    tranches = list(dict.fromkeys(e["tranche"] for e in offers if e["tranche"]))
    return {
        "status": STATUSES[setting[-1]["kind"]] if setting else None,
        "status_since": setting[-1]["date"] if setting else None,
        "tranches": tranches,
        "latest_tranche": tranches[-1] if tranches else None,
        "attempts": len(offers) or None,
    }


class Replay:
    """What the database should hold: `states[n]` is id → (record, the id it was last written under) at revision n."""

    def __init__(self, first):
        self.states = {first: {}}
        self.newest = first
        self.moved = {}  # id given up → (id it leads to, revision)

    @property
    def now(self):
        return self.states[self.newest]

    def push(self, state):
        self.newest += 1
        self.states[self.newest] = state

    def touched(self, number):
        before, after = self.states[number - 1], self.states[number]
        return {slug for slug in before.keys() | after.keys() if before.get(slug) != after.get(slug)}

    def pairs(self, number):
        """(old id, new id) of what a revision renamed."""
        before, after, touched = self.states[number - 1], self.states[number], self.touched(number)
        gone, came = touched - after.keys(), touched - before.keys()
        return [(old, new) for old in gone for new in came if before[old] == after[new]]

    def redirect(self, old, new):
        leading = {slug: to for slug, to in self.moved.items() if slug not in (old, new)}
        self.moved = {slug: (new, n) if to == old else (to, n) for slug, (to, n) in leading.items()}
        self.moved[old] = (new, self.newest)

    def rename(self, old, new):
        self.push({new if slug == old else slug: kept for slug, kept in self.now.items()})
        self.redirect(old, new)

    def can_revert(self, number):
        before, after, touched = self.states[number - 1], self.states[number], self.touched(number)
        changed = any(self.now.get(slug) not in (before.get(slug), after.get(slug)) for slug in touched)
        moved = any(s in touched and n > number and to not in touched for s, (to, n) in self.moved.items())
        lost = any(old not in self.now and new not in self.now for old, new in self.pairs(number))
        return not (changed or moved or lost)

    def revert(self, number):
        """True where there is anything to undo."""
        before, touched = self.states[number - 1], self.touched(number)
        kept = {slug: record for slug, record in self.now.items() if slug not in touched}
        state = kept | {slug: before[slug] for slug in touched if slug in before}
        if state == self.now:
            return False
        self.push(state)
        for old, new in self.pairs(number):
            self.redirect(new, old)
        return True


# The real thing


@pytest.fixture(scope="module")
def based(load_engine, tmp_path_factory):
    """A database with a mineral and a state at revision 1, and no block."""
    with load_engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    folder = Folder(tmp_path_factory.mktemp("base") / "data")
    assert load(load_engine, folder.path).revision == 1
    return load_engine


@pytest.fixture(scope="module")
def reader(load_url):
    with TestClient(create_app(Settings(), load_url), follow_redirects=False) as client:
        yield client


def forget(engine):
    """Back to revision 1."""
    with engine.begin() as connection:
        for table in (Block.__table__, PAST[Block], Renaming.__table__):
            connection.execute(delete(table))
        connection.execute(delete(Revision).where(Revision.number > 1))


RINGS = {
    x: [[84 + x, 20.0], [84.02 + x, 20.0], [84.02 + x, 20.02], [84.01 + x, 20.03], [84 + x, 20.02], [84 + x, 20.0]]
    for x in (0.0, 0.5)
}
an_event_list = st.lists(
    st.tuples(st.sampled_from([*STATUSES, "on_hold"]), st.sampled_from(DATES), st.sampled_from((None, "I", "II"))),
    max_size=5,
).map(lambda drawn: [an_event(n, kind, when, tranche) for n, (kind, when, tranche) in enumerate(drawn, 1)])
facts = st.fixed_dictionaries(
    {
        "name": st.sampled_from(("Akhar", "Béla <b>&amp;", "चाँद")),
        "area_ha": st.sampled_from((None, 5.0, 752.77)),
        "stage": st.sampled_from((None, "G4", "G2")),
        "notes": st.lists(st.sampled_from(("one", "two")), max_size=2, unique=True),
        "events": an_event_list,
    }
)
step = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(SLUGS), st.tuples(facts, st.sampled_from(tuple(RINGS)))),
    st.tuples(st.just("put"), st.sampled_from(SLUGS), st.tuples(facts, st.sampled_from(tuple(RINGS)))),
    st.tuples(st.just("drop"), st.sampled_from(SLUGS), st.none()),
    st.tuples(st.just("revert"), st.integers(0, 9), st.none()),
    st.tuples(st.just("rename"), st.integers(0, 9), st.none()),
    st.tuples(st.just("again"), st.none(), st.none()),
)


def put(engine, replay, state):
    """Write a state, in the database and in the replay."""
    made = write_blocks(engine, [record | {"id": slug} for slug, record in state.items()])
    if state == {slug: record for slug, (record, _) in replay.now.items()}:
        # Only what was renamed since may be written again, under its new id.
        assert made is None or any(slug != written for slug, (_, written) in replay.now.items())
    else:
        assert made == replay.newest + 1
    if made is not None:
        replay.push({slug: (record, slug) for slug, record in state.items()})


def take(engine, replay, action, what, more):
    """One step, in the database and in the replay."""
    state = {slug: record for slug, (record, _) in replay.now.items()}
    if action == "put":
        if what in replay.moved:
            return
        properties, west = more
        put(engine, replay, state | {what: a_block(what, polygon(RINGS[west]), **deepcopy(properties))})
    elif action == "drop":
        put(engine, replay, {slug: record for slug, record in state.items() if slug != what})
    elif action == "again":
        put(engine, replay, state)
    elif action == "rename" and state:
        old = sorted(state)[what % len(state)]
        new = f"{old.split('-')[0]}-{replay.newest}"
        assert rename(engine, "blocks", old, new, "test") == replay.newest + 1
        replay.rename(old, new)
    elif action == "revert" and replay.newest > 1:
        undo(engine, replay, 2 + what % (replay.newest - 1))


def undo(engine, replay, number):
    if not replay.can_revert(number):
        with pytest.raises(LoadError, match="Undo those first"):
            revert(engine, number, "test")
    elif replay.revert(number):
        assert revert(engine, number, "test").revision == replay.newest
    else:
        assert revert(engine, number, "test") == (0, 0, None)


def expected(slug, record, day=None):
    facts = {name: record["properties"].get(name) for name in TOLD} | standing(record["properties"]["events"], day)
    return slug, facts, record["geometry"]["coordinates"]


def told(feature):
    (rings,) = feature["geometry"]["coordinates"]
    return feature["id"], {name: feature["properties"][name] for name in TOLD}, rings


def check_items(reader, state, query, day=None):
    features = get_json(reader, f"/api/collections/blocks/items?{query}")["features"]
    found = [told(feature) for feature in features]
    # A record keeps its own id in the replay's file; what a reader sees is the id that it has.
    assert found == [expected(slug, record, day) for slug, (record, _) in sorted(state.items())], query


def check_pages(reader, replay, number):
    """Explorer, block pages and single items at one revision."""
    state = replay.states[number]
    html = reader.get(f"/?revision={number}").text
    assert sorted(re.findall(r'<th scope="row"><a href="/blocks/([^"?]+)', html)) == sorted(state), number
    ever = sorted(set().union(*replay.states.values()))
    for slug in ever[number % 2 :: 2][:2]:
        answer = reader.get(f"/api/collections/blocks/items/{slug}?revision={number}")
        page = reader.get(f"/blocks/{slug}?revision={number}")
        if slug in state:
            assert told(answer.json()) == expected(slug, state[slug][0]), (slug, number)
            assert page.status_code == 200
        elif slug in replay.moved:
            to = replay.moved[slug][0]
            assert (answer.status_code, page.status_code) == (308, 308)
            assert page.headers["location"].endswith(f"/blocks/{to}?revision={number}")
        else:
            assert (answer.status_code, page.status_code) == (404, 404), (slug, number)


def spans_of(engine):
    """id → [(from, until)] of all versions, today's without an end."""
    today, past = Block.__table__.c, PAST[Block].c
    spans = {}
    with engine.connect() as connection:
        rows = [*connection.execute(select(past.id, past.revision, past.until_revision))]
        rows += [(*row, 10**9) for row in connection.execute(select(today.id, today.revision))]
    for slug, start, until in rows:
        spans.setdefault(slug, []).append((start, until))
    return spans


def check_all(engine, reader, replay, chosen):
    for number, state in replay.states.items():
        check_items(reader, state, f"revision={number}")
    numbers = list(replay.states)
    number = numbers[chosen % len(numbers)]
    with engine.connect() as connection:
        at = connection.scalar(select(Revision.at).where(Revision.number == number))
    check_items(reader, replay.states[number], f"revision={at:%Y-%m-%dT%H:%M:%S.%fZ}")
    check_pages(reader, replay, number)
    day, other = DAYS[chosen % len(DAYS)], DAYS[chosen * 3 % len(DAYS)]
    check_items(reader, replay.now, f"as_of={day}", day)
    check_items(reader, replay.states[number], f"revision={number}&as_of={other}", other)
    for spans in spans_of(engine).values():
        ordered = sorted(spans)
        assert all(start < until for start, until in ordered)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(ordered))


def histories(count):
    def made(test):
        given_some = given(steps=st.lists(step, min_size=2, max_size=7), chosen=st.integers(0, 100))(test)
        phases = (Phase.explicit, Phase.generate)  # shrinking a history takes minutes
        checks = list(HealthCheck)
        return settings(
            max_examples=count, deadline=None, derandomize=True, phases=phases, suppress_health_check=checks
        )(given_some)

    return made


@histories(SOME_HISTORIES)
def test_every_revision_is_what_a_replay_says(based, reader, steps, chosen):
    check_history(based, reader, steps, chosen)


@pytest.mark.slow
@histories(HISTORIES)
def test_every_revision_of_200_histories_is_what_a_replay_says(based, reader, steps, chosen):
    check_history(based, reader, steps, chosen)


def check_history(based, reader, steps, chosen):
    forget(based)
    replay = Replay(1)
    for action, what, more in steps:
        take(based, replay, action, what, more)
    check_all(based, reader, replay, chosen)
    last = replay.newest
    for number in range(last, 1, -1):
        assert replay.can_revert(number)
        undo(based, replay, number)
    assert replay.now == {} and ids_of(based, Block) == set()
    check_items(reader, {}, "")
    check_items(reader, replay.states[last], f"revision={last}")


# Undoing


@pytest.fixture
def follow(load_url):
    with TestClient(create_app(Settings(), load_url)) as client:
        yield client


@pytest.fixture
def held(database, folder):
    """Three revisions: two blocks; one with another area; the other with another name."""
    folder.features("blocks", [a_block("one"), a_block("two")])
    load(database, folder.path)
    write_blocks(database, [a_block("one", area_ha=5.0), a_block("two")], "Area of one")
    folder.features("blocks", [a_block("one", area_ha=5.0), a_block("two", name="Second")])
    write_blocks(database, [a_block("one", area_ha=5.0), a_block("two", name="Second")], "Name of two")
    return database


def columns(engine, *wanted):
    with engine.connect() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(select(Block.id, *wanted))}


def test_an_earlier_revision_is_undone_and_the_later_one_stays(held):
    assert revert(held, 2, "me", "Area was misread") == (1, 0, 4)
    assert columns(held, Block.area_ha, Block.name) == {"one": (None, "One"), "two": (None, "Second")}
    with held.connect() as connection:
        newest = connection.execute(select(Revision).order_by(Revision.number.desc())).first()
    assert (newest.number, newest.note, newest.who) == (4, "Area was misread", "me")


def test_undoing_twice_is_nothing_to_do(held):
    revert(held, 2, "me")
    before = dump(held)
    assert revert(held, 2, "me") == (0, 0, None)
    assert dump(held) == before


def test_undoing_what_was_undone_brings_it_back(held):
    revert(held, 2, "me")
    revert(held, 4, "me")
    assert columns(held, Block.area_ha)["one"] == (5.0,)


def test_undoing_the_first_revision_last_leaves_nothing(held):
    for number in (3, 2, 1):
        revert(held, number, "me")
    found = dump(held)
    assert found["block"] == found["mineral"] == found["state"] == []


def test_what_a_later_revision_changed_again_is_not_undone(held):
    with pytest.raises(LoadError, match=r"Revision 1 cannot be undone by itself: .*one, two"):
        revert(held, 1, "me")
    assert len(dump(held)["revision"]) == 3


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_revision_that_is_not_there_is_not_undone(held, number):
    with pytest.raises(LoadError, match=f"There is no revision {number}"):
        revert(held, number, "me")


def test_a_removed_record_comes_back_with_its_facts(held):
    write_blocks(held, [a_block("two", name="Second")])
    revert(held, 4, "me")
    assert columns(held, Block.area_ha)["one"] == (5.0,)


def test_loading_after_undoing_publishes_what_the_files_say(held, folder):
    revert(held, 2, "me")
    assert load(held, folder.path).revision == 5
    assert columns(held, Block.area_ha)["one"] == (5.0,)


# Another id


def test_every_id_that_a_record_had_leads_to_the_one_it_has(held, reader):
    rename(held, "blocks", "one", "uno", "me")
    rename(held, "blocks", "uno", "eins", "me")
    assert ids_of(held, Block) == {"eins", "two"}
    for slug in ("one", "uno"):
        for address in ("/blocks/{}", "/blocks/{}/history", "/api/collections/blocks/items/{}"):
            answer = reader.get(address.format(slug))
            assert answer.status_code == 308
            assert answer.headers["location"].endswith(address.format("eins"))
    answer = reader.get("/blocks/one?theme=dark")
    assert answer.headers["location"].endswith("/blocks/eins?theme=dark")


def test_an_earlier_moment_has_the_record_under_the_id_of_then(held, follow):
    rename(held, "blocks", "one", "uno", "me")
    assert get_ids(follow, revision=3) == ["one", "two"]
    assert get_ids(follow) == ["two", "uno"]
    assert get_json(follow, "/api/collections/blocks/items/one?revision=3")["id"] == "one"
    assert follow.get("/blocks/one?revision=3").url.path == "/blocks/one"
    get_problem(follow, "/api/collections/blocks/items/uno?revision=3", 404)


def test_it_is_found_by_either_id(held, follow):
    rename(held, "blocks", "one", "zzyzx", "me")
    assert get_ids(follow, q="zzyzx") == ["zzyzx"] == get_ids(follow, ids="zzyzx")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("one", "two", "is or was a record's id"),
        ("one", "one", "is or was a record's id"),
        ("three", "four", "there is none with the id “three”"),
        ("one", "No Slug", "is no slug"),
        ("one", "a--b", "is no slug"),
        ("one", "x" * 121, "at most 120 characters"),
    ],
)
def test_an_id_that_cannot_be_given_is_refused(held, old, new, reason):
    before = dump(held)
    with pytest.raises(LoadError, match=re.escape(reason)):
        rename(held, "blocks", old, new, "me")
    assert dump(held) == before


def test_an_id_that_was_given_up_is_given_to_no_other(held):
    rename(held, "blocks", "one", "uno", "me")
    with pytest.raises(LoadError, match="an id never changes its meaning"):
        rename(held, "blocks", "two", "one", "me")
    with pytest.raises(LoadError, match="it was renamed to “uno”"):
        rename(held, "blocks", "one", "eins", "me")


def test_an_undone_renaming_leads_back(held, reader):
    rename(held, "blocks", "one", "uno", "me")
    revert(held, 4, "me")
    assert ids_of(held, Block) == {"one", "two"}
    assert reader.get("/blocks/one").status_code == 200
    assert reader.get("/blocks/uno").headers["location"].endswith("/blocks/one")
    revert(held, 5, "me")
    assert reader.get("/blocks/one").headers["location"].endswith("/blocks/uno")


def test_a_renaming_before_another_is_not_undone_alone(held):
    rename(held, "blocks", "one", "uno", "me")
    rename(held, "blocks", "uno", "eins", "me")
    with pytest.raises(LoadError, match="Undo those first"):
        revert(held, 4, "me")


def test_a_file_with_an_id_that_was_given_up_is_told_the_new_one(held, folder):
    rename(held, "blocks", "one", "uno", "me")
    report = load(held, folder.path)
    (refusal,) = report.refused
    assert refusal.id == "one" and "was renamed to “uno”" in refusal.reason
    assert ids_of(held, Block) == {"uno", "two"} and report.revision is None
    folder.features("blocks", [a_block("uno", name="One", area_ha=5.0), a_block("two", name="Second")])
    assert load(held, folder.path).refused == []
    assert ids_of(held, Block) == {"uno", "two"}


# The commands


@pytest.fixture
def run(held, load_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", load_url)

    def run(*words):
        result = CliRunner().invoke(cli.app, words)
        return result.exit_code, result.output

    return run


def test_the_commands_list_undo_and_rename(run, held):
    code, told = run("revisions")
    assert code == 0 and [told.index(note) for note in ("Name of two", "Area of one", "Data files loaded")]
    assert told.index("Name of two") < told.index("Area of one")
    assert run("revert", "2", "--who", "me") == (
        0, "Revision 4 undoes revision 2: 1 records brought back, 0 taken away.\n"
    )  # fmt: skip
    assert run("revert", "2")[1].startswith("Nothing to do")
    assert run("rename", "blocks", "one", "uno") == (0, "Revision 5: one is now uno.\n")
    assert run("rename", "nothing", "one", "uno")[0] == 1
    assert ids_of(held, Block) == {"uno", "two"}
