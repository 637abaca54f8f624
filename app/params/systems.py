"""Reference systems as typed: URI → system."""

from __future__ import annotations

from app.crs import CRS84, SYSTEMS, Crs
from app.errors import BadParameter
from app.languages import gettext as _
from app.words import nearest


def parse_crs(name: str, text: str | None) -> Crs:
    """A system by its URI; CRS84 where none is said.

    Raises: BadParameter. Source: OGC API Features Part 2, /req/crs/fc-crs-valid-value and fc-bbox-crs-valid-value.
    """
    if text is None:
        return SYSTEMS[CRS84]
    uri = text.removeprefix("<").removesuffix(">")
    if uri not in SYSTEMS:
        close = nearest(text, list(SYSTEMS))
        raise BadParameter(
            _("%(name)s: “%(text)s” is none of %(systems)s.", name=name, text=text[:100], systems=", ".join(SYSTEMS)),
            parameter=name,
            suggestions=close,
        )
    return SYSTEMS[uri]
