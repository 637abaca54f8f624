"""Data file → checked records and refusals; nothing is dropped silently."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from shapely import from_geojson, is_valid_reason
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class LoadError(Exception):
    """A file that cannot be read at all; nothing of the load is kept."""


class Refusal(NamedTuple):
    """A record that was left out, where it stands and why. `number` counts from 1."""

    file: str
    number: int
    id: str | None
    reason: str


class Accepted(NamedTuple):
    """A checked record; its geometry is in degrees, EPSG:4326."""

    number: int
    id: str
    record: Any
    geometry: BaseGeometry | None


@dataclass(frozen=True)
class FileContent:
    """A data file, read."""

    name: str
    sha256: str
    meta: dict[str, Any]  # what the file says of itself: title, licence, attribution, as_of …
    accepted: list[Accepted]
    refused: list[Refusal]


def read_file(path: Path, members: str, shape: type[BaseModel], geometry_types: frozenset[str]) -> FileContent:
    """The records under `members` ("features" of a GeoJSON file), each checked against `shape`.

    Raises: LoadError where the file is missing or no JSON object with that member.
    """
    content, document = _read_json(path)
    records = document.get(members)
    if not isinstance(records, list):
        raise LoadError(f"{path.name} has no list “{members}”.")
    accepted: list[Accepted] = []
    refused: list[Refusal] = []
    seen: set[str] = set()
    for number, raw in enumerate(records, 1):
        try:
            item = _read_record(number, raw, shape, geometry_types)
            if item.id in seen:
                raise ValueError(f"the id “{item.id}” stands in this file already")
            seen.add(item.id)
            accepted.append(item)
        except (ValueError, ShapelyError) as error:
            refused.append(Refusal(path.name, number, _id_of(raw), reason_of(error)))
    meta = {key: value for key, value in document.items() if key not in ("type", members)}
    return FileContent(path.name, hashlib.sha256(content).hexdigest(), meta, accepted, refused)


def _read_json(path: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        content = path.read_bytes()
        document = json.loads(content)
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise LoadError(f"{path.name} is not UTF-8: byte {error.start} cannot be read.") from error
    except json.JSONDecodeError as error:
        raise LoadError(
            f"{path.name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    if not isinstance(document, dict):
        raise LoadError(f"{path.name} is not a JSON object.")
    return content, document


def _read_record(number: int, raw: Any, shape: type[BaseModel], geometry_types: frozenset[str]) -> Accepted:
    """One record. Raises: ValueError, ValidationError, ShapelyError."""
    if not isinstance(raw, dict):
        raise ValueError("it is no JSON object")
    check_storable(raw)
    if not geometry_types:
        record = shape.model_validate(raw)
        return Accepted(number, str(getattr(record, "id", number)), record, None)
    if raw.get("type") != "Feature" or not isinstance(raw.get("properties"), dict):
        raise ValueError("it is no GeoJSON Feature with properties")
    if not isinstance(raw.get("id"), str) or not _SLUG.fullmatch(raw["id"]):
        raise ValueError(f"its id is {raw.get('id')!r:.60}, no slug such as akharkata-graphite")
    geometry = read_geometry(raw.get("geometry"), geometry_types)
    return Accepted(number, raw["id"], shape.model_validate(raw["properties"]), geometry)


def check_storable(value: Any, path: str = "") -> None:
    """Raises: ValueError where a text holds NUL or a number is NaN or infinite: PostgreSQL and JSON have neither."""
    if isinstance(value, str) and "\0" in value:
        raise ValueError(f"{path}: holds a NUL character")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{path}: holds {value}, which is no number")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_storable(key, path)
            check_storable(inner, f"{path}.{key}".lstrip("."))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            check_storable(inner, f"{path}.{place}")


def read_geometry(raw: Any, geometry_types: frozenset[str]) -> BaseGeometry:
    """A valid, non-empty geometry of one of the types, in degrees.

    Raises: ValueError with the place of the fault.
    """
    if not isinstance(raw, dict) or raw.get("type") not in geometry_types:
        kind = raw.get("type") if isinstance(raw, dict) else None
        raise ValueError(f"its geometry is {kind}, not {' or '.join(sorted(geometry_types))}")
    try:
        geometry = from_geojson(json.dumps(raw))
    except (ShapelyError, ValueError) as error:
        raise ValueError(f"its geometry cannot be read: {error}") from error
    if geometry.is_empty:
        raise ValueError("its geometry is empty")
    if geometry.has_z:
        raise ValueError("its geometry has heights; leave the third coordinate out")
    if not geometry.is_valid:
        raise ValueError(f"its geometry is not valid: {is_valid_reason(geometry)}")
    west, south, east, north = geometry.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise ValueError(
            f"its geometry reaches {geometry.bounds}, outside longitude -180 to 180 and latitude -90 to 90"
        )
    return geometry


def _id_of(raw: Any) -> str | None:
    found = raw.get("id") if isinstance(raw, dict) else None
    return found if isinstance(found, str) else None


# The validator's words, where ours are plainer.
_OWN_WORDS = {
    "missing": "is missing; give null where it is not known",
    "extra_forbidden": "is no member of such a record",
}


def reason_of(error: Exception) -> str:
    """A validation error as one sentence that names the members at fault."""
    if not isinstance(error, ValidationError):
        return str(error)
    parts = []
    for fault in error.errors(include_url=False):
        where = ".".join(str(step) for step in fault["loc"])
        if fault["type"] in _OWN_WORDS:
            parts.append(f"{where}: {_OWN_WORDS[fault['type']]}")
            continue
        parts.append(
            f"{where}: {fault['msg'].removeprefix('Value error, ')}"
            + ("" if fault["type"] == "missing" else f" (it is {fault['input']!r:.60})")
        )
    return "; ".join(parts)
