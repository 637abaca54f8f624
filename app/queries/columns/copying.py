"""The columns, copied from a collection's table: texts as CSV, numbers in PostgreSQL's binary form.

Numbers are most of it, and as text they would take PostgreSQL and Python several times as long.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg import sql
from pyarrow import csv
from sqlalchemy.orm import Session

from app.catalogue import Collection
from app.filters import LIST_COLUMNS

SEPARATOR = "\x1f"
_NULL = "\\N"
# Numbers that are counted in bars, and those that records are only put in order by.
NUMBERS = ("area_ha", "premium_percent", "attempts", "resource_mt")
# Texts that records are put in order by, beside those that are counted.
TEXTS = (
    "status_since", "primary_mineral", "state", "latest_tranche", "preferred_bidder", "agency", "grade", "updated_at",
)  # fmt: skip
# Texts of which only the words are wanted, and which are not held.
NAMES = ("aliases", "locality")
DAYS = ("from_day", "to_day")
BOUNDS = ("west", "south", "east", "north")
PLACES = ("middle_lon", "middle_lat")
KEY = "id_key"
# Of PostgreSQL's binary COPY: what stands before the rows, after them, and before each row and value.
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
# In the order in which the table holds them, so that both copies have the rows in the same one.
_IN_PLACE = (
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
    "SET LOCAL enable_indexonlyscan = off",
    "SET LOCAL enable_indexscan = off",
    "SET LOCAL enable_bitmapscan = off",
)
_AS_BEFORE = ("synchronize_seqscans", "max_parallel_workers_per_gather", "enable_indexonlyscan", "enable_indexscan",
              "enable_bitmapscan")  # fmt: skip


def lists_of(collection: Collection) -> dict[str, str]:
    """Filter → column, of what is counted."""
    return {n: c for n, c in LIST_COLUMNS.items() if n != "ids" and collection.column(c) is not None}


def numbers_of(collection: Collection) -> list[str]:
    return [name for name in NUMBERS if collection.column(name) is not None]


def texts_of(collection: Collection) -> list[str]:
    return [name for name in TEXTS if collection.column(name) is not None]


def names_of(collection: Collection) -> list[str]:
    return [name for name in NAMES if collection.column(name) is not None]


def as_text(name: str) -> str:
    """What a column of texts is called beside the filters, of which some have the same name."""
    return f"by_{name}"


def is_list(collection: Collection, column: str) -> bool:
    return hasattr(collection.table.c[column].type, "item_type")


def has_days(collection: Collection) -> bool:
    return "status_period" in collection.table.c


def copy_columns(session: Session, collection: Collection) -> pa.Table:
    """All columns of the collection as the session sees it."""
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor:
        for statement in _IN_PLACE:
            cursor.execute(statement)
        texts = _copy_texts(cursor, collection)
        numbers = _copy_numbers(cursor, collection)
        for name in _AS_BEFORE:
            cursor.execute(sql.SQL("SET LOCAL {} TO DEFAULT").format(sql.Identifier(name)))
        _mend_middles(cursor, collection, numbers)
    for name, values in numbers.items():
        texts = texts.append_column(name, pa.array(values))
    return texts


def _copy_texts(cursor: Any, collection: Collection) -> pa.Table:
    """Ids, names and every text; a list as one text, a moment as JSON has it."""
    parts: list[sql.Composable] = [sql.Identifier("id"), sql.Identifier("name")]
    for column in lists_of(collection).values():
        name = sql.Identifier(column)
        many = sql.SQL("array_to_string({}, {})").format(name, sql.Literal(SEPARATOR))
        parts.append(many if is_list(collection, column) else name)
    for column in texts_of(collection):
        moment = sql.SQL("to_json({}) #>> '{{}}'").format(sql.Identifier(column))
        parts.append(moment if column == "updated_at" else sql.Identifier(column))
    for column in names_of(collection):
        name = sql.Identifier(column)
        many = sql.SQL("nullif(array_to_string({}, ' '), '')").format(name)
        parts.append(many if is_list(collection, column) else name)
    texts = [*texts_of(collection), *names_of(collection)]
    names = ["id", "name", *lists_of(collection), *(as_text(name) for name in texts)]
    coded = pa.dictionary(pa.int32(), pa.string())
    types = {name: pa.string() if name in ("id", "name") else coded for name in names}
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, NULL {})").format(
        sql.SQL(", ").join(parts), sql.Identifier(collection.table.name), sql.Literal(_NULL)
    )
    return csv.read_csv(
        io.BytesIO(_read(cursor, statement)),
        csv.ReadOptions(column_names=names),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=types, null_values=[_NULL], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    ).combine_chunks()


def _copy_numbers(cursor: Any, collection: Collection) -> dict[str, NDArray[Any]]:
    """Every number; what is unknown is not a number. Boxes are those of the geometries, degrees."""
    figures = [sql.SQL("coalesce({}::float8, 'NaN')").format(sql.Identifier(name)) for name in numbers_of(collection)]
    names = numbers_of(collection)
    if has_days(collection):
        for bound, day in (("lower", "1970-01-01"), ("upper", "1970-01-02")):
            text = "coalesce(({}(status_period) - {}::date)::float8, 'NaN')"
            figures.append(sql.SQL(text).format(sql.Identifier(bound), sql.Literal(day)))
        names += DAYS
    edges = [sql.SQL("{}(box)").format(sql.Identifier(f"st_{edge}")) for edge in ("xmin", "ymin", "xmax", "ymax")]
    names += BOUNDS
    # The box is made once for its four edges: an OFFSET keeps the planner from writing it out four times.
    statement = sql.SQL(
        "COPY (SELECT hashtextextended(id, 0), {} FROM (SELECT *, box3d(geom) AS box FROM {} OFFSET 0) AS boxed) "
        "TO STDOUT (FORMAT binary)"
    ).format(sql.SQL(", ").join([*figures, *edges]), sql.Identifier(collection.table.name))
    # No value is null, so each row is as long as every other.
    row = np.dtype([("", ">i2"), *(part for n in (KEY, *names) for part in ((f"size_{n}", ">i4"), (n, _kind(n))))])
    rows = np.frombuffer(memoryview(_read(cursor, statement))[_HEADER_BYTES:-_TRAILER_BYTES], dtype=row)
    found: dict[str, NDArray[Any]] = {n: rows[n].astype(_kind(n)[1:]) for n in (KEY, *names)}
    west, south, east, north = (found[edge] for edge in BOUNDS)
    return found | {PLACES[0]: (west + east) * 0.5, PLACES[1]: (south + north) * 0.5}


def _kind(name: str) -> str:
    return ">i8" if name == KEY else ">f8"


def _read(cursor: Any, statement: sql.Composable) -> bytearray:
    content = bytearray()
    with cursor.copy(statement) as copy:
        for chunk in copy:
            content += chunk
    return content


def _mend_middles(cursor: Any, collection: Collection, numbers: dict[str, NDArray[Any]]) -> None:
    """Of a record across the antimeridian the middle is a point on it, as tiles of counts have it."""
    across = np.flatnonzero(numbers["east"] - numbers["west"] > 180.0)
    if not across.size or collection.geometry_type == "Point":
        return
    statement = sql.SQL(
        "SELECT hashtextextended(id, 0), ST_X(ST_PointOnSurface(geom)) FROM {} "
        "WHERE ST_XMax(geom) - ST_XMin(geom) > 180"
    ).format(sql.Identifier(collection.table.name))
    middles = dict(cursor.execute(statement).fetchall())
    for place in across:
        numbers[PLACES[0]][place] = middles[int(numbers[KEY][place])]


def has_same_order(session: Session) -> bool:
    """Whether the database puts texts in the order of their characters, as Python and Arrow do."""
    connection: Any = session.connection().connection.driver_connection
    row = connection.execute(
        "SELECT datcollate, datlocprovider::text FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return row is not None and row[1] in ("c", "b") and row[0].split(".")[0] in ("C", "POSIX")


def order_by(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """The rows in the order of these columns."""
    return pc.sort_indices(table.select(names), sort_keys=[(name, "ascending") for name in names]).cast(pa.int32())
