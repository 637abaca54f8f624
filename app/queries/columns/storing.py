"""Columns as bytes and back: what a publication writes down and a process reads again in a moment."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.catalogue import Collection
from app.queries.columns.copying import (
    BOUNDS,
    DAYS,
    KEY,
    NAMES,
    PLACES,
    SEPARATOR,
    as_text,
    copy_columns,
    has_days,
    has_same_order,
    is_list,
    lists_of,
    numbers_of,
    order_by,
    texts_of,
)
from app.queries.columns.held import Coded, Columns, Floats

# Of another form than today's nothing is read.
_FORM = b"1"
_BY_KEY, _BY_ID, _BY_NAME = "order_of_keys", "order_of_ids", "order_of_names"


def make_table(session: Session, collection: Collection) -> pa.Table:
    """The columns as they stand in the tables, with the orders that records are looked up and listed in."""
    table = copy_columns(session, collection)
    for name in table.column_names:
        table = table.set_column(table.column_names.index(name), name, _shrunk(table[name]))
    by_key = np.argsort(table[KEY].to_numpy(), kind="stable").astype(np.int32)
    table = table.append_column(_BY_KEY, pa.array(by_key))
    table = table.append_column(_BY_ID, order_by(table, ["id"]))
    table = table.append_column(_BY_NAME, order_by(table, ["name", "id"]))
    return table.replace_schema_metadata({b"form": _FORM, b"order": b"1" if has_same_order(session) else b"0"})


def write_table(table: pa.Table) -> bytes:
    """As Arrow writes it, packed: a million records in some 120 MB. Texts that are not held are left out."""
    table = table.drop_columns([as_text(name) for name in NAMES if as_text(name) in table.column_names])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return cast(bytes, sink.getvalue().to_pybytes())


def read_table(content: bytes) -> pa.Table | None:
    """What `write_table` wrote; None where another version of the portal did."""
    table = pa.ipc.open_stream(content).read_all()
    return table if (table.schema.metadata or {}).get(b"form") == _FORM else None


def as_columns(table: pa.Table, collection: Collection) -> Columns:
    lists = lists_of(collection)
    coded = {name: _coded(table[name], has_many=is_list(collection, column)) for name, column in lists.items()}
    texts = {name: _coded(table[as_text(name)], has_many=False) for name in texts_of(collection)}
    days = None
    if has_days(collection):
        coded["status_since"] = _shortened(texts["status_since"], 4)
        days = (_floats(table[DAYS[0]]), _floats(table[DAYS[1]]))
    order = table[_BY_KEY].to_numpy()
    return Columns(
        count=table.num_rows,
        coded=coded,
        texts=texts,
        numbers={name: _floats(table[name]) for name in numbers_of(collection)},
        days=days,
        places=(_floats(table[PLACES[0]]), _floats(table[PLACES[1]])),
        ids=pa.concat_arrays(table["id"].chunks),
        names=pa.concat_arrays(table["name"].chunks),
        keys=table[KEY].to_numpy()[order],
        order=order,
        bounds=tuple(_floats(table[name]) for name in BOUNDS),
        by_id=table[_BY_ID].to_numpy(),
        by_name=table[_BY_NAME].to_numpy(),
        has_order=table.schema.metadata[b"order"] == b"1",
    )


def _shrunk(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Codes in as few bytes as their number needs, one more kept for what is unknown."""
    if not pa.types.is_dictionary(column.type):
        return column
    array = pa.concat_arrays(column.unify_dictionaries().chunks)
    kind = next(k for k in (pa.int8(), pa.int16(), pa.int32()) if len(array.dictionary) < 1 << (k.bit_width - 1))
    return pa.chunked_array([pa.DictionaryArray.from_arrays(array.indices.cast(kind), array.dictionary)])


def _coded(column: pa.ChunkedArray, *, has_many: bool) -> Coded:
    array = pa.concat_arrays(column.unify_dictionaries().chunks)
    texts = array.dictionary.to_pylist()
    codes = array.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    values = [tuple(part for part in text.split(SEPARATOR) if part) if has_many else (text,) for text in texts]
    return Coded(codes, [*values, ()])


def _shortened(coded: Coded, letters: int) -> Coded:
    """The same by the first letters of the values."""
    short = [values[0][:letters] if values else None for values in coded.values]
    known = list(dict.fromkeys(text for text in short if text is not None))
    places = {text: place for place, text in enumerate(known)}
    kind: Any = np.int8 if len(known) < 1 << 7 else np.int32
    codes: NDArray[Any] = np.array([len(known) if text is None else places[text] for text in short], dtype=kind)
    return Coded(codes[coded.codes], [*((text,) for text in known), ()])


def _floats(column: pa.ChunkedArray) -> Floats:
    return cast(Floats, column.to_numpy())
