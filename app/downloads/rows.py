"""Rows of a selection as Arrow has them, counted on their way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import ARRAY, Boolean, DateTime, Float, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from app.catalogue import Collection

GEOMETRY = "geometry"
Batches = Iterator[Sequence[Sequence[Any]]]


class WrongCount(Exception):
    """The rows written are not those counted: the file must not be given out."""


@dataclass(frozen=True)
class Rows:
    """All rows of a selection: `names` of their columns, then the geometry as WKB, then a point's lon and lat.

    `read` begins anew at each call; `count` is how many there are.
    """

    collection: Collection
    names: tuple[str, ...]
    count: int
    read: Callable[[], Batches]

    def batches(self) -> Batches:
        """Raises: WrongCount at the end, where other rows came than were counted."""
        seen = 0
        for batch in self.read():
            seen += len(batch)
            yield batch
        if seen != self.count:
            raise WrongCount(f"{seen} rows came, {self.count} were counted")

    def type_of(self, name: str) -> TypeEngine[Any]:
        return self.collection.table.c[name].type

    def schema(self, *, lists: bool) -> pa.Schema:
        """`lists`: whether lists stay lists; else they become JSON text."""
        fields = [pa.field(name, _arrow_type(self.type_of(name), lists=lists)) for name in self.names]
        wkb = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
        return pa.schema([*fields, wkb])

    def arrow_batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The same rows by columns."""
        for batch in self.batches():
            columns = list(zip(*batch, strict=True))[: len(schema)]
            arrays = [
                pa.array([_as_arrow(value, field.type) for value in column], field.type)
                for column, field in zip(columns, schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow_type(kind: TypeEngine[Any], *, lists: bool) -> pa.DataType:
    if isinstance(kind, ARRAY) and lists:
        return pa.list_(pa.string())
    for types, found in ((Boolean, pa.bool_()), (Integer, pa.int64()), (Float, pa.float64())):
        if isinstance(kind, types):
            return found
    return pa.timestamp("ms", tz="UTC") if isinstance(kind, DateTime) else pa.string()


def _as_arrow(value: Any, kind: pa.DataType) -> Any:
    """Lists and objects as JSON where the column is text."""
    return as_cell(value) if pa.types.is_string(kind) else value


def as_cell(value: Any) -> Any:
    """A value as a cell of text holds it: lists and objects as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def is_list(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, ARRAY | JSONB)
