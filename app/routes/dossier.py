"""A block's dossier for programs, and its corner table as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.db import SessionDep
from app.dossier import unknown_facts
from app.errors import BadParameter, NotFound
from app.footnotes import footnotes_of, list_figures
from app.geojson import MEDIA_TYPE, feature
from app.languages import gettext as _
from app.links import Link, address
from app.params import parse_moment
from app.queries import records
from app.queries.corners import Corner, Validity, get_validity, list_corners
from app.queries.items import check_exists, get_feature
from app.queries.moments import find_renamed, view_at
from app.queries.screening import get_outline, measure
from app.queries.vocabulary import Vocabulary
from app.routes.common import VocabularyDep, base_url, json_response
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.routes.frame import CLOCKS, read_clocks
from app.routes.offers import list_base_rates
from app.routes.speaking import PARAMETER, speaks
from app.screening import as_document, screen
from app.terms import terms_of
from app.values import Moment
from app.wording import format_dms, join_words

router = APIRouter(include_in_schema=False)

# Declared and computed areas that differ by more are said to differ.
AREA_TOLERANCE_PERCENT = 1.0
_BLOCKS = COLLECTIONS["blocks"]


def difference_percent(block: Mapping[str, Any]) -> float | None:
    """How far the computed area lies from the declared one, per cent of the declared; None where either is unknown."""
    declared, computed = block["area_ha"], block["computed_area_ha"]
    return 100 * (computed - declared) / declared if declared and computed is not None else None


def corners_of(session: Session, view: View, block: Mapping[str, Any]) -> tuple[list[Corner], Validity | None]:
    """Corners and validity of a published boundary; nothing of an indicative area, whose corners mean nothing."""
    if block["boundary_kind"] != "published":
        return [], None
    return list(list_corners(session, view, block["id"])), get_validity(session, view, block["id"])


@router.get("/blocks/{block_id}.geojson", response_model=None)
def block_geojson(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """The block as a GeoJSON Feature, with its sources."""
    view, _moment, early = begin(request, block_id, session, vocabulary, "geojson")
    if early:
        return early
    found = get_feature(session, view, block_id)
    base = base_url(request)
    links = [
        Link(f"{base}/blocks/{block_id}.geojson", "self", MEDIA_TYPE, "This feature"),
        Link(address(base, "api", "collections", "blocks", "items", block_id), "alternate", MEDIA_TYPE, "In the API"),
        Link(f"{base}/blocks/{block_id}", "alternate", "text/html", "Page for people"),
    ]
    etag = make_etag(request, vocabulary.edition)
    body = feature(found.feature, sources=found.sources, links=links)
    return json_response(body, links, MEDIA_TYPE, cache_headers(etag, vocabulary.edition))


@router.get("/blocks/{block_id}.json", response_model=None)
def block_json(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """All that the block's page shows, for programs: figures with sources and confidence, offers, events, corners,
    surroundings, what is not known.
    """
    view, moment, early = begin(request, block_id, session, vocabulary, "json")
    if early:
        return early
    block = records.get_record(session, view, block_id)
    clocks = read_clocks(request, session, vocabulary, _BLOCKS)
    notes = footnotes_of(block)
    corners, validity = corners_of(session, view, block)
    outline = measure(session, get_outline(session, view, block_id))
    near = screen(session, vocabulary, outline, block["minerals"], moment, block_id)
    difference = difference_percent(block)
    base = base_url(request)
    body = {
        "id": block_id,
        "name": block["name"],
        "aliases": block["aliases"],
        "place": {name: block[name] for name in ("locality", "district", "state", "state_code", "offshore")},
        "minerals": block["minerals"],
        "revision": moment.revision or vocabulary.revision,
        "as_of": moment.as_of and moment.as_of.isoformat(),
        "figures": list_figures(block, notes),
        "not_known": [{"what": what, "where": where or None} for what, where in unknown_facts(block)],
        "contradictions": block["contradictions"],
        "terms": [term._asdict() for term in terms_of(block)],
        "offers": block["offers"],
        "events": block["events"],
        "base_rates": [
            {"blocks_with": rate["asked"], "counts": rate["counts"], "href": f"{base}/offers?{rate['query']}"}
            for rate in list_base_rates(session, vocabulary, view, block, clocks)
        ],
        "boundary": {
            "kind": block["boundary_kind"],
            "datum": block["datum"],
            "note": block["boundary_note"],
            "declared_area_ha": block["area_ha"],
            "computed_area_ha": block["computed_area_ha"],
            "difference_percent": None if difference is None else round(difference, 3),
            "validity": validity._asdict() if validity else None,
            "corners": [corner._asdict() for corner in corners],
        },
        "surroundings": as_document(near, records.list_researched(session), base),
        "notes": block["notes"],
        "sources": [{"number": number, **source} for number, source in enumerate(notes.sources, 1)],
    }
    return json_response(body, headers=cache_headers(make_etag(request, vocabulary.edition), vocabulary.edition))


@router.get("/blocks/{block_id}/corners.csv", response_model=None)
def corners_csv(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """The corner table as CSV: decimal degrees, degrees minutes seconds, UTM.

    Raises: NotFound where no boundary is published.
    """
    view, _moment, early = begin(request, block_id, session, vocabulary, None)
    if early:
        return early
    block = records.get_record(session, view, block_id)
    corners, _validity = corners_of(session, view, block)
    if not corners:
        raise NotFound(_("%(name)s has no published boundary here, so there is no corner table.", name=block["name"]))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        "part ring corner longitude latitude longitude_dms latitude_dms utm_zone easting_m northing_m datum".split()
    )
    for c in corners:
        degrees = (f"{c.lon:.7f}", f"{c.lat:.7f}", format_dms(c.lon, "lon"), format_dms(c.lat, "lat"))
        metres = (f"{c.zone}N", f"{c.easting_m:.2f}", f"{c.northing_m:.2f}")
        writer.writerow((c.part, c.ring, c.number, *degrees, *metres, block["datum"] or "not published"))
    headers = cache_headers(make_etag(request, vocabulary.edition), vocabulary.edition)
    headers["Content-Disposition"] = f'attachment; filename="{block_id}-corners.csv"'
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def begin(
    request: Request, block_id: str, session: Session, vocabulary: Vocabulary, ending: str | None
) -> tuple[View, Moment, Response | None]:
    """The view that is asked for; an answer at once where the block is called otherwise or the reader has it already.

    Raises: BadParameter, NotFound.
    """
    asked = {name: request.query_params.get(name) for name in CLOCKS}
    refuse_others(request, *CLOCKS)
    moment = parse_moment(asked, _BLOCKS, session, vocabulary)
    view = view_at(_BLOCKS, moment)
    if renamed := find_renamed(session, view, block_id):
        path = f"/blocks/{renamed}.{ending}" if ending else f"/blocks/{renamed}/corners.csv"
        return view, moment, RedirectResponse(str(request.url.replace(path=path)), 308)
    check_exists(session, view, block_id)
    return view, moment, not_modified(request, make_etag(request, vocabulary.edition), vocabulary.edition)


def refuse_others(request: Request, *known: str) -> None:
    """Raises: BadParameter at a parameter that the document does not take."""
    for name in request.query_params:
        if name not in known and not (name == PARAMETER and speaks(request.url.path)):
            raise BadParameter(
                _("“%(name)s” is no parameter here; %(known)s are.", name=name, known=join_words(known)), parameter=name
            )
