"""A property's own name as a parameter: text → the one value that it must have."""

from __future__ import annotations

from app.catalogue import Collection, view_of
from app.errors import BadParameter
from app.filters import GEOMETRY, list_queryables
from app.languages import gettext as _
from app.params.places import parse_number

_BOOLEANS = {"true": True, "false": False}


def parse_equal(name: str, text: str, collection: Collection) -> tuple[str, str | float | bool]:
    """A property and its value; a list must have the value among its own.

    Raises: BadParameter. Source: OGC API Features Part 3, /req/queryables-query-parameters.
    """
    kind = list_queryables(view_of(collection)).get(name)
    if kind is None or name == GEOMETRY:
        raise BadParameter(_("Unknown parameter “%(name)s”.", name=name), parameter=name)
    if "\0" in text:
        raise BadParameter(_("%(name)s holds a NUL character; leave it out.", name=name), parameter=name)
    if kind == "number":
        return name, parse_number(name, text)
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise BadParameter(
                _("%(name)s: “%(text)s” is neither true nor false.", name=name, text=text), parameter=name
            )
        return name, _BOOLEANS[text]
    if kind in ("date", "instant"):
        raise BadParameter(
            _(
                "%(name)s is a time; ask for it by filter, such as filter=T_AFTER(%(name)s,DATE('2025-01-01')).",
                name=name,
            ),
            parameter=name,
        )
    return name, text
