"""Staged rows → tables of today and of the past, in one transaction and as one revision.

The database compares: rows are staged by COPY with a digest each, and only what differs is written. What is superseded
is kept beside, with the number of the revision that superseded it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.ingest.prepare import prepare
from app.ingest.staging import STAMP, Counts, Stage
from app.ingest.texts import keep_texts
from app.models import PAST, Revision, table_of
from app.models.base import Base

Row = dict[str, Any]

# Any number will do, as long as every writer takes the same: one publication at a time.
_WRITERS_LOCK = 7_250_123


def lock_writers(session: Session) -> None:
    """Wait until no other publication is under way; held until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))


def count_changes(stage: Stage) -> Counts:
    """What publishing the stage would do."""
    today, there = table_of(stage.model), stage.table
    pairs = there.outerjoin(today, today.c.id == there.c.id)
    staged_rows = there.c.digest.is_not(None)
    is_new = and_(staged_rows, today.c.id.is_(None))
    is_changed = and_(staged_rows, today.c.digest != there.c.digest)
    new, changed, total = stage.session.execute(
        select(
            func.count().filter(is_new), func.count().filter(is_changed), func.count().filter(staged_rows)
        ).select_from(pairs)
    ).one()
    gone = stage.session.scalar(select(func.count()).select_from(_gone(stage).subquery())) or 0
    return Counts(new, changed, total - new - changed, gone)


def _gone(stage: Stage) -> Select[str]:
    """Ids of rows that the stage replaces by nothing."""
    today = table_of(stage.model)
    if not stage.replaces:
        return select(today.c.id).where(text("false"))
    return select(today.c.id).where(~select(stage.table.c.id).where(stage.table.c.id == today.c.id).exists())


def list_gone(stage: Stage, limit: int) -> Sequence[str]:
    """The first ids that would go."""
    return stage.session.scalars(_gone(stage).order_by("id").limit(limit)).all()


def list_changes(stage: Stage, limit: int) -> Sequence[tuple[str, Row | None, Row]]:
    """The first records that would be new or changed: (id, present row or None, staged content)."""
    today, there = table_of(stage.model), stage.table
    present, staged = func.to_jsonb(today.table_valued()), func.to_jsonb(there.table_valued())
    statement = (
        select(there.c.id, present, staged)
        .select_from(there.outerjoin(today, today.c.id == there.c.id))
        .where(there.c.digest.is_not(None), or_(today.c.id.is_(None), today.c.digest != there.c.digest))
        .order_by(there.c.id)
        .limit(limit)
    )
    names = {"id", *(column.name for column in stage.columns)}
    return [
        (record_id, now, {name: value for name, value in then.items() if name in names})
        for record_id, now, then in stage.session.execute(statement)
    ]


def make_revision(session: Session, note: str, who: str) -> tuple[int, datetime]:
    """A new revision's number and time."""
    number = (session.scalar(select(func.max(Revision.number))) or 0) + 1
    now = datetime.now(UTC)
    session.execute(insert(Revision), {"number": number, "at": now, "note": note, "who": who})
    return number, now


def publish(stages: Sequence[Stage], note: str, who: str) -> int:
    """Write what differs as one revision; the transaction is the caller's.

    Superseded and gone rows are kept in the table of the past. Returns the revision's number.
    """
    session = stages[0].session
    number, now = make_revision(session, note, who)
    for stage in stages:
        today = table_of(stage.model)
        differs = select(stage.table.c.id).where(
            stage.table.c.id == today.c.id, stage.table.c.digest.is_not(None), stage.table.c.digest != today.c.digest
        )
        keep_past(session, stage.model, differs.exists(), number)
        _write(stage, number, now)
    for stage in reversed(stages):
        if stage.replaces:
            today = table_of(stage.model)
            gone = today.c.id.in_(_gone(stage))
            keep_past(session, stage.model, gone, number)
            session.execute(delete(today).where(gone))
    keep_texts(session, number)
    prepare(session, (stage.model for stage in stages))
    return number


def keep_past(session: Session, model: type[Base], condition: ColumnElement[bool], number: int) -> None:
    """Copy the rows of today that `condition` names to the past: revision `number` supersedes them."""
    today, past = table_of(model), PAST[model]
    names = [c.name for c in today.columns]
    rows = select(*(today.c[n] for n in names), literal(number)).where(condition)
    session.execute(insert(past).from_select([*names, "until_revision"], rows))


def _as_kept(geom: ColumnElement[Any], column: Column[Any]) -> ColumnElement[Any]:
    """A staged geometry as its column wants it: areas as MultiPolygon, outer rings counter-clockwise; lines as several.

    Source: RFC 7946, section 3.1.6.
    """
    kind = getattr(column.type, "geometry_type", "")
    if kind == "MULTILINESTRING":
        return func.ST_Multi(geom)
    if kind != "MULTIPOLYGON":
        return geom
    return func.ST_Multi(func.ST_ForcePolygonCCW(geom))


def _write(stage: Stage, number: int, now: datetime) -> None:
    """Rows that are new or differ, from the stage to the table of today."""
    today, there = table_of(stage.model), stage.table
    names = [c.name for c in today.columns if c.name not in STAMP]
    rows = (
        select(
            *(_as_kept(there.c[name], today.c[name]) if name == "geom" else there.c[name] for name in names),
            there.c.digest,
            literal(number),
            literal(now),
        )
        .select_from(there.outerjoin(today, today.c.id == there.c.id))
        .where(there.c.digest.is_not(None), or_(today.c.id.is_(None), today.c.digest != there.c.digest))
    )
    names += STAMP
    statement = upsert(today).from_select(names, rows)
    stage.session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={n: statement.excluded[n] for n in names if n != "id"}
        )
    )
