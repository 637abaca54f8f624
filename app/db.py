"""The engine and the session that a request reads through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from app.settings import PROJECT_ROOT, Settings
from app.values import LEAST_WORD_SIMILARITY

# From which likeness on pg_trgm's operators are true; only they, not its functions, can use an index.
_LIKENESS = "pg_trgm.strict_word_similarity_threshold"


def normalised_url(url: str) -> str:
    """`postgres://` and `postgresql://` as psycopg 3 wants them for SQLAlchemy."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def database_address(settings: Settings) -> str:
    """The address set, or that of the project's own cluster, which is made and started where it is not there.

    Raises: ClusterError with what to do.
    """
    if settings.database_url:
        return settings.database_url
    # Late: with a database of one's own nothing of the cluster is wanted.
    from app.cluster import ensure_running

    return ensure_running(PROJECT_ROOT)


def make_engine(url: str) -> Engine:
    """An engine that connects when first asked, and again by itself after the server was away.

    Readers get one snapshot per request (REPEATABLE READ): a page and its count cannot disagree.
    """
    return create_engine(
        normalised_url(url),
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=5,
        isolation_level="REPEATABLE READ",
        connect_args={"connect_timeout": 5, "options": f"-c timezone=UTC -c {_LIKENESS}={LEAST_WORD_SIMILARITY}"},
    )


def get_session(request: Request) -> Iterator[Session]:
    """One read-only session a request; nothing is ever committed here."""
    with Session(request.app.state.engine, autobegin=True, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
