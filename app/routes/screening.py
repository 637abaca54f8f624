"""What a block, or any shape, meets and what lies near it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.db import SessionDep
from app.errors import BadParameter, TooLarge, UnsupportedType
from app.languages import gettext as _
from app.languages.phrases import join_or
from app.params import Clocks, parse_moment
from app.params.outlines import BadShape, OwnShape, check_area, check_block_id, parse_own_shape, parse_typed_shape
from app.params.selection import parse_list
from app.queries import records
from app.queries.moments import view_at
from app.queries.screening import get_outline, measure
from app.queries.vocabulary import Vocabulary
from app.routes.bodies import MOST_BYTES, TOO_LARGE, UNSUPPORTED, Sent, merge_body, read_body
from app.routes.common import PROBLEMS, STRICT, VocabularyDep, base_url, json_response
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.routes.frame import common, notices_of, render
from app.schemas import ScreeningShape
from app.screening import as_document, screen
from app.values import Moment
from app.wording import group_digits

ADDRESS = "/api/screening"
_TYPES = ("application/geo+json", "application/json")
_NOTES = (
    "No data here is no statement about the ground: where a layer holds nothing, nothing can be said.",
    "None found means none among the records that this portal holds, which are not all there are.",
    "Areas and distances are geodesic, on the WGS 84 spheroid, from edge to edge; a bearing runs clockwise from true "
    "north, from the shape's nearest point.",
    "Records known to a district, state or region only have no place to measure to and are left out.",
)

router = APIRouter(tags=["Screening"], dependencies=STRICT, responses=PROBLEMS)


class ScreeningQuery(Clocks):
    """What is asked of any shape."""

    mineral: Annotated[
        str | None,
        Query(description="Mineral that processing units are to take; several by comma. Without: the block's own."),
    ] = None


class BlockQuery(ScreeningQuery):
    block: Annotated[str | None, Query(description="Id of the block that is screened.")] = None


async def read_geojson(request: Request) -> bytes:
    """The body, up to its limit. Raises: TooLarge, UnsupportedType."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise UnsupportedType(
            _("The body is “%(kind)s”; send GeoJSON as %(types)s.", kind=kind[:60], types=join_or(_TYPES))
        )
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise TooLarge(
                _(
                    "The body has more than %(most_bytes)s bytes; at most so many are taken.",
                    most_bytes=group_digits(f"{MOST_BYTES:,}"),
                ),
                parameter="body",
            )
    return bytes(content)


@router.get(
    ADDRESS,
    summary="What a block meets and what lies near it",
    responses={200: {"model": ScreeningShape}, 304: {"description": "The reader's copy (If-None-Match) still holds"}},
)
def screen_block(
    request: Request, session: SessionDep, vocabulary: VocabularyDep, asked: Annotated[BlockQuery, Query()]
) -> Response:
    """Overlap, distance and bearing, layer by layer. A layer without data says so."""
    blocks = COLLECTIONS["blocks"]
    moment = parse_moment(asked.model_dump(), blocks, session, vocabulary)
    block_id = check_block_id(asked.block)
    wanted = _minerals(asked.mineral, vocabulary) if asked.mineral is not None else None
    view = view_at(blocks, moment)
    block = records.get_record(session, view, block_id)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    shape: dict[str, Any] = {
        "kind": "block",
        "id": block_id,
        "name": block["name"],
        "boundary_kind": block["boundary_kind"],
        "approximate": block["boundary_kind"] == "indicative",
    }
    own = OwnShape(get_outline(session, view, block_id), block["name"])
    minerals = list(block["minerals"]) if wanted is None else wanted
    body = _document(request, session, vocabulary, own, minerals, moment, shape)
    return json_response(body, headers=cache_headers(etag, vocabulary.edition))


@router.post(
    ADDRESS,
    summary="What any shape meets and what lies near it",
    responses={200: {"model": ScreeningShape}, 413: TOO_LARGE, 415: UNSUPPORTED},
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A GeoJSON geometry, a Feature, or a FeatureCollection of one; at most 10,000 vertices and "
            "1,000,000 ha. It is screened and forgotten.",
            "content": {kind: {"schema": {"type": "object", "required": ["type"]}} for kind in _TYPES},
        }
    },
)
def screen_shape(
    request: Request,
    session: SessionDep,
    vocabulary: VocabularyDep,
    asked: Annotated[ScreeningQuery, Query()],
    content: Annotated[bytes, Depends(read_geojson)],
) -> Response:
    """As for a block, for a shape of one's own; nothing of it is kept."""
    moment = parse_moment(asked.model_dump(), COLLECTIONS["blocks"], session, vocabulary)
    minerals = _minerals(asked.mineral, vocabulary) if asked.mineral is not None else []
    own = parse_own_shape(content)
    shape: dict[str, Any] = {"kind": "shape", "id": None, "name": own.name, "boundary_kind": None, "approximate": False}
    body = _document(request, session, vocabulary, own, minerals, moment, shape)
    return json_response(body, headers={"Cache-Control": "no-store"})


def _minerals(text: str, vocabulary: Vocabulary) -> list[str]:
    """Raises: BadParameter."""
    return list(parse_list("mineral", text, COLLECTIONS["blocks"], vocabulary))


def _document(
    request: Request,
    session: Session,
    vocabulary: Vocabulary,
    own: OwnShape,
    minerals: list[str],
    moment: Moment,
    shape: dict[str, Any],
) -> dict[str, Any]:
    outline = measure(session, own.wkb)
    if shape["kind"] == "shape":
        check_area(outline.area_ha)
    layers = screen(session, vocabulary, outline, minerals, moment, shape["id"])
    area_ha = round(outline.area_ha, 4) if outline.area_ha else None
    length_km = round(outline.length_km, 4) if outline.length_km and not outline.area_ha else None
    return {
        "shape": shape | {"area_ha": area_ha, "length_km": length_km},
        "minerals": minerals,
        "revision": moment.revision or vocabulary.revision,
        "as_of": moment.as_of and moment.as_of.isoformat(),
        "notes": list(_NOTES),
        "layers": as_document(layers, records.list_researched(session), base_url(request)),
    }


pages = APIRouter(include_in_schema=False)


@pages.get("/screening")
def screening_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """A form for a shape; with `intersects`, as links of the explorer have it, what was found."""
    asked = request.query_params
    notices = notices_of(request, "intersects", "mineral")
    return _page(request, session, vocabulary, asked.get("intersects", ""), asked.get("mineral", ""), notices)


@pages.post("/screening")
def screening_form(
    request: Request, session: SessionDep, vocabulary: VocabularyDep, fields: Annotated[Sent, Depends(read_body)]
) -> HTMLResponse:
    """The form as it was sent; nothing of the shape is kept."""
    given = merge_body(request, fields)
    page = _page(request, session, vocabulary, given.get("shape", ""), given.get("mineral", ""), [])
    page.headers["Cache-Control"] = "no-store"
    return page


def _page(
    request: Request, session: Session, vocabulary: Vocabulary, typed: str, mineral: str, notices: list[str]
) -> HTMLResponse:
    found: dict[str, Any] = {"outline": None, "layers": [], "fault": None, "repaired": None, "sketch": None}
    status = 200
    if typed.strip():
        try:
            minerals = _minerals(mineral, vocabulary) if mineral.strip() else []
            outline = measure(session, parse_typed_shape(typed).wkb)
            check_area(outline.area_ha)
            found |= {"outline": outline, "layers": screen(session, vocabulary, outline, minerals, Moment())}
        except (BadShape, BadParameter, TooLarge) as problem:
            status = problem.status
            found["fault"] = problem.detail
            if isinstance(problem, BadShape) and problem.repaired:
                found |= {"repaired": json.dumps(problem.repaired), "sketch": problem.sketch}
    return render(
        request,
        "screening.html",
        status,
        **common(session, vocabulary),
        notices=notices,
        typed=typed,
        mineral=mineral,
        researched=records.list_researched(session),
        **found,
    )
