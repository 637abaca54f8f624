"""Named expressions over what a record holds as JSON: its events and its sources."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, TableValuedAlias, Text, case, cast, column, exists, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.values import STATUS_AFTER

# A date as the data have it: 2026, 2026-03 or 2026-03-23.
DATE_PATTERN = "^[0-9]{4}(-[0-9]{2}){0,2}$"
GENERAL_KNOWLEDGE = "general knowledge"

# Statuses that a block has once its auction had a winner.
AWARDED = ("preferred_bidder_declared", "letter_of_intent", "licence_granted", "lease_executed", "producing")

_OFFERS = ("offered", "re-offered")


def elements(array: Any, name: str) -> TableValuedAlias:
    """The members of a JSON array as rows, numbered in `place` as they stand; its table is found round it."""
    members = func.jsonb_array_elements(array)
    rows = members.table_valued(column("value", JSONB), with_ordinality="place", joins_implicitly=True)
    return rows.render_derived(name=name)


def text_of(element: TableValuedAlias, name: str) -> ColumnElement[str]:
    """A member of the object, as text; null where it is null."""
    return element.c.value.op("->>", return_type=Text())(name)


def status_of_events(events: Any) -> ColumnElement[str]:
    """The status that the events lead to, taken by their `seq`; null where none sets one."""
    event = elements(events, "event")
    kind = text_of(event, "kind")
    last = select(kind).where(kind.in_(STATUS_AFTER)).order_by(cast(text_of(event, "seq"), Integer).desc()).limit(1)
    return case(STATUS_AFTER, value=last.scalar_subquery())


def count_offers(events: Any) -> ColumnElement[int]:
    event = elements(events, "event")
    return select(func.count()).select_from(event).where(text_of(event, "kind").in_(_OFFERS)).scalar_subquery()


def has_event(events: Any, kind: str) -> ColumnElement[bool]:
    event = elements(events, "event")
    return exists().select_from(event).where(text_of(event, "kind") == kind)


def has_unsourced_event(events: Any) -> ColumnElement[bool]:
    event = elements(events, "event")
    return exists().select_from(event).where(text_of(event, "source").is_(None))


def goes_back_in_time(events: Any) -> ColumnElement[bool]:
    """True where a dated event is earlier than the dated one before it, as far as the coarser of the two dates says."""
    event = elements(events, "event")
    day = text_of(event, "date")
    before = func.lag(day).over(order_by=event.c.place)
    dated = select(day.label("day"), before.label("before")).where(day.is_not(None)).subquery("dated")
    common = func.least(func.length(dated.c.day), func.length(dated.c.before))
    return exists().select_from(dated).where(func.left(dated.c.day, common) < func.left(dated.c.before, common))


def has_address(sources: Any) -> ColumnElement[bool]:
    source = elements(sources, "source")
    return exists().select_from(source).where(text_of(source, "url").is_not(None))


def names_publisher(sources: Any, publisher: str) -> ColumnElement[bool]:
    source = elements(sources, "source")
    return exists().select_from(source).where(text_of(source, "publisher") == publisher)


def rests_on(sources: Any, publisher: str) -> ColumnElement[bool]:
    """True where no other publisher is named."""
    source = elements(sources, "source")
    other = exists().select_from(source).where(text_of(source, "publisher").is_distinct_from(publisher))
    return names_publisher(sources, publisher) & ~other
