"""The front page: all blocks, filtered, as map and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.db import SessionDep
from app.dossier import tranche_order
from app.errors import BadParameter
from app.filters import where
from app.maps import INDIA, MapLayer, draw_map
from app.params import FILTER_NAMES, Slice, parse_leniently, parse_slice
from app.queries import records
from app.queries.items import count_features, get_extent
from app.queries.moments import view_at
from app.queries.vocabulary import Vocabulary
from app.routes.common import VocabularyDep
from app.routes.frame import CLOCKS, common, items_url, notices_of, quiet_layers, read_clocks, render, widen
from app.values import BLOCK_ASSET_CLASSES, BLOCK_STATUSES, CONCESSIONS, STAGES, UNKNOWN, BBox, Page, Selection, SortKey

router = APIRouter(include_in_schema=False)


ROWS_A_PAGE, MOST_ROWS_A_PAGE = 25, 100


BY_NAME = (SortKey("name", False),)


@router.get("/")
def explorer(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """All blocks, filtered: map and table."""
    blocks = COLLECTIONS["blocks"]
    asked = dict(request.query_params)
    selection, kept, problems = parse_leniently(asked, blocks, vocabulary)
    page, page_problems = _page_of(asked)
    clocks = read_clocks(request, session, vocabulary, blocks)
    view = view_at(blocks, clocks.moment)
    condition = where(view, selection)
    matched = count_features(session, view, condition)
    problems += [*page_problems, *clocks.problems]
    filters = kept | clocks.kept
    return render(
        request,
        "explorer.html",
        **common(session, vocabulary),
        q=asked.get("q", ""),
        asked=kept,
        notices=[
            *(f"{problem.detail} It was left out; the rest is applied." for problem in problems),
            *notices_of(request, *FILTER_NAMES, *CLOCKS, "sortby", "limit", "offset"),
            *clocks.notices,
        ],
        matched=matched,
        page=page,
        rows=records.list_rows(session, view, condition, page),
        sortby=asked.get("sortby", ""),
        query=lambda **changes: _query(filters | {k: asked[k] for k in ("sortby", "limit") if k in asked}, changes),
        choices=_choices(session, vocabulary, view, selection),
        map=draw_map(
            bounds=_bounds(session, view, condition) if kept else INDIA,
            layers=_india_layers(filters),
            title="Map of India with mineral blocks",
        ),
        items_query=urlencode(filters),
    )


def _page_of(asked: Mapping[str, str]) -> tuple[Page, list[BadParameter]]:
    """The slice of the table; what cannot be read is left out and said."""
    problems: list[BadParameter] = []
    given = {name: asked[name] for name in ("sortby", "limit", "offset") if asked.get(name)}
    for name in list(given):
        try:
            parse_slice(Slice(**{name: given[name]}), COLLECTIONS["blocks"])
        except BadParameter as problem:
            problems.append(problem)
            del given[name]
    page = parse_slice(Slice(**({"limit": str(ROWS_A_PAGE)} | given)), COLLECTIONS["blocks"])
    return replace(page, limit=min(page.limit, MOST_ROWS_A_PAGE), sort=page.sort or BY_NAME), problems


def _query(kept: Mapping[str, str], changes: Mapping[str, Any]) -> str:
    """The page's query with some of it changed; None takes a part out."""
    merged = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return f"/?{urlencode(merged)}" if merged else "/"


def _choices(session: Session, vocabulary: Vocabulary, view: View, selection: Selection) -> dict[str, Sequence[Any]]:
    """What the filters' lists offer; a count is what the choice would find with all other filters as they are."""
    return {
        "minerals": records.list_minerals_in_use(session, view, where(view, selection.without("mineral"))),
        "states": records.list_states_in_use(session, view, where(view, selection.without("state"))),
        "status": [s for s in BLOCK_STATUSES if s in vocabulary.choices["blocks", "status"]],
        "stage": (*STAGES, UNKNOWN),
        "concession": CONCESSIONS,
        "asset_class": [c for c in BLOCK_ASSET_CLASSES if c in vocabulary.choices["blocks", "asset_class"]],
        "tranche": sorted(vocabulary.choices["blocks", "tranches"], key=tranche_order),
    }


def _india_layers(kept: Mapping[str, str]) -> list[MapLayer]:
    return [
        MapLayer("blocks", "Mineral blocks", items_url("blocks", **kept), kind="blocks"),
        MapLayer("processing-units", "Processing units", items_url("processing-units")),
        *quiet_layers(),
        MapLayer("global-assets", "Assets abroad", items_url("global-assets"), shown=False),
    ]


def _bounds(session: Session, view: View, condition: ColumnElement[bool]) -> BBox:
    """The box to show: round the blocks that match, or India where none does."""
    box = get_extent(session, view, condition)
    return widen(box) if box else BBox(*INDIA)
