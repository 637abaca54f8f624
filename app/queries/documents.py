"""The documents that blocks rest on, where a number of their own may stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, cast, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH
from sqlalchemy.orm import Session

from app.models import Block, table_of

_BLOCK = table_of(Block)
# Documents whose address or title may hold a number, told roughly: of a million blocks most have none.
_FOUR_DIGITS = "[0-9]{4}"
_NUMBERED = (
    f' ? (@.url like_regex "={_FOUR_DIGITS}" || (@.title like_regex "/" && @.title like_regex "{_FOUR_DIGITS}"))'
)


class DocumentRow(NamedTuple):
    url: str | None
    title: str | None
    note: str | None
    blocks: list[str]


def list_documents(session: Session) -> Sequence[DocumentRow]:
    """The documents that blocks name in offers, events, sources and facts, with those blocks; and their notes.

    Only those in which the number of a document may stand.
    """
    paths = (
        (_BLOCK.c.offers, "$[*].documents[*]"),
        (_BLOCK.c.events, "$[*].source"),
        (_BLOCK.c.sources, "$[*]"),
        (_BLOCK.c.field_sources, "$.*.source"),
    )
    texts = [
        select(_jsonpath(value, f"{path}{_NUMBERED}").label("document"), cast(None, Text).label("note")).correlate(
            _BLOCK
        )
        for value, path in paths
    ]
    note = func.unnest(_BLOCK.c.notes).column_valued("note")
    notes = select(cast(None, _BLOCK.c.offers.type), note).correlate(_BLOCK)
    notes = notes.where(note.contains("/"), note.regexp_match(_FOUR_DIGITS))
    # Beside each block, so that the rows are read once.
    each = union_all(*texts, notes).lateral("each")
    url, title = each.c.document["url"].astext, each.c.document["title"].astext
    rows = session.execute(
        select(url, title, each.c.note, func.array_agg(_BLOCK.c.id.distinct()))
        .select_from(_BLOCK.join(each, true()))
        .group_by(url, title, each.c.note)
    )
    return [DocumentRow(*row) for row in rows]


def count_tranches(session: Session) -> dict[str, int]:
    """Tranche → how many blocks it has."""
    tranche = func.unnest(_BLOCK.c.tranches).label("tranche")
    each = select(_BLOCK.c.id, tranche).distinct().subquery("each")
    rows = session.execute(select(each.c.tranche, func.count()).group_by(each.c.tranche))
    return {row[0]: row[1] for row in rows}


def list_tranche(session: Session, tranche: str) -> frozenset[str]:
    """The blocks of a tranche."""
    holds = _BLOCK.c.tranches.op("@>")(cast([tranche], ARRAY(Text)))
    return frozenset(session.scalars(select(_BLOCK.c.id).where(holds)))


def _jsonpath(value: ColumnElement[Any], path: str) -> ColumnElement[Any]:
    return func.jsonb_path_query(value, cast(literal(path, Text), JSONPATH), type_=_BLOCK.c.offers.type)
