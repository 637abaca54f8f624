"""A checksum of all that a table holds, made by PostgreSQL in the time of one scan and in no memory to speak of.

Each row becomes a text: its columns by name, each quoted as an SQL literal, NULL where null, with commas between.
Geometries are their EWKB (little-endian, in hexadecimal), times are in UTC, so that neither the version of PostgreSQL
or PostGIS nor a session's settings matter. A row's SHA-256 is read as four signed 64-bit numbers; these are added up
over the rows, so that the order in which rows are read does not matter either; the table's checksum is the SHA-256 of
`rows:sum:sum:sum:sum`. Sums, not XOR: two equal changes would cancel each other out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from app.backup.archive import TableManifest

# What decides how values are written as text.
SETTINGS = SQL(
    "SET search_path = public; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; "
    "SET extra_float_digits = 1; SET bytea_output = 'hex'; SET standard_conforming_strings = on"
)

# Tables of the schema `public` that belong to no extension, with their columns.
_COLUMNS = SQL(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
    "AND a.attnum > 0 AND NOT a.attisdropped AND NOT EXISTS (SELECT FROM pg_depend d "
    "WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') "
    'ORDER BY c.relname, a.attname COLLATE "C"'
)

Columns = Mapping[str, str]


def list_tables(connection: Connection[Any]) -> dict[str, dict[str, str]]:
    """The tables of the schema `public` that belong to no extension: name → column → type.

    `SETTINGS` must be in force: a type's name depends on the search path.
    """
    tables: dict[str, dict[str, str]] = {}
    for table, column, type_name in connection.execute(_COLUMNS):
        tables.setdefault(table, {})[column] = type_name
    return tables


def select_checksum(table: str, columns: Columns) -> Composed:
    """SELECT table, rows, checksum; `SETTINGS` must be in force."""
    parts = SQL(" || ',' || ").join(_as_text(name, columns[name]) for name in sorted(columns))
    # Four numbers of 64 bits from the 64 hexadecimal digits of a row's hash.
    sums = SQL(", ").join(
        SQL("coalesce(sum(('x' || substr(hash, {}, 16))::bit(64)::bigint), 0)").format(Literal(first))
        for first in (1, 17, 33, 49)
    )
    return SQL(
        "SELECT {name}, count(*), encode(sha256(convert_to(concat_ws(':', count(*), {sums}), 'UTF8')), 'hex') "
        "FROM (SELECT encode(sha256(convert_to({parts}, 'UTF8')), 'hex') AS hash FROM {table}) AS hashed"
    ).format(name=Literal(table), sums=sums, parts=parts, table=Identifier("public", table))


def _as_text(name: str, type_name: str) -> Composed:
    if type_name.startswith(("geometry", "geography")):
        return SQL("quote_nullable(encode(ST_AsEWKB({}::geometry, 'NDR'), 'hex'))").format(Identifier(name))
    return SQL("quote_nullable({}::text)").format(Identifier(name))


def read_table(connection: Connection[Any], table: str, columns: Columns) -> TableManifest:
    """What a table holds now, as the connection's transaction sees it."""
    row = connection.execute(select_checksum(table, columns)).fetchone()
    assert row is not None
    return TableManifest(columns=dict(columns), rows=row[1], sha256=row[2])
