"""The engines, for writing and for reading, and the session that a request reads through."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi import Depends, Request
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.settings import PROJECT_ROOT, Settings
from app.values import LEAST_WORD_SIMILARITY

# From which likeness on pg_trgm's operators are true; only they, not its functions, can use an index.
_LIKENESS = "pg_trgm.strict_word_similarity_threshold"
# A server whose machine or network is gone without a word is noticed within some 25 seconds, not two hours.
_LIVELINESS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# Of several servers: who writes wants the one that can be written to, who reads any standby, else the primary.
_WRITES_WHERE = {"target_session_attrs": "read-write"}
_READS_WHERE = {"target_session_attrs": "prefer-standby", "load_balance_hosts": "random"}
# Of a server's usual hundred; some are left for who writes and who looks after it.
_MOST_CONNECTIONS = 80
_LEAST_OF_A_PROCESS, _MOST_OF_A_PROCESS = 4, 20
# So long a connection is used where there are several servers: one that is back is found again by those that come next.
_MOST_SECONDS_WITH_ONE = 30


class BadAddress(Exception):
    """An address of a database that cannot be read; nothing of it is repeated, as it may hold a password."""


def normalised_url(url: str) -> str:
    """The address of a database as SQLAlchemy wants it for psycopg 3.

    libpq's other forms are taken too: several hosts (`postgresql://one,two:5433/khanij`), and `host=one,two
    dbname=khanij`; SQLAlchemy finds these hosts in the query. Raises: BadAddress.
    """
    plain = re.sub(r"^(postgres|postgresql|postgresql\+psycopg)://", "postgresql://", url)
    if plain.startswith("postgresql://"):
        if "," not in re.split(r"[/?]", plain.removeprefix("postgresql://"))[0].rpartition("@")[2]:
            return plain.replace("postgresql://", "postgresql+psycopg://", 1)
    elif "://" in plain or "=" not in plain:
        return url
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(plain).items() if value is not None}
    except ProgrammingError:
        raise BadAddress("the address of the database cannot be read; it is not one of PostgreSQL's.") from None
    user, password, name = (parts.pop(part, None) for part in ("user", "password", "dbname"))
    made = URL.create("postgresql+psycopg", user, password, database=name, query=parts)
    return made.render_as_string(hide_password=False)


def database_address(settings: Settings) -> str:
    """The address set for writing, or that of the project's own cluster, which is made and started where it is down.

    Raises: ClusterError with what to do; BadAddress where only an address for reading is set.
    """
    if settings.database_url:
        return settings.database_url
    if settings.database_read_url:
        raise BadAddress("only DATABASE_READ_URL is set, and this wants the database that is written to: DATABASE_URL.")
    # Late: with a database of one's own nothing of the cluster is wanted.
    from app.cluster import ensure_running

    return ensure_running(PROJECT_ROOT)


def reading_address(settings: Settings) -> str:
    """Where the web process reads: the address set for it, else where it is written; the own cluster as its reader.

    Raises: ClusterError where the own cluster is not made yet.
    """
    if settings.database_read_url or settings.database_url:
        return settings.database_read_url or settings.database_url
    from app.cluster import READER, database_url

    return database_url(PROJECT_ROOT, role=READER)


def make_engine(url: str) -> Engine:
    """An engine that connects when first asked, and again by itself after the server was away.

    Transactions have one snapshot (REPEATABLE READ): a page and its count cannot disagree.
    """
    return _engine(url, _WRITES_WHERE)


def make_reader(url: str, processes: int = 1) -> Engine:
    """The same for who only reads: nothing can be written through it, whatever the role may do.

    Of several hosts any standby is taken, the primary where none answers. `processes`: how many have such an engine;
    they share what connections a server grants.
    """
    most = max(_LEAST_OF_A_PROCESS, min(_MOST_OF_A_PROCESS, _MOST_CONNECTIONS // processes))
    return _engine(url, _READS_WHERE, "-c default_transaction_read_only=on", most=most)


def _engine(url: str, where: dict[str, str], *options: str, most: int = _MOST_OF_A_PROCESS) -> Engine:
    address = make_url(normalised_url(url))
    several = len(_hosts(address)) > 1
    usual: dict[str, Any] = {**_LIVELINESS, **(where if several else {})}
    asked = [f"-c timezone=UTC -c {_LIKENESS}={LEAST_WORD_SIMILARITY}", *options]
    if isinstance(given := address.query.get("options"), str):
        asked.insert(0, given)
    # What the address itself says of these holds.
    arguments = {name: value for name, value in usual.items() if name not in address.query}
    return create_engine(
        address,
        pool_pre_ping=True,
        pool_size=most // 2,
        max_overflow=most - most // 2,
        pool_timeout=5,
        pool_recycle=_MOST_SECONDS_WITH_ONE if several else -1,
        isolation_level="REPEATABLE READ",
        connect_args=arguments | {"options": " ".join(asked)},
    )


def _hosts(address: URL) -> list[str]:
    named = address.query.get("host") or address.query.get("hostaddr") or ()
    return [host for text in ([named] if isinstance(named, str) else named) for host in text.split(",")]


async def get_session(request: Request) -> AsyncIterator[Session]:
    """One read-only session a request, of the web process's reading engine. To make one costs nothing: it connects
    when it is first asked, in the thread that asks.
    """
    session = Session(request.app.state.engine, autobegin=True, expire_on_commit=False)
    try:
        yield session
    finally:
        # Also where the reader has left meanwhile, or every thread for requests is busy.
        with CancelScope(shield=True):
            await to_thread.run_sync(_close, session, limiter=CapacityLimiter(1))


def _close(session: Session) -> None:
    try:
        session.close()
    except DBAPIError:
        # The server went away after the last question; the answer is whole, and there is nothing to undo.
        with suppress(DBAPIError):
            session.invalidate()


SessionDep = Annotated[Session, Depends(get_session)]
