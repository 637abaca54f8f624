"""Pages of a state, a block, a processing unit, and about the portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import true
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View, view_of
from app.db import SessionDep
from app.dossier import unknown_facts
from app.errors import BadParameter, NotFound
from app.footnotes import footnotes_of
from app.languages import find
from app.languages import gettext as _
from app.maps import MapLayer, draw_map
from app.models import UnlocatedRecord
from app.params.places import parse_number
from app.queries import nearby, records
from app.queries.items import count_features, get_extent
from app.queries.moments import find_renamed, rows_at, view_at
from app.queries.screening import get_outline, measure
from app.queries.vocabulary import Vocabulary
from app.routes.common import VocabularyDep
from app.routes.dossier import corners_of, difference_percent
from app.routes.frame import (
    ClocksRead,
    common,
    items_url,
    notices_of,
    notices_of_clocks,
    quiet_layers,
    read_clocks,
    render,
    widen,
)
from app.routes.offers import list_base_rates
from app.screening import Screened, screen
from app.terms import terms_of
from app.timeline import draw_timeline
from app.values import BBox, Page, SortKey
from app.wording import group_digits

router = APIRouter(include_in_schema=False)


# How far round a processing unit its page looks where nothing else is asked, and how far it can.
UNITS_KM, FARTHEST_KM = 500.0, 3000.0
_MOST_ROUND_UNIT = 50


# How far round a block its map has features.
VIEW_KM = 200


@router.get("/states/{slug}")
def state_page(request: Request, slug: str, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """A state: figures, map, blocks, processing units, what is not located, sources."""
    state = vocabulary.states.get(slug)
    if state is None:
        raise NotFound(
            _("There is no state or union territory “%(slug)s”.", slug=slug),
            suggestions=vocabulary.nearest_states(slug),
        )
    clocks = read_clocks(request, session, vocabulary, COLLECTIONS["blocks"])
    blocks = view_at(COLLECTIONS["blocks"], clocks.moment)
    units = view_at(COLLECTIONS["processing-units"], clocks.moment._replace(as_of=None))
    states = view_of(COLLECTIONS["states"])
    here = blocks.c.state_code == state.code
    everything = Page(limit=1000, sort=(SortKey("name", False),))
    unlocated = records.list_unlocated(session, rows_at(UnlocatedRecord, clocks.moment.revision), state.code)
    bounds = (get_extent(session, states, states.c.id == slug), get_extent(session, blocks, here))
    return render(
        request,
        "state.html",
        notices=notices_of_clocks(request, clocks),
        **common(session, vocabulary),
        state=state,
        figures=records.get_state_figures(session, blocks, units, state.code),
        blocks=records.list_rows(session, blocks, here, everything),
        units=records.list_rows(session, units, units.c.state_code == state.code, everything),
        unlocated=[row for row in unlocated if row["collection"] == "blocks"],
        unlocated_others=[row for row in unlocated if row["collection"] != "blocks"],
        publishers=records.list_publishers(session, blocks, state.code),
        map=draw_map(
            bounds=_around(*bounds),
            layers=_state_layers(slug, clocks),
            title=_("Map of %(name)s", name=find(state.name)),
            focus=slug,
        ),
    )


def _state_layers(slug: str, clocks: ClocksRead) -> list[MapLayer]:
    then = clocks.for_layers
    shown = ("exploration-projects", "ports")
    return [
        MapLayer("blocks", _("Mineral blocks"), items_url("blocks", state=slug, **clocks.kept), kind="blocks"),
        MapLayer("processing-units", _("Processing units"), items_url("processing-units", state=slug, **then)),
        *(layer._replace(shown=layer.collection in shown) for layer in quiet_layers(state=slug, **then)),
    ]


def _around(*boxes: BBox | None) -> BBox:
    """The box round all of them."""
    there = [box for box in boxes if box is not None]
    return BBox(
        min(b.west for b in there), min(b.south for b in there), max(b.east for b in there), max(b.north for b in there)
    )


@router.get("/blocks/{block_id}", response_model=None)
def block_page(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """A block: all that is published of it, and what is not."""
    collection = COLLECTIONS["blocks"]
    clocks = read_clocks(request, session, vocabulary, collection)
    view = view_at(collection, clocks.moment)
    if renamed := find_renamed(session, view, block_id):
        return RedirectResponse(str(request.url.replace(path=f"/blocks/{renamed}")), 308)
    block = records.get_record(session, view, block_id)
    box = get_extent(session, view, view.c.id == block_id)
    assert box is not None
    state_slug = _state_slug(vocabulary, block)
    near = _surroundings(session, vocabulary, view, block, clocks)
    corners, validity = corners_of(session, view, block)
    return render(
        request,
        "block.html",
        notices=notices_of_clocks(request, clocks),
        **common(session, vocabulary),
        block=block,
        events=block["events"],
        offers=block["offers"],
        unknown=unknown_facts(block),
        near=near,
        clocks_query=f"?{urlencode(clocks.kept)}" if clocks.kept else "",
        notes=footnotes_of(block),
        terms=terms_of(block),
        timeline=draw_timeline(block["events"]),
        corners=corners,
        validity=validity,
        difference=difference_percent(block),
        base_rates=list_base_rates(session, vocabulary, view, block, clocks),
        names_near=[[row["name"], row.get("agency")] for one in near for row in one.found.rows],
        researched=records.list_researched(session),
        state_slug=state_slug,
        map=draw_map(
            bounds=widen(box),
            layers=_block_layers(block, clocks),
            title=_("Map of %(name)s", name=block["name"]),
            focus=state_slug,
        ),
    )


def _state_slug(vocabulary: Vocabulary, record: Mapping[str, Any]) -> str | None:
    return next((s.slug for s in vocabulary.states.values() if s.code == record["state_code"]), None)


def _block_layers(block: Mapping[str, Any], clocks: ClocksRead) -> list[MapLayer]:
    around = {"near": f"{block['lon']},{block['lat']}", "within_km": str(VIEW_KM)}
    then = around | clocks.for_layers
    blocks = items_url("blocks", **around, **clocks.kept)
    return [
        MapLayer("blocks", _("Mineral blocks"), blocks, kind="blocks", highlight=block["id"]),
        MapLayer("processing-units", _("Processing units"), items_url("processing-units", **then)),
        *(layer._replace(shown=layer.collection == "exploration-projects") for layer in quiet_layers(**then)),
    ]


def _surroundings(
    session: Session, vocabulary: Vocabulary, view: View, block: Mapping[str, Any], clocks: ClocksRead
) -> list[Screened]:
    """What the block meets and what lies near it, layer by layer."""
    outline = measure(session, get_outline(session, view, block["id"]))
    return screen(session, vocabulary, outline, block["minerals"], clocks.moment, block["id"])


@router.get("/processing-units/{unit_id}", response_model=None)
def unit_page(request: Request, unit_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """A processing unit: what it takes and makes, and the blocks that could feed it."""
    collection = COLLECTIONS["processing-units"]
    clocks = read_clocks(request, session, vocabulary, COLLECTIONS["blocks"])
    within_km, unread = _read_distance(request)
    view = view_at(collection, clocks.moment._replace(as_of=None))
    if renamed := find_renamed(session, view, unit_id):
        return RedirectResponse(str(request.url.replace(path=f"/processing-units/{renamed}")), 308)
    blocks = view_at(COLLECTIONS["blocks"], clocks.moment)
    unit = records.get_record(session, view, unit_id)
    box = get_extent(session, view, view.c.id == unit_id)
    assert box is not None
    precise = unit["position_accuracy"] in ("site", "locality")
    minerals = vocabulary.kin(unit["minerals"])
    found: Sequence[Mapping[str, Any]] = ()
    if precise:
        found = nearby.list_nearby(
            session, view, unit_id, blocks, within_km=within_km, limit=_MOST_ROUND_UNIT + 1, minerals=minerals
        )
    reach = 0.4 if precise else 2.5
    layers = [
        MapLayer(
            "processing-units",
            _("Processing units"),
            items_url("processing-units", **clocks.for_layers),
            highlight=unit_id,
        ),
        MapLayer("blocks", _("Mineral blocks"), items_url("blocks", **clocks.kept), kind="blocks"),
        *quiet_layers(**clocks.for_layers),
    ]
    state_slug = _state_slug(vocabulary, unit)
    return render(
        request,
        "unit.html",
        notices=[*notices_of_clocks(request, clocks, "within_km"), *unread],
        **common(session, vocabulary),
        unit=unit,
        position=(box.west, box.south),
        near=found[:_MOST_ROUND_UNIT],
        more=len(found) > _MOST_ROUND_UNIT,
        within_km=within_km,
        farthest_km=FARTHEST_KM,
        kept=clocks.kept,
        same_blocks=_same_blocks(box, within_km, minerals, clocks),
        precise=precise,
        state_slug=state_slug,
        map=draw_map(
            bounds=BBox(box.west - reach, box.south - reach, box.east + reach, box.north + reach),
            layers=layers,
            title=_("Map round %(name)s", name=unit["name"]),
            focus=state_slug,
        ),
    )


def _read_distance(request: Request) -> tuple[float, list[str]]:
    """`within_km` of the address, and what could not be read of it."""
    text = request.query_params.get("within_km")
    if not text:
        return UNITS_KM, []
    try:
        distance = parse_number("within_km", text)
        if not 0 < distance <= FARTHEST_KM:
            raise BadParameter(
                _(
                    "within_km: %(distance)s lies outside 0 to %(farthest_km)s kilometres.",
                    distance=f"{distance:g}",
                    farthest_km=group_digits(f"{FARTHEST_KM:,.0f}"),
                ),
                parameter="within_km",
            )
    except BadParameter as problem:
        return UNITS_KM, [_("%(fault)s %(km)s km are applied.", fault=problem.detail, km=f"{UNITS_KM:g}")]
    return distance, []


def _same_blocks(box: BBox, within_km: float, minerals: Sequence[str], clocks: ClocksRead) -> str:
    """Parameters by which the API and the explorer find the blocks round a plant."""
    listed = ",".join(f"'{slug}'" for slug in minerals)
    return urlencode(
        {
            "near": f"{box.west:.6f},{box.south:.6f}",
            "within_km": f"{within_km:g}",
            "position_accuracy": ",".join(nearby.PLACES),
            **({"filter": f"A_OVERLAPS(minerals,({listed}))"} if minerals else {}),
            **clocks.kept,
        },
        safe=",",
    )


@router.get("/about")
def about(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """What this is and is not, the words it uses, where it is from."""
    counts = {c.id: count_features(session, view_of(c), true()) for c in COLLECTIONS.values()}
    return render(
        request,
        "about.html",
        notices=notices_of(request),
        **common(session, vocabulary),
        collections=COLLECTIONS.values(),
        counts=counts,
        files=records.list_data_files(session),
        figures=records.list_contested_figures(session),
    )
