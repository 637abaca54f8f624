"""Columns as arrays, and what they tell by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.values import UNKNOWN, BBox, Period, Selection

_EPOCH = date(1970, 1, 1)
Mask = NDArray[np.bool_]
Codes = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coded:
    """A column as numbers: `values[codes[i]]` are the values of record i, none where it is unknown."""

    codes: Codes
    values: list[tuple[str, ...]]

    def count(self, places: NDArray[np.intp] | None) -> NDArray[np.int64]:
        """How many of the records at these places, None for all, have each of `values`."""
        codes = self.codes if places is None else self.codes.take(places)
        return np.bincount(codes, minlength=len(self.values))

    def mask(self, hits: Mask) -> Mask:
        """The records whose values are hit."""
        return hits[self.codes]

    @cached_property
    def unknown(self) -> NDArray[np.intp]:
        """Where `values` has none."""
        return np.flatnonzero([not values for values in self.values])

    @cached_property
    def in_order(self) -> list[str]:
        """The first of each value's texts, in their order; what is unknown is not among them."""
        return sorted(values[0] for values in self.values if values)

    @cached_property
    def ranks(self) -> Floats:
        """The place of each of `values` in that order; infinite where it is unknown."""
        places = {text: place for place, text in enumerate(self.in_order)}
        return np.array([places[values[0]] if values else np.inf for values in self.values])


@dataclass(frozen=True)
class Words:
    """The single texts of a coded column, as filters compare them, and in which of its values each one is."""

    texts: list[str]
    of: NDArray[np.intp]  # in rising order
    at: NDArray[np.intp]

    @cached_property
    def places(self) -> Mapping[str, int]:
        return {text: place for place, text in enumerate(self.texts)}

    def find(self, text: str) -> NDArray[np.intp]:
        """The values that have the text."""
        place = self.places.get(text)
        if place is None:
            return self.at[:0]
        return self.at[slice(*np.searchsorted(self.of, [place, place + 1]))]

    def count(self, counts: NDArray[np.int64]) -> dict[str, int]:
        """Of `counts` for each value, how many there are for each text."""
        summed = np.bincount(self.of, counts[self.at], len(self.texts)).astype(np.int64)
        return dict(zip(self.texts, summed.tolist(), strict=True))


@dataclass(frozen=True)
class Columns:
    """All records of a collection, in no order of their own.

    `days`: first and last day of their period, counted from 1970; none where it has no times. `places`: longitude and
    latitude of the middle of their boxes, EPSG:4326. `texts`: what records are put in order by and not counted by.
    """

    count: int
    coded: Mapping[str, Coded]
    texts: Mapping[str, Coded]
    numbers: Mapping[str, Floats]
    days: tuple[Floats, Floats] | None
    places: tuple[Floats, Floats]
    ids: pa.Array
    names: pa.Array
    keys: NDArray[np.int64]  # hashes of the ids, in rising order; `order` says which record each is of
    order: NDArray[np.integer[Any]]
    bounds: tuple[Floats, ...]  # west, south, east, north
    by_id: NDArray[np.integer[Any]]  # the records in the order of their ids, and of their names, then ids
    by_name: NDArray[np.integer[Any]]
    has_order: bool  # whether the database's order of texts is that of their characters, as it is here
    kept_bars: dict[str, Coded] = field(default_factory=dict)
    kept_words: dict[str, Words] = field(default_factory=dict)

    @cached_property
    def id_ranks(self) -> NDArray[np.int64]:
        """The place of each record in the order of ids."""
        return _ranks(self.by_id, np.arange(self.count))

    @cached_property
    def name_ranks(self) -> NDArray[np.int64]:
        """The place of each record's name in the order of names; equal names have the same."""
        names = self.names.take(pa.array(self.by_name))
        starts = np.ones(self.count, dtype=bool)
        starts[1:] = pc.not_equal(names[1:], names[:-1]).to_numpy(zero_copy_only=False)
        return _ranks(self.by_name, np.cumsum(starts) - 1)

    def bars(self, name: str, edges: Sequence[float]) -> Coded:
        """Each record's bar of a histogram, as PostgreSQL's width_bucket has it; what is unknown is in none."""
        if name not in self.kept_bars:
            numbers = self.numbers[name]
            codes = np.digitize(numbers, edges)
            codes[np.isnan(numbers)] = len(edges) + 1
            self.kept_bars[name] = Coded(codes.astype(np.int8), [*((str(i),) for i in range(len(edges) + 1)), ()])
        return self.kept_bars[name]

    def words(self, name: str) -> Words:
        """The texts of a list filter's column."""
        if name not in self.kept_words:
            places: dict[str, int] = {}
            pairs = [
                (places.setdefault(text, len(places)), at)
                for at, values in enumerate(self.coded[name].values)
                for text in (set(_names(name, values)) if len(values) > 1 or name == "district" else values)
            ]
            of, at = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
            order = np.argsort(of, kind="stable")
            self.kept_words[name] = Words(list(places), of[order], at[order])
        return self.kept_words[name]

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
        # In rising order they are looked up ten times as fast.
        found = np.sort(np.frombuffer(keys, dtype=">i8").astype(np.int64))
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
        return self.coded[name].mask(self.hits(name, wanted))

    def hits(self, name: str, wanted: Iterable[str]) -> Mask:
        """Which values of a list filter's column it finds; the word `unknown` stands for none."""
        coded, words = self.coded[name], self.words(name)
        found = np.zeros(len(coded.values), dtype=bool)
        for value in wanted:
            if value == UNKNOWN:
                found[coded.unknown] = True
            else:
                found[words.find(value.casefold() if name == "district" else value)] = True
        return found


def _ranks(places: NDArray[np.integer[Any]], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.empty(len(places), dtype=np.int64)
    found[places] = ranks
    return found


def _names(name: str, values: tuple[str, ...]) -> Iterable[str]:
    """What a filter finds values by: a district also without what stands behind it in brackets."""
    return [n for v in values for n in (v.casefold(), v.split(" (")[0].casefold())] if name == "district" else values


def _in_period(first: Floats, last: Floats, period: Period) -> Mask:
    found = ~np.isnan(first)
    if period.end is not None:
        found &= first <= (period.end - _EPOCH).days
    if period.start is not None:
        found &= last >= (period.start - _EPOCH).days
    return cast(Mask, found)
