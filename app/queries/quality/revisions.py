"""What must hold of present and past rows: every moment has one answer for each record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from app.models import PAST, Renaming, Revision, table_of
from app.queries.quality.rules import Finding, Rule, check, together

_Table = Any


def _rows(table: _Table, fails: ColumnElement[bool]) -> Select[Any]:
    """Every row of a table, present or past, under the name of the table."""
    answer = func.coalesce(fails, false()).label("fails")
    return select(literal(table.name).label("collection"), table.c.id, table.c.id.label("name"), answer)


def _is_revision(number: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(Revision.number == number)


def _overlaps(present: _Table, past: _Table) -> ColumnElement[bool]:
    """True where another row of the same id held at a time when this one did; a row holds before `until_revision`."""
    other = past.alias("other")
    beside = exists().where(
        other.c.id == past.c.id,
        other.c.until_revision != past.c.until_revision,
        other.c.revision < past.c.until_revision,
        past.c.revision < other.c.until_revision,
    )
    return or_(beside, exists().where(present.c.id == past.c.id, present.c.revision < past.c.until_revision))


_PRESENT = [table_of(model) for model in PAST]
_PAIRS = [(table_of(model), past) for model, past in PAST.items()]


def _new_ids() -> ColumnElement[bool]:
    """True where the new id of a renaming is held, was once, or was renamed again."""
    again = table_of(Renaming).alias("again")
    held = [exists().where(table.c.id == Renaming.new_id) for table in (*_PRESENT, *PAST.values())]
    return or_(exists().where(again.c.old_id == Renaming.new_id), *held)


_RULES: tuple[Rule, ...] = (
    Rule(
        "revision-exists",
        "Every row, present or past, was written by a revision that is on record.",
        "Nobody can tell since when the row holds.",
        together(
            *(_rows(table, not_(_is_revision(table.c.revision))) for table in (*_PRESENT, *PAST.values())),
        ),
        is_ours=True,
    ),
    Rule(
        "past-ended",
        "A past row was ended by a later revision that is on record.",
        "Nobody can tell until when the row held.",
        together(
            *(
                _rows(past, or_(past.c.until_revision <= past.c.revision, not_(_is_revision(past.c.until_revision))))
                for past in PAST.values()
            )
        ),
        is_ours=True,
    ),
    Rule(
        "past-apart",
        "At any revision a record has one row, past or present.",
        "A question about an earlier revision has two answers.",
        together(*(_rows(past, _overlaps(present, past)) for present, past in _PAIRS)),
        is_ours=True,
    ),
    Rule(
        "renamed-to",
        "An id that was given up leads to one that is or was held.",
        "An old link leads nowhere.",
        select(
            Renaming.collection.label("collection"),
            Renaming.old_id.label("id"),
            Renaming.new_id.label("name"),
            not_(_new_ids()).label("fails"),
        ).where(true()),
        is_ours=True,
    ),
)


def check_revisions(session: Session) -> list[Finding]:
    """Ask PostGIS these rules too."""
    return [check(session, rule) for rule in _RULES]
