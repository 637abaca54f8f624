"""Values that travel between the layers: plain, immutable, without a database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

WGS84 = 4326

# The contract's vocabulary. Other collections have status words of their own.
BLOCK_STATUSES = (
    "known_deposit",
    "under_exploration",
    "offered",
    "annulled",
    "preferred_bidder_declared",
    "letter_of_intent",
    "licence_granted",
    "lease_executed",
    "producing",
    "cancelled",
)
# Event kind → status; kinds that are not here leave it as it is.
STATUS_AFTER = {
    "announced": "under_exploration",
    "offered": "offered",
    "re-offered": "offered",
    "annulled": "annulled",
    "preferred_bidder": "preferred_bidder_declared",
    "letter_of_intent": "letter_of_intent",
    "composite_licence_granted": "licence_granted",
    "licence_granted": "licence_granted",
    "lease_executed": "lease_executed",
    "producing": "producing",
    "cancelled": "cancelled",
}
# How an offer can have ended; the first five mean that a bidder was found.
AWARDED = ("preferred_bidder_declared", "letter_of_intent", "licence_granted", "lease_executed", "producing")
OFFER_RESULTS = (*AWARDED, "annulled", "cancelled")
# Minerals (Evidence of Mineral Contents) Rules 2015: from reconnaissance to detailed exploration.
STAGES = ("G4", "G3", "G2", "G1")
CONCESSIONS = ("CL", "ML", "EL")
BLOCK_ASSET_CLASSES = (
    "central_auction_block",
    "state_auction_block",
    "exploration_licence_block",
    "offshore_block_group",
    "state_reserved_block",
)
# What an operator may import to screen blocks against.
AREA_LAYERS = ("forest", "protected_area", "eco_sensitive_zone", "tiger_corridor", "water", "settlement")
LINE_LAYERS = ("rail", "road", "grid")
POSITION_ACCURACIES = ("surveyed", "site", "locality", "district", "state", "region")
# From this likeness on a word is taken for another: `graffite` and `graphite` have 0.38, `lithium` and `thulium` 0.14.
LEAST_WORD_SIMILARITY = 0.35
# The word that selects null in a list filter.
UNKNOWN = "unknown"

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 10_000


class BBox(NamedTuple):
    """Degrees, EPSG:4326; west > east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class Near(NamedTuple):
    """A point in degrees and a geodesic distance in kilometres."""

    lon: float
    lat: float
    within_km: float


class Period(NamedTuple):
    """A closed interval of days; None is open."""

    start: date | None
    end: date | None


class SortKey(NamedTuple):
    """A property to sort by."""

    name: str
    descending: bool


class Cql(NamedTuple):
    """A CQL2 filter: its tree as JSON text, and the URI of the system that its coordinates are in."""

    tree: str
    crs: str


class Shape(NamedTuple):
    """A geometry as hexadecimal WKB, EPSG:4326, and a geodesic distance from it in kilometres."""

    wkb: str
    buffer_km: float


@dataclass(frozen=True, slots=True)
class Selection:
    """What a reader asked for, parsed and checked against the vocabulary, not yet SQL.

    `lists` maps a filter's name to the values of which any may match; the value UNKNOWN stands for null.
    `ranges` maps a property to (least, greatest), either may be None; `equals` a property to its one value.
    """

    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    words: tuple[str, ...] = ()
    bbox: BBox | None = None
    near: Near | None = None
    period: Period | None = None
    shapes: tuple[Shape, ...] = ()  # all of them are met
    equals: tuple[tuple[str, str | float | bool], ...] = ()
    cql: Cql | None = None

    def without(self, name: str) -> Selection:
        """The same but for one list filter."""
        return replace(self, lists=tuple(item for item in self.lists if item[0] != name))

    def without_range(self, name: str) -> Selection:
        """The same but for the bounds of one property."""
        return replace(self, ranges=tuple(item for item in self.ranges if item[0] != name))

    def without_period(self) -> Selection:
        """The same but for the period."""
        return replace(self, period=None)


class Moment(NamedTuple):
    """On which of the two clocks a reader asks: what the portal said at a revision, what was true on a day."""

    revision: int | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which slice of the answer, in which order.

    `key`: the slice begins after the record with these values of the order and this id; `backwards`: it ends before it.
    """

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    sort: tuple[SortKey, ...] = ()
    key: tuple[Any, ...] | None = None
    backwards: bool = False
