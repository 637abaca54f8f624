"""A comparison of blocks as plain words, for the typesetter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.comparison import Block, Line, mark_words, say_fact, say_own_confidence
from app.footnotes import Footnotes, say_numbers
from app.languages import gettext as _
from app.languages import language
from app.printing.sheets import say_more, say_source
from app.ranking import WEIGHTINGS, Scored
from app.wording import format_number, not_published

_MOST_SOURCES = 12
# Where there is none, the words say why, and no source stands behind them.
_AWARD = ("preferred_bidder", "premium_percent")


def comparison_sheet(
    blocks: Sequence[Block],
    groups: Mapping[str, Sequence[Line]],
    notes: Mapping[str, Footnotes],
    ranking: Sequence[Scored],
    labels: Mapping[str, str],
    weights: Mapping[str, float],
    *,
    said: Sequence[str],
    mineral_names: Mapping[str, str],
    address: str,
    revision: str,
    licence: str,
) -> dict[str, Any]:
    """Everything that the document says, as text. `labels`: criterion → its words. `said`: what was left out."""
    marks = mark_words()
    return {
        "lang": language(),
        "words": _words(),
        "title": _("%(number)s blocks side by side", number=len(blocks)),
        "heads": [block["name"] for block in blocks],
        "groups": [
            {
                "title": title,
                "rows": [
                    {
                        "label": line.label,
                        "mark": " ".join(marks[line.mark]),
                        "apart": line.mark in ("differs", "partly"),
                        "note": line.note,
                        "cells": [_cell(line, block, notes[block["id"]], mineral_names) for block in blocks],
                    }
                    for line in lines
                ],
            }
            for title, lines in groups.items()
        ],
        "weights": [_weight(labels[key], weight) for key, weight in weights.items()],
        "idle": _say_idle([labels[key] for key in weights if ranking and key in ranking[0].idle]),
        "ranking": [_ranked(one, labels, len(blocks)) for one in ranking],
        "sources": [
            {
                "name": block["name"],
                "lines": [say_source(source) for source in notes[block["id"]].sources[:_MOST_SOURCES]],
                "more": say_more(len(notes[block["id"]].sources) - _MOST_SOURCES),
            }
            for block in blocks
        ],
        "said": list(said),
        "address": address,
        "revision": revision,
        "licence": _("%(sentence)s.", sentence=licence),
    }


def _words() -> dict[str, Any]:
    """Headings and the other words that do not depend on the blocks."""
    return {
        "order": _("In the order of these weights"),
        "score": _(
            "Each criterion runs from 0 (the worst of these blocks) to 1 (the best), evenly in between; the score is "
            "the mean by these weights of those that are published of the block, so what is not published counts "
            "neither for nor against it. Shares: how often a block had each rank when each weight was drawn anew, "
            "%(times)s times, evenly between 0 and twice its size.",
            times=WEIGHTINGS,
        ),
        "head": [_("Rank"), _("Block"), _("Score"), _("Criteria"), _("Share of ranks")],
        "sources": _("Sources"),
        "numbers": _(
            "A number in brackets is that of the block's own list; where several stand, the record does not say which "
            "of them the figure is from. Tonnages are never added: a category says how sure one is."
        ),
        "link": _("link"),
        "no_right": _("It confers no right and replaces no tender document."),
        "page": _("This comparison on the portal:"),
    }


def _cell(line: Line, block: Block, notes: Footnotes, mineral_names: Mapping[str, str]) -> list[str]:
    """Words, the numbers of their sources, and their confidence where it is not the record's."""
    text = say_fact(line, block, mineral_names)
    if text == not_published() or (line.key in _AWARD and block[line.key] is None):
        return [text, "", ""]
    numbers = notes.numbers.get(line.field, ())
    return [text, say_numbers(numbers), say_own_confidence(line, block, notes.confidence)]


def _say_idle(labels: Sequence[str]) -> str:
    if not labels:
        return ""
    return _("Left out for all, as no two published values of it differ: %(criteria)s.", criteria="; ".join(labels))


def _weight(label: str, weight: float) -> str:
    turned = " (" + _("turned round") + ")" if weight < 0 else ""
    return f"{label}: × {weight:g}{turned}"


def _ranked(one: Scored, labels: Mapping[str, str], count: int) -> list[str]:
    parts = "; ".join(
        f"{labels[key]}: {not_published() if value is None else format_number(value, 2)}"
        for key, value in one.parts.items()
        if key not in one.idle
    )
    shares = ", ".join(
        f"{place}: {format_number(100 * share / WEIGHTINGS, 0)}%" for place, share in enumerate(one.shares[:count], 1)
    )
    score = _("none") if one.score is None else format_number(one.score, 2)
    return [str(one.rank or "–"), one.block["name"], score, parts, shares]
