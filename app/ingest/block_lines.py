"""Blocks → lines of COPY, column by column: what `sources.block_row` and `staging.lines_of` make of each by itself.

Most values of a column repeat, so each different one is validated and written once. A batch with anything out of the
ordinary is left to the row by row way, which knows how to say what is wrong with a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Annotated, Any, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError
from shapely import GeometryType, get_type_id, to_wkb

from app.ingest import records
from app.ingest.history_lines import Patterns, Written, are_days_in_order
from app.ingest.reading import Record
from app.ingest.reading.source import no_collection
from app.ingest.sources import SEARCHED, Context, derived_from
from app.ingest.staging import NULL, content_columns, escaped, writer_of
from app.models import Block, table_of
from app.words import searchable

_FIELDS = records.Block.model_fields
_NUMBERS = frozenset("area_ha resource_mt premium_percent lon lat position_uncertainty_km".split())
_NESTED = frozenset("aliases minerals exploration access notes field_sources contradictions sources".split())
_TEXTS = [n for n in _FIELDS if n not in _NUMBERS | _NESTED | {"events", "offshore"}]
_EVENT_KEYS = {"seq", "date", "kind", "tranche", "note", "source"}
# So many values of a column are remembered from batch to batch: a worker has little memory.
_MOST_KNOWN = 4_000
_HIGHEST_SEQ = 10_000

Texts = list[str]


class _Event(NamedTuple):
    """A `records.Event` without a source, made in a tenth of the time."""

    seq: int
    date: str | None
    kind: str
    tranche: str | None
    note: str | None
    source: None = None

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        return self._asdict()


class _Unusual(ValueError):
    """Something that the row by row way has to look at."""


class BlockLines:
    """Makes lines of batches of records; what it remembers of their values makes the next batch quicker."""

    def __init__(self, context: Context, stored_crs: str) -> None:
        self.context, self.stored_crs = context, stored_crs
        self.columns = [column.name for column in content_columns(Block)]
        types = {column.name: column.type for column in table_of(Block).columns}
        self.writers: dict[str, Callable[[Any], str]] = {name: writer_of(types[name]) for name in self.columns}
        annotations: dict[str, Any] = {
            name: Annotated[(f.annotation, *f.metadata)] if f.metadata else f.annotation for name, f in _FIELDS.items()
        }
        self.each = {name: TypeAdapter(annotation) for name, annotation in annotations.items()}
        self.lists = {name: TypeAdapter(_list_of(annotations[name])) for name in _NUMBERS}
        self.known: dict[str, dict[Any, Any]] = {name: {} for name in (*_FIELDS, "source_crs")}
        self.event = TypeAdapter(records.Event)
        self.events: dict[Any, tuple[str, str | None, str | None]] = {}  # what an event says but for its date
        self.dates: dict[Any, str | None] = {}
        self.patterns = Patterns()

    def lines(self, batch: Sequence[Record]) -> str | None:
        """The records as `staging.lines_of` writes them; None where they must be looked at one by one."""
        if not batch:
            return ""
        try:
            with no_collection():
                return self._lines(batch)
        except (_Unusual, ValidationError, ValueError, TypeError):
            return None

    def _lines(self, batch: Sequence[Record]) -> str:
        shapes = [record.geometry for record in batch]
        if (get_type_id(shapes) == GeometryType.POINT).any():
            raise _Unusual("a block without a boundary")
        properties = [record.properties for record in batch]
        if any(row.keys() != _FIELDS.keys() for row in properties):
            raise _Unusual("properties that are not those of a block")
        given = dict(zip(_FIELDS, zip(*map(itemgetter(*_FIELDS), properties), strict=True), strict=True))
        as_json: dict[str, Sequence[str]] = {}
        as_copy: dict[str, Sequence[str]] = {}
        words: dict[str, Sequence[str]] = {}
        for name in _NUMBERS:
            as_json[name] = numbers = self._numbers(name, given[name])
            as_copy[name] = [NULL if n == "null" else n for n in numbers] if "null" in numbers else numbers
        columns: dict[str, list[Written]] = {name: self._texts(name, given[name]) for name in _TEXTS}
        columns["id"] = [self._write("id", record.id) for record in batch]
        columns["source_crs"] = self._texts(
            "source_crs", [None if r.source_crs == self.stored_crs else r.source_crs for r in batch]
        )
        columns["state_code"] = [self._state_code(state) for state in given["state"]]
        columns["offshore"] = [_YES if value else _NO for value in _booleans(given["offshore"])]
        columns["boundary_kind"] = [Written('"published"', "published", "")] * len(batch)
        for name in _NESTED - {"minerals"}:
            columns[name] = [self._nested(name, value) for value in given[name]]
        rows = [self._minerals(value) for value in given["minerals"]]
        for name in ("minerals", "primary_mineral", "critical"):
            columns[name] = [row[name] for row in rows]
        rows = [
            self._events(events, sources) for events, sources in zip(given["events"], given["sources"], strict=True)
        ]
        for name in rows[0]:
            columns[name] = [row[name] for row in rows]
        for name, column in columns.items():
            as_json[name], as_copy[name], words[name] = zip(*column, strict=True)
        searched = [name for name in (*SEARCHED, "minerals", "tranches") if name in words]
        as_copy["search"] = ["".join((" ", *found)) for found in zip(*(words[n] for n in searched), strict=True)]
        as_json["search"] = [f'"{text}"' for text in as_copy["search"]]
        return self._joined(batch, shapes, as_json, as_copy)

    def _joined(
        self,
        batch: Sequence[Record],
        shapes: Sequence[Any],
        as_json: dict[str, Sequence[str]],
        as_copy: dict[str, Sequence[str]],
    ) -> str:
        names = sorted(as_json)
        content = "{" + ",".join(f'"{name}":%s' for name in names) + "}%s"
        wkb = to_wkb(shapes, hex=True, byte_order=1).tolist()
        sha256 = hashlib.sha256
        digests = [
            sha256((content % values).encode()).hexdigest()
            for values in zip(*(as_json[name] for name in names), wkb, strict=True)
        ]
        numbers = map(str, map(attrgetter("number"), batch))
        lines = zip(as_copy["id"], digests, numbers, wkb, *(as_copy[name] for name in self.columns), strict=True)
        return "\n".join("\t".join(line) for line in lines) + "\n"

    def _numbers(self, name: str, values: Sequence[Any]) -> Texts:
        """Numbers as JSON has them, which is how PostgreSQL reads them too."""
        checked = self.lists[name].validate_python(values)
        return orjson.dumps(checked)[1:-1].decode().split(",")

    def _texts(self, name: str, values: Sequence[Any]) -> list[Written]:
        known = self.known[name]
        if len(known) > _MOST_KNOWN:
            known.clear()
        for value in set(values).difference(known):
            if type(value) not in (str, NoneType):
                raise _Unusual("a value that is no text")
            checked = value if name == "source_crs" else self.each[name].validate_python(value)
            known[value] = self._write(name, checked)
        return [known[value] for value in values]

    def _write(self, name: str, value: Any) -> Written:
        if value is None:
            return _NULL
        json = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        copy = escaped(value) if name == "id" else self.writers[name](value)
        return Written(json, copy, _words(value) if name in SEARCHED else "")

    def _state_code(self, state: str) -> Written:
        known = self.known["state"]
        key = ("code of", state)
        if key not in known:
            known[key] = self._write("state_code", self.context.state_code(self.each["state"].validate_python(state)))
        found: Written = known[key]
        return found

    def _nested(self, name: str, value: Any) -> Written:
        """A list or an object."""
        known, key = self.known[name], orjson.dumps(value)
        found: Written | None = known.get(key)
        if found is None:
            adapter = self.each[name]
            found = self._write(name, adapter.dump_python(adapter.validate_python(value), mode="json"))
            if len(known) < _MOST_KNOWN:
                known[key] = found
        return found

    def _minerals(self, value: Any) -> dict[str, Written]:
        """The minerals, and what follows from them."""
        known, key = self.known["minerals"], orjson.dumps(value)
        found: dict[str, Written] | None = known.get(key)
        if found is None:
            slugs = self.each["minerals"].validate_python(value)
            self.context.check_minerals(slugs)
            is_critical = any(self.context.critical.get(slug, False) for slug in slugs)
            searched = "".join(_words(self.context.mineral_words.get(slug, slug)) for slug in slugs)
            found = {
                "minerals": self._write("minerals", slugs)._replace(words=searched),
                "primary_mineral": self._write("primary_mineral", next(iter(slugs), None)),
                "critical": _YES if is_critical else _NO,
            }
            if len(known) < _MOST_KNOWN:
                known[key] = found
        return found

    def _events(self, events: Any, sources: Any) -> dict[str, Written]:
        """The events, and what follows from them."""
        key, days = self._told_apart(events, sources)
        found = self.patterns.find(key, days) if key else None
        if found is None:
            validated = self.each["sources"].validate_python(sources)
            checked = [self._event(event) for event in events]
            found = self._derived(checked, validated)
            # One that was validated by another way may differ by more than its day.
            if key and all(type(event) is _Event for event in checked):
                self.patterns.learn(key, checked, lambda events: self._derived(events, validated))
        return found

    def _told_apart(self, events: Any, sources: Any) -> tuple[Any, Sequence[str]]:
        """What the events say but for their days, and these; nothing where the days matter by more than their order."""
        said: list[Any] = []
        days: list[str] = []
        for event in events:
            if type(event) is not dict or event.keys() != _EVENT_KEYS or event["source"] is not None:
                return None, ()
            if type(seq := event["seq"]) is not int or (day := event["date"]) not in self.dates:
                return None, ()
            said.append((seq, event["kind"], event["tranche"], event["note"]))
            days.append(self.dates[day] or "")
        if not said or not are_days_in_order(days):
            return None, ()
        return (tuple(said), orjson.dumps(sources)), days

    def _event(self, event: Any) -> Any:
        """The event, validated; most differ by their dates alone, and those repeat."""
        if (
            type(event) is not dict
            or event.keys() != _EVENT_KEYS
            or type(event["seq"]) is not int
            or event["source"] is not None
        ):
            return self.event.validate_python(event)
        seq, day = event["seq"], event["date"]
        key = (event["kind"], event["tranche"], event["note"])
        if key not in self.events or day not in self.dates or not 1 <= seq <= _HIGHEST_SEQ:
            found = self.event.validate_python(event)
            if found.source is not None or len(self.events) > _MOST_KNOWN or len(self.dates) > _MOST_KNOWN:
                return found
            self.events[key] = (found.kind, found.tranche, found.note)
            self.dates[day] = found.date
        return _Event(seq, self.dates[day], *self.events[key])

    def _derived(self, events: Sequence[Any], sources: list[records.Source]) -> dict[str, Written]:
        numbers = [event.seq for event in events]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise _Unusual("events out of their order")
        row = derived_from(events, sources)
        written = {name: self._write(name, value) for name, value in row.items()}
        named = "".join(_words(f"tranche {name}") for name in row["tranches"])
        return written | {"tranches": written["tranches"]._replace(words=named)}


_NULL = Written("null", NULL, "")
_YES, _NO = Written("true", "t", ""), Written("false", "f", "")


def _list_of(annotation: Any) -> Any:
    return list.__class_getitem__(annotation)


def _words(value: Any) -> str:
    """Words to be found by, each with a space after it."""
    found = searchable(" ".join(value) if isinstance(value, list) else value)[1:]
    return "" if found == " " else found


def _booleans(values: Sequence[Any]) -> Sequence[bool]:
    if not set(map(type, values)) <= {bool}:
        raise _Unusual("a value that is neither true nor false")
    return values
