"""How the columns of one file become the properties of one collection; made once, used batch by batch."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.checks.findings import Finding
from app.ingest.read import LoadError
from app.ingest.reading import cells
from app.ingest.reading.cells import CellError, CellFault, Column, Memo
from app.ingest.reading.mapping import Mapping, columns_in, fill, is_template
from app.ingest.reading.positions import find_position
from app.ingest.reading.shapes import Property, properties_of
from app.ingest.reading.slugs import is_slug, slug_of
from app.ingest.reading.source import RawRow, Source, file_finding
from app.ingest.reading.vocabulary import Names, country_names
from app.queries.vocabulary import Vocabulary

# What a record says where the file does not; other properties that may not be null must be there.
_DEFAULTS: dict[str, Any] = {"confidence": "medium", "offshore": False}
# Made from the rest of the record where the file does not have them.
_DERIVED = frozenset({"lon", "lat", "critical", "country_name", "sources", "position_accuracy", "minerals"})
_ID_STEPS = {
    "districts": ("{name}-{state}",),
    "global-assets": ("{name}", "{country_name}", "{country}"),
}
_DEFAULT_ID_STEPS = ("{name}", "{state}")


class Plan:
    """Columns, defaults and ids of one source under one mapping.

    Raises: LoadError where a column that is named or needed is not there.
    """

    def __init__(self, mapping: Mapping, source: Source, vocabulary: Vocabulary) -> None:
        self.mapping, self.source = mapping, source
        mapping.check_columns(source.name, source.columns)
        self.names = Names(vocabulary, mapping.values)
        self.position = find_position(source.columns, mapping.position)
        self.properties = properties_of(mapping.collection)
        taken = set() if source.has_geometry else self.position.columns
        if self.position.wkt:
            taken = {self.position.wkt}
        self.columns = {
            name: [c for c in mapping.column_of(name, source.columns) if c not in taken or name in mapping.columns]
            for name in self.properties
        }
        self.has_own_ids = not mapping.id and "id" in source.columns
        self.defaults = {name: value for name, value in _DEFAULTS.items() if name in self.properties}
        self.defaults |= mapping.defaults
        self.used = self._used_columns()
        self.findings: list[Finding] = self._about_file()
        self._check_required()
        self.minerals = Memo(self.names.minerals)
        self.memos = {
            # Histories are large, and seldom the same.
            name: Memo(_parser(p, mapping), 1_000 if name == "events" else 20_000)
            for name, p in self.properties.items()
            if _parser(p, mapping)
        }
        self._doubled: list[set[int]] | None = None
        self._batch: tuple[list[RawRow], list[dict[str, Any]]] = ([], [])

    def _used_columns(self) -> set[str]:
        used = {"id", *self.mapping.ignore, *self.mapping.where, *self.mapping.position.values()}
        for names in self.columns.values():
            used.update(column for name in names for column in columns_in(name))
        used.update(column for text in self.mapping.id for column in columns_in(text))
        used.update(column for text in self.mapping.source.values() if text for column in columns_in(text))
        if not self.source.has_geometry or self.position.has_corners:
            used |= self.position.columns | {self.position.datum or "", self.position.block or ""}
        return used

    def _about_file(self) -> list[Finding]:
        found = []
        sourced = self.columns.get("sources") or self.mapping.source or "sources" in self.defaults
        if "sources" in self.properties and not sourced:
            message = f"No source is named: {self.source.name} itself stands as the source of each record."
            found.append(file_finding(message, "Name one under [source] of a mapping.", "sources"))
        for name in ("confidence", "position_accuracy"):
            if name in self.properties and not self.columns[name] and name not in self.mapping.defaults:
                assumed = "medium" if name == "confidence" else "surveyed for areas, locality for points"
                message = f"The file has no {name}: {assumed} is assumed."
                found.append(file_finding(message, f"Give a column, or a default of {name} in a mapping.", name))
        return found

    def _check_required(self) -> None:
        lacking = [
            name
            for name, p in self.properties.items()
            if p.required
            and p.kind not in ("texts", "objects", "object")
            and not self.columns[name]
            and name not in self.defaults
            and name not in _DERIVED
        ]
        if not lacking:
            return
        what = (
            f"{self.source.name} has no column for {', '.join(lacking)}, which each record of {self.mapping.collection}"
        )
        mend = "name columns, or values for all rows under [defaults], in a mapping"
        if self.has_own_ids:
            message = f"{what} has: only records that are there already can be changed by it."
            self.findings.append(file_finding(message, f"For new records {mend}."))
            return
        raise LoadError(f"{what} needs; {mend}. Its columns are: {', '.join(self.source.columns) or 'none'}.")

    def unmapped(self, rows: list[RawRow]) -> list[Finding]:
        """A warning that names columns which nothing is made of, each once."""
        seen = set(self.source.columns)
        if self.source.format.startswith("GeoJSON"):
            for row in rows:
                seen.update(row.values)
        left = [column for column in (*self.source.columns, *sorted(seen)) if column in seen - self.used]
        self.used.update(left)
        if not left:
            return []
        names = ", ".join(f"“{column}”" for column in dict.fromkeys(left))
        return [file_finding(f"These columns are not imported: {names}.", "Map them, or name them under ignore.")]

    def raw(self, name: str, rows: list[RawRow]) -> list[Any]:
        """The raw values of a property."""
        columns = self.columns[name]
        if not columns:
            return [None] * len(rows)
        if len(columns) == 1 and not is_template(columns[0]):
            by_row = self._values_of(rows)
            try:
                values = list(map(itemgetter(columns[0]), by_row))
            except KeyError:  # a feature need not have each property
                values = [cells_of_row.get(columns[0]) for cells_of_row in by_row]
        else:
            values = [_joined(columns, row) for row in rows]
        given = self.mapping.values.get(name)
        if given and name not in ("minerals", "state", "country"):
            words = {text.casefold(): value for text, value in given.items()}
            values = [words.get(v.strip().casefold(), v) if isinstance(v, str) else v for v in values]
            values = [None if v == "" else v for v in values]
        return values

    def _values_of(self, rows: list[RawRow]) -> list[dict[str, Any]]:
        """The values of each row; kept for the batch at hand, as every property asks for them."""
        if self._batch[0] is not rows:
            self._batch = rows, [row.values for row in rows]
        return self._batch[1]

    def column(self, name: str, rows: list[RawRow]) -> Column:
        """The values of a property, defaults filled in. Lists that are empty are []."""
        raw = self.raw(name, rows)
        kind = self.properties[name].kind
        empty: Any = [] if kind in ("texts", "objects") else {} if self._is_object(name) else None
        if not self.columns[name]:
            column = Column([empty] * len(rows))
        elif name in self.memos:
            column = self.memos[name].column(raw, empty)
        elif kind == "text":
            column = cells.texts(raw)
        elif kind == "date":
            column = cells.dates(raw)
        elif kind == "boolean":
            column = cells.booleans(raw)
        else:
            read = cells.integers if kind == "integer" else cells.numbers
            column = read(raw, decimal_comma=self.source.decimal_comma)
        if name in self.defaults:
            default = self.defaults[name]
            column.values = [default if v is None or v == [] else v for v in column.values]
        return column

    def _is_object(self, name: str) -> bool:
        """True for an object that may be empty but not null."""
        return self.properties[name].kind == "object" and self.properties[name].required

    def ids(self, rows: list[RawRow]) -> list[tuple[str, CellFault | None]]:
        """The id of each row, and what is to be said of it."""
        if self.has_own_ids:
            return [_own_id(row.values.get("id")) for row in rows]
        steps = self._steps(rows)
        doubled = self._doubled_ids()
        ids = []
        for slugs in zip(*steps, strict=True):
            slug = next((s for s, d in zip(slugs, doubled, strict=True) if hash(s) not in d), slugs[-1])
            fault = None if slug else CellFault("error", "id", "The row has neither id nor name.", "Give it an id.")
            ids.append((slug, fault))
        return ids

    def _steps(self, rows: list[RawRow]) -> list[list[str]]:
        """For each step of making ids unique, the slug of each row."""
        if self.mapping.id:
            texts = [[_filled(text, row) for row in rows] for text in self.mapping.id]
        else:
            wanted = _ID_STEPS.get(self.mapping.collection, _DEFAULT_ID_STEPS)
            wanted = tuple(text for text in wanted if all(c in self.properties for c in columns_in(text)))
            columns = {name: self._plain(name, rows) for text in wanted for name in columns_in(text)}
            texts = [
                [fill(text, {name: columns[name][place] for name in columns}) or "" for place in range(len(rows))]
                for text in wanted
            ]
        steps = [[slug_of(text) for text in texts[0]]]
        for more in texts[1:]:
            steps.append([slug_of(f"{s}-{text}") if text else s for s, text in zip(steps[-1], more, strict=True)])
        return steps

    def _plain(self, name: str, rows: list[RawRow]) -> list[Any]:
        """A property as an id may hold it: a state by its present name."""
        default = self.defaults.get(name)
        values = [default if value is None else value for value in self.raw(name, rows)]
        if name != "state":
            return values
        present: dict[Any, Any] = {None: None}
        for value in values:
            if value not in present:
                try:
                    present[value] = self.names.state(str(value))[0]
                except CellError:
                    present[value] = value
        return [present[value] for value in values]

    def _doubled_ids(self) -> list[set[int]]:
        """Hashes of the slugs that are not unique in the file, by step; the file is gone over once for it."""
        if self._doubled is None:
            found: list[list[NDArray[np.int64]]] = []
            for batch in self.source.batches():
                rows = self.chosen(row for row in batch if row.fault is None)
                if rows:
                    found.append([np.array([hash(s) for s in step], dtype=np.int64) for step in self._steps(rows)])
            self._doubled = []
            for hashes in zip(*found, strict=True):
                known, counts = np.unique(np.concatenate(hashes), return_counts=True)
                self._doubled.append(set(known[counts > 1].tolist()))
        return self._doubled

    def chosen(self, rows: Any) -> list[RawRow]:
        """The rows that the mapping's `where` lets in."""
        where = {column: {v.casefold() for v in values} for column, values in self.mapping.where.items()}
        if not where:
            return list(rows)
        return [r for r in rows if all(str(r.values.get(c) or "").casefold() in v for c, v in where.items())]

    def source_of(self, row: RawRow) -> list[dict[str, Any]]:
        """The source that the mapping names, else the file itself."""
        named = self.mapping.source or {"title": self.source.name}
        filled = {key: fill(text, row.values) if text else None for key, text in named.items()}
        return [dict.fromkeys(("title", "publisher", "date", "url")) | filled]

    def country_name(self, code: str, given: Any) -> str:
        """The country's name: by its code, else as the file has it."""
        return country_names().get(code) or str(given or code)


def _parser(p: Property, mapping: Mapping) -> Any:
    if p.name == "minerals":
        return None
    if p.name == "sources":
        return _parse_sources
    return {"texts": cells.parse_list, "objects": cells.parse_objects, "object": cells.parse_object}.get(p.kind)


def _parse_sources(value: Any) -> list[Any]:
    """Sources as JSON; a plain text is the title or the address of one."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        url = value if value.startswith(("http://", "https://")) else None
        return [{"title": value, "publisher": None, "date": None, "url": url}]
    return cells.parse_objects(value)


def _joined(columns: list[str], row: RawRow) -> str | None:
    parts = [fill(c, row.values) if is_template(c) else row.values.get(c) for c in columns]
    return "; ".join(str(part) for part in parts if part not in (None, "")) or None


def _filled(text: str, row: RawRow) -> str:
    if not is_template(text):
        value = row.values.get(text)
        return "" if value is None else str(value)
    return fill(text, row.values) or ""


def _own_id(value: Any) -> tuple[str, CellFault | None]:
    if type(value) is str and is_slug(value):
        return value, None
    text = "" if value is None else cells.texts([value]).values[0] or ""
    slug = slug_of(text)
    if not slug:
        return "", CellFault("error", "id", "The row has no id.", "Give it one: lower-case letters, digits, hyphens.")
    if slug == text:
        return slug, None
    message = f"The id “{text[:60]}” is no slug; it becomes “{slug}”."
    return slug, CellFault("warning", "id", message, "Use lower-case letters, digits and hyphens.")
