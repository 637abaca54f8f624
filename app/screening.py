"""What a shape meets and what lies near it: every layer of the database asked, and said where there are no data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection
from app.languages import N_, Words, find
from app.languages import gettext as _
from app.queries.moments import view_at
from app.queries.screening import Found, Outline, is_empty, list_met
from app.queries.vocabulary import Vocabulary
from app.values import AREA_LAYERS, LINE_LAYERS, Moment
from app.wording import format_number, join_words

MOST_ON_IT = 50
_MEASURED = ("id", "name", "overlap_ha", "overlap_percent", "distance_km", "bearing_degrees", "sources", "licence")
# Sixteen winds, clockwise from north.
_WINDS = "N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW".split()


class Layer(NamedTuple):
    """One collection as a screening asks it."""

    collection: str
    within_km: float | None  # how far the near ones may lie; None: however far; 0: only what the shape meets
    most_near: int
    columns: tuple[str, ...]
    takes_minerals: bool = False  # only those that name a mineral of the shape
    value: str | None = None  # of the property `layer`, where one collection holds several layers


_OF_CONSTRAINTS = ("kind", "coverage", "licence", "sources")
LAYERS = (
    Layer("states", 0.0, 0, ("kind",)),
    Layer("districts", 0.0, 0, ("state",)),
    Layer("blocks", 25.0, 10, ("state", "minerals", "status", "stage", "concession", "boundary_kind")),
    Layer(
        "processing-units",
        None,
        10,
        ("kind", "operator", "state", "minerals", "status", "capacity", "position_accuracy"),
        takes_minerals=True,
    ),
    Layer("exploration-projects", 25.0, 10, ("agency", "minerals", "stage", "status", "position_accuracy")),
    Layer("occurrences", 50.0, 10, ("asset_class", "minerals", "status", "position_accuracy")),
    Layer("coal-mine-closures", 50.0, 5, ("operator", "status", "position_accuracy")),
    Layer("ports", None, 3, ("state", "port_class", "status", "position_accuracy")),
    Layer("centres-of-excellence", None, 3, ("host", "state", "position_accuracy")),
    *(Layer("constraint-areas", 25.0, 5, _OF_CONSTRAINTS, value=value) for value in AREA_LAYERS),
    *(Layer("constraint-lines", 50.0, 3, _OF_CONSTRAINTS, value=value) for value in LINE_LAYERS),
)
# What an operator's layers are called, one by one.
_TITLES = Words(
    {
        "forest": N_("Forest"),
        "protected_area": N_("Protected areas"),
        "eco_sensitive_zone": N_("Eco-sensitive zones"),
        "tiger_corridor": N_("Tiger corridors"),
        "water": N_("Rivers and waters"),
        "settlement": N_("Settlements"),
        "rail": N_("Railways"),
        "road": N_("Roads"),
        "grid": N_("Power lines"),
    }
)


class Screened(NamedTuple):
    """A layer's answer. `state`: found, none_found, no_data; the last is no statement about the ground."""

    layer: Layer
    collection: Collection
    state: str
    found: Found

    @property
    def name(self) -> str:
        return self.layer.value or self.collection.id

    @property
    def title(self) -> str:
        return _TITLES[self.layer.value] if self.layer.value else find(self.collection.title)


def screen(
    session: Session,
    vocabulary: Vocabulary,
    outline: Outline,
    minerals: Sequence[str],
    moment: Moment,
    block_id: str | None = None,
) -> list[Screened]:
    """Every layer, in the order of LAYERS. `minerals`: slugs; with none, processing units of whatever mineral."""
    return [_screen_layer(session, vocabulary, outline, minerals, moment, block_id, layer) for layer in LAYERS]


def _screen_layer(
    session: Session,
    vocabulary: Vocabulary,
    outline: Outline,
    minerals: Sequence[str],
    moment: Moment,
    block_id: str | None,
    layer: Layer,
) -> Screened:
    collection = COLLECTIONS[layer.collection]
    is_blocks = collection.id == "blocks"
    view = view_at(collection, moment if is_blocks else moment._replace(as_of=None))
    condition = view.c.layer == layer.value if layer.value else None
    if is_empty(session, view, condition):
        return Screened(layer, collection, "no_data", Found((), False, False))
    found = list_met(
        session,
        view,
        outline,
        ("id", "name", *layer.columns),
        within_km=layer.within_km,
        most=MOST_ON_IT,
        most_near=layer.most_near,
        minerals=vocabulary.kin(minerals) if layer.takes_minerals and minerals else None,
        but=block_id if is_blocks else None,
        condition=condition,
    )
    return Screened(layer, collection, "found" if found.rows else "none_found", found)


def wind_of(bearing_degrees: float | None) -> str | None:
    """The nearest of the sixteen winds: 22.5° is NNE."""
    return None if bearing_degrees is None else _WINDS[round(bearing_degrees / 22.5) % 16]


def as_document(layers: Sequence[Screened], dates: Mapping[str, str | None], base: str) -> list[dict[str, Any]]:
    """The layers as JSON has them. `dates`: collection → the day up to which it was researched."""
    return [_layer_document(one, dates.get(one.collection.id), base) for one in layers]


def _layer_document(one: Screened, date: str | None, base: str) -> dict[str, Any]:
    collection = one.collection
    return {
        "layer": one.name,
        "title": one.title,
        "state": one.state,
        "said": say_state(one),
        "within_km": one.layer.within_km,
        "more": one.found.more_on_it or one.found.more_near,
        "dataset": {
            "title": one.title,
            "date": date,
            "licence": collection.licence,
            "attribution": collection.attribution or None,
            "href": f"{base}/api/collections/{collection.id}",
        },
        "records": [_record(row, collection, base) for row in one.found.rows],
    }


def say_state(one: Screened) -> str:
    """The layer's answer in a sentence; that there are no data never reads as if there were nothing."""
    title = one.title
    if one.state == "no_data":
        return _(
            "No data here: this portal holds no records of the layer “%(title)s”, so nothing can be said of it.",
            title=title,
        )
    met = sum(row["distance_km"] == 0 for row in one.found.rows)
    near = len(one.found.rows) - met
    reach = one.layer.within_km
    if one.state == "none_found":
        return _say_none(one)
    words = []
    if met:
        words.append(
            _("more than %(num)s on the shape", num=met) if one.found.more_on_it else _("%(num)s on the shape", num=met)
        )
    if near:
        words.append(_say_near(near, one.found.more_near, reach))
    told = join_words(words)
    return f"{told[:1].upper()}{told[1:]}."


def _say_none(one: Screened) -> str:
    reach = one.layer.within_km
    if one.layer.takes_minerals and reach is None:
        return _(
            "None of the records that take these minerals that this portal holds is known with a place; it does not "
            "hold all there are."
        )
    if reach is None:
        return _("None of the records that this portal holds is known with a place; it does not hold all there are.")
    if not reach:
        return _("None of the records that this portal holds meets the shape; it does not hold all there are.")
    return _(
        "None of the records that this portal holds meets the shape or lies within %(km)s km of it; it does not hold "
        "all there are.",
        km=f"{reach:g}",
    )


def _say_near(number: int, more: bool, within_km: float | None) -> str:
    """The nearest 10 near it within 25 km."""
    if not within_km:
        return _("the nearest %(num)s near it", num=number) if more else _("%(num)s near it", num=number)
    km = f"{within_km:g}"
    if more:
        return _("the nearest %(num)s near it within %(km)s km", num=number, km=km)
    return _("%(num)s near it within %(km)s km", num=number, km=km)


def _record(row: Mapping[str, Any], collection: Collection, base: str) -> dict[str, Any]:
    rest = {name: value for name, value in row.items() if name not in _MEASURED}
    return {
        "id": row["id"],
        "name": row["name"],
        "overlap_ha": _rounded(row["overlap_ha"], 4),
        "overlap_percent": _rounded(row["overlap_percent"], 4),
        "distance_km": _rounded(row["distance_km"], 4),
        "bearing_degrees": _rounded(row["bearing_degrees"], 1),
        "wind": wind_of(row["bearing_degrees"]),
        "properties": rest,
        "dataset": dataset_of(row),
        "href": f"{base}/api/collections/{collection.id}/items/{row['id']}",
    }


def dataset_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The dataset that an imported record is from, with its date and licence; None of the portal's own records."""
    if "licence" not in row:
        return None
    source = row["sources"][0]
    return {
        "title": source["title"] or source["publisher"],
        "publisher": source["publisher"],
        "date": source["date"],
        "licence": row["licence"],
        "coverage": row["coverage"],
    }


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)


def say_capacity(capacity: Sequence[Mapping[str, Any]] | None) -> str:
    """A plant's capacities in one line, each as the source has it."""
    said = []
    for one in capacity or ():
        value = one["value"]
        number = format_number(value) if isinstance(value, int | float) else str(value or "")
        figure = " ".join(part for part in (number, one["unit"]) if part)
        said.append(f"{figure}: {one['of']}" if one.get("of") else figure)
    return _("capacity %(figures)s", figures="; ".join(said)) if said else _("capacity not published")


FILTERS: dict[str, Callable[..., Any]] = {
    "wind_of": wind_of,
    "dataset_of": dataset_of,
    "say_state": say_state,
    "say_capacity": say_capacity,
}
