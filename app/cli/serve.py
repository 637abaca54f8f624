"""`khanij serve`: everything from a stopped database to a served portal."""

from __future__ import annotations

import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

from app.cli.common import console, fail, finish_texts, is_standby, wait_for
from app.cli.load import print_report
from app.cli.workers import end_by, run_workers
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.ingest.load import Report


def serve() -> None:
    """Start the database where it is the project's own, bring tables and data up to date, and serve the portal."""
    from app.db import reading_address

    settings = Settings()
    listener = _listen(settings)
    _prepare(settings)
    _serve_http(settings, reading_address(settings), listener)


def _prepare(settings: Settings) -> None:
    """See to the database that is written to; where another one is read, that one will do.

    Ends the command with one line where neither answers in time.
    """
    from app.db import database_address, make_engine

    if settings.database_url or not settings.database_read_url:
        engine = make_engine(database_address(settings))
        away = wait_for(engine, settings.database_wait_seconds)
        if not away and not is_standby(engine):
            report = _bring_up_to_date(engine, settings)
            engine.dispose()
            if report is not None:
                print_report(report)
            return
        engine.dispose()
        if away and not settings.database_read_url:
            fail(f"the database does not answer: {away}")
        console.print("No database can be written to just now; the portal is served from the one for reading.")
    _wait_for_tables(settings)


def _wait_for_tables(settings: Settings) -> None:
    """Nothing is migrated or loaded here: wait until somebody else has."""
    from app.db import make_reader, reading_address
    from app.migrate import is_current

    until = time.monotonic() + settings.database_wait_seconds
    engine = make_reader(reading_address(settings))
    away = wait_for(engine, settings.database_wait_seconds)
    if away:
        fail(f"the database for reading does not answer: {away}")
    while not is_current(engine):
        if time.monotonic() >= until:
            fail(
                "the database for reading has not the tables of this version: `khanij db migrate` where it is written."
            )
        time.sleep(1)
    engine.dispose()


def _listen(settings: Settings) -> socket.socket:
    """The socket to serve on, taken before any slow work.

    Ends the command with one line where the port is taken.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        fail(
            f"{settings.host}:{settings.port} cannot be used: {error.strerror}. "
            f"Choose another port: make run PORT={settings.port + 1}"
        )
    return listener


def _bring_up_to_date(engine: Engine, settings: Settings) -> Report | None:
    """Migrate and load where anything is new; None where nothing was to do."""
    from app.ingest.fingerprint import is_loaded
    from app.ingest.load import load
    from app.ingest.synthetic import is_synthetic
    from app.ingest.texts import is_all_kept
    from app.migrate import can_be_read, is_current, let_read, migrate

    if not is_current(engine):
        migrate(engine)
    elif not can_be_read(engine):
        let_read(engine)
    if not is_all_kept(engine):
        finish_texts(engine)
    if is_synthetic(engine):
        console.print("This database holds synthetic blocks: all of it is made up, and the data files are not loaded.")
        return None
    if is_loaded(engine, settings.data_dir):
        return None
    return load(engine, settings.data_dir)


def _serve_http(settings: Settings, address: str, listener: socket.socket) -> None:
    from app import metrics
    from app.guards.connections import server_options
    from app.logs import logging_config

    metrics.share()
    from app.main import create_app
    from app.warming import Warming

    app = create_app(settings, address)
    listener.listen(2048)

    def serve_one() -> None:
        import uvicorn

        config = uvicorn.Config(
            app,
            log_level=settings.log_level,
            log_config=logging_config(settings.log_level, settings.log_format),
            **server_options(),
        )
        warming = Warming(app.state.engine)
        warming.start()
        uvicorn.Server(config).run(sockets=[listener])
        warming.stop()

    if settings.processes == 1:
        signal.signal(signal.SIGTERM, end_by)
        threading.Thread(target=_announce, args=(settings,), daemon=True).start()
        serve_one()
    else:
        run_workers(settings.processes, serve_one, lambda: _announce(settings))


def _announce(settings: Settings) -> None:
    """Print the address once /readyz answers 200."""
    from urllib.request import urlopen

    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    for _ in range(600):
        try:
            with urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    console.print(f"Khanij Atlas: [bold]{address}/[/bold]   (API: {address}/api; stop with Ctrl-C)")
                    return
        except OSError:
            time.sleep(0.05)
