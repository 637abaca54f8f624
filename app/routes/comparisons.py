"""A comparison of blocks as a file: CSV, PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.catalogue import CATALOGUE_LICENCE, COLLECTIONS
from app.comparison import FEWEST, Block, Line, compare, say_fact
from app.db import SessionDep
from app.errors import BadParameter
from app.footnotes import footnotes_of
from app.languages import gettext as _
from app.params import parse_moment, refuse_doubled
from app.printing import comparison_sheet, typeset
from app.queries.moments import view_at
from app.queries.vocabulary import Vocabulary
from app.ranking import Criterion, Scored, criteria, parse_weights, rank
from app.routes.common import VocabularyDep, base_url
from app.routes.compare import pick_blocks, with_distances
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.routes.dossier import refuse_others
from app.routes.frame import CLOCKS, common
from app.values import Moment
from app.wording import format_date

router = APIRouter(include_in_schema=False)


class Asked(NamedTuple):
    """What a file shows. `said`: what of the ids could not be compared."""

    blocks: list[Block]
    said: list[str]
    moment: Moment
    weights: dict[str, float]
    criteria: list[Criterion]
    ranking: list[Scored]


@router.get("/compare.csv", response_model=None)
def compare_csv(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """A row for each fact, a column for each block; then the reader's order of them.

    Raises: BadParameter where nothing can be compared or the weights cannot be read.
    """
    if unchanged := not_modified(request, make_etag(request, vocabulary.edition), vocabulary.edition):
        return unchanged
    asked = _read(request, session, vocabulary)
    names = common(session, vocabulary)["mineral_names"]
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["group", "fact", "unit", "compared", "note", *(b["id"] for b in asked.blocks)])
    rows.writerow(["", "name", "", "", "", *(b["name"] for b in asked.blocks)])
    for group, lines in compare(asked.blocks).items():
        for line in lines:
            cells = (_value(line, block, names) for block in asked.blocks)
            rows.writerow([group, line.key, line.unit, line.mark, line.note, *cells])
    by_id = {one.block["id"]: one for one in asked.ranking}
    if by_id:
        found = [by_id[block["id"]] for block in asked.blocks]
        for key, weight in asked.weights.items():
            rows.writerow(
                ["weights", key, f"weight {weight:g}", "", "0 to 1", *(_blank(one.parts[key]) for one in found)]
            )
        rows.writerow(
            ["weights", "score", "", "", "weighted mean of what is published", *(_blank(o.score) for o in found)]
        )
        rows.writerow(["weights", "rank", "", "", "", *(_blank(one.rank) for one in found)])
    return _answer(request, vocabulary, text.getvalue().encode(), "text/csv; charset=utf-8", "csv")


@router.get("/compare.pdf", response_model=None)
def compare_pdf(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """The comparison on landscape A4; the same bytes for the same question and revision.

    Raises: BadParameter where nothing can be compared or the weights cannot be read; PrintFailed.
    """
    if unchanged := not_modified(request, make_etag(request, vocabulary.edition), vocabulary.edition):
        return unchanged
    asked = _read(request, session, vocabulary)
    number = asked.moment.revision or vocabulary.revision
    days = [vocabulary.edition.at.date(), *([asked.moment.as_of] if asked.moment.as_of else [])]
    sheet = comparison_sheet(
        asked.blocks,
        compare(asked.blocks),
        {block["id"]: footnotes_of(block) for block in asked.blocks},
        asked.ranking,
        {criterion.key: criterion.label for criterion in asked.criteria},
        asked.weights,
        said=asked.said,
        mineral_names=common(session, vocabulary)["mineral_names"],
        address=f"{base_url(request)}/compare?ids={','.join(block['id'] for block in asked.blocks)}",
        revision=", ".join(["Khanij Atlas", _("revision %(number)s", number=number), *map(format_date, days)]),
        licence=CATALOGUE_LICENCE,
    )
    fonts = request.app.state.settings.frontend_dir / "static" / "vendor" / "print-fonts"
    content = typeset("comparison", sheet, fonts, vocabulary.edition.at)
    return _answer(request, vocabulary, content, "application/pdf", "pdf")


def _read(request: Request, session: Session, vocabulary: Vocabulary) -> Asked:
    """Raises: BadParameter."""
    given = dict(request.query_params)
    refuse_doubled(request)
    refuse_others(request, "ids", "weights", *CLOCKS)
    collection = COLLECTIONS["blocks"]
    moment = parse_moment({name: given.get(name) for name in CLOCKS}, collection, session, vocabulary)
    view = view_at(collection, moment)
    picked, said = pick_blocks(session, view, given.get("ids", ""))
    if len(picked) < FEWEST:
        found = f" {picked[0]['name']} alone cannot be compared." if picked else ""
        raise BadParameter(
            f"ids: name two to six blocks by comma, such as ids=first,second.{found} {' '.join(said)}".strip(),
            parameter="ids",
        )
    blocks = with_distances(session, vocabulary, view, picked, moment)
    known = criteria(blocks)
    weights = parse_weights(given.get("weights", ""), known)
    return Asked(blocks, said, moment, weights, known, rank(blocks, weights, known))


def _value(line: Line, block: Block, mineral_names: Mapping[str, str]) -> Any:
    """A number where the fact is one, in the unit of its row; else its words; blank where it is not published."""
    if line.key in ("unit_km", "port_km"):
        found = block["nearest_unit" if line.key == "unit_km" else "nearest_port"]
        return "" if found is None else round(found["distance_km"], 1)
    if line.key == "resource_mt":
        return "" if block["resource_mt"] is None else f"{block['resource_mt']} ({block['resource_category'] or '?'})"
    if line.unit:
        return _blank(block[line.key])
    if line.key in block and block[line.key] is None:
        return ""
    return say_fact(line, block, mineral_names)


def _blank(value: Any) -> Any:
    return "" if value is None else value


def _answer(request: Request, vocabulary: Vocabulary, content: bytes, kind: str, ending: str) -> Response:
    headers = cache_headers(make_etag(request, vocabulary.edition), vocabulary.edition)
    headers["Content-Disposition"] = f'{"inline" if ending == "pdf" else "attachment"}; filename="comparison.{ending}"'
    return Response(content, media_type=kind, headers=headers)
