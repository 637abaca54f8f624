"""An order of blocks by the reader's own weights, with every step of it open, and how far it hangs on the weights."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from app.comparison import say_resources
from app.errors import BadParameter
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.values import STAGES
from app.words import nearest

Block = Mapping[str, Any]

WEIGHTINGS = 500
MOST_WEIGHT = 10.0
_CONFIDENCE = {"low": 0.0, "medium": 1.0, "high": 2.0}


class Criterion(NamedTuple):
    """A fact that blocks may be weighed by. `more`: whether a greater number counts for a block; a weight below zero
    turns that round.
    """

    key: str
    label: str
    read: Callable[[Block], float | None]
    more: bool


class Scored(NamedTuple):
    """A block's place in the order. `parts`: criterion → share of the way from the worst to the best of these blocks,
    0 to 1, None where it is not published of the block or tells no two of them apart (`idle`). `score`: the weighted
    mean of the others; None where there is none. `known`: of how many criteria a value is published. `shares`: for each
    rank, in how many of the random weightings the block had it.
    """

    block: Block
    rank: int | None
    score: float | None
    parts: Mapping[str, float | None]
    known: int
    idle: frozenset[str]
    shares: tuple[int, ...]

    @property
    def ranked_shares(self) -> list[tuple[int, int]]:
        """(rank, in how many weightings), without those that never came."""
        return [(place, share) for place, share in enumerate(self.shares, 1) if share]


def _stage(block: Block) -> float | None:
    return float(STAGES.index(block["stage"])) if block["stage"] in STAGES else None


def _near(name: str) -> Callable[[Block], float | None]:
    return lambda block: block[name]["distance_km"] if block.get(name) else None


def criteria(blocks: Sequence[Block]) -> list[Criterion]:
    """What these blocks can be weighed by: tonnages only where they can be compared."""
    found = [
        Criterion("stage", _("Exploration stage, more explored"), _stage, True),
        Criterion("area_ha", _("Declared area, larger"), lambda b: b["area_ha"], True),
        Criterion("boundary", _("Boundary published"), lambda b: float(b["boundary_kind"] == "published"), True),
        Criterion("attempts", _("Offers known, fewer"), lambda b: b["attempts"], False),
        Criterion("premium_percent", _("Premium, lower"), lambda b: b["premium_percent"], False),
        Criterion("unit_km", _("Nearest plant for a mineral of it, nearer"), _near("nearest_unit"), False),
        Criterion("port_km", _("Nearest port, nearer"), _near("nearest_port"), False),
        Criterion("confidence", _("Confidence in the record, higher"), lambda b: _CONFIDENCE[b["confidence"]], True),
    ]
    if not say_resources(blocks) and sum(b["resource_mt"] is not None for b in blocks) > 1:
        found.insert(1, Criterion("resource_mt", _("Resource, larger"), lambda b: b["resource_mt"], True))
    return found


def parse_weights(text: str, known: Sequence[Criterion]) -> dict[str, float]:
    """`area_ha:3,premium_percent:-1`: criterion → weight, −10 to 10; those of weight 0 are left out.

    Raises: BadParameter.
    """
    keys = [criterion.key for criterion in known]
    weights: dict[str, float] = {}
    seen: set[str] = set()
    for part in filter(None, (part.strip() for part in text.replace("\0", "␀").split(","))):
        key, colon, number = (piece.strip() for piece in part.partition(":"))
        if key == "resource_mt" and key not in keys:
            raise BadParameter(
                _(
                    "weights: resource_mt is no criterion here; the resources of these blocks are not published of two "
                    "of them, or not comparable."
                ),
                parameter="weights",
            )
        if key in seen:
            raise BadParameter(_("weights: %(key)s stands there more than once.", key=key), parameter="weights")
        seen.add(key)
        if key not in keys:
            close = nearest(key, keys)
            told = _("weights: “%(key)s” is none of %(keys)s.", key=key[:60], keys=", ".join(keys))
            raise BadParameter(told + ask_meant(close[:1]), parameter="weights", suggestions=close)
        try:
            weight = float(number) if colon else float("nan")
        except ValueError:
            weight = float("nan")
        if not -MOST_WEIGHT <= weight <= MOST_WEIGHT:
            raise BadParameter(
                _("weights: “%(part)s” has no weight from -10 to 10; write it as %(key)s:3.", part=part[:60], key=key),
                parameter="weights",
            )
        if weight:
            weights[key] = weight
    return weights


def rank(blocks: Sequence[Block], weights: Mapping[str, float], known: Sequence[Criterion]) -> list[Scored]:
    """The blocks in their order; blocks of one score share a rank. Without weights there is no order.

    Each criterion is drawn onto 0 to 1 between the least and the greatest of these blocks. One that has not two
    published values that differ is left out for all: a lone value would else be the best there is, and so count for the
    one block that it is published of. A criterion that is not published of a block is left out of its mean: it counts
    neither for nor against it. The random weightings draw each weight evenly between 0 and twice the reader's; the same
    blocks and weights give the same ones, in whatever order they are named.
    """
    chosen = [criterion for criterion in known if weights.get(criterion.key)]
    if not chosen:
        return []
    parts = {criterion.key: _drawn(blocks, criterion, weights[criterion.key] < 0) for criterion in chosen}
    size = {key: abs(weights[key]) for key in parts}
    scores = _scores(len(blocks), parts, size)
    idle = frozenset(key for key, values in parts.items() if not any(value is not None for value in values))
    published = [sum(criterion.read(block) is not None for criterion in chosen) for block in blocks]
    shares = _stability([block["id"] for block in blocks], parts, size)
    ranks = _ranks(scores)
    found = [
        Scored(
            block,
            ranks[i],
            scores[i],
            {key: values[i] for key, values in parts.items()},
            published[i],
            idle,
            tuple(shares[i]),
        )
        for i, block in enumerate(blocks)
    ]
    return sorted(found, key=lambda one: (one.rank is None, one.rank or 0))


def _drawn(blocks: Sequence[Block], criterion: Criterion, turned: bool) -> list[float | None]:
    values = [criterion.read(block) for block in blocks]
    given = {value for value in values if value is not None}
    if len(given) < 2:  # one value is neither the worst nor the best
        return [None] * len(values)
    least, greatest = min(given), max(given)
    up = criterion.more != turned
    return [
        None if value is None else (value - least if up else greatest - value) / (greatest - least) for value in values
    ]


def _scores(
    count: int, parts: Mapping[str, Sequence[float | None]], weights: Mapping[str, float]
) -> list[float | None]:
    found: list[float | None] = []
    for i in range(count):
        pairs = [(weights[key], value) for key, values in parts.items() if (value := values[i]) is not None]
        whole = sum(weight for weight, _value in pairs)
        found.append(sum(weight * value for weight, value in pairs) / whole if whole else None)
    return found


def _ranks(scores: Sequence[float | None]) -> list[int | None]:
    """Blocks of one score, to a billionth, share a rank; one without a score has none."""
    rounded = [None if score is None else round(score, 9) for score in scores]
    return [
        None if score is None else 1 + sum(other is not None and other > score for other in rounded)
        for score in rounded
    ]


def _stability(
    ids: Sequence[str], parts: Mapping[str, Sequence[float | None]], weights: Mapping[str, float]
) -> list[list[int]]:
    ordered = sorted(weights.items())
    chance = random.Random(f"{','.join(sorted(ids))}|{ordered}")  # noqa: S311 - no secret
    shares = [[0] * len(ids) for _id in ids]
    for _number in range(WEIGHTINGS):
        drawn = {key: weight * chance.uniform(0, 2) for key, weight in ordered}
        for i, place in enumerate(_ranks(_scores(len(ids), parts, drawn))):
            if place is not None:
                shares[i][place - 1] += 1
    return shares
