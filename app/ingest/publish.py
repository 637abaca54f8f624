"""Staged rows → tables of today and of the past, in one transaction and as one revision.

The database compares: rows are staged by COPY with a digest each, and only what differs is written. What is superseded
is kept beside, with the number of the revision that superseded it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, repeat
from typing import Any, TypeVar, cast

import orjson
import psycopg
from geoalchemy2 import Geometry
from psycopg import sql
from shapely import to_wkb
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Double,
    Integer,
    MetaData,
    Numeric,
    Select,
    Table,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy import cast as cast_sql
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.ingest.prepare import prepare
from app.models import PAST, Revision, table_of
from app.models.base import Base
from app.values import WGS84

Row = dict[str, Any]
_Item = TypeVar("_Item")

# Any number will do, as long as every writer takes the same: one publication at a time.
_WRITERS_LOCK = 7_250_123
# Rows whose shapes are written as WKB at once.
_COPY_BATCH = 2_000
# Columns that are the publication's and no part of a record's content.
_STAMP = ("digest", "revision", "updated_at")


@dataclass
class Counts:
    """What a publication does to one table."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.new or self.changed or self.gone)


@dataclass
class Stage:
    """Rows on their way to one table, in a temporary one.

    `replaces`: rows of the table that were neither staged nor kept will go.
    """

    session: Session
    model: type[Base]
    replaces: bool = False
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        self.table = Table(
            f"stage_{table_of(self.model).name}",
            MetaData(),
            Column("id", Text, nullable=False),
            Column("digest", Text),  # null: the record was refused, and the table keeps what it has of it
            Column("content", JSON),
            Column("number", Integer),  # of the row in its file
            Column("geom", Geometry(srid=WGS84, spatial_index=False)),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        self.table.create(self.session.connection())

    def add(self, rows: Iterable[Row], numbers: Iterable[int | None] = repeat(None)) -> None:
        """Stage rows; `geom` is a shapely geometry in EPSG:4326, `numbers` where they stand in their file."""
        columns = sql.SQL("id, digest, content, geom, number")
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.table.name), columns)
        with self._cursor() as cursor, cursor.copy(statement) as copy:
            for batch in batched(zip(rows, numbers, strict=False), _COPY_BATCH):
                shapes = to_wkb([row.get("geom") for row, _ in batch], hex=True, byte_order=1)
                for (row, number), shape in zip(batch, shapes, strict=True):
                    copy.write_row((*staged(row, shape), number))

    def keep(self, ids: Iterable[str]) -> None:
        """Leave what the table has of these records as it is."""
        values = [{"id": record_id} for record_id in ids]
        if values:
            self.session.execute(insert(self.table), values)

    def drop(self, numbers: Iterable[int]) -> None:
        """Take rows out again by where they stand in their file; the tables keep what they have of these records."""
        wrong = self.table.c.number.in_(list(numbers))
        self.session.execute(self.table.update().where(wrong).values(digest=None, content=None, geom=None))

    def close(self) -> None:
        """All is staged: let the planner know how much."""
        with self._cursor() as cursor:
            cursor.execute(sql.SQL("CREATE INDEX ON {} (id)").format(sql.Identifier(self.table.name)))
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(self.table.name)))

    def _cursor(self) -> psycopg.Cursor[Any]:
        driver = self.session.connection().connection.driver_connection
        return cast("psycopg.Connection[Any]", driver).cursor()


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """So many items at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def staged(row: Row, shape: str | None) -> tuple[str, str, str, str | None]:
    """A row as it is copied: id, digest, content as JSON text, geometry as hexadecimal WKB.

    The digest is SHA-256 over content and geometry: equal means that nothing would change.
    """
    # Sorted, as JSONB gives the members of an object back in an order of its own.
    content = orjson.dumps({k: v for k, v in row.items() if k != "geom"}, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(content + (shape or "").encode())
    return row["id"], digest.hexdigest(), content.decode(), shape


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
    present = func.to_jsonb(today.table_valued())
    statement = (
        select(there.c.id, present, there.c.content)
        .select_from(there.outerjoin(today, today.c.id == there.c.id))
        .where(there.c.digest.is_not(None), or_(today.c.id.is_(None), today.c.digest != there.c.digest))
        .order_by(there.c.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in stage.session.execute(statement)]


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


def _computed_area_ha(record: Any, geom: ColumnElement[Any]) -> ColumnElement[Any]:
    """Area of a published boundary on the WGS 84 spheroid, hectares, to the square metre; else null."""
    area_ha = func.round(cast_sql(func.ST_Area(func.geography(geom)) / 10_000.0, Numeric), 4)
    return case((record.boundary_kind == "published", cast_sql(area_ha, Double)))


# Columns that PostGIS measures when a row is written.
_MEASURED: dict[str, Callable[[Any, ColumnElement[Any]], ColumnElement[Any]]] = {"computed_area_ha": _computed_area_ha}


def _write(stage: Stage, number: int, now: datetime) -> None:
    """Rows that are new or differ, from the stage to the table of today."""
    today, there = table_of(stage.model), stage.table
    columns = [c for c in today.columns if c.name not in (*_STAMP, *_MEASURED, "geom")]
    content = func.json_to_record(there.c.content).table_valued(
        *(Column(c.name, c.type) for c in columns), name="content", joins_implicitly=True
    )
    record = content.render_derived(with_types=True)
    geom = [today.c.geom] if "geom" in today.c else []
    measured = [today.c[n] for n in _MEASURED if n in today.c]
    rows = (
        select(
            *(record.c[c.name] for c in columns),
            *(_as_kept(there.c.geom, column) for column in geom),
            *(_MEASURED[c.name](record.c, there.c.geom) for c in measured),
            there.c.digest,
            literal(number),
            literal(now),
        )
        .select_from(there.join(record, true()).outerjoin(today, today.c.id == there.c.id))
        .where(there.c.digest.is_not(None), or_(today.c.id.is_(None), today.c.digest != there.c.digest))
    )
    names = [c.name for c in (*columns, *geom, *measured)]
    names += _STAMP
    statement = upsert(today).from_select(names, rows)
    stage.session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={n: statement.excluded[n] for n in names if n != "id"}
        )
    )
