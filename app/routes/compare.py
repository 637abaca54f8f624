"""Two to six blocks side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.db import SessionDep
from app.downloads import FORMATS
from app.errors import BadParameter
from app.filters import where
from app.maps import MapLayer, MapParts, draw_map
from app.params.selection import parse_words
from app.queries import compare, records
from app.queries.items import count_features, get_extent
from app.queries.moments import view_at
from app.routes.common import VocabularyDep, base_url
from app.routes.frame import CLOCKS, ClocksRead, common, items_url, notices_of, read_clocks, render, widen
from app.values import Page, Selection, SortKey

router = APIRouter(include_in_schema=False)

FEWEST, MOST = 2, 6
# So many of a kind a notice names, so many nearest ids it looks for, so many blocks a search offers.
MOST_NAMED, MOST_GUESSED, MOST_OFFERED = 10, 3, 8

Block = Mapping[str, Any]
# How the blocks stand to each other in one fact.
Mark = Literal["differs", "partly", "same", "unknown"]
MARK_WORDS: dict[Mark, tuple[str, str]] = {
    "differs": ("≠", "differs"),
    "partly": ("?", "not known of all"),
    "same": ("=", "same"),
    "unknown": ("–", "none published"),
}


class Fact(NamedTuple):
    """A line of the table: `read` is what is compared, None where it is unknown."""

    key: str
    label: str
    read: Callable[[Block], Any]


class Line(NamedTuple):
    """A fact of the blocks at hand, and how they stand to each other in it."""

    key: str
    label: str
    mark: Mark
    note: str = ""


def _column(name: str) -> Callable[[Block], Any]:
    return lambda block: block[name]


def _agency(block: Block) -> Any:
    return block["agency"] or (block["exploration"] or {}).get("agency")


def _resource(block: Block) -> Any:
    return (
        tuple(block[n] for n in ("resource_mt", "resource_category", "resource_text")) if has_resource(block) else None
    )


def has_resource(block: Block) -> bool:
    return block["resource_mt"] is not None or bool(block["resource_text"])


# In the order of the page; the words of a group head its lines.
GROUPS: dict[str, tuple[Fact, ...]] = {
    "Place and minerals": (
        Fact("state", "State", _column("state")),
        Fact("district", "District", lambda b: b["district"] or ("offshore" if b["offshore"] else None)),
        Fact("minerals", "Minerals", lambda b: frozenset(b["minerals"]) or None),
        Fact("stage", "Exploration stage", _column("stage")),
    ),
    "Auction and concession": (
        Fact("status", "Status", _column("status")),
        Fact("status_since", "Status since", _column("status_since")),
        Fact("concession", "Concession", _column("concession")),
        Fact("asset_class", "Class", _column("asset_class")),
        Fact("tranches", "Tranches", lambda b: tuple(b["tranches"] or ()) or None),
        Fact("attempts", "Offers known", _column("attempts")),
        Fact("preferred_bidder", "Preferred bidder", _column("preferred_bidder")),
        Fact("premium_percent", "Premium", _column("premium_percent")),
    ),
    "Area and boundary": (
        Fact("area_ha", "Declared area", _column("area_ha")),
        Fact("computed_area_ha", "Area of the published boundary", _column("computed_area_ha")),
        Fact("boundary_kind", "Boundary", _column("boundary_kind")),
        Fact("position_accuracy", "Position", lambda b: (b["position_accuracy"], b["position_uncertainty_km"])),
    ),
    "Ore": (
        Fact("resource_mt", "Resource", _resource),
        Fact("grade", "Grade", _column("grade")),
        Fact("agency", "Explored by", _agency),
    ),
    "This record": (
        Fact("confidence", "Confidence", _column("confidence")),
        Fact("contradictions", "Sources disagree on", lambda b: tuple(c["field"] for c in b["contradictions"])),
        Fact("sources", "Sources", lambda b: len(b["sources"])),
        Fact("updated_at", "Updated", _column("updated_at")),
    ),
}


@router.get("/compare")
def compare_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """Blocks side by side, what cannot be compared and why; without ids how to choose."""
    clocks = read_clocks(request, session, vocabulary, COLLECTIONS["blocks"])
    view = view_at(COLLECTIONS["blocks"], clocks.moment)
    blocks, left_out = pick_blocks(session, view, request.query_params.get("ids", ""))
    ids = [block["id"] for block in blocks]
    only, problems = _read_differences(request)
    groups = {words: lines for words, facts in GROUPS.items() if (lines := [_line(f, blocks) for f in facts])}
    offered, unread = offer_blocks(session, view, request.query_params.get("add", ""), ids)
    address = _Address(ids, clocks.kept, only)
    return render(
        request,
        "compare.html",
        **common(session, vocabulary),
        notices=[
            *(f"{problem.detail} It was left out." for problem in clocks.problems),
            *notices_of(request, "ids", "differences", "add", *CLOCKS),
            *problems,
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
        mark_words=MARK_WORDS,
        address=address,
        clocks_kept=clocks.kept,
        link=f"{base_url(request)}{address.page()}",
        formats={ending: kind.title for ending, kind in FORMATS.items()},
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
        *([f"There are no blocks {_name(missing[MOST_GUESSED:])} either."] if len(missing) > MOST_GUESSED else []),
        *(f"“{old}” is now “{new}”; it is shown under its new id." for old, new in [*renamed.items()][:MOST_NAMED]),
        *([f"Given more than once, shown once: {_name(doubled)}."] if doubled else []),
    ]
    if len(blocks) > MOST:
        others = _name([block["name"] for block in blocks[MOST:]])
        said.append(f"At most {MOST} blocks fit side by side; the first {MOST} are shown. Left out: {others}.")
    return blocks[:MOST], said


def _say_missing(block_id: str, nearest: Sequence[str]) -> str:
    hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"There is no block “{_readable(block_id)}” here; it was left out.{hint}"


def _name(texts: Sequence[str]) -> str:
    """The texts by comma, the first few of many."""
    more = len(texts) - MOST_NAMED
    return ", ".join(_readable(t) for t in texts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _readable(text: str) -> str:
    shown = text.replace("\0", "␀")
    return shown if len(shown) <= 80 else f"{shown[:79]}…"


def _read_differences(request: Request) -> tuple[bool, list[str]]:
    text = request.query_params.get("differences", "")
    if text in ("", "only"):
        return text == "only", []
    return False, [f"differences: “{_readable(text)}” is not only. It was left out, and all rows are shown."]


def _line(fact: Fact, blocks: Sequence[Block]) -> Line:
    values = [fact.read(block) for block in blocks]
    known = {value for value in values if value is not None}
    mark: Mark = "same"
    if not known:
        mark = "unknown"
    elif len(known) > 1:
        mark = "differs"
    elif None in values:
        mark = "partly"
    return Line(fact.key, fact.label, mark, say_resources(blocks) if fact.key == "resource_mt" else "")


def is_apart(line: Line) -> bool:
    """Whether the blocks are not all alike in it, as far as is known."""
    return line.mark in ("differs", "partly")


def say_resources(blocks: Sequence[Block]) -> str:
    """Why the resources of the blocks do not compare; blank where nothing speaks against it.

    A category says how sure a tonnage is, and a tonne of one ore is none of another.
    """
    given = [block for block in blocks if block["resource_mt"] is not None]
    if len(given) < FEWEST:
        return ""
    reasons = []
    categories = {block["resource_category"] for block in given}
    if None in categories:
        reasons.append("the category is not published for each")
    elif len(categories) > 1:
        reasons.append("different categories")
    if len({frozenset(block["minerals"]) for block in given}) > 1:
        reasons.append("different minerals")
    return f"not comparable: {', '.join(reasons)}" if reasons else ""


def offer_blocks(
    session: Session, view: View, text: str, ids: Sequence[str]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Blocks that the words find beside those already chosen; None where nothing is looked for."""
    if not text.strip():
        return None, []
    try:
        words = parse_words(text.replace("\0", " "))
    except BadParameter:
        return None, ["add: give one to twelve words, such as a name, a mineral or a place. It was left out."]
    condition = where(view, Selection(words=words)) & view.c.id.not_in(ids)
    page = Page(limit=MOST_OFFERED, sort=(SortKey("name", False),))
    rows = records.list_rows(session, view, condition, page)
    return {"words": text, "rows": rows, "matched": count_features(session, view, condition)}, []


class _Address:
    """Addresses about the blocks at hand, each with the moment that the page shows."""

    def __init__(self, ids: Sequence[str], clocks: Mapping[str, str], only: bool) -> None:
        self.ids, self.clocks, self.only = list(ids), dict(clocks), only

    def page(self, ids: Sequence[str] | None = None, only: bool | None = None) -> str:
        """This page, with other blocks or other rows."""
        differences = {"differences": "only"} if (self.only if only is None else only) else {}
        return self._make("/compare", self.ids if ids is None else ids, self.clocks | differences)

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
        return f"{path}?{urlencode(query, safe=',')}" if query else path


def _draw(session: Session, view: View, blocks: Sequence[Block], clocks: ClocksRead) -> MapParts:
    ids = [block["id"] for block in blocks]
    box = get_extent(session, view, view.c.id.in_(ids))
    assert box is not None
    layers = [
        MapLayer("blocks", "Blocks compared", items_url("blocks", ids=",".join(ids), **clocks.kept), kind="blocks"),
        MapLayer(
            "processing-units", "Processing units", items_url("processing-units", **clocks.for_layers), shown=False
        ),
    ]
    return draw_map(bounds=widen(box), layers=layers, title="Map of the blocks compared")
