"""Dates and intervals: text → days."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime

from app.errors import BadParameter
from app.values import Period


def parse_datetime(text: str) -> Period:
    """An instant or interval of RFC 3339, as whole days; a side may be `..` or empty.

    Raises: BadParameter. Source: OGC API Features 1.0, /req/core/fc-time-definition.
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise BadParameter("datetime wants one date or start/end, such as 2025-01-01/2025-12-31.", parameter="datetime")
    if len(parts) == 1:
        return Period(_parse_day(text, first=True), _parse_day(text, first=False))
    start, end = (None if part in ("", "..") else part for part in parts)
    period = Period(
        _parse_day(start, first=True) if start else None,
        _parse_day(end, first=False) if end else None,
    )
    if period.start and period.end and period.start > period.end:
        raise BadParameter("datetime: the interval ends before it starts.", parameter="datetime")
    return period


def _parse_day(text: str, *, first: bool) -> date:
    """The first or last day of `2026`, `2026-03`, `2026-03-23` or a date-time."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[Tt ]\S+)?)?)?", text)
    try:
        if match is None:
            raise ValueError(text)
        if match[3] and len(text) > 10:
            return datetime.fromisoformat(text.upper()).date()
        year, month = int(match[1]), int(match[2] or (1 if first else 12))
        return date(year, month, int(match[3] or (1 if first else monthrange(year, month)[1])))
    except ValueError:
        raise BadParameter(
            f"datetime: “{text}” is no date; give 2025-06-30, 2025-06-30T00:00:00Z or an interval start/end.",
            parameter="datetime",
        ) from None
