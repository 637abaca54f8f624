"""Offers of blocks: the rows behind every count of offers on the portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.db import SessionDep
from app.filters import where
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.params import FILTER_NAMES, parse_leniently
from app.queries.moments import view_at
from app.queries.offers import count_results, list_offers
from app.queries.vocabulary import Vocabulary, nearest
from app.routes.common import VocabularyDep
from app.routes.frame import CLOCKS, ClocksRead, common, notices_of, read_clocks, render
from app.values import OFFER_RESULTS, UNKNOWN, Moment

router = APIRouter(include_in_schema=False)

_MOST_ROWS = 500
RESULTS = (*OFFER_RESULTS, UNKNOWN)


@router.get("/offers")
def offers_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """Offers of the blocks that the filters find, with their results; `result` keeps to some results, `offer_tranche`
    to offers of some tranches (`tranche` asks for blocks that were ever offered in one).
    """
    blocks = COLLECTIONS["blocks"]
    clocks = read_clocks(request, session, vocabulary, blocks)
    asked = {name: text for name, text in request.query_params.items() if text.strip()}
    selection, kept, problems = parse_leniently(asked, blocks, vocabulary)
    results, unread = _read_choices("result", asked.get("result", ""), RESULTS)
    known = (*vocabulary.choices["blocks", "tranches"], UNKNOWN)
    tranches, unread_tranches = _read_choices("offer_tranche", asked.get("offer_tranche", ""), known)
    of_offers = {"offer_tranche": ",".join(tranches)} if tranches else {}
    view = view_at(blocks, clocks.moment)
    condition = where(view, selection)
    counts = count_results(session, view, condition, clocks.moment, tranches)
    rows = list_offers(session, view, condition, clocks.moment, results, tranches, _MOST_ROWS + 1)
    return render(
        request,
        "offers.html",
        **common(session, vocabulary),
        notices=[
            *(
                _("%(fault)s It was left out; the rest is applied.", fault=problem.detail)
                for problem in (*problems, *clocks.problems)
            ),
            *unread,
            *unread_tranches,
            *notices_of(request, *FILTER_NAMES, *CLOCKS, "result", "offer_tranche"),
            *clocks.notices,
        ],
        rows=rows[:_MOST_ROWS],
        more=len(rows) > _MOST_ROWS,
        counts=counts,
        chosen=results,
        results=RESULTS,
        filters=kept | of_offers,
        query=lambda result: urlencode(
            kept | of_offers | clocks.kept | ({"result": result} if result else {}), safe=","
        ),
        blocks_query=urlencode(kept | clocks.kept, safe=","),
    )


def _read_choices(name: str, text: str, choices: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Those of the choices that are asked for, none for all; and what of them could not be read."""
    asked = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in asked if part not in choices]
    notices = [_say_unread(name, part, choices) for part in wrong]
    return tuple(part for part in asked if part in choices), notices


def _say_unread(name: str, part: str, choices: Sequence[str]) -> str:
    fault = _("%(name)s: “%(text)s” is none of %(choices)s.", name=name, text=part[:60], choices=", ".join(choices))
    meant = ask_meant(nearest(part, list(choices))[:1])
    return _("%(fault)s It was left out.", fault=fault + meant)


def list_base_rates(
    session: Session, vocabulary: Vocabulary, view: View, block: Mapping[str, Any], clocks: ClocksRead
) -> list[dict[str, Any]]:
    """How offers of blocks like this one ended: of its first mineral, its stage, its state. Each with the parameters
    of the page that lists the rows.
    """
    asked: list[dict[str, str]] = []
    if block["primary_mineral"]:
        asked.append({"mineral": block["primary_mineral"]})
    asked.append({"stage": block["stage"] or UNKNOWN})
    state = next((s.slug for s in vocabulary.states.values() if s.code == block["state_code"]), None)
    if state:
        asked.append({"state": state})
    return [_base_rate(session, vocabulary, view, clocks.moment, one, clocks.kept) for one in asked]


def _base_rate(
    session: Session,
    vocabulary: Vocabulary,
    view: View,
    moment: Moment,
    asked: dict[str, str],
    kept: dict[str, str],
) -> dict[str, Any]:
    selection, _kept, _problems = parse_leniently(asked, view.collection, vocabulary)
    counts = count_results(session, view, where(view, selection), moment)
    return {"asked": asked, "counts": counts, "query": urlencode(asked | kept, safe=",")}
