"""A selection → the CQL2 text that finds the same records, where CQL2 has words for it."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from app.crs import CRS84
from app.filters.where import LIST_COLUMNS
from app.values import UNKNOWN, Selection, Shape

_LISTS_OF_TEXTS = frozenset({"mineral", "tranche"})


def to_cql2(selection: Selection, filter_text: str | None = None) -> tuple[str | None, list[str]]:
    """CQL2 text, and the names of filters that it cannot say; the text is None where there is any such, or no filter.

    `filter_text`: the selection's own CQL2, as typed. Source: OGC 21-065r2.
    """
    said: list[tuple[str, str | None]] = [(name, _list(name, wanted)) for name, wanted in selection.lists]
    for name, least, most in selection.ranges:
        bounds = ((">=", least), ("<=", most))
        said += [(name, f"{name} {sign} {_literal(bound)}") for sign, bound in bounds if bound is not None]
    if selection.bbox:
        said.append(("bbox", f"S_INTERSECTS(geometry, BBOX({','.join(map(repr, selection.bbox))}))"))
    said += [("buffer_km", _shape(shape)) for shape in selection.shapes]
    said += [(name, f"{name} = {_literal(value)}") for name, value in selection.equals]
    if selection.cql:
        # A text in another system is right only beside its filter-crs.
        is_text = filter_text is not None and selection.cql.crs == CRS84 and not filter_text.lstrip().startswith("{")
        said.append(("filter", f"({filter_text})" if is_text else None))
    # Words are matched by likeness, places by distance along the spheroid, dates by their period: none is CQL2.
    others = (("q", selection.words), ("near", selection.near), ("datetime", selection.period))
    said += [(name, None) for name, value in others if value]
    left = [name for name, text in said if text is None]
    texts = [text for _, text in said if text is not None]
    return (" AND ".join(texts) if texts and not left else None), left


def _list(name: str, wanted: Sequence[str]) -> str | None:
    column = LIST_COLUMNS[name]
    known = [value for value in wanted if value != UNKNOWN]
    if name in _LISTS_OF_TEXTS:
        # An empty list is not null, and CQL2 has no word for it.
        return f"A_OVERLAPS({column}, ({_literals(known)}))" if len(known) == len(wanted) else None
    parts = []
    if known and name == "district":
        for value in known:
            pattern = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + " (%"
            parts.append(f"CASEI({column}) = CASEI({_literal(value)})")
            parts.append(f"CASEI({column}) LIKE CASEI({_literal(pattern)})")
    elif known:
        parts.append(f"{column} IN ({_literals(known)})")
    if len(known) < len(wanted):
        parts.append(f"{column} IS NULL")
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _shape(shape: Shape) -> str | None:
    return None if shape.buffer_km else f"S_INTERSECTS(geometry, {shapely.from_wkb(bytes.fromhex(shape.wkb)).wkt})"


def _literals(values: Sequence[str]) -> str:
    return ", ".join(map(_literal, values))


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return repr(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
