"""Words of filters and of their values."""

from __future__ import annotations

import shapely

from app import wording
from app.errors import BadParameter
from app.languages import N_, Words
from app.languages import gettext as _
from app.params.shapes import read_shape
from app.queries.vocabulary import Vocabulary
from app.values import UNKNOWN

FACET_TITLES = Words(
    {
        "mineral": N_("Mineral"),
        "state": N_("State"),
        "district": N_("District"),
        "status": N_("Status"),
        "stage": N_("Exploration stage"),
        "concession": N_("Concession"),
        "asset_class": N_("Class"),
        "tranche": N_("Tranche"),
        "position_accuracy": N_("How well its place is known"),
    }
)
_OTHER_TITLES = Words(
    {
        "q": N_("Words"),
        "ids": N_("Chosen blocks"),
        "area_min_ha": N_("Area from"),
        "area_max_ha": N_("Area up to"),
        "premium_min_percent": N_("Premium from"),
        "premium_max_percent": N_("Premium up to"),
        "bbox": N_("Within the box"),
        "near": N_("Near"),
        "within_km": N_("Within"),
        "datetime": N_("In its status since"),
        "intersects": N_("Drawn shape"),
        "buffer_km": N_("Distance from the shape"),
        "filter": N_("CQL2"),
        "revision": N_("As the portal said at"),
        "as_of": N_("True on"),
    }
)
_UNITS = {
    "area_min_ha": "ha",
    "area_max_ha": "ha",
    "premium_min_percent": "%",
    "premium_max_percent": "%",
    "within_km": "km",
    "buffer_km": "km",
}
COLUMN_TITLES = Words(
    {
        "status": N_("Status"),
        "status_since": N_("Since"),
        "minerals": N_("Minerals"),
        "stage": N_("Stage"),
        "area_ha": N_("Area"),
        "district": N_("District"),
        "concession": N_("Concession"),
        "asset_class": N_("Class"),
        "latest_tranche": N_("Latest tranche"),
        "attempts": N_("Offers"),
        "resource_mt": N_("Resource"),
        "grade": N_("Grade"),
        "preferred_bidder": N_("Preferred bidder"),
        "premium_percent": N_("Premium"),
        "agency": N_("Explored by"),
        "position_accuracy": N_("Place known to"),
        "updated_at": N_("Changed"),
    }
)
NUMBERS = frozenset({"area_ha", "attempts", "resource_mt", "premium_percent"})
# Columns that are sorted by another property.
SORT_BY = {"minerals": "primary_mineral"}


def say_filter(name: str) -> str:
    """A filter's name for people."""
    return FACET_TITLES.get(name) or _OTHER_TITLES.get(name) or wording.format_slug(name)


def say_value(name: str, value: str, vocabulary: Vocabulary) -> str:
    """A filter's value for people; one that no table has stays as it is."""
    if value == UNKNOWN:
        return wording.not_published()
    if name == "mineral":
        mineral = vocabulary.find_mineral(value)
        return wording.said(mineral.name) if mineral else value
    if name == "state":
        state = vocabulary.find_state(value)
        return wording.said(state.name) if state else value
    tables = {
        "status": wording.STATUS_WORDS,
        "stage": wording.STAGE_WORDS,
        "concession": wording.CONCESSION_WORDS,
        "asset_class": wording.ASSET_CLASS_WORDS,
        "position_accuracy": wording.POSITION_WORDS,
    }
    if name in tables:
        return tables[name].get(value, value)
    if name == "tranche":
        return wording.format_tranche(value)
    if name in _UNITS:
        return f"{value}{'' if _UNITS[name] == '%' else ' '}{_UNITS[name]}"
    return _say_text(name, value)


_SHAPES = Words(
    {
        "Point": N_("point"),
        "LineString": N_("line"),
        "Polygon": N_("polygon"),
        "MultiPoint": N_("several point"),
        "MultiLineString": N_("several line"),
        "MultiPolygon": N_("several polygon"),
        "GeometryCollection": N_("geometrycollection"),
    }
)


def _say_shape(text: str) -> str:
    """polygon, 5 corners: what a shape is, not the numbers that it is made of."""
    try:
        shape = read_shape(text)
    except BadParameter:
        return text[:40]
    corners = int(shapely.get_num_coordinates(shape))
    kind = _SHAPES[shape.geom_type] if shape.geom_type in _SHAPES else shape.geom_type.lower()
    is_area = shape.geom_type.endswith("Polygon")
    corners -= sum(1 + len(part.interiors) for part in getattr(shape, "geoms", [shape])) if is_area else 0
    if corners < 2:
        return kind
    return _("%(shape)s, %(number)s corners", shape=kind, number=wording.format_number(corners))


def _say_text(name: str, value: str) -> str:
    if name == "as_of":
        return wording.format_date(value)
    if name == "datetime":
        start, slash, end = value.partition("/")
        if not slash:
            return wording.format_date(start)
        words = ("" if part in ("..", "") else wording.format_date(part) for part in (start, end))
        first, last = words
        if first and last:
            return _("%(first)s to %(last)s", first=first, last=last)
        return _("from %(day)s", day=first) if first else _("up to %(day)s", day=last)
    if name == "intersects":
        return _say_shape(value)
    if name in ("ids", "filter") and len(value) > 40:
        return f"{value[:37]}…"
    return value
