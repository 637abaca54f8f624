"""The private cluster: made, reused, moved, copied, killed. Real servers in temporary folders."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app import cluster
from app.cluster import places, processes

START = (
    "import sys; from pathlib import Path; from app.cluster import ensure_running; ensure_running(Path(sys.argv[1]))"
)
PROJECT = Path(__file__).resolve().parents[1]


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kill_everything(root: Path) -> None:
    """`kill -9` of every process of the cluster."""
    data = cluster.location(root) / "data"
    while pids := processes.list_processes(data):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def make_root(folder: Path, mode: int) -> Iterator[Path]:
    folder.chmod(mode)
    root = folder / "clone"
    root.mkdir(mode)
    yield root
    for dot_postgres in folder.rglob(".postgres"):
        cluster.remove(dot_postgres.parent)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A clone that only its owner may enter; root's cluster cannot lie in it."""
    yield from make_root(tmp_path, 0o700)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same, for all tests that need no new cluster."""
    yield from make_root(tmp_path_factory.mktemp("made"), 0o700)


@pytest.fixture(params=["private", "open"])
def any_root(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The same, and a clone that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # pytest's own are always private
        yield from make_root(Path(folder), 0o700 if request.param == "private" else 0o755)


def test_lies_in_the_clone_where_the_server_can_reach_it(any_root: Path) -> None:
    cluster.ensure_running(any_root)
    reachable = os.geteuid() != 0 or any_root.stat().st_mode & 0o001
    inside = any_root / ".postgres"
    assert (cluster.location(any_root) == inside) == bool(reachable)
    owner = places.Home(cluster.location(any_root)).owner.pw_name
    assert owner == "postgres" if os.geteuid() == 0 else owner == pwd.getpwuid(os.geteuid()).pw_name


def test_serves_postgis_to_its_role_and_keeps_data_over_a_stop(made: Path) -> None:
    url = cluster.ensure_running(made)
    assert url == cluster.database_url(made)
    assert query(url, "SELECT current_user, current_database()") == [("khanij", "khanij")]
    assert query(url, "SELECT ST_AsText(ST_Point(84, 20)), similarity('lithium', 'lithum') > 0.4, unaccent('é')") == [
        ("POINT(84 20)", True, "e")
    ]
    query(url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert cluster.is_running(made)
    assert cluster.stop(made)
    assert not cluster.is_running(made)
    assert not cluster.stop(made)
    assert query(cluster.ensure_running(made), "SELECT n FROM kept") == [(7,)]


def test_opens_no_network_port_and_a_private_socket_only(made: Path) -> None:
    url = cluster.ensure_running(made)
    assert query(url, "SHOW listen_addresses") == [("",)]
    folder = Path(re.search(r"host=([^&]+)", url)[1])
    assert folder.stat().st_mode & 0o777 == 0o700


def test_new_databases_have_the_extensions_and_belong_to_the_role(made: Path) -> None:
    cluster.ensure_running(made)
    url = cluster.create_database(made, "one more")
    query(url, "CREATE TABLE place (geom geometry(Point, 4326))")
    other = cluster.create_database(url, "beside")
    assert query(other, "SELECT current_database(), PostGIS_Lib_Version() IS NOT NULL") == [("beside", True)]
    cluster.drop_database(url, "beside")
    cluster.drop_database(made, "one more")
    cluster.drop_database(made, "one more")  # already gone: nothing to say
    names = [name for (name,) in query(cluster.database_url(made), "SELECT datname FROM pg_database")]
    assert sorted(names) == ["khanij", "postgres", "template0", "template1"]


def test_survives_kill_9_of_everything(made: Path) -> None:
    url = cluster.ensure_running(made)
    query(url, "CREATE TABLE survivor AS SELECT 7 AS n")
    kill_everything(made)
    data = cluster.location(made) / "data"
    assert (data / "postmaster.pid").exists()
    assert query(cluster.ensure_running(made), "SELECT n FROM survivor") == [(7,)]


def test_stale_pid_files_that_name_another_process_do_not_hinder(made: Path) -> None:
    cluster.ensure_running(made)
    home = places.Home(cluster.location(made))
    kill_everything(made)
    # As the same user, so that PostgreSQL itself would take the number for a living server.
    stranger = subprocess.Popen(["/bin/sleep", "60"], **places.as_user(home.owner))
    try:
        for file in (home.data / "postmaster.pid", places.socket_folder(home) / ".s.PGSQL.5432.lock"):
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        assert not cluster.stop(made)
        assert query(cluster.ensure_running(made), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_orphans_of_a_killed_server_are_ended(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEFTOVERS_END_WITHIN_SECONDS", 1)
    url = cluster.ensure_running(made)
    data = cluster.location(made) / "data"
    busy = "import psycopg, sys; psycopg.connect(sys.argv[1]).execute('SELECT pg_sleep(60)')"
    client = subprocess.Popen([sys.executable, "-c", busy, url.replace("+psycopg", "")], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 5
        while query(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'") < [(2,)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        postmaster = processes.postmaster_pid(data)
        others = [pid for pid in processes.list_processes(data) if pid != postmaster]
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)  # deaf to everything but SIGKILL
        os.kill(postmaster, signal.SIGKILL)
        assert query(cluster.ensure_running(made), "SELECT 1") == [(1,)]
        assert not set(others) & set(processes.list_processes(data))
    finally:
        client.kill()
        client.wait()


def test_a_removed_socket_is_made_again(made: Path) -> None:
    cluster.ensure_running(made)
    (places.socket_folder(places.Home(cluster.location(made))) / ".s.PGSQL.5432").unlink()
    assert not cluster.is_running(made)
    assert query(cluster.ensure_running(made), "SELECT 1") == [(1,)]


@pytest.mark.parametrize("seen", ["base", "global/pg_control"])
def test_half_made_cluster_is_made_anew(root: Path, seen: str) -> None:
    """Whoever made it was killed, but initdb, in a session of its own, goes on until the next start ends it."""
    making = subprocess.Popen([sys.executable, "-c", START, str(root)], cwd=PROJECT, start_new_session=True)
    deadline = time.monotonic() + 10
    while not (cluster.location(root) / "data" / seen).exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(making.pid, signal.SIGKILL)
    making.wait()
    assert not (cluster.location(root) / "made").exists()
    assert not cluster.is_running(root)
    assert query(cluster.ensure_running(root), "SELECT PostGIS_Lib_Version() IS NOT NULL") == [(True,)]


def test_two_starts_at_once_make_one_cluster(root: Path) -> None:
    starts = [subprocess.Popen([sys.executable, "-c", START, str(root)], cwd=PROJECT) for _ in range(3)]
    assert [start.wait(30) for start in starts] == [0, 0, 0]
    assert query(cluster.database_url(root), "SELECT count(*) FROM pg_database WHERE datname = 'khanij'") == [(1,)]


def test_survives_ctrl_c_in_the_terminal(root: Path) -> None:
    portal = subprocess.Popen(
        [sys.executable, "-c", START + "; import time; time.sleep(60)", str(root)],
        cwd=PROJECT,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while not cluster.is_running(root):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(portal.pid, signal.SIGINT)  # what a terminal sends to all that run in it
    portal.wait()
    assert cluster.is_running(root)


def test_long_and_odd_paths_get_a_short_socket(tmp_path: Path, any_root: Path) -> None:
    deep = any_root / ("long-" * 20) / "with space, 'quote' and \"more\" $HOME"
    deep.mkdir(parents=True)
    url = cluster.ensure_running(deep)
    assert query(url, "SELECT 1") == [(1,)]
    home = places.Home(cluster.location(deep))
    short = places.socket_folder(home)
    if home.path == deep / ".postgres":
        assert len(str(short)) < 40
    # Somebody else's folder (or a link) under the noted name is not trusted.
    tmp_path.chmod(0o755)
    (home.path / "socket_folder").write_text(f"{tmp_path}\n")
    assert places.socket_folder(home) != tmp_path
    shutil.rmtree(short)
    cluster.ensure_running(deep)
    cluster.remove(deep)
    assert not home.path.exists()


def test_moved_clone_keeps_its_cluster_even_while_it_runs(any_root: Path) -> None:
    root = any_root
    query(cluster.ensure_running(root), "CREATE TABLE kept AS SELECT 7 AS n")
    moved = root.rename(root.with_name("moved"))
    assert query(cluster.ensure_running(moved), "SELECT n FROM kept") == [(7,)]
    cluster.stop(moved)
    assert query(cluster.ensure_running(moved), "SELECT n FROM kept") == [(7,)]
    root.mkdir(mode=0o700)  # a new clone in the old place starts with a cluster of its own
    assert query(cluster.ensure_running(root), "SELECT to_regclass('kept')") == [(None,)]
    assert cluster.location(root) != cluster.location(moved)


@pytest.mark.parametrize("running", [True, False])
def test_copied_clone_never_uses_the_other_ones_cluster(any_root: Path, running: bool) -> None:
    root = any_root
    query(cluster.ensure_running(root), "CREATE TABLE kept AS SELECT 7 AS n")
    if not running:
        cluster.stop(root)
    copy = root.with_name("copy")
    subprocess.run(["cp", "-a", "--", root, copy], stderr=subprocess.DEVNULL)  # a socket is no file that can be copied
    query(cluster.ensure_running(copy), "CREATE TABLE only_here ()")
    assert query(cluster.ensure_running(root), "SELECT n, to_regclass('only_here') FROM kept") == [(7, None)]
    assert cluster.location(copy) != cluster.location(root)
    cluster.remove(copy)
    assert cluster.is_running(root)


def test_remove_leaves_nothing(root: Path) -> None:
    url = cluster.ensure_running(root)
    home = cluster.location(root)
    cluster.remove(root)
    assert not home.exists()
    assert not (root / ".postgres").exists()
    with pytest.raises(psycopg.OperationalError):
        query(url, "SELECT 1")
    cluster.remove(root)
    with pytest.raises(cluster.ClusterError, match="make run"):
        cluster.database_url(root)


def test_failure_to_start_shows_the_end_of_the_log(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.cluster import server

    cluster.ensure_running(made)
    cluster.stop(made)
    monkeypatch.setattr(server, "SETTINGS", server.SETTINGS + "no_such_setting = 1\n")
    with pytest.raises(cluster.ClusterError, match="no_such_setting"):
        cluster.ensure_running(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_a_folder_closed_to_the_server_afterwards_is_named(any_root: Path) -> None:
    cluster.ensure_running(any_root)
    cluster.stop(any_root)
    home = cluster.location(any_root)
    mode = home.parent.stat().st_mode
    home.parent.chmod(0o700)
    try:
        with pytest.raises(cluster.ClusterError, match=r"cannot enter .*chmod o\+x"):
            cluster.ensure_running(any_root)
    finally:
        home.parent.chmod(mode)


def test_another_major_version_is_named(made: Path) -> None:
    cluster.ensure_running(made)
    cluster.stop(made)
    home = places.Home(cluster.location(made))
    major = places.read_major(home)
    places.write_made(home, 12)
    with pytest.raises(cluster.ClusterError, match=r"PostgreSQL 12.*make clean"):
        cluster.ensure_running(made)
    places.write_made(home, major)
