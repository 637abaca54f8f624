"""Two to six blocks side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.comparison import FEWEST, Block, is_apart, mark_words
from app.comparison import compare as compare_facts
from app.db import SessionDep
from app.downloads import FORMATS
from app.errors import BadParameter
from app.filters import where
from app.footnotes import footnotes_of
from app.languages import find
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.maps import MapLayer, MapParts, draw_map
from app.params.selection import parse_words
from app.queries import compare, records
from app.queries.items import count_features, get_extent
from app.queries.moments import view_at
from app.queries.nearby import list_nearby
from app.queries.vocabulary import Vocabulary
from app.ranking import WEIGHTINGS, Criterion, criteria, parse_weights, rank
from app.routes.common import VocabularyDep, base_url
from app.routes.frame import CLOCKS, ClocksRead, common, items_url, notices_of, read_clocks, render, widen
from app.values import Moment, Page, Selection, SortKey

router = APIRouter(include_in_schema=False)

MOST = 6
# So many of a kind a notice names, so many nearest ids it looks for, so many blocks a search offers.
MOST_NAMED, MOST_GUESSED, MOST_OFFERED = 10, 3, 8
_FARTHEST_KM = 3500.0


@router.get("/compare")
def compare_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """Blocks side by side, what cannot be compared and why; without ids how to choose."""
    clocks = read_clocks(request, session, vocabulary, COLLECTIONS["blocks"])
    view = view_at(COLLECTIONS["blocks"], clocks.moment)
    picked, left_out = pick_blocks(session, view, request.query_params.get("ids", ""))
    blocks = with_distances(session, vocabulary, view, picked, clocks.moment)
    ids = [block["id"] for block in blocks]
    only, problems = _read_differences(request)
    groups = compare_facts(blocks)
    known = criteria(blocks) if len(blocks) >= FEWEST else []
    weights, unweighed = _read_weights(request, known)
    offered, unread = offer_blocks(session, view, request.query_params.get("add", ""), ids)
    address = Address(ids, clocks.kept, only, weights)
    return render(
        request,
        "compare.html",
        **common(session, vocabulary),
        notices=[
            *(_("%(fault)s It was left out.", fault=problem.detail) for problem in clocks.problems),
            *notices_of(request, "ids", "differences", "add", "weights", *_weight_fields(known), *CLOCKS),
            *problems,
            *unweighed,
            *left_out,
            *unread,
            *clocks.notices,
        ],
        blocks=blocks,
        groups=groups,
        only=only,
        differing=sum(is_apart(line) for lines in groups.values() for line in lines),
        lines=sum(len(lines) for lines in groups.values()),
        is_apart=is_apart,
        mark_words=mark_words(),
        notes={block["id"]: footnotes_of(block) for block in blocks},
        criteria=known,
        weights=weights,
        ranking=rank(blocks, weights, known),
        weightings=WEIGHTINGS,
        address=address,
        clocks_kept=clocks.kept,
        link=f"{base_url(request)}{address.page()}",
        formats={ending: find(kind.title) for ending, kind in FORMATS.items()},
        offered=offered,
        fewest=FEWEST,
        most=MOST,
        map=_draw(session, view, blocks, clocks) if blocks else None,
    )


def pick_blocks(session: Session, view: View, text: str) -> tuple[list[Block], list[str]]:
    """The blocks that are compared, in the order asked for, and what is to be said of the others.

    An id that was given up stands for the one that took its place.
    """
    given = [part for part in (part.strip() for part in text.split(",")) if part]
    asked = list(dict.fromkeys(given))
    found = {block["id"]: block for block in compare.list_records(session, view, asked)}
    renamed = compare.find_all_renamed(session, view, [one for one in asked if one not in found])
    found |= {block["id"]: block for block in compare.list_records(session, view, [*renamed.values()])}
    missing = [one for one in asked if one not in found and one not in renamed]
    nearest = compare.list_nearest(session, view, missing[:MOST_GUESSED])
    wanted = [renamed.get(one, one) for one in given]
    times = Counter(one for one in wanted if one in found)
    blocks = [found[one] for one in times]
    doubled = [found[one]["name"] for one in times if times[one] > 1]
    said = [
        *(_say_missing(one, nearest[one]) for one in nearest),
        *(
            [_("There are no blocks %(names)s either.", names=_name(missing[MOST_GUESSED:]))]
            if len(missing) > MOST_GUESSED
            else []
        ),
        *(
            _("“%(old)s” is now “%(new)s”; it is shown under its new id.", old=old, new=new)
            for old, new in [*renamed.items()][:MOST_NAMED]
        ),
        *([_("Given more than once, shown once: %(names)s.", names=_name(doubled))] if doubled else []),
    ]
    if len(blocks) > MOST:
        others = _name([block["name"] for block in blocks[MOST:]])
        said.append(
            _(
                "At most %(most)s blocks fit side by side; the first %(most)s are shown. Left out: %(others)s.",
                most=MOST,
                others=others,
            )
        )
    return blocks[:MOST], said


def _say_missing(block_id: str, nearest: Sequence[str]) -> str:
    said = _("There is no block “%(id)s” here; it was left out.", id=_readable(block_id))
    return said + ask_meant(nearest)


def _name(texts: Sequence[str]) -> str:
    """The texts by comma, the first few of many."""
    more = len(texts) - MOST_NAMED
    named = ", ".join(_readable(text) for text in texts[:MOST_NAMED])
    return _("%(names)s and %(number)s more", names=named, number=more) if more > 0 else named


def _readable(text: str) -> str:
    shown = text.replace("\0", "␀")
    return shown if len(shown) <= 80 else f"{shown[:79]}…"


def _read_differences(request: Request) -> tuple[bool, list[str]]:
    text = request.query_params.get("differences", "")
    if text in ("", "only"):
        return text == "only", []
    return False, [
        _("differences: “%(text)s” is not only. It was left out, and all rows are shown.", text=_readable(text))
    ]


def offer_blocks(
    session: Session, view: View, text: str, ids: Sequence[str]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Blocks that the words find beside those already chosen; None where nothing is looked for."""
    if not text.strip():
        return None, []
    try:
        words = parse_words(text.replace("\0", " "))
    except BadParameter:
        return None, [_("add: give one to twelve words, such as a name, a mineral or a place. It was left out.")]
    condition = where(view, Selection(words=words)) & view.c.id.not_in(ids)
    page = Page(limit=MOST_OFFERED, sort=(SortKey("name", False),))
    rows = records.list_rows(session, view, condition, page)
    return {"words": text, "rows": rows, "matched": count_features(session, view, condition)}, []


def with_distances(
    session: Session, vocabulary: Vocabulary, view: View, blocks: Sequence[Block], moment: Moment
) -> list[Block]:
    """The blocks with their nearest processing unit that takes a mineral of theirs and their nearest port."""
    then = moment._replace(as_of=None)
    units, ports = (view_at(COLLECTIONS[name], then) for name in ("processing-units", "ports"))

    def nearest_of(block: Block, target: View, minerals: Sequence[str] | None) -> Block | None:
        found = list_nearby(session, view, block["id"], target, within_km=_FARTHEST_KM, limit=1, minerals=minerals)
        return found[0] if found else None

    return [
        {
            **block,
            "nearest_unit": nearest_of(block, units, vocabulary.kin(block["minerals"])),
            "nearest_port": nearest_of(block, ports, None),
        }
        for block in blocks
    ]


def _weight_fields(known: Sequence[Criterion]) -> list[str]:
    """The parameters that the form without scripts sends."""
    return [f"weight_{criterion.key}" for criterion in known]


def _read_weights(request: Request, known: Sequence[Criterion]) -> tuple[dict[str, float], list[str]]:
    """The reader's weights, and what could not be read of them."""
    asked = [part for part in request.query_params.get("weights", "").split(",") if part.strip()]
    fields = ((key, request.query_params.get(key, "").strip()) for key in _weight_fields(known))
    asked += [f"{key.removeprefix('weight_')}:{text}" for key, text in fields if text]
    if asked and not known:
        return {}, [_("weights: they put two to six blocks in order, and want that many. They were left out.")]
    weights: dict[str, float] = {}
    problems = []
    for part in asked:
        try:
            for key, weight in parse_weights(part, known).items():
                if key in weights:
                    problems.append(_("weights: %(key)s was given more than once; the first is used.", key=key))
                weights.setdefault(key, weight)
        except BadParameter as problem:
            problems.append(_("%(fault)s It was left out.", fault=problem.detail))
    return weights, problems


class Address:
    """Addresses about the blocks at hand, each with the moment that the page shows."""

    def __init__(self, ids: Sequence[str], clocks: Mapping[str, str], only: bool, weights: Mapping[str, float]) -> None:
        self.ids, self.clocks, self.only = list(ids), dict(clocks), only
        text = ",".join(f"{key}:{weight:g}" for key, weight in weights.items())
        self.weights = {"weights": text} if text else {}

    def page(self, ids: Sequence[str] | None = None, only: bool | None = None) -> str:
        """This page, with other blocks or other rows."""
        differences = {"differences": "only"} if (self.only if only is None else only) else {}
        return self._make("/compare", self.ids if ids is None else ids, self.weights | self.clocks | differences)

    def unweighed(self) -> str:
        """This page without any order."""
        return self._make("/compare", self.ids, self.clocks | ({"differences": "only"} if self.only else {}))

    @property
    def kept(self) -> dict[str, str]:
        """What a form on this page sends along besides ids and rows."""
        return self.weights | self.clocks

    def file(self, ending: str) -> str:
        """The same comparison as a file."""
        return self._make(f"/compare.{ending}", self.ids, self.weights | self.clocks)

    def with_block(self, block_id: str) -> str:
        return self.page([*self.ids, block_id])

    def without(self, block_id: str) -> str:
        return self.page([one for one in self.ids if one != block_id])

    def at(self, path: str, *clocks: str) -> str:
        """Another address of the portal for the same blocks, with those of the clocks that it knows."""
        return self._make(path, self.ids, {name: self.clocks[name] for name in clocks if name in self.clocks})

    @staticmethod
    def _make(path: str, ids: Sequence[str], others: Mapping[str, str]) -> str:
        query = ({"ids": ",".join(ids)} if ids else {}) | dict(others)
        return f"{path}?{urlencode(query, safe=',:')}" if query else path


def _draw(session: Session, view: View, blocks: Sequence[Block], clocks: ClocksRead) -> MapParts:
    ids = [block["id"] for block in blocks]
    box = get_extent(session, view, view.c.id.in_(ids))
    assert box is not None
    layers = [
        MapLayer("blocks", _("Blocks compared"), items_url("blocks", ids=",".join(ids), **clocks.kept), kind="blocks"),
        MapLayer(
            "processing-units", _("Processing units"), items_url("processing-units", **clocks.for_layers), shown=False
        ),
    ]
    return draw_map(bounds=widen(box), layers=layers, title=_("Map of the blocks compared"))
