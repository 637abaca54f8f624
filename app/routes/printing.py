"""A block's dossier on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.catalogue import CATALOGUE_LICENCE, COLLECTIONS, View
from app.db import SessionDep
from app.dossier import say_boundary
from app.footnotes import footnotes_of
from app.languages import find
from app.languages import gettext as _
from app.printing import Plan, Ring, draw_plan, sheet_of, typeset
from app.queries import records
from app.queries.items import get_extent
from app.queries.moments import view_at
from app.queries.nearby import list_nearby
from app.queries.plans import Outlined, list_outlines, list_places, list_state_rings
from app.queries.screening import get_outline, measure
from app.queries.vocabulary import Vocabulary
from app.routes.common import VocabularyDep, base_url
from app.routes.conditional import cache_headers, make_etag
from app.routes.dossier import begin, corners_of, difference_percent
from app.routes.frame import common, read_clocks
from app.routes.offers import list_base_rates
from app.screening import screen
from app.standalone import Drawing, make_standalone
from app.timeline import draw_timeline
from app.values import BBox, Moment
from app.wording import format_date, format_number, format_status, not_published

router = APIRouter(include_in_schema=False)

# A plan shows at least so much, and so many times the block's own extent.
_LEAST_KM, _TIMES = 8.0, 3.0
_KM_PER_DEGREE = 111.32
_PAPER = 520 / 300
_FARTHEST_KM = 1500.0
_COARSE_DEGREES, _FINE_DEGREES = 0.08, 0.002


@router.get("/blocks/{block_id}.pdf", response_model=None)
def block_pdf(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """The dossier as PDF, at most six pages; the same bytes whenever it is made from the same revision.

    Raises: PrintFailed.
    """
    view, moment, early = begin(request, block_id, session, vocabulary, "pdf")
    if early:
        return early
    block = records.get_record(session, view, block_id)
    clocks = read_clocks(request, session, vocabulary, COLLECTIONS["blocks"])
    corners, _validity = corners_of(session, view, block)
    outline = measure(session, get_outline(session, view, block_id))
    number = moment.revision or vocabulary.revision
    day = f", {format_date(moment.as_of)}" if moment.as_of else ""
    sheet = sheet_of(
        block,
        notes=footnotes_of(block),
        near=screen(session, vocabulary, outline, block["minerals"], moment, block_id),
        rates=list_base_rates(session, vocabulary, view, block, clocks),
        corners=corners,
        difference_percent=difference_percent(block),
        timeline=draw_timeline(block["events"]),
        mineral_names=common(session, vocabulary)["mineral_names"],
        plan=draw_plan(_plan(session, view, block_id, (block["lon"], block["lat"]))),
        address=f"{base_url(request)}/blocks/{block_id}",
        revision=_(
            "Khanij Atlas, revision %(number)s, %(day)s",
            number=number,
            day=f"{format_date(vocabulary.edition.at.date())}{day}",
        ),
        licence=find(CATALOGUE_LICENCE),
    )
    fonts = request.app.state.settings.frontend_dir / "static" / "vendor" / "print-fonts"
    content = typeset("dossier", sheet, fonts, vocabulary.edition.at)
    headers = cache_headers(make_etag(request, vocabulary.edition), vocabulary.edition)
    headers["Content-Disposition"] = f'inline; filename="{block_id}.pdf"'
    return Response(content, media_type="application/pdf", headers=headers)


def _plan(session: Session, view: View, block_id: str, place: tuple[float, float]) -> Plan:
    extent = get_extent(session, view, view.c.id == block_id)
    states = view_at(COLLECTIONS["states"], Moment())
    country = get_extent(session, states)
    assert extent is not None
    assert country is not None
    box = _widened(extent)
    outlines = list_outlines(session, view, box, block_id)
    rings = [
        Ring(ring, "block" if one.id == block_id else "neighbour", one.indicative, one.name if number == 0 else "")
        for one in outlines
        for number, ring in enumerate(one.rings)
    ]
    rings += [Ring(ring, "state") for ring in list_state_rings(session, states, _FINE_DEGREES, box)]
    return Plan(box, rings, list_state_rings(session, states, _COARSE_DEGREES), country, place)


def _widened(extent: BBox) -> BBox:
    """Room round the block, in the form of the drawing."""
    lon, lat = (extent.west + extent.east) / 2, (extent.south + extent.north) / 2
    squeeze = cos(radians(lat))
    height = max(
        _LEAST_KM / _KM_PER_DEGREE,
        _TIMES * (extent.north - extent.south),
        _TIMES * (extent.east - extent.west) * squeeze / _PAPER,
    )
    width = height * _PAPER / squeeze
    return BBox(lon - width / 2, lat - height / 2, lon + width / 2, lat + height / 2)


@router.get("/blocks/{block_id}.map.html", response_model=None)
def block_map(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """The block's map as one HTML file that opens without a network."""
    view, moment, early = begin(request, block_id, session, vocabulary, "map.html")
    if early:
        return early
    block = records.get_record(session, view, block_id)
    extent = get_extent(session, view, view.c.id == block_id)
    assert extent is not None
    box = _widened(extent)
    outlines = list_outlines(session, view, _all_round(extent), block_id)
    states = view_at(COLLECTIONS["states"], Moment())
    number = moment.revision or vocabulary.revision
    place = ", ".join(part for part in (block["locality"], block["district"], find(block["state"] or "")) if part)
    status = format_status(block["status"]) if block["status"] else not_published()
    lines = (
        f"{'≈ ' if block['boundary_kind'] == 'indicative' else ''}{place}. {status}. {say_boundary(block)}.",
        _(
            "From %(address)s, revision %(number)s, %(day)s. %(licence)s. Dashed: an indicative area. It confers no "
            "right and replaces no tender document.",
            address=f"{base_url(request)}/blocks/{block_id}",
            number=number,
            day=format_date(vocabulary.edition.at.date()),
            licence=find(CATALOGUE_LICENCE),
        ),
    )
    drawing = Drawing(
        *_block_and_neighbours(outlines, block_id),
        _points_round(session, vocabulary, view, block, moment),
        [_area(ring, "", "") for ring in list_state_rings(session, states, _COARSE_DEGREES / 4)],
    )
    leaflet = request.app.state.settings.frontend_dir / "static" / "vendor" / "leaflet"
    made = make_standalone(block["name"], lines, drawing, box, leaflet, _("Made with Leaflet and folium"))
    headers = cache_headers(make_etag(request, vocabulary.edition), vocabulary.edition)
    headers["Content-Disposition"] = f'attachment; filename="{block_id}-map.html"'
    headers["Content-Security-Policy"] = made.policy
    return Response(made.text, media_type="text/html; charset=utf-8", headers=headers)


def _all_round(extent: BBox) -> BBox:
    """Within a degree of the block."""
    return BBox(extent.west - 1, extent.south - 1, extent.east + 1, extent.north + 1)


def _area(ring: list[tuple[float, float]], name: str, about: str, *, indicative: bool = False) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": name, "about": about, "indicative": indicative},
    }


def _block_and_neighbours(outlines: Sequence[Outlined], block_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    features = {
        one.id: {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": one.rings},
            "properties": {
                "name": one.name,
                "about": _("indicative area") if one.indicative else _("published boundary"),
                "indicative": one.indicative,
            },
        }
        for one in outlines
    }
    own = features.pop(block_id)
    return own, list(features.values())


def _points_round(
    session: Session, vocabulary: Vocabulary, view: View, block: Mapping[str, Any], moment: Moment
) -> list[dict[str, Any]]:
    """Plants that take the block's minerals and the nearest ports, with their distance."""
    then = moment._replace(as_of=None)
    found = []
    for name, minerals in (("processing-units", vocabulary.kin(block["minerals"])), ("ports", None)):
        target = view_at(COLLECTIONS[name], then)
        rows = list_nearby(session, view, block["id"], target, within_km=_FARTHEST_KM, limit=5, minerals=minerals)
        places = list_places(session, target, [row["id"] for row in rows])
        for row in rows:
            unit = _("km")
            about = f"{format_number(row['distance_km'], 0)} {unit}, {format_status(row['status'])}"
            properties = {"name": row["name"], "about": about}
            geometry = {"type": "Point", "coordinates": places[row["id"]]}
            found.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return found
