"""A comparison of blocks as a file: CSV, PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.catalogue import CATALOGUE_LICENCE, COLLECTIONS
from app.comparison import FEWEST, Block, Line, compare, say_fact
from app.db import SessionDep
from app.dossier import say_resource_text
from app.errors import BadParameter
from app.footnotes import Footnotes, footnotes_of, say_numbers
from app.languages import find
from app.languages import gettext as _
from app.params import check_single, parse_moment
from app.printing import comparison_sheet, say_source, typeset
from app.queries.moments import view_at
from app.queries.vocabulary import Vocabulary
from app.ranking import WEIGHTINGS, Criterion, Scored, criteria, parse_weights, rank
from app.routes.common import VocabularyDep, base_url
from app.routes.compare import Address, pick_blocks, with_distances
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.routes.dossier import refuse_others
from app.routes.frame import CLOCKS, common
from app.wording import format_date

router = APIRouter(include_in_schema=False)


class Asked(NamedTuple):
    """What a file shows. `said`: what of the ids could not be compared. `address`: the page that shows the same.
    `revision`: in words, with the day that is looked at.
    """

    blocks: list[Block]
    notes: dict[str, Footnotes]
    said: list[str]
    address: str
    revision: str
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
    text = io.StringIO()
    rows = csv.writer(text)
    ids = [block["id"] for block in asked.blocks]
    sides = [f"{block_id} {what}" for what in ("sources", "confidence") for block_id in ids]
    rows.writerow(["group", "fact", "unit", "compared", "note", *ids, *sides])
    rows.writerow(["", "name", "", "", "", *(b["name"] for b in asked.blocks)])
    rows.writerows(_fact_rows(asked, common(session, vocabulary)["mineral_names"]))
    rows.writerows(_rank_rows(asked))
    rows.writerows(_source_rows(asked))
    rows.writerow(["this file", "page", "", "", asked.address])
    rows.writerow(["this file", "revision", "", "", asked.revision])
    rows.writerow(["this file", "licence", "", "", CATALOGUE_LICENCE])
    rows.writerows(["this file", "notice", "", "", words] for words in asked.said)
    return _answer(request, vocabulary, text.getvalue().encode(), "text/csv; charset=utf-8", "csv")


@router.get("/compare.pdf", response_model=None)
def compare_pdf(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """The comparison on landscape A4; the same bytes for the same question and revision.

    Raises: BadParameter where nothing can be compared or the weights cannot be read; PrintFailed.
    """
    if unchanged := not_modified(request, make_etag(request, vocabulary.edition), vocabulary.edition):
        return unchanged
    asked = _read(request, session, vocabulary)
    sheet = comparison_sheet(
        asked.blocks,
        compare(asked.blocks),
        asked.notes,
        asked.ranking,
        {criterion.key: criterion.label for criterion in asked.criteria},
        asked.weights,
        said=asked.said,
        mineral_names=common(session, vocabulary)["mineral_names"],
        address=asked.address,
        revision=asked.revision,
        licence=find(CATALOGUE_LICENCE),
    )
    fonts = request.app.state.settings.frontend_dir / "static" / "vendor" / "print-fonts"
    content = typeset("comparison", sheet, fonts, vocabulary.edition.at)
    return _answer(request, vocabulary, content, "application/pdf", "pdf")


def _read(request: Request, session: Session, vocabulary: Vocabulary) -> Asked:
    """Raises: BadParameter."""
    given = dict(request.query_params)
    check_single(request)
    refuse_others(request, "ids", "weights", *CLOCKS)
    collection = COLLECTIONS["blocks"]
    moment = parse_moment({name: given.get(name) for name in CLOCKS}, collection, session, vocabulary)
    view = view_at(collection, moment)
    picked, said = pick_blocks(session, view, given.get("ids", ""))
    if len(picked) < FEWEST:
        found = _(" %(name)s alone cannot be compared.", name=picked[0]["name"]) if picked else ""
        right = _("ids: name two to six blocks by comma, such as ids=first,second.")
        raise BadParameter(
            f"{right}{found} {' '.join(said)}".strip(),
            parameter="ids",
        )
    blocks = with_distances(session, vocabulary, view, picked, moment)
    known = criteria(blocks)
    weights = parse_weights(given.get("weights", ""), known)
    clocks = {name: given[name] for name in CLOCKS if given.get(name)}
    page = Address([block["id"] for block in blocks], clocks, False, weights).page()
    then = [_("as at %(day)s", day=format_date(moment.as_of))] if moment.as_of else []
    number = _("revision %(number)s", number=moment.revision or vocabulary.revision)
    return Asked(
        blocks,
        {block["id"]: footnotes_of(block) for block in blocks},
        said,
        f"{base_url(request)}{page}",
        ", ".join(["Khanij Atlas", number, format_date(vocabulary.edition.at.date()), *then]),
        weights,
        known,
        rank(blocks, weights, known),
    )


def _fact_rows(asked: Asked, mineral_names: Mapping[str, str]) -> Iterator[list[Any]]:
    """A row for each fact; behind the values the numbers of their sources, as the last rows list them, and how sure
    each is.
    """
    for group, lines in compare(asked.blocks).items():
        for line in _split(lines):
            values = [_value(line, block, mineral_names) for block in asked.blocks]
            notes = [(value, asked.notes[block["id"]]) for value, block in zip(values, asked.blocks, strict=True)]
            numbers = [say_numbers(n.numbers.get(line.field, ())) if value != "" else "" for value, n in notes]
            levels = [n.confidence.get(line.field, "") if value != "" else "" for value, n in notes]
            yield [group, line.key, line.unit, line.mark, line.note, *values, *numbers, *levels]


def _split(lines: Sequence[Line]) -> Iterator[Line]:
    """A resource is a tonnage, its category and what else the sources say of it: a row for each."""
    for line in lines:
        yield line
        if line.key == "resource_mt":
            yield line._replace(key="resource_category", unit="", field="resource_category")
            yield line._replace(key="resource_text", unit="", field="resource_text")


def _rank_rows(asked: Asked) -> Iterator[list[Any]]:
    """The reader's weights and what follows from them; none without weights."""
    by_id = {one.block["id"]: one for one in asked.ranking}
    if not by_id:
        return
    found = [by_id[block["id"]] for block in asked.blocks]
    labels = {criterion.key: criterion.label for criterion in asked.criteria}
    for key, weight in asked.weights.items():
        remarks = [
            labels[key],
            *([_("turned round")] if weight < 0 else []),
            *([_("left out, as no two published values differ")] if key in found[0].idle else []),
        ]
        note = "; ".join(remarks)
        yield ["weights", key, f"0 to 1, weight {weight:g}", "", note, *(_blank(one.parts[key]) for one in found)]
    note = _("mean by these weights of what is published of the block")
    yield ["weights", "score", "0 to 1", "", note, *(_blank(one.score) for one in found)]
    yield ["weights", "rank", "", "", _("1 is the highest score"), *(_blank(one.rank) for one in found)]
    note = _("of %(times)s weightings, each weight drawn evenly between 0 and twice its size", times=WEIGHTINGS)
    for place in range(len(found)):
        yield ["weights", f"times at rank {place + 1}", "", "", note, *(one.shares[place] for one in found)]


def _source_rows(asked: Asked) -> Iterator[list[str]]:
    """A row for each number of a source; each block has its own."""
    lists = [[say_source(source) for source in asked.notes[block["id"]].sources] for block in asked.blocks]
    for place, sources in enumerate(zip_longest(*lists), 1):
        cells = ("" if source is None else f"{source['words']} {source['url']}".strip() for source in sources)
        yield ["sources", str(place), "", "", "", *cells]


def _value(line: Line, block: Block, mineral_names: Mapping[str, str]) -> Any:
    """A number where the fact is one, in the unit of its row; else its words; blank where it is not published."""
    if line.key in ("unit_km", "port_km"):
        found = block["nearest_unit" if line.key == "unit_km" else "nearest_port"]
        return "" if found is None else round(found["distance_km"], 1)
    if line.key == "resource_text":
        return say_resource_text(block)
    if line.unit or line.key == "resource_category":
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
