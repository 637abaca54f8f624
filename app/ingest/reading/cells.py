"""Columns of raw values → columns of values that a record may hold.

Each function takes a whole column and looks at its cells one by one only where something in it needs a look.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

import orjson

from app.ingest.reading.tables import Formula

Values = list[Any]


class CellFault(NamedTuple):
    """Why a cell cannot be taken (error) or what was done to it (warning)."""

    level: str
    rule: str
    message: str
    mend: str


class CellError(ValueError):
    def __init__(self, rule: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.fault = CellFault("error", rule, message, mend)


@dataclass
class Column:
    """A column's values, and what was found in its cells by place; a cell with an error is None."""

    values: Values
    faults: dict[int, CellFault] = field(default_factory=dict)


# Beginnings that make a spreadsheet compute a cell, bytes of UTF-8 read as Latin-1 or Windows-1252, lost characters.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,\s–-]|/-)")
_MOJIBAKE = re.compile(r"[Ãà][\x80-\xbf€-™ -¿][\x80-\xbf€-™ -¿]?|Ã[\x80-¿]|Â[\xa0-¿]|â€")
_SUSPECT = re.compile("[\0\ufffd\x80-\x9f\ud800-\udfffÃÂâà]")
_SUSPECT_ENDS = frozenset("=@+-") | frozenset(c for c in map(chr, range(0x3001)) if c.isspace()) | {""}
_LOST = "\N{REPLACEMENT CHARACTER}"


def texts(raw: Values) -> Column:
    """Texts; numbers become texts, blank ones None."""
    plain = set(map(type, raw)) <= {str, type(None)}
    values = raw if plain else [v if v is None or type(v) is str else _as_text(v) for v in raw]
    column = Column(values)
    if _is_suspect(set(values)):
        column.values = list(values)
        for place, value in enumerate(raw):
            text = values[place]
            if text is not None:
                column.values[place] = _examined(value, text, place, column)
    return column


def _is_suspect(values: set[str | None]) -> bool:
    """True where a text may be more than plain: at its ends, or by a character in it."""
    values.discard(None)
    present = [value for value in values if value is not None]
    if not _SUSPECT_ENDS.isdisjoint([v[:1] for v in present]) or not _SUSPECT_ENDS.isdisjoint(
        [v[-1:] for v in present]
    ):
        return True
    joined = "".join(present)
    return "\0" in joined if joined.isascii() else _SUSPECT.search(joined) is not None


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _examined(raw: Any, text: str, place: int, column: Column) -> str | None:
    """The text, or None with the reason."""
    fault = _text_fault(raw, text)
    if fault:
        column.faults[place] = fault
        if fault.level == "error":
            return None
    return text.strip() or None


def _text_fault(raw: Any, text: str) -> CellFault | None:
    if type(raw) is Formula or _FORMULA.match(text):
        return CellFault(
            "error",
            "formula",
            f"The cell holds a formula or begins like one: “{text[:40]}”.",
            "Paste its value; a text should not begin with =, +, - or @.",
        )
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        return CellFault("error", "encoding", "The text holds a character that is none.", "Remove it.")
    meant = _mended(text)
    if meant:
        return CellFault(
            "error",
            "encoding",
            f"“{text[:40]}” is UTF-8 read as Latin-1; it should be “{meant[:40]}”.",
            "Export it again as UTF-8; a Shapefile needs a .cpg file that says UTF-8.",
        )
    if _LOST in text or re.search("[\x80-\x9f]", text):
        return CellFault(
            "warning", "encoding", f"“{text[:40]}” has lost a character.", "Write the letter that is meant."
        )
    return None


def _mended(text: str) -> str | None:
    """What a text was before its UTF-8 was read as something else; None where it was not."""
    if not _MOJIBAKE.search(text):
        return None
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return None


def numbers(raw: Values, *, decimal_comma: bool = False) -> Column:
    """Numbers; texts are read with Indian or Western groups of digits, or with a decimal comma."""
    # One number that is not finite makes the sum so.
    if set(map(type, raw)) <= {float, int, type(None)} and _is_finite(sum(filter(None, raw))):
        return Column(raw)
    return _each(raw, lambda value: _number(value, decimal_comma))


def _is_finite(value: float) -> bool:
    """False also for a whole number that no float can hold."""
    try:
        return isfinite(value)
    except OverflowError:
        return False


def integers(raw: Values, *, decimal_comma: bool = False) -> Column:
    """Whole numbers."""
    if set(map(type, raw)) <= {int, type(None)}:
        return Column(raw)
    return _each(raw, lambda value: _integer(_number(value, decimal_comma)))


def _each(raw: Values, convert: Callable[[Any], Any]) -> Column:
    column = Column([None] * len(raw))
    for place, value in enumerate(raw):
        if value is None:
            continue
        try:
            column.values[place] = convert(value)
        except CellError as error:
            column.faults[place] = error.fault
    return column


_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]+)?")


def _number(value: Any, decimal_comma: bool) -> Any:
    if type(value) is Formula:
        raise CellError("formula", f"The cell holds the formula {value[:40]}.", "Paste its value.")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CellError("value", f"“{str(value)[:40]}” is no number.", "Write a number.")
    if isinstance(value, str):
        value = _from_text(value.strip(), decimal_comma)
    if value is not None and not _is_finite(value):
        raise CellError(
            "value", f"The cell holds {str(value)[:40]}, which is no number.", "Leave it empty where it is unknown."
        )
    return value


def _from_text(text: str, decimal_comma: bool) -> Any:
    if not text:
        return None
    plain = text.replace("\N{NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-").rstrip("%").strip()
    if decimal_comma and "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[+-]?[0-9]+,[0-9]+", plain):
        plain = plain.replace(",", ".")
    try:
        return int(plain) if re.fullmatch(r"[+-]?[0-9]{1,15}", plain) else float(plain)
    except ValueError:
        raise CellError(
            "value", f"“{text[:40]}” is no number.", "Write digits only; the unit stands in the column's name."
        ) from None


def _integer(value: Any) -> int | None:
    if value is None:
        return None
    if value != int(value):
        raise CellError("value", f"{value} is no whole number.", "Write a whole number.")
    return int(value)


_BOOLEANS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


def booleans(raw: Values) -> Column:
    """True or false; yes and no, 1 and 0."""
    return Column(raw) if set(map(type, raw)) <= {bool, type(None)} else _each(raw, _boolean)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word not in _BOOLEANS:
        raise CellError("value", f"“{str(value)[:40]}” is neither true nor false.", "Write true or false.")
    return _BOOLEANS[word]


_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")


def dates(raw: Values) -> Column:
    """ISO dates of any precision; day-month-year, as India writes it, is turned round with a warning."""
    column = texts(raw)
    for place, value in enumerate(column.values):
        if value is None or place in column.faults:
            continue
        if len(value) > 10 and value[10] in "T ":
            column.values[place] = value = value[:10]
        found = _DAY_FIRST.fullmatch(value)
        if found:
            column.values[place], column.faults[place] = _turned(value, *map(int, found.groups()))
    return column


def _turned(text: str, day: int, month: int, year: int) -> tuple[str | None, CellFault]:
    try:
        iso = date(year, month, day).isoformat()
    except ValueError:
        return None, CellFault("error", "date", f"“{text}” is no date as day-month-year.", "Write it as 2026-03-23.")
    message = f"“{text}” is read as day-month-year: {iso}."
    return iso, CellFault("warning", "date", message, "Write dates as 2026-03-23, which nobody can misread.")


class Memo:
    """Remembers what texts became: the lists and objects of a column repeat. What it gives must not be changed."""

    def __init__(self, convert: Callable[[Any], Any], most: int = 20_000) -> None:
        self._convert, self._most = convert, most
        self._known: dict[Any, Any] = {}

    def column(self, raw: Values, empty: Any) -> Column:
        """Each cell converted; `empty` where there is none."""
        known, convert = self._known, self._convert
        if raw and type(raw[0]) is str and raw[0] in known and raw.count(raw[0]) == len(raw):
            return Column([known[raw[0]]] * len(raw))
        column = Column([empty] * len(raw))
        values = column.values
        for place, value in enumerate(raw):
            if value is None:
                continue
            try:
                if type(value) is not str:
                    values[place] = convert(value)
                    continue
                found = known.get(value)
                if found is None:
                    found = convert(value)
                    if len(known) < self._most and len(value) < 1000:
                        known[value] = found
                values[place] = found
            except CellError as error:
                column.faults[place] = error.fault
        return column


def parse_list(value: Any) -> list[Any]:
    """A list: one already, JSON text, or texts between semicolons."""
    if isinstance(value, list | tuple):
        return list(value)
    if not isinstance(value, str):
        return [_as_text(value)]
    text = value.strip()
    if text.startswith("["):
        found = _json(text)
        if isinstance(found, list):
            return found
    column = texts([part.strip() for part in text.split(";") if part.strip()])
    for fault in column.faults.values():
        if fault.level == "error":
            raise CellError(fault.rule, fault.message, fault.mend)
    return column.values


def parse_objects(value: Any) -> list[Any]:
    """A list of JSON objects."""
    found = _json(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise CellError("value", f"“{str(value)[:40]}” is no list.", "Write a JSON list of objects.")
    return found


def parse_object(value: Any) -> dict[str, Any] | None:
    """A JSON object."""
    found = _json(value) if isinstance(value, str) else value
    if found is not None and not isinstance(found, dict):
        raise CellError("value", f"“{str(value)[:40]}” is no object.", "Write a JSON object.")
    return found


def _json(text: str) -> Any:
    if not text.strip():
        return None
    # Numbers too long for 64 bits would lose their last digits; what it refuses, the other says why.
    if not _LONG_NUMBER.search(text):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(text)
    try:
        return _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError) as error:
        reason = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "too deep"
        raise CellError(
            "value", f"“{text[:40]}” is no JSON: {reason}.", "Write JSON, or leave the cell empty."
        ) from None


def _no_constant(name: str) -> Any:
    raise CellError("value", f"The JSON holds {name}, which is no number.", "Write null where it is unknown.")


_LONG_NUMBER = re.compile("[0-9]{18}")
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
