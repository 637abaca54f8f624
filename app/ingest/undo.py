"""Undoing a revision as a new one, and giving a record another id: nothing is ever deleted, only superseded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CTE, CursorResult, Engine, delete, func, insert, literal, or_, select, union, union_all
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.ingest.prepare import prepare
from app.ingest.publish import keep_past, lock_writers, make_revision
from app.ingest.read import LoadError
from app.ingest.texts import keep_texts
from app.models import PAST, Renaming, Revision, table_of
from app.models.base import Base
from app.words import searchable

_MOST_NAMED = 5
_SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
_LONGEST_ID = 120
_COLLECTION_OF = {collection.model: collection.id for collection in COLLECTIONS.values()}


class Undone(NamedTuple):
    """What undoing did: records brought back to what they were, taken away again, and the new revision."""

    restored: int
    removed: int
    revision: int | None


class _Touched(NamedTuple):
    """Of one table: ids that a revision touched, as it left them, and as they were before."""

    ids: CTE
    left: CTE
    earlier: CTE


def revert(engine: Engine, number: int, who: str, note: str | None = None) -> Undone:
    """Undo revision `number` as a new revision: every record that it touched is as it was before.

    Raises: LoadError where there is no such revision, or where a later one changed the same records again.
    """
    with Session(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        lock_writers(session)
        if session.get(Revision, number) is None:
            raise LoadError(f"There is no revision {number}.")
        touched = _list_touched(session, number)
        for model in touched:
            _refuse_later_changes(session, model, number)
            _refuse_lost_renaming(session, model, number)
        models = [model for model in touched if _has_differences(session, model, number)]
        if not models:
            return Undone(0, 0, None)
        made, now = make_revision(session, note or f"Undoes revision {number}", who)
        counts = [_undo_table(session, model, number, made, now) for model in models]
        for model in models:
            for old_id, new_id in _renamed_by(session, model, number):
                _redirect(session, _COLLECTION_OF[model], new_id, old_id, made)
        keep_texts(session, made)
        prepare(session, models)
        return Undone(sum(back for back, _ in counts), sum(away for _, away in counts), made)


def _list_touched(session: Session, number: int) -> list[type[Base]]:
    """The tables of which the revision wrote or superseded a row."""
    parts = []
    for model, past in PAST.items():
        today = table_of(model)
        wrote = select(today.c.id).where(today.c.revision == number).exists()
        then = select(past.c.id).where(or_(past.c.revision == number, past.c.until_revision == number)).exists()
        parts.append(select(literal(today.name)).where(or_(wrote, then)))
    names = set(session.scalars(union_all(*parts)))
    return [model for model in PAST if table_of(model).name in names]


def _touched(model: type[Base], number: int) -> _Touched:
    today, past = table_of(model), PAST[model]
    wrote = select(today.c.id, today.c.digest).where(today.c.revision == number)
    wrote_then = select(past.c.id, past.c.digest).where(past.c.revision == number)
    left = union_all(wrote, wrote_then).cte("left_by_it")
    earlier = select(past).where(past.c.until_revision == number).cte("earlier")
    ids = union(select(left.c.id), select(earlier.c.id)).cte("touched")
    return _Touched(ids, left, earlier)


def _refuse_later_changes(session: Session, model: type[Base], number: int) -> None:
    """Raises: LoadError where a touched record is neither as the revision left it nor as it was before."""
    today, touched = table_of(model), _touched(model, number)
    present = today.c.digest
    statement = (
        select(touched.ids.c.id)
        .outerjoin(today, today.c.id == touched.ids.c.id)
        .outerjoin(touched.left, touched.left.c.id == touched.ids.c.id)
        .outerjoin(touched.earlier, touched.earlier.c.id == touched.ids.c.id)
        .where(present.is_distinct_from(touched.left.c.digest), present.is_distinct_from(touched.earlier.c.digest))
        .order_by(touched.ids.c.id)
    )
    _refuse(number, session.scalars(statement.limit(_MOST_NAMED + 1)).all())
    moved = select(Renaming.old_id).where(
        Renaming.collection == _COLLECTION_OF.get(model),
        Renaming.revision > number,
        Renaming.old_id.in_(select(touched.ids.c.id)),
        Renaming.new_id.not_in(select(touched.ids.c.id)),
    )
    _refuse(number, session.scalars(moved.order_by(Renaming.old_id).limit(_MOST_NAMED + 1)).all())


def _renamed_by(session: Session, model: type[Base], number: int) -> list[tuple[str, str]]:
    """(old id, new id) of what a revision renamed: the same record, gone under one id and there under the other."""
    if model not in _COLLECTION_OF:
        return []
    touched = _touched(model, number)
    same = (touched.left.c.digest == touched.earlier.c.digest) & (touched.left.c.id != touched.earlier.c.id)
    pairs = select(touched.earlier.c.id, touched.left.c.id).join(touched.left, same)
    return [(old_id, new_id) for old_id, new_id in session.execute(pairs)]


def _refuse_lost_renaming(session: Session, model: type[Base], number: int) -> None:
    """Raises: LoadError where the revision gave a record another id and the record went since, or was renamed again."""
    today = table_of(model)
    for pair in _renamed_by(session, model, number):
        if session.scalar(select(today.c.id).where(today.c.id.in_(pair)).limit(1)) is None:
            _refuse(number, [pair[1]])


def _refuse(number: int, conflicts: Sequence[str]) -> None:
    if conflicts:
        shown = ", ".join(conflicts[:_MOST_NAMED]) + (" …" if len(conflicts) > _MOST_NAMED else "")
        raise LoadError(
            f"Revision {number} cannot be undone by itself: later revisions changed its records again ({shown}). "
            "Undo those first."
        )


def _has_differences(session: Session, model: type[Base], number: int) -> bool:
    today, touched = table_of(model), _touched(model, number)
    statement = (
        select(func.count())
        .select_from(touched.ids)
        .outerjoin(today, today.c.id == touched.ids.c.id)
        .outerjoin(touched.earlier, touched.earlier.c.id == touched.ids.c.id)
        .where(today.c.digest.is_distinct_from(touched.earlier.c.digest))
    )
    return bool(session.scalar(statement))


def _undo_table(session: Session, model: type[Base], number: int, made: int, now: datetime) -> tuple[int, int]:
    """Bring one table's touched records back; returns how many came back and how many went."""
    today, past = table_of(model), PAST[model]
    before = select(past.c.digest).where(past.c.id == today.c.id, past.c.until_revision == number).scalar_subquery()
    ids = select(_touched(model, number).ids.c.id)
    differs = today.c.id.in_(ids) & today.c.digest.is_distinct_from(before)
    keep_past(session, model, differs, made)
    removed = session.execute(delete(today).where(differs, before.is_(None)))
    names = [c.name for c in today.columns if c.name not in ("revision", "updated_at")]
    rows = (
        select(*(past.c[n] for n in names), literal(made), literal(now))
        .outerjoin(today, today.c.id == past.c.id)
        .where(past.c.until_revision == number, today.c.digest.is_distinct_from(past.c.digest))
    )
    statement = upsert(today).from_select([*names, "revision", "updated_at"], rows)
    changes = {name: statement.excluded[name] for name in (*names, "revision", "updated_at") if name != "id"}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
    restored = session.scalar(select(func.count()).select_from(today).where(today.c.revision == made)) or 0
    return restored, cast("CursorResult[Any]", removed).rowcount


def _redirect(session: Session, collection: str, old_id: str, new_id: str, number: int) -> None:
    """From now on `old_id`, and whatever led to it, leads to `new_id`, which leads nowhere else."""
    table = table_of(Renaming)
    here = table.c.collection == collection
    session.execute(delete(table).where(here, table.c.old_id.in_((old_id, new_id))))
    session.execute(table.update().where(here, table.c.new_id == old_id).values(new_id=new_id))
    session.execute(insert(table), {"collection": collection, "old_id": old_id, "new_id": new_id, "revision": number})


def rename(engine: Engine, collection_id: str, old_id: str, new_id: str, who: str) -> int:
    """Give a record another id as a new revision; the old one leads to it for ever. Returns the revision's number.

    Raises: LoadError where the new id is no slug, the old one is not there, or the new one is or ever was a record's.
    """
    collection = COLLECTIONS[collection_id]
    today, past = collection.table, PAST[collection.model]
    if not re.fullmatch(_SLUG, new_id) or len(new_id) > _LONGEST_ID:
        raise LoadError(f"“{new_id}” is no slug such as akharkata-graphite, of at most {_LONGEST_ID} characters.")
    with Session(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        lock_writers(session)
        if session.scalar(select(today.c.id).where(today.c.id == old_id)) is None:
            moved = session.get(Renaming, (collection_id, old_id))
            hint = f"; it was renamed to “{moved.new_id}”" if moved else ""
            raise LoadError(f"{collection.title}: there is none with the id “{old_id}”{hint}.")
        used = union(select(today.c.id), select(past.c.id)).subquery()
        if session.scalar(select(used.c.id).where(used.c.id == new_id)) is not None:
            raise LoadError(f"“{new_id}” is or was a record's id; an id never changes its meaning.")
        number, now = make_revision(session, f"{collection.title}: {old_id} is now {new_id}", who)
        keep_past(session, collection.model, today.c.id == old_id, number)
        # It is found by either id.
        search = today.c.search + searchable(new_id).lstrip()
        session.execute(
            today.update().where(today.c.id == old_id).values(id=new_id, search=search, revision=number, updated_at=now)
        )
        _redirect(session, collection_id, old_id, new_id, number)
        keep_texts(session, number)
        prepare(session, [collection.model])
        return number
