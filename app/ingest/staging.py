"""Rows on their way to one table, in a temporary one with the same columns, filled by COPY."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Any, TypeVar, cast

import orjson
import psycopg
from geoalchemy2 import Geometry
from psycopg import sql
from shapely import to_wkb
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Computed,
    Double,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    case,
    func,
    insert,
)
from sqlalchemy import cast as cast_sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.models import table_of
from app.models.base import Base
from app.values import WGS84

Row = dict[str, Any]
_Item = TypeVar("_Item")

# Rows whose shapes are written as WKB at once.
_COPY_BATCH = 2_000
# Columns that are the publication's and no part of a record's content.
STAMP = ("digest", "revision", "updated_at")
# Columns of the stage that are no record's.
STAGED_ONLY = frozenset({"digest", "number", "geom"})


def _computed_area_ha(table: Table) -> ColumnElement[Any]:
    """Area of a published boundary on the WGS 84 spheroid, hectares, to the square metre; else null."""
    area = func.ST_Area(func.geography(table.c.geom)) / 10_000.0
    area_ha = cast_sql(func.round(cast_sql(area, Numeric), 4), Double)
    return case((table.c.boundary_kind == "published", area_ha))


# Columns that PostGIS measures while rows are staged.
MEASURED: dict[str, Callable[[Table], ColumnElement[Any]]] = {"computed_area_ha": _computed_area_ha}


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
        self.table = _stage_table(table_of(self.model))
        self.table.create(self.session.connection())
        self.columns = content_columns(self.model)

    def add(self, rows: Iterable[Row], numbers: Iterable[int | None] = repeat(None)) -> None:
        """Stage rows; `geom` is a shapely geometry in EPSG:4326, `numbers` where they stand in their file."""
        for batch in batched(zip(rows, numbers, strict=False), _COPY_BATCH):
            self.copy(lines_of(self.columns, [row for row, _ in batch], [number for _, number in batch]))

    def copy(self, lines: str | bytes) -> None:
        """Stage what `lines_of` made."""
        names = [sql.Identifier(name) for name in ("id", "digest", "number", "geom", *(c.name for c in self.columns))]
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.table.name), sql.SQL(", ").join(names)
        )
        with self._cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(lines)

    def keep(self, ids: Iterable[str]) -> None:
        """Leave what the table has of these records as it is."""
        values = [{"id": record_id} for record_id in ids]
        if values:
            self.session.execute(insert(self.table), values)

    def drop(self, numbers: Iterable[int]) -> None:
        """Take rows out again by where they stand in their file; the tables keep what they have of these records."""
        wrong = list(numbers)
        if wrong:
            self.session.execute(self.table.update().where(self.table.c.number.in_(wrong)).values(digest=None))

    def close(self) -> None:
        """All is staged: let the planner know how much."""
        with self._cursor() as cursor:
            cursor.execute(sql.SQL("CREATE INDEX ON {} (id)").format(sql.Identifier(self.table.name)))
            # Only what rows are compared by: the statistics of long texts would be of no use.
            cursor.execute(sql.SQL("ANALYZE {} (id, digest)").format(sql.Identifier(self.table.name)))

    def _cursor(self) -> psycopg.Cursor[Any]:
        driver = self.session.connection().connection.driver_connection
        return cast("psycopg.Connection[Any]", driver).cursor()


def _stage_table(today: Table) -> Table:
    """A temporary table with the columns of the table of today, none of which must be filled."""
    table = Table(
        f"stage_{today.name}",
        MetaData(),
        Column("id", Text, nullable=False),
        Column("digest", Text),  # null: the record was refused, and the table keeps what it has of it
        Column("number", Integer),  # of the row in its file
        Column("geom", Geometry(srid=WGS84, spatial_index=False)),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    for column in today.columns:
        if column.name not in (*STAMP, *table.c.keys(), *MEASURED):
            table.append_column(Column(column.name, column.type))
    for name in MEASURED:
        if name in today.c:
            table.append_column(Column(name, today.c[name].type, Computed(MEASURED[name](table), persisted=True)))
    return table


def content_columns(model: type[Base]) -> list[Column[Any]]:
    """What a row holds beside its id and its shape, in the order of the stage."""
    given = table_of(model).columns
    return [c for c in given if c.name not in ("id", "geom", *STAMP, *MEASURED)]


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """So many items at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


# --- rows as COPY takes them -------------------------------------------------------------------------------------


def lines_of(columns: list[Column[Any]], rows: list[Row], numbers: Iterable[int | None]) -> str:
    """The rows as lines of COPY's text format: id, digest, number, geom, then `columns`."""
    writers = [(column.name, writer_of(column.type)) for column in columns]
    shapes = to_wkb([row.get("geom") for row in rows], hex=True, byte_order=1)
    lines = []
    for row, number, shape in zip(rows, numbers, shapes, strict=True):
        # Sorted, as JSONB gives the members of an object back in an order of its own.
        content = orjson.dumps({k: v for k, v in row.items() if k != "geom"}, option=orjson.OPT_SORT_KEYS)
        digest = digest_of(content, shape)
        head = (escaped(row["id"]), digest, NULL if number is None else str(number), shape or NULL)
        values = ((row.get(name), write) for name, write in writers)
        lines.append("\t".join((*head, *(NULL if v is None else write(v) for v, write in values))))
    lines.append("")
    return "\n".join(lines)


def digest_of(content: bytes, shape: str | None) -> str:
    """SHA-256 over a row's content as JSON and its geometry: equal means that nothing would change."""
    return hashlib.sha256(content + (shape or "").encode()).hexdigest()


NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def escaped(text: str) -> str:
    """A text as COPY takes it. Source: PostgreSQL, COPY, "Text Format"."""
    return text.translate(_ESCAPES) if not text.isprintable() or "\\" in text else text


def json_text(value: Any) -> str:
    """JSON, in which nothing but the backslash needs an escape of COPY's."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode().replace("\\", "\\\\")


def array_text(values: Iterable[str]) -> str:
    """An array of texts, each in quotes. Source: PostgreSQL, "Array Input and Output Syntax"."""
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return escaped("{" + ",".join(quoted) + "}")


def writer_of(kind: TypeEngine[Any]) -> Callable[[Any], str]:
    """How a value of a column is written."""
    if isinstance(kind, JSONB):
        return json_text
    if isinstance(kind, ARRAY):
        return array_text
    if isinstance(kind, Boolean):
        return lambda value: "t" if value else "f"
    if isinstance(kind, Integer | Float):
        return lambda value: orjson.dumps(value).decode()
    return lambda value: escaped(str(value))
