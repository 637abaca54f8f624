"""Backup and restore on databases of their own: what comes back is what went in, or nothing is changed."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile

import psycopg
import pytest
from datafiles import a_block
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from app.backup import BackupError, compare, open_archive, restore, write_backup
from app.backup.archive import DUMP, MANIFEST
from app.backup.tools import Address, sentence_of
from app.cli import app as khanij
from app.cluster import create_database, drop_database
from app.db import make_engine
from app.ingest.load import load
from app.migrate import migrate
from app.models import Base
from app.settings import PROJECT_ROOT, Settings


@pytest.fixture
def scratch(server):
    """Makes empty databases; they go at the end."""
    made = []

    def make():
        name = f"khanij_test_backup_{os.getpid()}_{len(made)}"
        drop_database(server, name)
        made.append(name)
        return create_database(server, name)

    yield make
    for name in made:
        drop_database(server, name)


@pytest.fixture(scope="module")
def backup(catalogue_report, catalogue_url, tmp_path_factory):
    """A backup of the catalogue."""
    path = tmp_path_factory.mktemp("backup") / "catalogue.khanij"
    write_backup(catalogue_url, path)
    return path


@pytest.fixture
def small(scratch, folder):
    """URL of a database that holds one block."""
    url = scratch()
    engine = make_engine(url)
    migrate(engine)
    folder.write("blocks.geojson", "features", [a_block()])
    load(engine, folder.path)
    engine.dispose()
    return url


def run(url, statement):
    """Rows of a statement, committed."""
    engine = make_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def held(url, tmp_path):
    """Table → (rows, checksum), as a backup of the database has it."""
    manifest = write_backup(url, tmp_path / "held.khanij")
    return {name: (table.rows, table.sha256) for name, table in manifest.tables.items()}


def cli(url, *arguments, monkeypatch):
    """Exit code and words of a command on the database."""
    monkeypatch.setenv("DATABASE_URL", url)
    result = CliRunner().invoke(khanij, [str(argument) for argument in arguments])
    return result.exit_code, " ".join(result.output.split())


def rewrite(path, to, **members):
    """A copy of a backup with some of its members replaced; its own checksums (CRC) are right again."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            new.writestr(name, members.get(name.split(".")[0], old.read(name)))
    return to


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(MANIFEST))


# Backup


def test_a_backup_names_every_table_with_its_rows(backup, catalogue_url):
    manifest = open_archive(backup).manifest
    assert set(manifest.tables) == {*Base.metadata.tables, "alembic_version"}
    assert manifest.tables["block"].rows == 178 and manifest.tables["block"].columns["id"] == "text"
    assert manifest.revision.number == 1 and manifest.alembic and manifest.server and manifest.postgis
    assert compare(catalogue_url, manifest) == []


def test_two_backups_have_the_same_checksums(backup, catalogue_url, tmp_path):
    again = write_backup(catalogue_url, tmp_path / "again.khanij")
    assert again.tables == open_archive(backup).manifest.tables


def test_no_part_of_a_backup_is_left_behind(catalogue_url, tmp_path):
    write_backup(catalogue_url, tmp_path / "a.khanij")
    write_backup(catalogue_url, tmp_path / "a.khanij")
    assert [path.name for path in tmp_path.iterdir()] == ["a.khanij"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE block SET name = name || ' '",
        "UPDATE block SET area_ha = area_ha + 1e-9 WHERE area_ha IS NOT NULL",
        "UPDATE block SET geom = ST_Translate(geom, 1e-9, 0)",
        "UPDATE block SET notes = '{\"a,b\"}'",
        "UPDATE block SET district = 'NULL'",
        "UPDATE revision SET at = at + interval '1 microsecond'",
    ],
)
def test_a_checksum_sees_the_least_change(small, tmp_path, change):
    run(small, "UPDATE block SET area_ha = 1.5")
    before = held(small, tmp_path)
    run(small, change)
    after = held(small, tmp_path)
    assert len([name for name in before if before[name] != after[name]]) == 1
    assert {name: rows for name, (rows, _) in before.items()} == {name: rows for name, (rows, _) in after.items()}


def test_swapped_values_and_doubled_changes_are_seen(small, tmp_path):
    run(small, "INSERT INTO data_file (name, sha256, record_count) VALUES ('a', 'x', 1), ('b', 'y', 1)")
    before = held(small, tmp_path)["data_file"]
    run(small, "UPDATE data_file SET sha256 = CASE name WHEN 'a' THEN 'y' ELSE 'x' END WHERE name IN ('a', 'b')")
    assert held(small, tmp_path)["data_file"] != before


def test_settings_of_a_session_do_not_matter(small, tmp_path):
    before = held(small, tmp_path)
    name = make_url(small).database
    run(small, f"ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'")
    run(small, f"ALTER DATABASE {name} SET datestyle = 'German'")
    run(small, f"ALTER DATABASE {name} SET extra_float_digits = 0")
    assert held(small, tmp_path) == before


def test_a_password_stands_on_no_command_line():
    address = Address.of("postgresql+psycopg://reader:s3cret@db.example:5433/atlas?sslmode=require")
    assert "s3cret" not in address.conninfo and address.environment["PGPASSWORD"] == "s3cret"
    assert {"host=db.example", "port=5433", "user=reader", "sslmode=require"} <= set(address.conninfo.split())


# Restore


def test_backup_drop_restore(server, catalogue_url, backup, scratch, tmp_path, monkeypatch):
    url = scratch()
    code, words = cli(url, "restore", backup, monkeypatch=monkeypatch)
    assert code == 0 and "Restored and verified" in words
    assert held(url, tmp_path) == held(catalogue_url, tmp_path)
    assert cli(url, "check", backup, monkeypatch=monkeypatch)[0] == 0
    # And once more into a database that was dropped.
    name = make_url(url).database
    drop_database(server, name)
    create_database(server, name)
    restore(url, open_archive(backup))
    assert compare(url, open_archive(backup).manifest) == []
    indexes = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys' ORDER BY 1"
    )
    assert run(url, indexes) == run(catalogue_url, indexes)


def test_a_restored_database_is_loaded_as_any_other(backup, scratch):
    url = scratch()
    restore(url, open_archive(backup))
    engine = make_engine(url)
    migrate(engine)
    assert load(engine, Settings().data_dir).revision is None
    engine.dispose()


def test_records_are_replaced_only_when_somebody_says_so(backup, small, tmp_path, monkeypatch):
    before = held(small, tmp_path)
    for arguments in ([], ["--yes"], ["--clean"]):
        code, words = cli(small, "restore", backup, *arguments, monkeypatch=monkeypatch)
        assert code == 1 and "--clean" in words
        assert held(small, tmp_path) == before
    code, words = cli(small, "restore", backup, "--clean", "--yes", monkeypatch=monkeypatch)
    assert (code, compare(small, open_archive(backup).manifest)) == (0, [])


def test_tables_without_records_are_no_reason_to_ask(backup, scratch):
    url = scratch()
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()
    assert restore(url, open_archive(backup)).rows_only


def test_tables_of_another_version_are_made_anew(backup, small):
    run(small, "ALTER TABLE block ADD COLUMN shoe_size integer")
    done = restore(small, open_archive(backup), clean=True)
    assert not done.rows_only and done.is_current
    assert compare(small, open_archive(backup).manifest) == []


def test_what_others_keep_in_the_database_stays(backup, small):
    run(small, "CREATE TABLE diary (day date)")
    run(small, "INSERT INTO diary VALUES ('2026-01-01')")
    restore(small, open_archive(backup), clean=True)
    assert run(small, "SELECT count(*) FROM diary") == [(1,)]


def test_a_view_on_the_tables_stops_a_restore_that_would_drop_them(backup, small, tmp_path):
    run(small, "ALTER TABLE block ADD COLUMN shoe_size integer")
    run(small, "CREATE VIEW feet AS SELECT shoe_size FROM block")
    before = held(small, tmp_path)
    with pytest.raises(BackupError, match="view feet depends on table block"):
        restore(small, open_archive(backup), clean=True)
    assert held(small, tmp_path) == before


def test_a_reader_keeps_to_what_it_began_with_and_nobody_waits(backup, small):
    question = text("SELECT (SELECT count(*) FROM block), (SELECT count(*) FROM port)")
    engine = make_engine(small)
    with engine.connect() as early:
        assert early.scalar(text("SELECT count(*) FROM revision")) == 1
        restore(small, open_archive(backup), clean=True)
        assert tuple(early.execute(question).one()) == (1, 0)
    with engine.connect() as late:
        assert tuple(late.execute(question).one()) == (178, 46)
    engine.dispose()


def test_every_reader_sees_the_old_or_the_new(backup, small):
    seen, stop, names = set(), threading.Event(), ("revision", "block", "port")

    def read():
        engine = make_engine(small)
        while not stop.is_set():
            with engine.connect() as connection:
                seen.add(tuple(connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in names))
        engine.dispose()

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.3)
    restore(small, open_archive(backup), clean=True)
    time.sleep(0.3)
    stop.set()
    reader.join(10)
    assert seen == {(1, 1, 0), (1, 178, 46)}


def test_a_restore_that_is_killed_changes_nothing(backup, small, tmp_path):
    before = held(small, tmp_path)
    with psycopg.connect(Address.of(small).conninfo) as blocker:
        # A writer at work: the restore waits for it.
        blocker.execute("LOCK TABLE block IN ROW EXCLUSIVE MODE")
        command = [sys.executable, "-c", "from app.cli import main; main()"]
        command += ["restore", str(backup), "--clean", "--yes"]
        environment = {**os.environ, "DATABASE_URL": small}
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stderr=subprocess.DEVNULL)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 20
        while not run(small, waiting)[0][0] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert run(small, waiting)[0][0]
        process.send_signal(signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + 10
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'psql'"
    while run(small, others)[0][0] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert held(small, tmp_path) == before


# What is no good


def test_a_tampered_dump_is_refused(backup, small, tmp_path, monkeypatch):
    before = held(small, tmp_path)
    with zipfile.ZipFile(backup) as archive:
        dump = bytearray(archive.read(DUMP))
    dump[len(dump) // 2] ^= 1
    bad = rewrite(backup, tmp_path / "bad.khanij", khanij=bytes(dump))
    code, words = cli(small, "restore", bad, "--clean", "--yes", monkeypatch=monkeypatch)
    assert code == 1 and "checksum" in words
    assert held(small, tmp_path) == before


def test_a_dump_that_does_not_hold_what_the_manifest_says_is_undone(backup, small, tmp_path, monkeypatch):
    before = held(small, tmp_path)
    manifest = manifest_of(backup)
    manifest["tables"]["port"]["rows"] += 1
    manifest["tables"]["state"]["sha256"] = "0" * 64
    bad = rewrite(backup, tmp_path / "bad.khanij", manifest=json.dumps(manifest))
    code, words = cli(small, "restore", bad, "--clean", "--yes", monkeypatch=monkeypatch)
    assert code == 1 and "port: 46 rows, 47 in the backup" in words and "state: as many rows" in words
    assert held(small, tmp_path) == before


def bad_files(backup, folder):
    """Name → (a file that is no good backup, a word of what is said of it)"""
    whole, manifest = backup.read_bytes(), manifest_of(backup)
    (folder / "empty").write_bytes(b"")
    (folder / "half").write_bytes(whole[: len(whole) // 2])
    (folder / "flipped").write_bytes(whole[:50_000] + bytes([whole[50_000] ^ 1]) + whole[50_001:])
    (folder / "text").write_text("id,name\n1,x\n")
    with zipfile.ZipFile(folder / "zip", "w") as archive:
        archive.writestr("a.txt", "a")
    rewrite(backup, folder / "later", manifest=json.dumps(manifest | {"version": 2}))
    rewrite(backup, folder / "newer", manifest=json.dumps(manifest | {"alembic": "fffffffffff"}))
    rewrite(backup, folder / "garbled", manifest="{")
    rewrite(backup, folder / "lacking", manifest=json.dumps({k: v for k, v in manifest.items() if k != "tables"}))
    words = {
        "empty": "no backup", "half": "cut off", "flipped": "damaged", "text": "no backup", "zip": "other files",
        "later": "version 2", "newer": "Bring the portal up", "garbled": "manifest", "lacking": "manifest",
        "missing": "There is no file",
    }  # fmt: skip
    return {name: (folder / name, word) for name, word in words.items()}


def test_files_that_are_no_good_change_nothing(backup, small, tmp_path, monkeypatch):
    before = held(small, tmp_path)
    for name, (path, word) in bad_files(backup, tmp_path).items():
        code, words = cli(small, "restore", path, "--clean", "--yes", monkeypatch=monkeypatch)
        assert code == 1 and word in words and "Traceback" not in words, (name, words)
    assert held(small, tmp_path) == before


def test_a_backup_never_takes_the_place_of_another_file(small, tmp_path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("years of work")
    for path in (tmp_path / "thesis.txt", tmp_path, tmp_path / "no" / "folder"):
        code, words = cli(small, "backup", path, monkeypatch=monkeypatch)
        assert code == 1 and str(path) in words
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == ["thesis.txt"]


def test_no_room_leaves_the_older_backup(backup, catalogue_url, tmp_path):
    path = tmp_path / "a.khanij"
    path.write_bytes(backup.read_bytes())
    before = path.read_bytes()
    command = [sys.executable, "-c", "from app.cli import main; main()", "backup", str(path)]
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={**os.environ, "DATABASE_URL": catalogue_url},
        capture_output=True,
        text=True,
        # A file may grow to 100,000 bytes, as if the disk were full then.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert done.returncode == 1 and "cannot be written" in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["a.khanij"] and path.read_bytes() == before


def test_a_database_that_is_away_or_empty_gives_no_backup(scratch, tmp_path):
    with pytest.raises(BackupError, match="does not answer"):
        write_backup("postgresql://nobody@127.0.0.1:9/nothing", tmp_path / "a.khanij")
    with pytest.raises(BackupError, match="nothing to back up"):
        write_backup(scratch(), tmp_path / "a.khanij")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ("pg_dump: error: connection failed: FATAL:  no such role\n", "no such role"),
        ("psql:<stdin>:3: ERROR:  it is so\nDETAIL:  because.\n", "it is so (because)"),
        ("", "no reason was given"),
    ],
)
def test_messages_become_a_sentence(messages, sentence):
    assert sentence_of(messages) == sentence


# Check


def test_check_names_the_table_that_is_not_as_in_the_backup(small, tmp_path, monkeypatch):
    cli(small, "backup", tmp_path / "a.khanij", monkeypatch=monkeypatch)
    assert cli(small, "check", tmp_path / "a.khanij", monkeypatch=monkeypatch)[0] == 0
    run(small, "UPDATE block SET name = 'Other'")
    run(small, "DELETE FROM data_file")
    code, words = cli(small, "check", tmp_path / "a.khanij", monkeypatch=monkeypatch)
    assert code == 1 and "block: as many rows" in words and "data_file: 0 rows" in words


def test_check_finds_a_status_that_was_typed_by_hand(small, monkeypatch):
    assert cli(small, "check", monkeypatch=monkeypatch)[0] == 0
    run(small, "UPDATE block SET status = 'producing'")
    code, words = cli(small, "check", monkeypatch=monkeypatch)
    assert code == 1 and "blocks/akhar" in words and "Not every rule holds." in words
