"""The two clocks: what the portal said at a revision, what was true on a day by the events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, Date, FromClause, Integer, Text, case, func, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.models import PAST, Base, Renaming, Revision, table_of
from app.values import Moment

# What of a block follows from its events.
_FROM_STANDING = ("status", "status_since", "status_period", "latest_tranche", "attempts")
# What is known of a block only once a bidder is declared.
_FROM_BIDDER = ("preferred_bidder", "premium_percent")


def view_at(collection: Collection, moment: Moment) -> View:
    """The collection's rows at `moment`, as a FROM clause with the same columns; today's table for no moment."""
    rows = rows_at(collection.model, moment.revision)
    if moment.as_of is not None:
        rows = _as_of(rows, moment)
    return View(collection, rows)


def rows_at(model: type[Base], number: int | None) -> FromClause:
    """What the portal said at a revision: rows of today that are that old, and those that were superseded later."""
    if number is None:
        return table_of(model)
    today, past = table_of(model), PAST[model]
    names = [c.name for c in today.columns]
    still = select(*(today.c[n] for n in names)).where(today.c.revision <= number)
    then = select(*(past.c[n] for n in names)).where(past.c.revision <= number, past.c.until_revision > number)
    return union_all(still, then).subquery("then")


def _as_of(rows: FromClause, moment: Moment) -> FromClause:
    """Rows whose status, tranches and attempts are those that the events up to the day make.

    Before its first event a block has neither status nor offers; preferred bidder and premium are known from the event
    that declares them.
    """
    standing = (
        func.jsonb_to_recordset(rows.c.standings)
        .table_valued(
            Column("from_day", Date),
            Column("status", Text),
            Column("status_since", Text),
            Column("status_period", DATERANGE),
            Column("tranches", ARRAY(Text)),
            Column("latest_tranche", Text),
            Column("attempts", Integer),
            Column("has_bidder", Boolean),
            name="s",
        )
        .render_derived(with_types=True)
    )
    last = select(standing).where(standing.c.from_day <= moment.as_of).order_by(standing.c.from_day.desc()).limit(1)
    then = last.lateral("standing")
    replaced = {
        **{name: then.c[name] for name in _FROM_STANDING},
        "tranches": func.coalesce(then.c.tranches, func.string_to_array("", ",")),
        **{name: case((then.c.has_bidder, rows.c[name])) for name in _FROM_BIDDER},
    }
    columns = [replaced.get(c.name, c).label(c.name) for c in rows.columns]
    return select(*columns).select_from(rows.outerjoin(then, true())).subquery("as_of")


def find_revision(session: Session, at: datetime) -> int | None:
    """The newest revision made at or before a time; None where there was none yet."""
    return session.scalar(select(func.max(Revision.number)).where(Revision.at <= at))


def find_renamed(session: Session, view: View, record_id: str) -> str | None:
    """The id that a record has now, where `record_id` was given up; None where the view still has it."""
    if "\0" in record_id:
        return None
    held = select(view.c.id).where(view.c.id == record_id).exists()
    moved = Renaming.collection == view.collection.id, Renaming.old_id == record_id
    return session.scalar(select(Renaming.new_id).where(*moved, ~held))


def has_history_of_status(collection: Collection) -> bool:
    """True where `as_of` can be asked: the records carry events."""
    return "standings" in collection.table.c
