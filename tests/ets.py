"""The checklist of the OGC conformance suites, and which test stands for which of its methods.

A test module fills METHODS as it is imported; `test_ets.py` compares it with the list of the suites.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from shapely import MultiPolygon, box
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

FEATURES, TILES = "ets-ogcapi-features10", "ets-ogcapi-tiles10"


class Method(NamedTuple):
    """A method of a conformance suite."""

    suite: str
    suite_class: str
    name: str


METHODS: set[Method] = set()


def stands_for(suite: str, suite_class: str, *names: str) -> Callable[[Any], Any]:
    """Decorator of a test that checks what these methods of a suite check."""
    METHODS.update(Method(suite, suite_class, name) for name in names)
    return lambda test: test


def checks(suite: str, suite_class: str, table: dict[str, Any]) -> list[Any]:
    """A table of method → check as parameters of a test, one a method."""
    METHODS.update(Method(suite, suite_class, name) for name in table)
    short = suite_class.rsplit("/", 1)[-1]
    return [pytest.param(short, check, id=f"{short}.{name}") for name, check in table.items()]


def box_of(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """A box in degrees, in two parts where it crosses the antimeridian."""
    if west <= east:
        return box(west, south, east, north)
    return MultiPolygon([box(west, south, 180, north), box(-180, south, east, north)])


def geometry_of(feature: dict[str, Any]) -> BaseGeometry:
    return shape(feature["geometry"])


def link_of(document: dict[str, Any], rel: str, media_type: str | None = None) -> str:
    """The address of the first link with this relation, and this type where one is given."""
    found = [
        link["href"] for link in document["links"] if link["rel"] == rel and media_type in (None, link.get("type"))
    ]
    assert found, f"no link {rel} {media_type or ''} among {[link['rel'] for link in document['links']]}"
    return str(found[0])
