"""Mappings: which column of a file is which property of a collection.

A mapping is a TOML file. The ready ones lie in app/ingest/mappings; catalogue.toml says what each key means.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from app.ingest.read import LoadError
from app.ingest.reading.positions import fold_column
from app.ingest.reading.shapes import SHAPES, properties_of

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_KEYS = frozenset(
    "title note collection columns defaults id position values source crs where ignore unknown_minerals_to "
    "collections".split()
)
_TABLES = ("columns", "defaults", "position", "values", "source", "where", "collections")


@dataclass(frozen=True)
class Mapping:
    """Which column is which property. A text with {column} in it is filled in from the row."""

    title: str = "no mapping"
    collection: str = ""
    columns: MappingOf[str, str | list[str]] = field(default_factory=dict)  # property → column, columns or template
    defaults: MappingOf[str, Any] = field(default_factory=dict)  # property → value where the file has none
    id: tuple[str, ...] = ()  # templates: the first is the id, later ones are added where it is not unique
    position: dict[str, str] = field(default_factory=dict)  # lon lat wkt easting northing zone datum block corner
    values: MappingOf[str, MappingOf[str, Any]] = field(default_factory=dict)  # property → text in the file → value
    source: MappingOf[str, str | None] = field(default_factory=dict)
    crs: str | None = None
    where: MappingOf[str, list[str]] = field(default_factory=dict)  # column → values of rows that are taken
    ignore: tuple[str, ...] = ()  # columns that are left out on purpose
    unknown_minerals_to: str | None = None  # property that keeps names which the vocabulary lacks
    by_collection: MappingOf[str, MappingOf[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_file(cls, name: str | Path) -> Mapping:
        """A mapping by the path of its file or the name of a ready one.

        Raises: LoadError.
        """
        text = _read(name)
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise LoadError(f"The mapping {name} is no TOML: {error}.") from error
        by_collection = document.pop("collections", {})
        mapping = cls(by_collection=by_collection, **_checked(str(name), document))
        for collection, part in by_collection.items():
            if collection not in SHAPES:
                raise LoadError(f"The mapping {name} has a part for “{collection}”, which is no collection.")
            _checked(str(name), part)
        return mapping

    def for_collection(self, collection: str) -> Mapping:
        """With what it says of one collection laid over what it says of all.

        Raises: LoadError for an unknown collection or property.
        """
        if collection not in SHAPES:
            raise LoadError(f"“{collection}” is no collection that takes imports{_near(collection, SHAPES)}")
        if self.collection and self.collection != collection:
            raise LoadError(f"The mapping {self.title} is for {self.collection}, not {collection}.")
        changes: dict[str, Any] = {"collection": collection, "by_collection": {}}
        for key, value in _checked(self.title, dict(self.by_collection.get(collection, {}))).items():
            before = getattr(self, key)
            changes[key] = {**before, **value} if isinstance(before, dict) else value
        mapping = replace(self, **changes)
        for name in (
            *mapping.columns,
            *mapping.defaults,
            *([mapping.unknown_minerals_to] if self.unknown_minerals_to else []),
        ):
            if name not in properties_of(collection):
                near = _near(str(name), properties_of(collection))
                raise LoadError(f"The mapping {self.title} names “{name}”, which {collection} does not have{near}")
        return mapping

    def check_columns(self, file: str, columns: tuple[str, ...]) -> None:
        """Raises: LoadError where a column that is named is not in the file."""
        wanted: list[tuple[str, str]] = []
        for name, value in self.columns.items():
            wanted += [(column, name) for one in _as_list(value) for column in columns_in(one)]
        wanted += [(column, "id") for text in self.id for column in columns_in(text)]
        wanted += [(column, "the position") for column in self.position.values()]
        wanted += [(column, "the choice of rows") for column in self.where]
        wanted += [(c, "the source") for text in self.source.values() if text for c in _PLACEHOLDER.findall(text)]
        for column, purpose in wanted:
            if column not in columns:
                raise LoadError(
                    f"{file} has no column “{column}”, which the mapping {self.title} names for {purpose}"
                    f"{_near(column, columns)} It has: {', '.join(columns)}."
                )

    def column_of(self, name: str, columns: tuple[str, ...]) -> list[str]:
        """Columns or templates for a property: as mapped, else the column of its own name; none: []."""
        if name in self.columns:
            return _as_list(self.columns[name])
        return [column for column in columns if fold_column(column) == fold_column(name)][:1]


def columns_in(text: str) -> list[str]:
    """The columns that a text names: those in braces, else the text itself."""
    return _PLACEHOLDER.findall(text) or [text]


def is_template(text: str) -> bool:
    return _PLACEHOLDER.search(text) is not None


def fill(text: str, values: MappingOf[str, Any]) -> str | None:
    """The text with its columns filled in; None where one of them is empty."""
    filled = {column: values.get(column) for column in _PLACEHOLDER.findall(text)}
    if any(value is None or value == "" for value in filled.values()):
        return None
    return _PLACEHOLDER.sub(lambda found: _shown(filled[found[1]]), text)


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def ready_names() -> list[str]:
    """Names of the mappings that come with the portal."""
    folder = files("app.ingest").joinpath("mappings")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def _read(name: str | Path) -> str:
    ready = ready_names()
    try:
        if str(name) in ready:
            return files("app.ingest").joinpath("mappings", f"{name}.toml").read_text("utf-8")
        return Path(name).read_text("utf-8")
    except OSError as error:
        raise LoadError(f"There is no mapping {name}; ready ones are {', '.join(ready)}.") from error
    except UnicodeDecodeError as error:
        raise LoadError(f"The mapping {name} is not UTF-8: byte {error.start} cannot be read.") from error


def _checked(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """The keys of a mapping, each of the kind that it must be. Raises: LoadError."""
    for key, value in document.items():
        if key not in _KEYS:
            raise LoadError(f"The mapping {name} has a key “{key}” that is not known{_near(key, _KEYS)}")
        if (key in _TABLES) != isinstance(value, dict):
            raise LoadError(f"The mapping {name}: “{key}” should {'' if key in _TABLES else 'not '}be a table.")
    checked = {key: value for key, value in document.items() if key != "note"}
    for key in ("id", "ignore"):
        if key in checked:
            checked[key] = tuple(_as_list(checked[key]))
    for table in ("columns", "where"):
        for key, value in checked.get(table, {}).items():
            if not (isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))):
                raise LoadError(f"The mapping {name}: {table}.{key} should be a text or a list of texts.")
    if "where" in checked:
        checked["where"] = {key: _as_list(value) for key, value in checked["where"].items()}
    if any(not isinstance(words, dict) for words in checked.get("values", {}).values()):
        raise LoadError(f"The mapping {name}: each part of “values” should be a table of texts.")
    return checked


def _near(word: str, known: Any) -> str:
    close = get_close_matches(word, list(known), n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "."
