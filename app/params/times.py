"""Dates and intervals: text → days."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from app.errors import BadParameter
from app.languages import gettext as _
from app.values import Period

# Years, months, weeks, days of ISO 8601.
_DURATION = re.compile(r"P(?=[0-9])(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,4})W)?(?:([0-9]{1,6})D)?")


def parse_datetime(text: str) -> Period:
    """An instant or interval of RFC 3339, as whole days; a side may be `..` or empty, or the length of the interval.

    Raises: BadParameter. Source: OGC API Features 1.0, /req/core/fc-time-definition. Lengths (`2025-03-01/P2D`) are of
    ISO 8601; the standard dropped them, its conformance suite still sends them.
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise BadParameter(
            _("datetime wants one date or start/end, such as 2025-01-01/2025-12-31."), parameter="datetime"
        )
    if len(parts) == 1:
        return Period(_parse_day(text, first=True), _parse_day(text, first=False))
    period = _parse_interval(*(None if part in ("", "..") else part for part in parts))
    if period.start and period.end and period.start > period.end:
        raise BadParameter(_("datetime: the interval ends before it starts."), parameter="datetime")
    return period


def _parse_interval(start: str | None, end: str | None) -> Period:
    """From the first day of `start` to the last of `end`; one of them may be the distance from the other."""
    if start and end and (length := _DURATION.fullmatch(end)):
        first = _parse_day(start, first=True)
        return Period(first, _shifted(first, length, 1))
    if start and end and (length := _DURATION.fullmatch(start)):
        last = _parse_day(end, first=False)
        return Period(_shifted(last, length, -1), last)
    return Period(
        _parse_day(start, first=True) if start else None,
        _parse_day(end, first=False) if end else None,
    )


def _shifted(day: date, length: re.Match[str], sign: int) -> date:
    """The day so far after (sign 1) or before (-1); a month that is too short ends with its last day."""
    years, months, weeks, days = (sign * int(part or 0) for part in length.groups())
    try:
        year, month = divmod(day.year * 12 + day.month - 1 + years * 12 + months, 12)
        moved = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return moved + timedelta(days=days + 7 * weeks)
    except (ValueError, OverflowError):
        raise BadParameter(
            _("datetime: %(length)s from %(day)s leaves the years 1 to 9999.", length=length[0], day=day),
            parameter="datetime",
        ) from None


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
            _(
                "datetime: “%(text)s” is no date; give 2025-06-30, 2025-06-30T00:00:00Z or an interval start/end.",
                text=text,
            ),
            parameter="datetime",
        ) from None
