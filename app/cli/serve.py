"""`khanij serve`: everything from a stopped database to a served portal."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

from app.cli.common import console, fail, open_database
from app.cli.load import print_report
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.ingest.load import Report


def serve() -> None:
    """Start the database where it is the project's own, bring tables and data up to date, and serve the portal."""
    settings = Settings()
    listener = _listen(settings)
    engine, address = open_database(settings)
    report = _bring_up_to_date(engine, settings)
    if report is not None:
        print_report(report)
    _serve_http(settings, address, listener)


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
    from app.migrate import is_current, migrate

    if not is_current(engine):
        migrate(engine)
    if is_synthetic(engine):
        console.print("This database holds synthetic blocks: all of it is made up, and the data files are not loaded.")
        return None
    if is_loaded(engine, settings.data_dir):
        return None
    return load(engine, settings.data_dir)


def _serve_http(settings: Settings, address: str, listener: socket.socket) -> None:
    import uvicorn

    from app import metrics
    from app.guards.connections import server_options
    from app.logs import logging_config

    metrics.share()
    from app.main import create_app

    config = uvicorn.Config(
        create_app(settings, address),
        log_level=settings.log_level,
        log_config=logging_config(settings.log_level, settings.log_format),
        **server_options(),
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_announce, args=(settings, server), daemon=True).start()
    listener.listen(2048)
    server.run(sockets=[listener])


def _announce(settings: Settings, server: object) -> None:
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
