"""GeoJSON and newline-delimited GeoJSON, feature by feature: a file of any size, and the place where it breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from pyproj import CRS
from shapely import from_geojson
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from app.ingest.read import LoadError
from app.ingest.reading.datums import WGS84, parse_crs
from app.ingest.reading.source import RawRow, Source, in_batches, row_error

_CHUNK = 1 << 20
# A feature larger than this is no feature: the file is broken in a way that hides its end.
_LONGEST_FEATURE = 200 * (1 << 20)
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_BLANK = re.compile(r"[\s,\x1e]*")


def open_geojson(path: Path, datum: str | None) -> Source:
    """A FeatureCollection, or features a line each. Raises: LoadError."""
    lines = path.suffix.lower() not in (".geojson", ".json")
    crs = parse_crs(datum) if datum else _crs_of(path, lines)
    # The whole file is gone over: a property may appear in its last feature for the first time.
    columns, count = _columns_of(path, lines)
    return Source(
        path.name,
        "GeoJSONSeq" if lines else "GeoJSON",
        columns,
        lambda size: in_batches((_row(found) for found in _features(path, lines)), size),
        crs=crs,
        count=count,
        encoding="utf-8",
    )


def _columns_of(path: Path, lines: bool) -> tuple[tuple[str, ...], int]:
    """Names of all properties in the order in which they appear, and how many features there are."""
    columns: dict[str, None] = {}
    count = 0
    for found in _features(path, lines):
        count += 1
        feature = found.feature
        if isinstance(feature, dict) and isinstance(feature.get("properties"), dict):
            columns.update(dict.fromkeys(feature["properties"]))
            if "id" in feature:
                columns["id"] = None
    return tuple(columns), count


class Found(NamedTuple):
    number: int
    line: int
    feature: Any
    has_constants: bool = False  # NaN or Infinity, which JSON does not have


def _row(found: Found) -> RawRow:
    number, line, feature, has_constants = found
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        fault = row_error(number, None, "row", f"Line {line} holds no GeoJSON Feature.", "Give it type Feature.")
        return RawRow(number, {}, None, fault)
    values = feature.get("properties") or {}
    if not isinstance(values, dict):
        fault = row_error(number, "properties", "row", "The properties are no JSON object.", "Give an object.")
        return RawRow(number, {}, None, fault)
    if feature.get("id") is not None and "id" not in values:
        values = {"id": feature["id"], **values}
    odd = next((key for key, value in values.items() if _holds_constant(value)), None) if has_constants else None
    if odd is not None:
        message = f"“{odd}” holds NaN or Infinity, which are no numbers."
        return RawRow(number, values, None, row_error(number, odd, "value", message, "Write null where it is unknown."))
    try:
        return RawRow(number, values, _geometry(feature.get("geometry")))
    except (ShapelyError, ValueError) as error:
        fault = row_error(
            number, "geometry", "position", f"The geometry cannot be read: {error}.", "Correct its coordinates."
        )
        return RawRow(number, values, None, fault)


def _holds_constant(value: Any) -> bool:
    """Whether a list or an object has NaN or Infinity somewhere in it; a plain number is its column's business."""
    if not isinstance(value, list | dict):
        return False
    text = json.dumps(value)
    if "NaN" not in text and "Infinity" not in text:
        return False
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return True
    return False


def _geometry(raw: Any) -> BaseGeometry | None:
    if raw is None:
        return None
    text = json.dumps(raw)
    if "NaN" in text or "Infinity" in text:
        raise ValueError("it holds NaN or Infinity, which are no numbers")
    return from_geojson(text)


def _crs_of(path: Path, lines: bool) -> CRS:
    """WGS 84 (RFC 7946), unless the file has the older member "crs" before its features."""
    if lines:
        return WGS84
    try:
        with _open(path) as file:
            head = file.read(_CHUNK)
    except UnicodeDecodeError as error:
        raise _misread(path, error) from error
    start = _FEATURES.search(head)
    found = re.search(r'"crs"\s*:\s*\{.*?"name"\s*:\s*"([^"]+)"\s*\}', head[: start.start() if start else 0], re.DOTALL)
    if not found or "CRS84" in found[1]:
        return WGS84
    return parse_crs(found[1])


def _open(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def _features(path: Path, lines: bool) -> Iterator[Found]:
    """Each feature with its number and line. Raises: LoadError with line and column where the file breaks."""
    try:
        with _open(path) as file:
            yield from _Scanner(path.name, file, lines)
    except UnicodeDecodeError as error:
        raise _misread(path, error) from error
    except OSError as error:
        raise LoadError(f"{path.name} cannot be read: {error.strerror}.") from error


def _misread(path: Path, error: UnicodeDecodeError) -> LoadError:
    """Where the file is no UTF-8: counted in its bytes, as the decoder sees only a part."""
    line, column = 1, 1
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            try:
                text.decode("utf-8")
            except UnicodeDecodeError as fault:
                line, column = number, fault.start + 1
                break
    return LoadError(
        f"{path.name} is not UTF-8: line {line}, column {column} holds the byte 0x{error.object[error.start]:02x}. "
        "Save it as UTF-8."
    )


class _Scanner:
    """Reads features one by one from a stream of text, keeping count of lines."""

    def __init__(self, name: str, file: IO[str], lines: bool) -> None:
        self.name, self.file, self.lines = name, file, lines
        self.text, self.at = "", 0
        self.line, self.column = 1, 1  # of self.text[0]
        self.constants = 0  # NaN and Infinity read so far
        self.decoder = json.JSONDecoder(parse_constant=self._constant)

    def __iter__(self) -> Iterator[Found]:
        if not self.lines and not self._find_features():
            yield from self._single()
            return
        number = 0
        while True:
            self._skip_blank()
            if self.at >= len(self.text):
                if self.lines:
                    return
                raise self._broken(f"it ends after {number:,} features, before the list of features does")
            if not self.lines and self.text[self.at] == "]":
                self._check_end(number)
                return
            number += 1
            line, before = self._position()[0], self.constants
            value = self._value(number)
            yield Found(number, line, value, self.constants > before)

    def _constant(self, name: str) -> float:
        self.constants += 1
        return float(name)

    def _single(self) -> Iterator[Found]:
        """A lone Feature, or what is no GeoJSON."""
        rest = self.text + self.file.read(_LONGEST_FEATURE)
        try:
            value = json.loads(rest)
        except json.JSONDecodeError as error:
            raise LoadError(
                f"{self.name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
            ) from error
        if not isinstance(value, dict) or value.get("type") != "Feature":
            raise LoadError(f"{self.name} is no GeoJSON FeatureCollection: it has no list “features”.")
        yield Found(1, 1, value)

    def _find_features(self) -> bool:
        while True:
            found = _FEATURES.search(self.text)
            if found:
                self.at = found.end()
                return True
            if len(self.text) > 16 * _CHUNK or not self._more():
                return False

    def _more(self) -> bool:
        """Read on; what is done with is dropped."""
        chunk = self.file.read(_CHUNK)
        if not chunk:
            return False
        if self.at > _CHUNK:
            self.line, self.column = self._position()
            self.text, self.at = self.text[self.at :], 0
        self.text += chunk
        return True

    def _skip_blank(self) -> None:
        while True:
            blank = _BLANK.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self.text) or not self._more():
                return

    def _value(self, number: int) -> Any:
        while True:
            try:
                value, self.at = self.decoder.raw_decode(self.text, self.at)
                return value
            except json.JSONDecodeError as error:
                # A text that is cut is told from one that is wrong by where the decoder stopped.
                cut = error.pos >= len(self.text) - 64 or error.msg.startswith("Unterminated string")
                if not cut or len(self.text) - self.at > _LONGEST_FEATURE or not self._more():
                    line, column = self._position(error.pos)
                    what = "the file ends within it" if cut else error.msg.lower()
                    raise LoadError(
                        f"{self.name} is broken: feature {number:,} cannot be read, {what} "
                        f"(line {line}, column {column})."
                    ) from error
            except RecursionError as error:
                raise self._broken(f"feature {number:,} is nested too deeply") from error

    def _check_end(self, number: int) -> None:
        """After the list of features the object must end."""
        tail = self.text[self.at :] + self.file.read(_LONGEST_FEATURE)
        try:
            json.loads('{"features":[' + tail)
        except json.JSONDecodeError as error:
            self.at = len(self.text)
            raise self._broken(f"it breaks off after its {number:,} features") from error

    def _position(self, at: int | None = None) -> tuple[int, int]:
        at = self.at if at is None else at
        breaks = self.text.count("\n", 0, at)
        if not breaks:
            return self.line, self.column + at
        return self.line + breaks, at - self.text.rfind("\n", 0, at)

    def _broken(self, what: str) -> LoadError:
        line, column = self._position()
        return LoadError(f"{self.name} is broken: {what} (line {line}, column {column}).")
