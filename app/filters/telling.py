"""What is wrong with a filter, in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.errors import BadParameter
from app.languages import N_, Words, find
from app.languages import gettext as _

KINDS = Words(
    {
        "text": N_("a text"),
        "number": N_("a number"),
        "boolean": N_("a boolean"),
        "date": N_("a date"),
        "instant": N_("a time"),
        "period": N_("an interval"),
        "array": N_("a list"),
        "geometry": N_("a geometry"),
    }
)


def wrong(detail: str, suggestions: Sequence[str] = ()) -> BadParameter:
    """A fault of the filter, as an error to raise."""
    return BadParameter(_("filter: %(detail)s", detail=detail), parameter="filter", suggestions=suggestions)


def shown(node: Any) -> str:
    """A node as a reader may recognise it."""
    if isinstance(node, dict):
        if "property" in node:
            return f"“{str(node['property'])[:60]}”"
        if name := node.get("op") or node.get("type"):
            return str(name).upper()[:60]
    return f"“{node[:60] if isinstance(node, str) else json.dumps(node, ensure_ascii=False)[:60]}”"


def told(node: Any, kind: str) -> dict[str, str]:
    """A part of the filter and of what kind it is, for messages."""
    return {"part": shown(node), "kind": KINDS[kind]}


def say_fault(geometry: BaseGeometry) -> str:
    """What is wrong with a geometry and where, as GEOS has it: Self-intersection[84.5 20.2]."""
    what, bracket, place = shapely.is_valid_reason(geometry).partition("[")
    return f"{find(what)}{bracket}{place}"
