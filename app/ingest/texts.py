"""Finished Feature texts: written with each publication, or after it where it is a large one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection
from app.crs import CRS84, SYSTEMS
from app.models import PAST, TEXTS
from app.queries.features import as_feature
from app.queries.texts import form_of, with_kept

# So many texts are written in the transaction that publishes; of more, readers are not to wait for it.
MOST_AT_ONCE = 5_000
_BATCH = 20_000
_PRESENT = tuple(collection for collection in COLLECTIONS.values() if collection.model in TEXTS)


def keep_texts(session: Session, number: int) -> None:
    """Write the texts of what revision `number` wrote, and remove those of what it took away; large ones are left."""
    for collection in _PRESENT:
        table, kept, past = collection.table, TEXTS[collection.model], PAST[collection.model]
        ended = select(past.c.id).where(past.c.until_revision == number)
        there = select(table.c.id).where(table.c.id == kept.c.id).exists()
        session.execute(delete(kept).where(kept.c.id.in_(ended), ~there))
        some = select(table.c.id).where(table.c.revision == number).limit(MOST_AT_ONCE + 1).subquery()
        found = session.scalar(select(func.count()).select_from(some)) or 0
        if 0 < found <= MOST_AT_ONCE:
            _write(session, collection, select(table.c.id).where(table.c.revision == number))


def is_all_kept(engine: Engine) -> bool:
    """True where there is nothing to finish, as far as a look at a few rows tells."""
    with Session(engine) as session:
        for collection in _PRESENT:
            some = select(collection.table).limit(100).subquery()
            lacking = select(some.c.id).select_from(with_kept(some, collection))
            if session.scalar(lacking.where(TEXTS[collection.model].c.id.is_(None)).limit(1)) is not None:
                return False
    return True


def finish_texts(engine: Engine) -> Iterator[int]:
    """Write every text that is missing or of another form, in batches of their own; yields how many were written.

    Nobody waits for it, and it may end at any time: a text that is not there is made when it is asked for. Neighbours
    on the ground are written one after the other, so that a page of them is read from few places.
    """
    for collection in _PRESENT:
        yield from _finish(engine, collection)


def _finish(engine: Engine, collection: Collection) -> Iterator[int]:
    lacking = _lacking_table()
    # One connection for all batches: the list is its own.
    with (
        engine.execution_options(isolation_level="READ COMMITTED").connect() as connection,
        Session(connection) as session,
    ):
        found = _list_lacking(session, collection, lacking)
        session.commit()
        for first in range(1, found + 1, _BATCH):
            ids = select(lacking.c.id).where(lacking.c.place.between(first, first + _BATCH - 1))
            _write(session, collection, ids)
            session.commit()
            yield min(_BATCH, found + 1 - first)
        lacking.drop(session.connection())
        session.commit()


def _lacking_table() -> Table:
    return Table(
        "lacking_text",
        MetaData(),
        Column("id", Text, nullable=False),
        Column("place", Integer, primary_key=True, autoincrement=False),
        prefixes=["TEMPORARY"],
    )


def _list_lacking(session: Session, collection: Collection, lacking: Table) -> int:
    """Fill the list of records without a text, in the order of PostGIS's Hilbert curve; returns how many."""
    lacking.create(session.connection())
    table = collection.table
    place = func.row_number().over(order_by=table.c.geom)
    without = select(table.c.id, place).select_from(with_kept(table, collection))
    rows = without.where(TEXTS[collection.model].c.id.is_(None))
    session.execute(insert(lacking).from_select(["id", "place"], rows))
    return session.scalar(select(func.count()).select_from(lacking)) or 0


def _write(session: Session, collection: Collection, ids: Select[str]) -> None:
    table, kept = collection.table, TEXTS[collection.model]
    made, joined = as_feature(table, collection.properties, SYSTEMS[CRS84])
    rows = select(table.c.id, table.c.revision, literal(form_of(collection.id)), made).select_from(joined)
    rows = rows.where(table.c.id.in_(ids)).order_by(table.c.geom)
    statement = upsert(kept).from_select(["id", "revision", "form", "feature"], rows)
    changes = {name: statement.excluded[name] for name in ("revision", "form", "feature")}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
