"""Hand-placed records whose answers are known beforehand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Point, box
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app import models
from app.ingest.history import period_of
from app.values import WGS84
from app.words import searchable

SOURCE = {"title": "Made up for a test", "publisher": "Tests", "date": None, "url": None, "via": None}
_WHEN = datetime(2026, 1, 1, tzinfo=UTC)
_count = 0


def _stamp(session: Session) -> dict[str, Any]:
    """What every record has; the first call makes the revision."""
    if session.get(models.Revision, 1) is None:
        session.add(models.Revision(number=1, at=_WHEN, note="test", who="test"))
        session.flush()
    return {"sources": [SOURCE], "confidence": "high", "digest": "", "revision": 1, "updated_at": _WHEN}


def _next(prefix: str) -> str:
    global _count
    _count += 1
    return f"{prefix}-{_count}"


def make_mineral(session: Session, slug: str, *, broader: str | None = None, critical: bool = True) -> models.Mineral:
    mineral = models.Mineral(
        id=slug,
        name=slug.replace("-", " ").capitalize(),
        broader=broader,
        critical=critical,
        in_30_list=False,
        part_d=None,
        aliases=[],
        terms=[slug.replace("-", " ")],
        **_stamp(session),
    )
    session.add(mineral)
    session.flush()
    return mineral


def make_state(
    session: Session, slug: str, code: str, west: float, south: float, east: float, north: float
) -> models.State:
    name = slug.replace("-", " ").title()
    state = models.State(
        id=slug,
        name=name,
        code=code,
        kind="state",
        search=searchable(name),
        geom=from_shape(MultiPolygon([box(west, south, east, north)]), srid=WGS84),
        **_stamp(session),
    )
    session.add(state)
    session.flush()
    return state


def make_block(
    session: Session, lon: float = 84.0, lat: float = 20.0, *, side_degrees: float = 0.02, **facts: Any
) -> models.Block:
    """A square block round the point; whatever is not given is unknown."""
    half = side_degrees / 2
    slug = facts.pop("id", None) or _next("block")
    since = facts.get("status_since")
    period = period_of(since)
    values: dict[str, Any] = {
        "name": slug, "aliases": [], "state": "Odisha", "state_code": "IN-OD", "minerals": [], "critical": True,
        "asset_class": "central_auction_block", "tranches": [], "boundary_kind": "published",
        "position_accuracy": "surveyed", "offshore": False, "notes": [], "field_sources": {}, "contradictions": [],
        "events": [], "offers": [], "standings": [],
        "status_period": Range(*period, bounds="[]") if period else None,
    } | facts  # fmt: skip
    values.setdefault("primary_mineral", next(iter(values["minerals"]), None))
    values.setdefault("search", searchable(f"{values['name']} {' '.join(values['minerals'])} {values['state']}"))
    shape = MultiPolygon([box(lon - half, lat - half, lon + half, lat + half)])
    block = models.Block(id=slug, lon=lon, lat=lat, geom=from_shape(shape, srid=WGS84), **values, **_stamp(session))
    session.add(block)
    session.flush()
    return block


def make_unit(session: Session, lon: float, lat: float, **facts: Any) -> models.ProcessingUnit:
    slug = facts.pop("id", None) or _next("unit")
    values: dict[str, Any] = {
        "name": slug, "kind": "refinery", "state": "Odisha", "state_code": "IN-OD", "minerals": [], "feedstock": [],
        "products": [], "capacity": [], "position_accuracy": "site", "search": searchable(slug),
    } | facts  # fmt: skip
    unit = models.ProcessingUnit(id=slug, geom=from_shape(Point(lon, lat), srid=WGS84), **values, **_stamp(session))
    session.add(unit)
    session.flush()
    return unit


def make_port(session: Session, lon: float, lat: float, **facts: Any) -> models.Port:
    """A port whose site is known."""
    slug = facts.pop("id", None) or _next("port")
    values: dict[str, Any] = {"name": slug, "port_class": "major", "position_accuracy": "site"} | facts
    port = models.Port(
        id=slug,
        search=searchable(values["name"]),
        geom=from_shape(Point(lon, lat), srid=WGS84),
        **values,
        **_stamp(session),
    )
    session.add(port)
    session.flush()
    return port
