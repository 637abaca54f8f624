"""Databases beside the portal's own, for tests and benchmarks, in the private cluster or on a given server."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.cluster.server import database_url

if TYPE_CHECKING:
    from psycopg.sql import Composed

_TRIES, _PAUSE_SECONDS = 40, 0.25


def create_database(where: Path | str, name: str) -> str:
    """Make the empty database `name` in the cluster of a clone (a Path) or on the server of a database URL; its URL."""
    from psycopg import sql  # here, as the rest of this package runs where nothing is installed

    _execute(where, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return _url_of(where, name)


def drop_database(where: Path | str, name: str) -> None:
    """Remove the database `name`, where it exists, and end its connections."""
    import psycopg
    from psycopg import sql

    named = sql.Identifier(name)
    forced = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named)
    ours = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND usename = current_user"
    ).format(sql.Literal(name))
    plain = sql.SQL("DROP DATABASE IF EXISTS {}").format(named)
    for _ in range(_TRIES):
        try:
            return _execute(where, forced)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            # The server's own vacuuming is at work there, which only a superuser may end by force. Without force the
            # server ends it itself, once no others are connected.
            with suppress(psycopg.errors.ObjectInUse):
                _execute(where, ours)
                return _execute(where, plain)
            time.sleep(_PAUSE_SECONDS)
    return _execute(where, forced)


def _execute(where: Path | str, statement: Composed) -> None:
    import psycopg
    from sqlalchemy import make_url

    # libpq knows no driver names, and a database can be neither copied nor dropped from within.
    url = make_url(_url_of(where, "postgres")).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(statement)


def _url_of(where: Path | str, name: str) -> str:
    if isinstance(where, Path):
        return database_url(where, name)
    from sqlalchemy import make_url

    return make_url(where).set(database=name).render_as_string(hide_password=False)
