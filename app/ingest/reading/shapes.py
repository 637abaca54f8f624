"""What the records of each collection hold, and of what kind each property is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from app.ingest import records

# Texts, numbers, whole numbers, booleans, dates, lists of texts, lists of objects, objects.
Kind = Literal["text", "number", "integer", "boolean", "date", "texts", "objects", "object"]


SHAPES: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "blocks": records.Block,
        "occurrences": records.Occurrence,
        "exploration-projects": records.ExplorationProject,
        "processing-units": records.ProcessingUnit,
        "centres-of-excellence": records.CentreOfExcellence,
        "ports": records.Port,
        "global-assets": records.GlobalAsset,
        "coal-mine-closures": records.CoalMineClosure,
        "states": records.State,
        "districts": records.District,
        "constraint-areas": records.ConstraintArea,
        "constraint-lines": records.ConstraintLine,
    }
)


class Property(NamedTuple):
    """A property of a record."""

    name: str
    kind: Kind
    required: bool  # may not be null


@cache
def properties_of(collection: str) -> dict[str, Property]:
    """The properties of a collection's records, in their order."""
    shape = SHAPES[collection]
    hints = get_type_hints(shape, include_extras=True)
    return {name: _property(name, hints[name]) for name in shape.model_fields}


def _property(name: str, hint: Any) -> Property:
    choices, marks = _unfold(hint)
    kinds = [choice for choice in choices if choice is not NoneType]
    return Property(name, _kind(kinds[0], marks), required=len(kinds) == len(choices))


def _unfold(hint: Any) -> tuple[list[Any], list[Any]]:
    """The plain types that a hint allows, and what annotations add."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        choices, more = _unfold(inner)
        return choices, [*marks, *more]
    if get_origin(hint) in (list, dict, Literal) or not get_args(hint):
        return [hint], []
    choices, marks = [], []
    for member in get_args(hint):
        found, more = _unfold(member)
        choices += found
        marks += more
    return choices, marks


def _kind(plain: Any, marks: list[Any]) -> Kind:
    if get_origin(plain) is list:
        (member,) = get_args(plain)
        choices, _ = _unfold(member)
        return "texts" if choices[0] is str else "objects"
    if get_origin(plain) is dict or plain is dict:
        return "object"
    if any(mark in get_args(records.PartialDate) for mark in marks):
        return "date"
    kinds: dict[Any, Kind] = {bool: "boolean", int: "integer", float: "number"}
    return kinds.get(plain, "text")
