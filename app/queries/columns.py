"""The columns that facets count, held in memory: of very many records, PostgreSQL reads them once for each revision.

A selection of lists, ranges and a period is then a matter of comparing small numbers: a million records are counted in
milliseconds, where reading their rows takes a second. Of what only PostgreSQL can tell (words, shapes, distances, CQL2)
it is asked once which records are meant; of a box, only about the records on its edge. What selections mean is said in
`filters.where`; a test holds the two equal.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from psycopg import sql
from pyarrow import csv
from sqlalchemy import ARRAY, LargeBinary, Text, and_, any_, func, literal, select, true
from sqlalchemy import cast as cast_sql
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.filters import LIST_COLUMNS, where
from app.queries.counts import count_known
from app.values import UNKNOWN, BBox, Period, Selection

# Of fewer records the rows themselves are read in no time.
MANY = 50_000
_MOST_KEPT = 2
_SEPARATOR = "\x1f"
_NULL = "\\N"
_EPOCH = date(1970, 1, 1)
_NUMBERS = ("area_ha", "premium_percent")
_FROM_DAY, _TO_DAY = "from_day", "to_day"
_LON, _LAT = "middle_lon", "middle_lat"
_KEY = "id_key"
_BOUNDS = ("west", "south", "east", "north")
# Of so many questions to PostgreSQL the answer is remembered, a bit for each record.
_MOST_MASKS = 64
Mask = NDArray[np.bool_]

_kept: OrderedDict[tuple[int, Hashable], Columns] = OrderedDict()
_kept_masks: OrderedDict[tuple[int, Hashable, Selection], NDArray[np.uint8]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as numbers: `values[codes[i]]` are the values of record i, none where it is unknown."""

    codes: NDArray[np.int32]
    values: list[tuple[str, ...]]

    def count(self, places: NDArray[np.intp] | None) -> NDArray[np.int64]:
        """How many of the records at these places, None for all, have each of `values`."""
        codes = self.codes if places is None else self.codes.take(places)
        return np.bincount(codes, minlength=len(self.values))

    def mask(self, hits: Iterable[bool]) -> Mask:
        """The records whose values are hit."""
        return cast(Mask, np.fromiter(hits, bool, len(self.values))[self.codes])


@dataclass(frozen=True, slots=True)
class Columns:
    """All records of a collection. `days`: first and last day of their period, counted from 1970; none where it has no
    times. `places`: longitude and latitude of the middle of their boxes, EPSG:4326."""

    count: int
    coded: Mapping[str, Coded]
    numbers: Mapping[str, NDArray[np.float64]]
    days: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    places: tuple[NDArray[np.float64], NDArray[np.float64]]
    ids: pa.Array
    keys: NDArray[np.int64]  # hashes of the ids, in rising order; `order` says which record each is of
    order: NDArray[np.intp]
    bounds: tuple[NDArray[np.float64], ...]  # west, south, east, north
    kept_bars: dict[str, Coded] = field(default_factory=dict)

    def bars(self, name: str, edges: Sequence[float]) -> Coded:
        """Each record's bar of a histogram, as PostgreSQL's width_bucket has it; what is unknown is in none."""
        if name not in self.kept_bars:
            numbers = self.numbers[name]
            codes = np.digitize(numbers, edges)
            codes[np.isnan(numbers)] = len(edges) + 1
            self.kept_bars[name] = Coded(codes.astype(np.int32), [*((str(i),) for i in range(len(edges) + 1)), ()])
        return self.kept_bars[name]

    def select(self, selection: Selection) -> Mask | None:
        """The records of a plain selection; None: all of them."""
        masks = [self._in_list(name, wanted) for name, wanted in selection.lists]
        for name, least, most in selection.ranges:
            # What is unknown is in no range: it compares as false.
            masks += [self.numbers[name] >= least] if least is not None else []
            masks += [self.numbers[name] <= most] if most is not None else []
        if selection.period is not None and self.days is not None:
            masks.append(_in_period(*self.days, selection.period))
        return cast("Mask | None", np.logical_and.reduce(masks) if masks else None)

    def mask_of(self, keys: bytes) -> Mask:
        """The records with these keys, each eight bytes, the highest first. One that is not among them was published
        meanwhile and is left out."""
        found = np.frombuffer(keys, dtype=">i8").astype(np.int64)
        at = np.minimum(np.searchsorted(self.keys, found), self.count - 1)
        mask = np.zeros(self.count, dtype=bool)
        mask[self.order[at[self.keys[at] == found]]] = True
        return mask

    def in_box(self, box: BBox) -> tuple[Mask, Mask]:
        """The records that lie in the box with all of theirs, and those whose own boxes only reach into it."""
        west, south, east, north = self.bounds
        inside = (west >= box.west) & (east <= box.east) & (south >= box.south) & (north <= box.north)
        near = (east >= box.west) & (west <= box.east) & (north >= box.south) & (south <= box.north)
        return inside, near & ~inside

    def extent(self, mask: Mask | None) -> BBox | None:
        """The box around the records, degrees, EPSG:4326; None where there is none."""
        west, south, east, north = self.bounds if mask is None else (part[mask] for part in self.bounds)
        return None if not west.size else BBox(west.min(), south.min(), east.max(), north.max())

    def _in_list(self, name: str, wanted: tuple[str, ...]) -> Mask:
        known = {value.casefold() if name == "district" else value for value in wanted if value != UNKNOWN}
        coded = self.coded[name]
        return coded.mask(
            not known.isdisjoint(_names(name, values)) if values else UNKNOWN in wanted for values in coded.values
        )


def _names(name: str, values: tuple[str, ...]) -> Iterable[str]:
    """What a filter finds values by: a district also without what stands behind it in brackets."""
    return [n for v in values for n in (v.casefold(), v.split(" (")[0].casefold())] if name == "district" else values


def _in_period(first: NDArray[np.float64], last: NDArray[np.float64], period: Period) -> Mask:
    found = ~np.isnan(first)
    if period.end is not None:
        found &= first <= (period.end - _EPOCH).days
    if period.start is not None:
        found &= last >= (period.start - _EPOCH).days
    return cast(Mask, found)


def is_plain(selection: Selection) -> bool:
    """Whether the columns are enough to tell which records are meant."""
    return _other_part(selection) == Selection()


def _plain_part(selection: Selection) -> Selection:
    """What the columns tell."""
    lists = tuple(item for item in selection.lists if item[0] != "ids")
    return Selection(lists=lists, ranges=selection.ranges, period=selection.period)


def _other_part(selection: Selection) -> Selection:
    """What only PostgreSQL tells."""
    lists = tuple(item for item in selection.lists if item[0] == "ids")
    return replace(selection, lists=lists, ranges=(), period=None)


def select_records(
    session: Session, view: View, columns: Columns, selection: Selection, question: Hashable
) -> Mask | None:
    """The records that a selection finds; None: all of them. `question` as for `get_columns`."""
    plain = columns.select(_plain_part(selection))
    others = _select_others(session, view, columns, _other_part(selection), question)
    if plain is None or others is None:
        return others if plain is None else plain
    return plain & others


def _select_others(
    session: Session, view: View, columns: Columns, selection: Selection, question: Hashable
) -> Mask | None:
    if selection == Selection():
        return None
    key = (id(session.get_bind().engine), question, selection)
    with _lock:
        if key in _kept_masks:
            _kept_masks.move_to_end(key)
            return np.unpackbits(_kept_masks[key], count=columns.count).view(bool)
    box = selection.bbox
    if box is not None and box.west <= box.east and selection == Selection(bbox=box):
        inside, edge = columns.in_box(box)
        on_edge = columns.ids.filter(pa.array(edge)).to_pylist()
        mask = inside | columns.mask_of(_read_keys(session, view, selection, on_edge)) if on_edge else inside
    else:
        mask = columns.mask_of(_read_keys(session, view, selection, None))
    with _lock:
        _kept_masks[key] = np.packbits(mask)
        while len(_kept_masks) > _MOST_MASKS:
            _kept_masks.popitem(last=False)
    return mask


def _read_keys(session: Session, view: View, selection: Selection, among: list[str] | None) -> bytes:
    """The keys of the records that PostgreSQL finds, eight bytes each."""
    condition = where(view, selection)
    if among is not None:
        condition = and_(view.c.id == any_(literal(among, ARRAY(Text))), condition)
    keys = func.string_agg(func.int8send(func.hashtextextended(view.c.id, 0)), cast_sql(literal(""), LargeBinary))
    return bytes(session.scalar(select(keys).select_from(view.rows).where(condition)) or b"")


def find_columns(session: Session, view: View, question: Hashable) -> Columns | None:
    """The columns, where there are so many records that they are worth being read."""
    return get_columns(session, view, question, count_known(session, view, true(), (question, "all")))


def peek_columns(session: Session, view: View, question: Hashable) -> Columns | None:
    """The same, but only where they were read already: nobody waits for them."""
    if view.rows is not view.collection.table:
        return None
    with _lock:
        return _kept.get((id(session.get_bind().engine), question))


def get_columns(session: Session, view: View, question: Hashable, total: int) -> Columns | None:
    """The columns of the collection as it is today; None where it has not so many records, or is asked about the past.

    `question` tells the view from every other: the data's edition, the collection and the moment.
    """
    if total < max(MANY, 1) or view.rows is not view.collection.table:
        return None
    key = (id(session.get_bind().engine), question)
    # One reads, the others wait: it takes seconds and much memory.
    with _lock:
        if key not in _kept:
            _kept[key] = _read(session, view.collection)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def _read(session: Session, collection: Collection) -> Columns:
    lists = {n: c for n, c in LIST_COLUMNS.items() if n != "ids" and collection.column(c) is not None}
    numbers = [name for name in _NUMBERS if collection.column(name) is not None]
    has_days = "status_period" in collection.table.c
    table = _copy(session, collection, lists, numbers, has_days=has_days)
    coded = {name: _coded(table[name], has_many=_is_list(collection, column)) for name, column in lists.items()}
    days = None
    if has_days:
        coded["status_since"] = _coded(table["status_since"], has_many=False)
        days = (_floats(table[_FROM_DAY]), _floats(table[_TO_DAY]))
    places = (_floats(table[_LON]), _floats(table[_LAT]))
    ids = pa.concat_arrays(table["id"].chunks)
    keys = table[_KEY].to_numpy()
    order = np.argsort(keys, kind="stable")
    figures = {name: _floats(table[name]) for name in numbers}
    bounds = tuple(_floats(table[name]) for name in _BOUNDS)
    return Columns(table.num_rows, coded, figures, days, places, ids, keys[order], order, bounds)


def _is_list(collection: Collection, column: str) -> bool:
    return hasattr(collection.table.c[column].type, "item_type")


def _copy(
    session: Session, collection: Collection, lists: Mapping[str, str], numbers: list[str], *, has_days: bool
) -> pa.Table:
    """The columns by COPY: a list as one text, the year of a status, a period as days from 1970."""
    parts: list[sql.Composable] = []
    for column in lists.values():
        name = sql.Identifier(column)
        many = sql.SQL("array_to_string({}, {})").format(name, sql.Literal(_SEPARATOR))
        parts.append(many if _is_list(collection, column) else name)
    parts += [sql.Identifier(name) for name in numbers]
    names = [*lists, *numbers]
    if has_days:
        parts.append(sql.SQL("left(status_since, 4)"))
        parts.append(sql.SQL("lower(status_period) - date '1970-01-01'"))
        parts.append(sql.SQL("upper(status_period) - date '1970-01-02'"))
        names += ["status_since", _FROM_DAY, _TO_DAY]
    parts += [sql.Identifier("id"), sql.SQL("hashtextextended(id, 0)"), *_middle(collection)]
    parts += [sql.SQL("{}(geom)").format(sql.Identifier(edge)) for edge in ("st_xmin", "st_ymin", "st_xmax", "st_ymax")]
    names += ["id", _KEY, _LON, _LAT, *_BOUNDS]
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, NULL {})").format(
        sql.SQL(", ").join(parts), sql.Identifier(collection.table.name), sql.Literal(_NULL)
    )
    connection: Any = session.connection().connection.driver_connection
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in copy:
            buffer.write(chunk)
    buffer.seek(0)
    text, number = pa.dictionary(pa.int32(), pa.string()), pa.float64()
    figures = (*numbers, _FROM_DAY, _TO_DAY, _LON, _LAT, *_BOUNDS)
    types = {name: number if name in figures else text for name in names}
    types |= {"id": pa.string(), _KEY: pa.int64()}
    return csv.read_csv(
        buffer,
        csv.ReadOptions(column_names=names),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=types, null_values=[_NULL], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _middle(collection: Collection) -> tuple[sql.SQL, sql.SQL]:
    """The middle of a record's box, as tiles of counts have it; of one across the antimeridian a point on it."""
    if collection.geometry_type == "Point":
        return sql.SQL("ST_X(geom)"), sql.SQL("ST_Y(geom)")
    lon = "CASE WHEN ST_XMax(geom) - ST_XMin(geom) > 180 THEN ST_X(ST_PointOnSurface(geom))"
    lon += " ELSE (ST_XMin(geom) + ST_XMax(geom)) * 0.5 END"
    return sql.SQL(lon), sql.SQL("(ST_YMin(geom) + ST_YMax(geom)) * 0.5")


def _coded(column: pa.ChunkedArray, *, has_many: bool) -> Coded:
    array = pa.concat_arrays(column.unify_dictionaries().chunks)
    texts = array.dictionary.to_pylist()
    codes = array.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int32)
    values = [tuple(part for part in text.split(_SEPARATOR) if part) if has_many else (text,) for text in texts]
    return Coded(codes, [*values, ()])


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return cast("NDArray[np.float64]", column.to_numpy())


def forget_all() -> None:
    """Let all that is kept go: for tests, whose records come and go within one edition."""
    with _lock:
        _kept.clear()
        _kept_masks.clear()
