"""Query text → values. Every filter of the contract is read here, once, for API and pages alike."""

from app.crs import CRS84
from app.params.asked import FILTER_NAMES, Clocks, Crs, Filters, Format, Slice, Systems, given_filters
from app.params.moments import parse_moment
from app.params.selection import parse_leniently, parse_selection
from app.params.slices import parse_slice
from app.params.strictness import check_names, check_single, refuse_doubled, refuse_unknown
from app.params.systems import parse_crs

__all__ = [
    "CRS84",
    "FILTER_NAMES",
    "Clocks",
    "Crs",
    "Filters",
    "Format",
    "Slice",
    "Systems",
    "check_names",
    "check_single",
    "given_filters",
    "parse_crs",
    "parse_leniently",
    "parse_moment",
    "parse_selection",
    "parse_slice",
    "refuse_doubled",
    "refuse_unknown",
]
