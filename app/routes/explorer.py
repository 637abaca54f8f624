"""The front page: all blocks, searched and filtered, as map and table."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from math import cos, radians
from typing import Any
from urllib.parse import urlencode

import shapely
import shapely.geometry
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.db import SessionDep
from app.errors import BadParameter
from app.explorer.chips import chips_of, parts_of
from app.explorer.panel import bars_of, groups_of
from app.explorer.takeaway import files_of, lines_of
from app.explorer.words import COLUMN_TITLES, NUMBERS, SORT_BY, say_filter
from app.filters import to_cql2
from app.languages import N_, find
from app.languages import gettext as _
from app.maps import INDIA, MapLayer, MapParts, MapView, draw_map
from app.params import FILTER_NAMES, Slice, parse_leniently, parse_slice
from app.params.forms import FORM_NAMES, from_form
from app.params.paging import make_key_token, question_of
from app.params.views import ON_DEVICE, OVERLAYS, VIEW_NAMES, ViewState, parse_view
from app.queries import records
from app.queries.facets import list_facets
from app.queries.moments import view_at
from app.queries.tallies import count_matched, get_matched_extent, get_table_page
from app.queries.vocabulary import Vocabulary
from app.routes.bodies import BodyDep, merge_body
from app.routes.common import VocabularyDep, base_url
from app.routes.frame import CLOCKS, common, items_url, notices_of, read_clocks, render, widen
from app.routes.speaking import PARAMETER
from app.search import canonical_filters
from app.values import BBox, Page, Selection, SortKey
from app.wording import join_words

router = APIRouter(include_in_schema=False)

ROWS_A_PAGE, CHOICES_OF_ROWS = 25, (25, 50, 100)
BY_NAME = (SortKey("name", False),)
# Of more blocks than this the map draws tiles, not each block as an element of its own.
MOST_SHAPES = 2_000
_SLICE = ("sortby", "limit", "offset", "token")
_SHAPE_ELSEWHERE = N_(
    "This link was made with a shape that has too many corners to travel in a link: it stays on the device where it "
    "was drawn or loaded. Draw or load it again to apply it; everything else is applied."
)


# Round more blocks than this no box is drawn: they are all over India, and their shapes would all have to be read.
MOST_MEASURED = 10_000
# What a POST may hold: a shape that is too large for an address.
_SHAPE = ("intersects", "buffer_km")
KM_OF_DEGREE = 111.2
# A wider circle says little of where the blocks are.
MOST_SHOWN_KM = 500.0
# Of so many blocks that such a shape finds, files and feeds are asked for by their ids.
MOST_IDS = 200


@router.get("/", response_model=None)
def explorer(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """All blocks, filtered: map and table."""
    pairs = _canonical(request, session, vocabulary)
    if pairs != request.query_params.multi_items():
        return RedirectResponse(f"/?{_write(pairs)}" if pairs else "/", 303)
    return _answer(request, session, vocabulary, dict(pairs), {})


@router.post("/", response_model=None)
def explorer_of_shape(request: Request, session: SessionDep, vocabulary: VocabularyDep, sent: BodyDep) -> Response:
    """The same for a shape that is too large for an address: it is read, and not kept.

    Raises: BadParameter where the body holds anything else.
    """
    given = merge_body(request, sent)
    shape = {name: text for name, text in given.items() if name not in request.query_params}
    for name in shape:
        if name not in _SHAPE:
            raise BadParameter(
                _("%(name)s: the body of this address holds %(shape)s only.", name=name, shape=join_words(_SHAPE)),
                parameter=name,
            )
    pairs = _canonical(request, session, vocabulary)
    answer = _answer(request, session, vocabulary, dict(pairs) | {"shape": ON_DEVICE}, shape)
    answer.headers["HX-Push-Url"] = f"/?{_write([*(p for p in pairs if p[0] != 'shape'), ('shape', ON_DEVICE)])}"
    return answer


def _answer(
    request: Request, session: Session, vocabulary: Vocabulary, asked: dict[str, str], own: Mapping[str, str]
) -> Response:
    """The page. `asked`: what its address has; `own`: the shape that was sent beside it, which no link has."""
    blocks = COLLECTIONS["blocks"]
    selection, kept, problems = parse_leniently(asked | dict(own), blocks, vocabulary)
    clocks = read_clocks(request, session, vocabulary, blocks)
    filters = kept | clocks.kept
    linked = {name: text for name, text in filters.items() if name not in own}
    state, view_kept, view_problems = parse_view(asked)
    page, question, page_problems = _page_of(asked, filters)
    view = view_at(blocks, clocks.moment)
    moment = (vocabulary.edition, blocks.id, clocks.moment)
    matched = count_matched(session, view, selection, moment)
    table = get_table_page(session, view, selection, page, matched, moment)
    facets = list_facets(session, view, selection, vocabulary, moment)
    box = get_matched_extent(session, view, selection, moment) if filters and 0 < matched <= MOST_MEASURED else None
    bounds = _bounds(box, selection)
    rest = view_kept | {name: asked[name] for name in ("sortby", "limit") if name in asked}

    def query(**changes: Any) -> str:
        gone = {"shape": None} if "intersects" in changes else {}
        return _address(linked | rest, changes | gone)

    taken: dict[str, str] | None = linked
    if own:
        by_id = Page(MOST_IDS, sort=(SortKey("id", False),))
        ids = [row["id"] for row in get_table_page(session, view, selection, by_id, matched, moment).rows]
        taken = {"ids": ",".join(ids), **clocks.kept} if 0 < matched <= MOST_IDS else None
    cql2, unsaid = to_cql2(selection, kept.get("filter"))
    found = [*problems, *view_problems, *page_problems, *clocks.problems]
    return render(
        request,
        "explorer.html",
        **common(session, vocabulary),
        q=asked.get("q", ""),
        asked=kept,
        filters=filters,
        linked=linked,
        view_kept=view_kept,
        notices=[
            *(_("%(fault)s It was left out; the rest is applied.", fault=problem.detail) for problem in found),
            *notices_of(request, *FILTER_NAMES, *CLOCKS, *_SLICE, *VIEW_NAMES, *(FORM_NAMES if own else ())),
            *clocks.notices,
            *([find(_SHAPE_ELSEWHERE)] if state.on_device and not own else []),
        ],
        matched=matched,
        page=page,
        table=table,
        tokens=_tokens(table, question),
        sortby=asked.get("sortby", ""),
        query=query,
        chips=chips_of(filters, vocabulary, query),
        groups=groups_of(facets, vocabulary, filters),
        bars=bars_of(facets),
        columns=[(name, COLUMN_TITLES[name]) for name in state.columns],
        all_columns=COLUMN_TITLES,
        number_columns=NUMBERS,
        sort_by=SORT_BY,
        rows_choices=CHOICES_OF_ROWS,
        drops=_drops(session, view, vocabulary, kept, query, moment) if not matched and kept else [],
        files=files_of(taken, matched) if taken is not None else [],
        lines=lines_of(base_url(request), taken, cql2) if taken is not None else [],
        unsaid=[say_filter(name).lower() for name in unsaid],
        map=_map(bounds, linked, selection, state, matched),
        map_query=urlencode(linked),
        items_query=urlencode(taken or {}) if taken is not None else None,
        # A feed tells what changes from now on: it knows no other moment.
        feed_query=urlencode({name: text for name, text in (taken or {}).items() if name not in CLOCKS}),
    )


def _canonical(request: Request, session: Session, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """What the address asks for, be it one that a form made or a text to be understood."""
    pairs = from_form(request.query_params.multi_items())
    asked = dict(pairs)
    if text := asked.get("search", ""):
        view = {name: value for name, value in asked.items() if name in (*VIEW_NAMES, PARAMETER)}
        return list((canonical_filters(text, session, vocabulary) | view).items())
    return pairs


def _page_of(asked: Mapping[str, str], filters: Mapping[str, str]) -> tuple[Page, dict[str, str], list[BadParameter]]:
    """The slice of the table, what its tokens are bound to, and what of it could not be read."""
    blocks = COLLECTIONS["blocks"]
    problems: list[BadParameter] = []
    given = {name: asked[name] for name in _SLICE if asked.get(name)}
    for name in ("sortby", "limit", "offset"):
        try:
            parse_slice(Slice(**{name: given[name]} if name in given else {}), blocks)
        except BadParameter as problem:
            problems.append(problem)
            del given[name]
    sort = given.get("sortby") or "name"
    question = question_of("/", {**filters, "sortby": sort})
    try:
        page = parse_slice(Slice(**({"limit": str(ROWS_A_PAGE)} | given | {"sortby": sort})), blocks, question)
    except BadParameter as problem:
        problems.append(problem)
        given = {name: text for name, text in given.items() if name not in ("token", "offset")}
        page = parse_slice(Slice(**({"limit": str(ROWS_A_PAGE)} | given | {"sortby": sort})), blocks)
    return replace(page, limit=min(page.limit, CHOICES_OF_ROWS[-1])), question, problems


def _tokens(table: records.RowPage, question: Mapping[str, str]) -> dict[str, str | None]:
    ends = (("next", table.last_key, False), ("prev", table.first_key, True))
    return {name: make_key_token(key, question, backwards=back) if key else None for name, key, back in ends}


def _address(kept: Mapping[str, str], changes: Mapping[str, Any]) -> str:
    """The page's address with some of it changed; None takes a part out."""
    merged = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return f"/?{_write(list(merged.items()))}" if merged else "/"


def _write(pairs: Sequence[tuple[str, str]]) -> str:
    """A query that people can read too: commas, slashes and colons stay as they are."""
    return urlencode(pairs, safe=",/:")


def _drops(
    session: Session, view: View, vocabulary: Vocabulary, kept: Mapping[str, str], query: Any, moment: Hashable
) -> list[tuple[str, str, int]]:
    """Which single filter to leave out to find something: its name, the address without it, how many there are then."""
    found = []
    for name in dict.fromkeys(parts_of(name)[0] for name in kept):
        gone = parts_of(name)
        rest = {other: text for other, text in kept.items() if other not in gone}
        selection, _, _ = parse_leniently(rest, view.collection, vocabulary)
        count = count_matched(session, view, selection, moment)
        if count:
            found.append((say_filter(name).lower(), query(**dict.fromkeys(gone)), count))
    return sorted(found, key=lambda drop: -drop[2])


def _map(bounds: BBox, filters: Mapping[str, str], selection: Selection, state: ViewState, matched: int) -> MapParts:
    blocks = MapLayer("blocks", _("Mineral blocks"), items_url("blocks", **filters), kind="blocks")
    titles = ((name, find(COLLECTIONS[name].title)) for name in OVERLAYS)
    overlays = [
        MapLayer(
            name,
            title,
            items_url(name),
            kind="outline" if name == "districts" else "points",
            shown=name in state.layers,
        )
        for name, title in titles
    ]
    return draw_map(
        bounds=bounds,
        layers=[blocks, *overlays],
        title=_("Map of India with mineral blocks"),
        view=MapView(
            state.theme, state.place, state.block, matched, MOST_SHAPES, *_shape(selection), swipe=state.swipe
        ),
    )


def _bounds(box: BBox | None, selection: Selection) -> BBox:
    """What the map shows first: the blocks found, with the shape or the circle that they were asked to lie in."""
    boxes = [box] if box else []
    for shape in selection.shapes:
        drawn = shapely.from_wkb(bytes.fromhex(shape.wkb)).bounds
        boxes.append(_spread(BBox(*drawn), shape.buffer_km))
    if selection.near and selection.near.within_km <= MOST_SHOWN_KM:
        lon, lat, within_km = selection.near
        boxes.append(_spread(BBox(lon, lat, lon, lat), within_km))
    if not boxes:
        return BBox(*INDIA)
    west, south, east, north = zip(*boxes, strict=True)
    return widen(BBox(max(min(west), -180.0), max(min(south), -85.0), min(max(east), 180.0), min(max(north), 85.0)))


def _spread(box: BBox, km: float) -> BBox:
    """The box with so many kilometres round it, roughly."""
    up = km / KM_OF_DEGREE
    across = up / max(cos(radians(min(max(abs(box.south), abs(box.north)), 80.0))), 0.1)
    return BBox(box.west - across, box.south - up, box.east + across, box.north + up)


def _shape(selection: Selection) -> tuple[dict[str, Any] | None, float]:
    """The shape that the blocks are asked to meet, as GeoJSON, and the distance from it, kilometres."""
    if not selection.shapes:
        return None, 0.0
    shape = selection.shapes[0]
    return shapely.geometry.mapping(shapely.from_wkb(bytes.fromhex(shape.wkb))), shape.buffer_km
