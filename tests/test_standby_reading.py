"""Reading apart from writing: addresses with several hosts, sessions and a role that cannot write, lost connections."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from conftest import get_problem, new_database
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from test_download_memory import free_port

from app import cluster
from app.cli.common import wait_for
from app.cli.serve import _prepare
from app.db import BadAddress, database_address, make_engine, make_reader, normalised_url, reading_address
from app.main import create_app
from app.migrate import can_be_read, let_read, migrate
from app.models import Base
from app.settings import PROJECT_ROOT, Settings

ITEMS = "/api/collections/blocks/items"
INSERT = text("INSERT INTO revision (number, at, note, who) VALUES (999, now(), '', '')")


@pytest.mark.parametrize(
    ("url", "hosts", "ports"),
    [
        ("postgres://u:p%40x@one:1,two:2/khanij", "one,two", "1,2"),
        ("postgresql+psycopg://u:p%40x@[::1]:5,[::2]:6/khanij?sslmode=require", "::1,::2", "5,6"),
        ("host=one,two port=1,2 dbname=khanij user=u password=p@x", "one,two", "1,2"),
        ("postgresql://u:p%40x@/khanij?host=one&host=two", "one,two", ","),
    ],
)
def test_several_hosts_are_read_as_libpq_reads_them(url, hosts, ports):
    address = make_url(normalised_url(url))
    _, arguments = make_engine(url).dialect.create_connect_args(address)
    assert (arguments["host"], arguments["port"]) == (hosts, ports)
    assert (address.username, address.password, address.database) == ("u", "p@x", "khanij")


def test_one_host_stays_as_it_is_written():
    assert normalised_url("postgres://u:a,b@one/khanij?x=1,2") == "postgresql+psycopg://u:a,b@one/khanij?x=1,2"


def arguments_of(engine, monkeypatch):
    """What psycopg is told when the engine connects."""
    told = {}

    def connect(*_, **named):
        told.update(named)
        raise psycopg.OperationalError("not here")

    monkeypatch.setattr(engine.dialect.loaded_dbapi, "connect", connect)
    with pytest.raises(OperationalError):
        engine.connect()
    return told


def test_who_reads_prefers_standbys_and_who_writes_wants_the_primary(monkeypatch):
    several = "postgresql://u@one,two/khanij"
    reader = arguments_of(make_reader(several), monkeypatch)
    assert (reader["target_session_attrs"], reader["load_balance_hosts"]) == ("prefer-standby", "random")
    assert "default_transaction_read_only=on" in reader["options"]
    assert reader["tcp_user_timeout"] and reader["keepalives_idle"]
    writer = arguments_of(make_engine(several), monkeypatch)
    assert writer["target_session_attrs"] == "read-write" and "read_only" not in writer["options"]
    alone = arguments_of(make_reader("postgresql://u@one/khanij"), monkeypatch)
    assert "target_session_attrs" not in alone
    own = arguments_of(make_reader(f"{several}?target_session_attrs=any&options=-cwork_mem%3D9MB"), monkeypatch)
    assert own["target_session_attrs"] == "any" and own["options"].startswith("-cwork_mem=9MB ")


@pytest.mark.parametrize("url", ["postgresql://u:secret@one,two:x/khanij?bogus=1", "host=one password=secret bogus=1"])
def test_no_message_holds_a_password(url):
    with pytest.raises(BadAddress) as caught:
        normalised_url(url)
    assert "secret" not in str(caught.value)
    away = make_reader("postgresql://u:secret@127.0.0.1:1,127.0.0.1:2/khanij")
    assert "secret" not in wait_for(away, 0) + repr(away)


def test_the_web_process_cannot_write(catalogue_report, catalogue_url):
    """Though its role owns the tables."""
    app = create_app(Settings(), catalogue_url)
    for statement in (INSERT, text("DELETE FROM block"), text("CREATE TABLE mine (n int)")):
        with Session(app.state.engine) as session, pytest.raises(InternalError) as caught:
            session.execute(statement)
        assert isinstance(caught.value.orig, psycopg.errors.ReadOnlySqlTransaction)
    app.state.engine.dispose()


@pytest.fixture(scope="module")
def roles(server):
    """The addresses of one database, of its owner and of its reader."""
    if not isinstance(server, Path):
        pytest.skip("the role is made in the project's own cluster")
    for owner in new_database(server, "roles"):
        yield owner, cluster.database_url(server, make_url(owner).database, cluster.READER)


def test_the_reader_s_role_reads_every_table_and_writes_none(roles):
    owner, address = roles
    engine = make_engine(owner)
    migrate(engine)
    assert can_be_read(engine)
    reader = create_engine(normalised_url(address))
    names = [*Base.metadata.tables, "alembic_version"]
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE made_later (n int)"))
    with reader.connect() as connection:
        for name in [*names, "made_later"]:
            connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 1").all()
    for statement in (f"DELETE FROM {name}" for name in names):
        # Also where the session is told that it may.
        with reader.connect() as connection, pytest.raises(ProgrammingError) as caught:
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
            connection.exec_driver_sql(statement)
        assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)
    with reader.connect() as connection, pytest.raises(InternalError):
        connection.execute(INSERT)
    reader.dispose()
    engine.dispose()


def test_a_role_that_came_after_the_tables_is_let_in(roles):
    owner, _ = roles
    engine = make_engine(owner)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("REVOKE SELECT ON block FROM khanij_reader")
    assert not can_be_read(engine)
    let_read(engine)
    assert can_be_read(engine)
    engine.dispose()


def test_an_older_cluster_gets_its_reader(server):
    if not isinstance(server, Path):
        pytest.skip("the role is made in the project's own cluster")
    marker = cluster.location(server) / cluster.READER
    marker.unlink()
    cluster.ensure_running(server)
    assert marker.exists()


def test_the_own_cluster_is_read_by_its_reader(server):
    if isinstance(server, Path):
        assert "//khanij_reader@" in reading_address(Settings(database_url="", database_read_url=""))


def test_with_an_address_for_reading_alone_nothing_is_started_migrated_or_loaded(
    catalogue_report, catalogue_url, monkeypatch
):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(cluster, "ensure_running", never)
    monkeypatch.setattr("app.migrate.migrate", never)
    monkeypatch.setattr("app.ingest.load.load", never)
    settings = Settings(database_url="", database_read_url=catalogue_url)
    _prepare(settings)
    with pytest.raises(BadAddress, match="DATABASE_URL"):
        database_address(settings)
    assert TestClient(create_app(settings)).get("/readyz").status_code == 200
    # The one that is written to is away: the other one will do.
    _prepare(
        Settings(database_url="postgresql://u@127.0.0.1:1/x", database_read_url=catalogue_url, database_wait_seconds=0)
    )


def test_the_wait_at_the_start_has_an_end():
    environment = os.environ | {"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x", "DATABASE_WAIT_SECONDS": "0.2"}
    environment |= {"PORT": str(free_port()), "DATABASE_READ_URL": ""}
    command = [str(Path(sys.executable).with_name("khanij")), "serve"]
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "does not answer" in done.stderr and "secret" not in done.stdout + done.stderr


# Connections that are lost


def end_own_connection(session):
    pid = session.scalar(text("SELECT pg_backend_pid()"))
    other = create_engine(session.get_bind().url)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    other.dispose()


def test_a_connection_that_is_lost_after_the_last_question_spoils_no_answer(portal, monkeypatch):
    from app.routes import health

    real = health.get_edition

    def last(session):
        found = real(session)
        end_own_connection(session)
        return found

    monkeypatch.setattr(health, "get_edition", last)
    assert portal.get("/readyz").status_code == 200
    monkeypatch.undo()
    assert portal.get("/readyz").status_code == 200


@pytest.mark.parametrize("kind", [DatabaseError, InternalError, DBAPIError])
@pytest.mark.parametrize("lost", [True, False])
def test_an_error_of_any_kind_by_which_a_connection_ended_is_503(catalogue_url, monkeypatch, kind, lost):
    from app.routes import health

    def fail(session):
        raise kind("SELECT 1", {}, psycopg.DatabaseError("broken"), connection_invalidated=lost)

    monkeypatch.setattr(health, "get_edition", fail)
    client = TestClient(create_app(Settings(), catalogue_url), raise_server_exceptions=False)
    if lost:
        get_problem(client, "/readyz", 503)
    else:
        assert client.get("/readyz").status_code == 500


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (psycopg.errors.AdminShutdown("terminating connection"), "Database away"),
        (psycopg.OperationalError("the connection is lost"), "Database away"),
        (psycopg.errors.QueryCanceled("canceling statement"), "Takes too long"),
    ],
)
def test_what_goes_wrong_beside_sqlalchemy_is_503_too(catalogue_url, monkeypatch, error, title):
    """COPY is psycopg's own: facets and downloads read by it."""
    from app.routes import health

    def fail(session):
        raise error

    monkeypatch.setattr(health, "get_edition", fail)
    client = TestClient(create_app(Settings(), catalogue_url), raise_server_exceptions=False)
    assert get_problem(client, "/readyz", 503)["title"] == title
