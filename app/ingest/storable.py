"""Whether a record's lists and objects can be stored: PostgreSQL's texts hold no NUL, its JSON no half characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from app.ingest.checks import Finding
from app.ingest.reading import Record

_LARGEST = 2**63 - 1
_MEND = "Write it anew; it most likely came from a damaged file."


def check_storable(records: Sequence[Record]) -> list[Finding]:
    """An error for each list or object that cannot be stored."""
    # All at once first: what is wrong is rare, and this takes microseconds a record.
    try:
        if b"\\u0000" not in orjson.dumps([record.properties for record in records]):
            return []
    except (TypeError, RecursionError):
        pass
    return [
        Finding(record.number, record.id, name, "error", "value", fault, _MEND)
        for record in records
        for name, value in record.properties.items()
        if isinstance(value, list | dict) and (fault := next(_faults(value), None))
    ]


def _faults(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > 200:
        yield "It is nested too deeply."
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _faults(key, depth + 1)
            yield from _faults(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _faults(inner, depth + 1)
    elif isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        yield "It holds a character that is none (NUL, or half of one)."
    elif isinstance(value, int) and abs(value) > _LARGEST:
        yield f"It holds a number of {len(str(abs(value)))} digits, which is too large."
