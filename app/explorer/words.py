"""Words of filters and of their values."""

from __future__ import annotations

import shapely

from app import wording
from app.errors import BadParameter
from app.params.shapes import read_shape
from app.queries.vocabulary import Vocabulary
from app.values import UNKNOWN

FACET_TITLES = {
    "mineral": "Mineral",
    "state": "State",
    "district": "District",
    "status": "Status",
    "stage": "Exploration stage",
    "concession": "Concession",
    "asset_class": "Class",
    "tranche": "Tranche",
    "position_accuracy": "How well its place is known",
}
_OTHER_TITLES = {
    "q": "Words",
    "ids": "Chosen blocks",
    "area_min_ha": "Area from",
    "area_max_ha": "Area up to",
    "premium_min_percent": "Premium from",
    "premium_max_percent": "Premium up to",
    "bbox": "Within the box",
    "near": "Near",
    "within_km": "Within",
    "datetime": "In its status since",
    "intersects": "Drawn shape",
    "buffer_km": "Distance from the shape",
    "filter": "CQL2",
    "revision": "As the portal said at",
    "as_of": "True on",
}
_UNITS = {
    "area_min_ha": "ha",
    "area_max_ha": "ha",
    "premium_min_percent": "%",
    "premium_max_percent": "%",
    "within_km": "km",
    "buffer_km": "km",
}
COLUMN_TITLES = {
    "status": "Status",
    "status_since": "Since",
    "minerals": "Minerals",
    "stage": "Stage",
    "area_ha": "Area",
    "district": "District",
    "concession": "Concession",
    "asset_class": "Class",
    "latest_tranche": "Latest tranche",
    "attempts": "Offers",
    "resource_mt": "Resource",
    "grade": "Grade",
    "preferred_bidder": "Preferred bidder",
    "premium_percent": "Premium",
    "agency": "Explored by",
    "position_accuracy": "Place known to",
    "updated_at": "Changed",
}
NUMBERS = frozenset({"area_ha", "attempts", "resource_mt", "premium_percent"})
# Columns that are sorted by another property.
SORT_BY = {"minerals": "primary_mineral"}


def say_filter(name: str) -> str:
    """A filter's name for people."""
    return FACET_TITLES.get(name) or _OTHER_TITLES.get(name) or wording.format_slug(name)


def say_value(name: str, value: str, vocabulary: Vocabulary) -> str:
    """A filter's value for people; one that no table has stays as it is."""
    if value == UNKNOWN:
        return wording.NOT_PUBLISHED
    if name == "mineral":
        mineral = vocabulary.find_mineral(value)
        return mineral.name if mineral else value
    if name == "state":
        state = vocabulary.find_state(value)
        return state.name if state else value
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


def _say_shape(text: str) -> str:
    """polygon, 5 corners: what a shape is, not the numbers that it is made of."""
    try:
        shape = read_shape(text)
    except BadParameter:
        return text[:40]
    corners = int(shapely.get_num_coordinates(shape))
    kind = shape.geom_type.lower().replace("multi", "several ").replace("linestring", "line")
    is_area = shape.geom_type.endswith("Polygon")
    corners -= sum(1 + len(part.interiors) for part in getattr(shape, "geoms", [shape])) if is_area else 0
    return kind if corners < 2 else f"{kind}, {corners:,} corners"


def _say_text(name: str, value: str) -> str:
    if name == "as_of":
        return wording.format_date(value)
    if name == "datetime":
        start, slash, end = value.partition("/")
        if not slash:
            return wording.format_date(start)
        words = ("" if part in ("..", "") else wording.format_date(part) for part in (start, end))
        first, last = words
        return f"{first} to {last}" if first and last else f"from {first}" if first else f"up to {last}"
    if name == "intersects":
        return _say_shape(value)
    if name in ("ids", "filter") and len(value) > 40:
        return f"{value[:37]}…"
    return value
