"""The data files, and how a record of each becomes a row."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Any

from pydantic import BaseModel
from pyproj import Geod
from shapely import Point, Polygon

from app import models
from app.ingest import records
from app.ingest.history import NOTHING_YET, counts_from, days_of, offers_of, standings_after_each, standings_of
from app.ingest.read import Accepted
from app.words import searchable

Row = dict[str, Any]

# Corners of the circle that stands for an indicative area.
_CIRCLE_CORNERS = 72
# Where a position's uncertainty is not stated.
_DEFAULT_UNCERTAINTY_KM = 1.0
_SPHEROID = Geod(ellps="WGS84")


@dataclass
class Context:
    """What rows need to know of the files read before them, or of the database."""

    minerals: frozenset[str] = frozenset()  # slugs of the whole vocabulary
    state_codes: dict[str, str] = field(default_factory=dict)  # name → ISO 3166-2
    claimed: dict[str, str] = field(default_factory=dict)  # name of a mineral → slug
    critical: dict[str, bool] = field(default_factory=dict)  # mineral slug → critical
    mineral_words: dict[str, str] = field(default_factory=dict)  # mineral slug → names to be found by
    terms: dict[str, list[str]] = field(default_factory=dict)  # mineral slug → names in files
    meta: Mapping[str, Any] = field(default_factory=dict)  # of the file at hand

    def state_code(self, name: str | None) -> str | None:
        """Raises: ValueError with the nearest names."""
        if name is None:
            return None
        if name not in self.state_codes:
            raise ValueError(f"state: “{name}” is not known{nearest_of(name, self.state_codes)}")
        return self.state_codes[name]

    def check_minerals(self, slugs: list[str]) -> None:
        """Raises: ValueError with the nearest names."""
        for slug in slugs:
            if slug not in self.critical:
                raise ValueError(f"minerals: “{slug}” is not in the vocabulary{nearest_of(slug, self.critical)}")


def nearest_of(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""


@dataclass(frozen=True)
class Dataset:
    """A data file: where its records stand, what shape they have, what makes rows of them."""

    file: str
    members: str
    shape: type[BaseModel]
    model: type[models.Base]
    to_row: Callable[[Accepted, Context], Row]
    geometry_types: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        return self.file.rsplit(".", 1)[0]


def dump(item: Accepted) -> Row:
    """The record's members as JSON has them."""
    members: Row = item.record.model_dump(mode="json")
    return members


def plain_row(item: Accepted, context: Context) -> Row:
    """A record without a place: its members are the columns."""
    row = dump(item)
    if "minerals" in row:
        context.check_minerals(row["minerals"])
    if isinstance(item.record, records.Unlocated):
        row["state_code"] = context.state_code(row["state"])
    return row


def mineral_row(item: Accepted, context: Context) -> Row:
    """A mineral with the names that lead to it."""
    row = dump(item)
    if item.record.broader and item.record.broader not in context.minerals:
        near = nearest_of(item.record.broader, context.minerals)
        raise ValueError(f"broader: “{item.record.broader}” is not in the vocabulary{near}")
    context.critical[item.id] = item.record.critical
    names = [item.record.name, item.id.replace("-", " "), *item.record.aliases, *context.terms.get(item.id, ())]
    if item.record.symbol and len(item.record.symbol) <= 3:
        names.append(item.record.symbol)
    folded = list(dict.fromkeys(name.casefold() for name in names))
    # A name leads to one mineral: the first in the file that claims it.
    own = [name for name in folded if context.claimed.setdefault(name, item.id) == item.id]
    broader = item.record.broader or ""
    context.mineral_words[item.id] = " ".join((*folded, item.id, broader.replace("-", " "), broader))
    return row | {"terms": own}


def state_row(item: Accepted, context: Context) -> Row:
    record: records.State = item.record
    context.state_codes[record.name] = record.code
    assert item.geometry is not None
    source = {
        "title": "Outlines of states and union territories",
        "publisher": context.meta.get("attribution"),
        "date": context.meta.get("as_of"),
        "url": None,
    }
    return {
        "id": item.id,
        "name": record.name,
        "code": record.code,
        "kind": record.kind,
        "search": searchable(f"{record.name} {item.id} {record.code}"),
        "sources": [source],
        "confidence": "medium",
        "geom": item.geometry,
        "source_crs": None,
    }


def inventory_row(item: Accepted, context: Context) -> Row:
    row = dump(item)
    return row | {"sources": [context.meta["source"]], "confidence": "high"}


def figure_row(dataset: str) -> Callable[[Accepted, Context], Row]:
    """Rows of a file of figures; the file's name is kept with each, and is part of its id."""

    def to_row(item: Accepted, context: Context) -> Row:
        return dump(item) | {"dataset": dataset, "id": f"{dataset}/{item.id}"}

    return to_row


def point_row(item: Accepted, context: Context) -> Row:
    """A record at a point."""
    row = located_row(item, context) | {"geom": item.geometry}
    return row | {"search": search_text(row, context)}


def located_row(item: Accepted, context: Context) -> Row:
    """What all located records share: state code, first mineral, words to be found by.

    Raises: ValueError for a state or mineral that is not known.
    """
    row = dump(item) | {"id": item.id, "source_crs": None}
    if "state" in row:
        row["state_code"] = context.state_code(row["state"])
    if "minerals" in row:
        context.check_minerals(row["minerals"])
        row["primary_mineral"] = next(iter(row["minerals"]), None)
    return row


SEARCHED = (
    "id name aliases state state_code district locality city host country_name region agency operator preferred_bidder "
    "stage concession kind feedstock products unlocode"
).split()


def search_text(row: Row, context: Context) -> str:
    """Everything that a reader may remember of a record: folded words, a space before and after each."""
    words: list[str] = []
    for name in SEARCHED:
        value = row.get(name)
        words.extend(value if isinstance(value, list) else [value] if value else [])
    words.extend(context.mineral_words.get(slug, slug) for slug in row.get("minerals", ()))
    words.extend(f"tranche {name}" for name in row.get("tranches", ()))
    return searchable(" ".join(words))


def block_row(item: Accepted, context: Context) -> Row:
    """A block with its events and offers; status, tranches and attempts follow from the events.

    A block without a published boundary gets the area within which it is known to lie.
    """
    record: records.Block = item.record
    assert item.geometry is not None
    published = not isinstance(item.geometry, Point)
    row = located_row(item, context) | derived_from(record.events, record.sources)
    row |= {
        "critical": any(context.critical.get(slug, False) for slug in record.minerals),
        "boundary_kind": "published" if published else "indicative",
        "geom": item.geometry if published else indicative_area(record),
    }
    row["search"] = search_text(row, context)
    return row


def derived_from(events: Sequence[records.Event], sources: Sequence[records.Source]) -> Row:
    """What follows from a block's events: they themselves with their days, its offers, where it stands and stood."""
    standings, days = standings_after_each(events), counts_from(events)
    standing = standings[-1] if standings else NOTHING_YET
    return {
        "status": standing.status,
        "status_since": standing.since,
        "status_period": days_of(standing.since),
        "events": [e.model_dump(mode="json") | {"counts_from": day} for e, day in zip(events, days, strict=True)],
        "offers": _offers(events, sources),
        "standings": standings_of(events, days, standings),
        "tranches": standing.tranches,
        "latest_tranche": standing.tranches[-1] if standing.tranches else None,
        "attempts": standing.attempts,
    }


def _offers(events: Sequence[records.Event], sources: Sequence[records.Source]) -> list[Row]:
    return [
        offer._asdict() | {"documents": [source.model_dump(mode="json") for source in offer.documents]}
        for offer in offers_of(events, sources)
    ]


def indicative_area(record: records.Block) -> Polygon:
    """The circle within which a block without a published boundary is known to lie; degrees, EPSG:4326.

    Its radius is the position's uncertainty plus √(area / π), the radius of a disc as large as the declared area, so
    that a compact block whose centre is off by the uncertainty still lies inside.
    """
    radius_m = (record.position_uncertainty_km or _DEFAULT_UNCERTAINTY_KM) * 1000.0
    radius_m += sqrt((record.area_ha or 0.0) * 10_000.0 / pi)
    # Counter-clockwise from north, as RFC 7946 wants an outer ring.
    azimuths = [-360.0 * corner / _CIRCLE_CORNERS for corner in range(_CIRCLE_CORNERS)]
    lons, lats, _ = _SPHEROID.fwd(
        [record.lon] * _CIRCLE_CORNERS, [record.lat] * _CIRCLE_CORNERS, azimuths, [radius_m] * _CIRCLE_CORNERS
    )
    return Polygon([(round(lon, 6), round(lat, 6)) for lon, lat in zip(lons, lats, strict=True)])


_POINT = frozenset({"Point"})
_AREA = frozenset({"Polygon", "MultiPolygon"})
_LINE = frozenset({"LineString", "MultiLineString"})


def _point_file(name: str, shape: type[BaseModel], model: type[models.Base]) -> Dataset:
    return Dataset(f"{name}.geojson", "features", shape, model, point_row, _POINT)


# In this order: later files name what earlier ones define.
DATASETS: tuple[Dataset, ...] = (
    Dataset("minerals.json", "minerals", records.Mineral, models.Mineral, mineral_row),
    Dataset("states.geojson", "features", records.State, models.State, state_row, _AREA),
    Dataset("blocks.geojson", "features", records.Block, models.Block, block_row, _AREA | _POINT),
    _point_file("occurrences", records.Occurrence, models.Occurrence),
    _point_file("exploration-projects", records.ExplorationProject, models.ExplorationProject),
    _point_file("processing-units", records.ProcessingUnit, models.ProcessingUnit),
    _point_file("centres-of-excellence", records.CentreOfExcellence, models.CentreOfExcellence),
    _point_file("ports", records.Port, models.Port),
    _point_file("global-assets", records.GlobalAsset, models.GlobalAsset),
    _point_file("coal-mine-closures", records.CoalMineClosure, models.CoalMineClosure),
    Dataset("unlocated.json", "records", records.Unlocated, models.UnlocatedRecord, plain_row),
    *(
        Dataset(f"{name}.json", "figures", records.Figure, models.Figure, figure_row(name))
        for name in ("mission-facts", "exploration-statistics", "coal-closure-figures")
    ),
    Dataset("national-mineral-inventory.json", "rows", records.InventoryRow, models.InventoryRow, inventory_row),
)
TERMS_FILE = "mineral-terms.json"


def area_row(item: Accepted, context: Context) -> Row:
    """A record with an outline."""
    row = located_row(item, context) | {"geom": item.geometry}
    return row | {"search": search_text(row, context)}


# What an operator may import, by collection; districts, land and environment come from nowhere else.
IMPORTABLE: dict[str, Dataset] = {
    **{d.title: d for d in DATASETS if d.file.endswith(".geojson")},
    "districts": Dataset("districts.geojson", "features", records.District, models.District, area_row, _AREA),
    "constraint-areas": Dataset(
        "constraint-areas.geojson", "features", records.ConstraintArea, models.ConstraintArea, area_row, _AREA
    ),
    "constraint-lines": Dataset(
        "constraint-lines.geojson", "features", records.ConstraintLine, models.ConstraintLine, area_row, _LINE
    ),
}
