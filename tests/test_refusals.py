"""Data files with faults: what is refused, with what reason, and what the command says and ends with."""

import sys

import pytest
from datafiles import (
    BOW_TIE,
    SQUARE,
    Folder,
    a_block,
    a_mineral,
    a_port,
    an_event,
    dump,
    ids_of,
    one,
    polygon,
)

from app import cli
from app.cli import serve
from app.ingest.load import load
from app.ingest.read import LoadError
from app.ingest.sources import TERMS_FILE
from app.models import Block, Port
from app.settings import Settings


def without(feature, name):
    del feature["properties"][name]
    return feature


OPEN_RING = [[84.0, 20.0], [84.02, 20.0], [84.02, 20.02], [84.0, 20.02]]
HIGH = [[84.0, 20.0, 5.0], [84.02, 20.0, 5.0], [84.02, 20.02, 5.0], [84.0, 20.0, 5.0]]

BROKEN = {
    "bow-tie": (a_block(geometry=polygon(BOW_TIE)), "Self-intersection[84.01 20.01]"),
    "open ring": (a_block(geometry=polygon(OPEN_RING)), "geometry"),
    "too few corners": (a_block(geometry=polygon(SQUARE[:2])), "geometry"),
    "heights": (a_block(geometry=polygon(HIGH)), "geometry"),
    "empty": (a_block(geometry={"type": "Polygon", "coordinates": []}), "geometry"),
    "a line": (a_block(geometry={"type": "LineString", "coordinates": SQUARE}), "LineString"),
    "no geometry": (a_block() | {"geometry": None}, "geometry"),
    "latitude 91": (a_block(geometry=polygon([[x, y + 71] for x, y in SQUARE])), "latitude"),
    "longitude 181": (a_block(geometry=polygon([[x + 97, y] for x, y in SQUARE])), "longitude"),
    "NaN": (a_block(geometry=polygon([[float("nan"), 20.0], *SQUARE])), "geometry"),
    "words": (a_block(geometry=polygon([["a", "b"]] * 4)), "geometry"),
    "unknown mineral": (a_block(minerals=["graphit"]), "graphite"),
    "unknown state": (a_block(state="Orisha"), "Odisha"),
    "missing member": (without(a_block(), "area_ha"), "area_ha"),
    "extra member": (a_block(colour="red"), "colour"),
    "wrong type": (a_block(area_ha="large"), "area_ha"),
    "negative area": (a_block(area_ha=-1.0), "area_ha"),
    "infinite area": (a_block(area_ha=float("inf")), "area_ha"),
    "NaN in an object": (a_block(access={"nearest_rail": float("nan")}), "access.nearest_rail"),
    "NUL": (a_block(grade="4 %\0"), "NUL"),
    "lone surrogate": (a_block(grade="\ud800"), "grade"),
    "unknown event kind": (a_block(events=[an_event(1, "sold")]), "events.0.kind"),
    "no such day": (a_block(events=[an_event(1, "offered", "2026-02-30")]), "2026-02-30"),
    "no such day of an event without a status": (a_block(events=[an_event(1, "on_hold", "2026-02-30")]), "2026-02-30"),
    "two events of one number": (a_block(events=[an_event(1, "offered"), an_event(1, "annulled")]), "seq"),
    "a number beyond the column": (a_block(events=[an_event(2**40, "offered")]), "seq"),
    "no sources": (a_block(sources=[]), "sources"),
    "unknown confidence": (a_block(confidence="sure"), "confidence"),
    "no name": (a_block(name="  "), "name"),
    "id that is no slug": (a_block() | {"id": "Akhar Block/1"}, "id"),
    "no id": ({k: v for k, v in a_block().items() if k != "id"}, "id"),
    "no Feature": ({"type": "Thing"}, "Feature"),
    "no object": ("a text", "object"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_feature_is_refused_with_its_reason_and_the_rest_loads(database, folder, case):
    broken, reason = BROKEN[case]
    folder.features("blocks", [a_block("first"), broken, a_block("last")])
    folder.features("ports", [a_port()])
    report = load(database, folder.path)
    (refusal,) = report.refused
    assert (refusal.file, refusal.number) == ("blocks.geojson", 2)
    assert reason in refusal.reason
    assert ids_of(database, Block) == {"first", "last"}
    assert ids_of(database, Port) == {"paradip"}


def test_a_point_collection_takes_no_polygon_and_no_point_off_the_earth(database, folder):
    folder.features("ports", [a_port(), a_port("b", lat=91.0), a_port("c") | {"geometry": polygon(SQUARE)}])
    reasons = {refusal.id: refusal.reason for refusal in load(database, folder.path).refused}
    assert "latitude" in reasons["b"] and "Polygon" in reasons["c"]
    assert ids_of(database, Port) == {"paradip"}


def test_a_name_for_a_mineral_that_is_not_there_is_refused(database, folder):
    folder.write(
        TERMS_FILE, "terms", [{"term": "plumbago", "mineral": "graphite"}, {"term": "x", "mineral": "graphit"}]
    )
    (refusal,) = load(database, folder.path).refused
    assert (refusal.file, refusal.number) == (TERMS_FILE, 2) and "graphite" in refusal.reason


def test_a_broader_mineral_must_be_there(database, folder):
    folder.write("minerals.json", "minerals", [a_mineral(), a_mineral("flake", broader="graphit")])
    (refusal,) = load(database, folder.path).refused
    assert (refusal.file, refusal.number) == ("minerals.json", 2) and "graphite" in refusal.reason


def test_a_doubled_id_is_refused_the_second_time(database, folder):
    folder.features("blocks", [a_block("same", area_ha=1.0), a_block("same", area_ha=2.0)])
    (refusal,) = load(database, folder.path).refused
    assert (refusal.number, refusal.id) == (2, "same") and "already" in refusal.reason
    assert one(database, Block.area_ha, "same") == 1.0


def test_what_the_database_has_of_a_refused_record_stays(database, folder):
    folder.features("blocks", [a_block("one", area_ha=7.0), a_block("two")])
    load(database, folder.path)
    folder.features("blocks", [a_block("one", area_ha=-1.0), a_block("two")])
    report = load(database, folder.path)
    assert report.revision is None and len(report.refused) == 1
    assert one(database, Block.area_ha, "one") == 7.0


def test_a_refused_record_without_an_id_lets_nothing_go(database, folder):
    folder.features("blocks", [a_block("one"), a_block("two")])
    load(database, folder.path)
    folder.features("blocks", [a_block("one"), {k: v for k, v in a_block("two").items() if k != "id"}])
    load(database, folder.path)
    assert ids_of(database, Block) == {"one", "two"}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b'{"type": "FeatureCollection", ', "not JSON"),
        (b"[]", "object"),
        (b"{}", "features"),
        (b'{"features": 5}', "features"),
        (b'{"features": ["\xff"]}', "UTF-8"),
        (b"", "not JSON"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_database_alone(database, folder, content, word):
    folder.features("blocks", [a_block()])
    load(database, folder.path)
    before = dump(database)
    folder.features("ports", [a_port()])
    path = folder.path / "blocks.geojson"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(LoadError, match=r"blocks\.geojson") as caught:
        load(database, folder.path)
    assert word in str(caught.value) and "\n" not in str(caught.value)
    assert dump(database) == before


# The command


@pytest.fixture
def khanij(monkeypatch, load_url, capsys):
    """Run a command; its exit code and what it wrote."""
    monkeypatch.setenv("DATABASE_URL", load_url)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["khanij", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        return ended.value.code or 0, written.out, written.err

    return run


def test_the_command_loads_and_says_what_came_in(database, folder, khanij):
    folder.features("blocks", [a_block()])
    code, out, _ = khanij("load", "--data-dir", str(folder.path), "--note", "Hand-made")
    assert code == 0
    assert "blocks.geojson" in out and "Revision 1 is published." in out
    code, out, _ = khanij("load", "--data-dir", str(folder.path))
    assert code == 0 and "Nothing changed; no new revision." in out


def test_the_command_ends_with_1_and_the_reason_of_a_refusal(database, folder, khanij):
    folder.features("blocks", [a_block("good"), a_block("bad", geometry=polygon(BOW_TIE))])
    code, out, _ = khanij("load", "--data-dir", str(folder.path))
    assert code == 1
    (line,) = [line for line in out.splitlines() if line.startswith("Refused")]
    assert "blocks.geojson, no. 2 (bad)" in line and "Self-intersection[84.01 20.01]" in line
    assert ids_of(database, Block) == {"good"}


def test_the_command_says_in_one_line_that_a_file_cannot_be_read(database, folder, khanij):
    (folder.path / "ports.geojson").write_text("{")
    code, _, err = khanij("load", "--data-dir", str(folder.path))
    assert code == 1
    assert len(err.strip().splitlines()) == 1 and "ports.geojson is not JSON" in err
    assert ids_of(database, Port) == set()


def test_the_command_says_in_one_line_that_the_folder_is_missing(database, tmp_path, khanij):
    code, _, err = khanij("load", "--data-dir", str(tmp_path / "nowhere"))
    assert code == 1 and len(err.strip().splitlines()) == 1


def test_a_start_after_another_folder_was_loaded_reads_its_own_again(database, folder, tmp_path, khanij):
    """`khanij serve` skips a load of what it loaded last; a load by hand in between must not make it skip wrongly."""
    folder.features("blocks", [a_block("own")])
    settings = Settings(data_dir=folder.path)
    assert serve._bring_up_to_date(database, settings) is not None
    assert serve._bring_up_to_date(database, settings) is None
    other = Folder(tmp_path / "other")
    other.features("blocks", [a_block("other")])
    khanij("load", "--data-dir", str(other.path))
    serve._bring_up_to_date(database, settings)
    assert ids_of(database, Block) == {"own"}
