"""Real PostGIS, migrated once; a test writes inside a transaction that is rolled back. The catalogue lies in a second
database, loaded once and only read."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from datafiles import Folder
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.cluster import create_database, drop_database, ensure_running
from app.db import get_session, make_engine
from app.guards.connections import server_options
from app.ingest.load import Report, load
from app.main import create_app
from app.migrate import migrate
from app.models import Base
from app.queries import counts
from app.queries.tiles import making
from app.queries.vocabulary import get_edition, read_vocabulary
from app.routes.common import vocabulary_dependency
from app.settings import PROJECT_ROOT, Settings

SHARED = PROJECT_ROOT.parent / "shared"
# Collections that hold nothing until an operator imports into them.
EMPTY = ("districts", "constraint-areas", "constraint-lines")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Pages are tested with the scripts and styles as they are now, also where `make` was not asked before."""
    frontend = PROJECT_ROOT / "frontend"
    sources = [
        p for name in ("bundles", "static/js", "static/css") for p in (frontend / name).rglob("*") if p.is_file()
    ]
    built = frontend / "static" / "built" / "portal.js"
    newest = max(source.stat().st_mtime for source in [*sources, frontend / "build.mjs"])
    node = PROJECT_ROOT / ".venv" / "bin" / "node"
    if "PYTEST_XDIST_WORKER" in os.environ or (built.exists() and built.stat().st_mtime >= newest) or not node.exists():
        return
    subprocess.run([node, "build.mjs"], cwd=frontend, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def server() -> Path | str:
    """Where test databases are made: the database set, or the project's own cluster."""
    given = os.environ.get("DATABASE_URL", "")
    if given:
        return given
    ensure_running(PROJECT_ROOT)
    return PROJECT_ROOT


def new_database(server: Path | str, purpose: str) -> Iterator[str]:
    name = f"khanij_test_{purpose}_{os.getpid()}"
    drop_database(server, name)
    yield create_database(server, name)
    drop_database(server, name)


@pytest.fixture(scope="session")
def empty_url(server: Path | str) -> Iterator[str]:
    yield from new_database(server, "empty")


@pytest.fixture(scope="session")
def engine(empty_url: str) -> Iterator[Engine]:
    """An engine on a database with tables and no records."""
    engine = make_engine(empty_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is undone."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture(scope="session")
def empty_app(empty_url: str) -> FastAPI:
    """The portal over the database without records; made once, as its OpenAPI document takes a while."""
    return create_app(Settings(answers_mb=0), empty_url)  # records come and go within one edition


@pytest.fixture
def client(session: Session, empty_app: FastAPI) -> Iterator[TestClient]:
    """The portal, reading through the test's own session."""
    empty_app.dependency_overrides[get_session] = lambda: session
    # Kept for an edition of the data, which here is the same for all tests, though their records come and go.
    counts.forget_all()
    making.forget_all()
    # Read at the first request: a test makes its records before it asks.
    vocabulary = cache(lambda: read_vocabulary(session, get_edition(session)))
    empty_app.dependency_overrides[vocabulary_dependency] = lambda: vocabulary()
    with TestClient(empty_app, raise_server_exceptions=True) as client:
        yield client
    empty_app.dependency_overrides.clear()


@pytest.fixture(scope="session")
def catalogue_url(server: Path | str) -> Iterator[str]:
    yield from new_database(server, "catalogue")


@pytest.fixture(scope="session")
def catalogue_engine(catalogue_url: str) -> Iterator[Engine]:
    """An engine on a database that holds the project's own data files."""
    engine = make_engine(catalogue_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def catalogue_report(catalogue_engine: Engine) -> Report:
    """What the load of the data files said."""
    return load(catalogue_engine, Settings().data_dir)


@pytest.fixture(scope="session")
def portal(catalogue_report: Report, catalogue_url: str) -> Iterator[TestClient]:
    """The portal over the real catalogue, each answer made anew."""
    with TestClient(create_app(Settings(answers_mb=0), catalogue_url)) as client:
        yield client


@pytest.fixture
def catalogue(catalogue_report: Report, catalogue_engine: Engine) -> Iterator[Session]:
    """A reading session on the real catalogue."""
    with Session(catalogue_engine) as session:
        yield session


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Serve a portal on a free port of the loopback, for clients that are programs of their own; its address."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **server_options()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def live_url(catalogue_report: Report, catalogue_url: str) -> Iterator[str]:
    """The portal over the real catalogue, served: for a real browser."""
    with serve(create_app(Settings(), catalogue_url)) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of data files, all empty but for a mineral and a state."""
    return Folder(tmp_path / "data")


@pytest.fixture(scope="session")
def load_url(server: Path | str) -> Iterator[str]:
    yield from new_database(server, "load")


@pytest.fixture(scope="session")
def load_engine(load_url: str) -> Iterator[Engine]:
    engine = make_engine(load_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def database(load_engine: Engine) -> Engine:
    """A database with tables and nothing in them; a load commits, so they are emptied."""
    with load_engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    return load_engine


def get_json(client: TestClient, address: str, status: int = 200) -> dict[str, Any]:
    """The JSON at an address, whose status must be as said."""
    response = client.get(address)
    assert response.status_code == status, response.text
    body = response.json()
    assert isinstance(body, dict)
    return body


def get_ids(client: TestClient, collection: str = "blocks", **parameters: object) -> list[str]:
    """Ids of all items that the filters leave, in the order of the answer."""
    response = client.get(f"/api/collections/{collection}/items", params={"limit": 10_000} | parameters)
    assert response.status_code == 200, response.text
    return [feature["id"] for feature in response.json()["features"]]


def get_problem(client: TestClient, address: str, status: int = 400) -> dict[str, Any]:
    """The problem document at an address. Source: RFC 9457."""
    response = client.get(address)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), address
    problem = response.json()
    assert problem["status"] == status and problem["title"] and problem["detail"] and problem["type"]
    assert isinstance(problem, dict)
    return problem
