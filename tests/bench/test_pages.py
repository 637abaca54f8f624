"""How long the portal takes for what is asked most, beside PostgreSQL alone with the same SQL. Run by `make bench`.

Nothing here passes or fails by a time; medians of a warm server go to the terminal.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import psycopg
import pytest
from rich.console import Console
from rich.table import Table
from sqlalchemy import true
from sqlalchemy.dialects import postgresql

from app.catalogue import COLLECTIONS
from app.queries.features import feature_text
from app.values import Page

ROUNDS = 50
ADDRESSES = (
    "/api/collections/blocks/items?limit=100",
    "/api/collections/blocks/items?limit=100&bbox=80,15,90,25",
    "/api/collections/blocks/items?mineral=graphite&state=odisha",
    "/api/collections/blocks/items?near=84,20&within_km=300",
    "/api/collections/blocks/items?q=graphite+odisha",
    "/",
    "/states/odisha",
    "/states/maharashtra",
    "/blocks/akharkata-graphite",
)


def median_ms(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


@pytest.fixture
def bare_ms(catalogue_report, catalogue_url) -> float:
    """PostgreSQL alone: the text of 100 features, through a plain connection."""
    statement = feature_text(COLLECTIONS["blocks"], true(), Page(limit=100))
    sql = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    with psycopg.connect(catalogue_url.replace("+psycopg", ""), autocommit=True) as connection:
        return median_ms(lambda: connection.execute(sql).fetchall())


def test_pages(live_url, bare_ms):
    import httpx2

    table = Table(title=f"Medians of {ROUNDS}, one client, warm")
    for heading in ("address", "ms", "kB", "× PostgreSQL alone"):
        table.add_column(heading, justify="left" if heading == "address" else "right")
    table.add_row("PostgreSQL alone: 100 features as text", f"{bare_ms:.1f}", "", "1.0")
    with httpx2.Client(base_url=live_url) as client:
        for address in ADDRESSES:
            size = len(client.get(address).content) / 1000
            spent = median_ms(lambda address=address: client.get(address))
            table.add_row(address, f"{spent:.1f}", f"{size:.0f}", f"{spent / bare_ms:.1f}")
    Console(width=110).print(table)
