"""What is applied, piece by piece, each with the address that is without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.explorer.words import say_filter, say_value
from app.filters import LIST_COLUMNS
from app.languages import ngettext
from app.queries.vocabulary import Vocabulary

# Filters that mean nothing without the other.
TOGETHER = {
    "near": ("near", "within_km"),
    "within_km": ("near", "within_km"),
    "intersects": ("intersects", "buffer_km"),
    "filter": ("filter", "filter-lang", "filter-crs"),
    "filter-lang": ("filter", "filter-lang", "filter-crs"),
    "filter-crs": ("filter", "filter-lang", "filter-crs"),
}
_NO_CHIP = ("filter-lang", "filter-crs", "within_km", "buffer_km")


class Chip(NamedTuple):
    """`without`: the page's address without this piece."""

    name: str
    title: str
    words: str
    without: str


def chips_of(kept: Mapping[str, str], vocabulary: Vocabulary, query: Callable[..., str]) -> list[Chip]:
    """A chip for each value of each list, and one for each other filter. `query` writes the page's address anew."""
    chips: list[Chip] = []
    for name, text in kept.items():
        if name in _NO_CHIP and not (name == "within_km" and "near" not in kept):
            continue
        values = [v.strip() for v in text.split(",") if v.strip()]
        if name in LIST_COLUMNS and name != "ids":
            for value in values:
                rest = ",".join(other for other in values if other != value)
                without = query(**{name: rest or None})
                chips.append(Chip(name, say_filter(name), say_value(name, value, vocabulary), without))
            continue
        words = (
            ngettext("%(num)s block", "%(num)s blocks", len(values))
            if name == "ids" and len(values) > 1
            else say_value(name, text, vocabulary)
        )
        for partner in TOGETHER.get(name, ())[1:]:
            if partner in kept and partner.endswith("_km"):
                words += f", {say_value(partner, kept[partner], vocabulary)}"
        chips.append(Chip(name, say_filter(name), words, query(**dict.fromkeys(parts_of(name)))))
    return chips


def parts_of(name: str) -> tuple[str, ...]:
    """The parameters that go when this filter goes."""
    return TOGETHER.get(name, (name,))
