"""Reading catalogue records so that no key is overlooked, and writing files that differ line by line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# Publishers and titles in the catalogue that name files of its own making: readers know no such files.
REWORDED = {
    "project file research/boundaries/focus_states_districts_datta07_simplified.geojson": (
        "own comparison of the published boundary with district outlines"
    ),
    "Footprints compared: blocks.json and state_blocks.json": "Footprints of central and state blocks compared",
}


class CatalogueError(Exception):
    """The catalogue holds something that this build does not know how to place."""


class Record:
    """A catalogue record whose every key must be taken; what is left over is an error."""

    def __init__(self, name: str, values: Json) -> None:
        self.name = name
        self._left = dict(values)

    def take(self, key: str, default: Any = None) -> Any:
        return self._left.pop(key, default)

    def sub(self, key: str) -> Record:
        """The nested record under `key`, empty where it is absent or null."""
        return Record(f"{self.name}.{key}", self.take(key) or {})

    def expect(self, key: str, *allowed: Any) -> None:
        """Take `key` and drop it; raises CatalogueError unless it says nothing (absent, or one of `allowed`)."""
        value = self.take(key)
        if value is not None and value not in allowed:
            raise CatalogueError(f"{self.name}: {key} = {value!r} has no place")

    def close(self) -> None:
        if self._left:
            raise CatalogueError(f"{self.name}: nobody took {sorted(self._left)}")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def sentence(text: str) -> str:
    """`text` with a capital at the start and a full stop at the end."""
    text = text.strip()
    end = "" if text.endswith((".", "!", "?")) else "."
    return text[:1].upper() + text[1:] + end


def join_notes(*notes: str | None) -> str | None:
    return " ".join(sentence(note) for note in notes if note) or None


def make_sources(sources: list[Json]) -> list[Json]:
    """Sources in one shape: title, publisher, date, url and, where given, via (how it was read)."""
    return [_make_source(Record("source", source)) for source in sources]


def _make_source(source: Record) -> Json:
    title, publisher, url = source.take("title"), source.take("publisher"), source.take("url")
    made = {"title": REWORDED.get(title, title), "publisher": REWORDED.get(publisher, publisher)}
    made["date"] = source.take("date")
    made["url"] = url if url and url.startswith("http") else None
    via = source.take("via")
    if source.take("date_inferred"):
        via = "; ".join(part for part in (via, "date inferred, not shown in what was read") if part)
    if via:
        made["via"] = via
    source.close()
    return made


def name_source(source: Json) -> str:
    """A source in a few words, for the end of a note."""
    return ", ".join(part for part in (source["publisher"], source["date"]) if part)


def feature(record_id: str, geometry: Json, properties: Json) -> Json:
    return {"type": "Feature", "id": record_id, "geometry": geometry, "properties": properties}


def point(lon: float, lat: float) -> Json:
    return {"type": "Point", "coordinates": [lon, lat]}


def write_rows(path: Path, head: Json, key: str, rows: list[Json]) -> None:
    """A JSON object of `head` with `rows` under `key`, one row a line; raises CatalogueError on a double id."""
    ids = [row.get("id", row.get("term")) for row in rows]
    if len(ids) != len(set(ids)):
        raise CatalogueError(f"{path.name}: an id occurs twice")
    lines = [f"{json.dumps(name, ensure_ascii=False)}: {_compact(value)}," for name, value in head.items()]
    body = ",\n".join(_compact(row) for row in rows)
    text = "{\n" + "\n".join([*lines, f'"{key}": [']) + f"\n{body}\n]\n}}\n"
    path.write_text(text, encoding="utf-8")


def write_collection(path: Path, head: Json, features: list[Json]) -> None:
    """A FeatureCollection (RFC 7946) with `head` as foreign members, one feature a line."""
    write_rows(path, {"type": "FeatureCollection", **head}, "features", features)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
