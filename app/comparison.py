"""How blocks stand to each other, fact by fact; what cannot be compared is said to be so. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from app import wording
from app.dossier import say_boundary, say_category, say_no_award, say_resource_text
from app.languages import gettext as _

Block = Mapping[str, Any]
FEWEST = 2
# How the blocks stand to each other in one fact.
Mark = Literal["differs", "partly", "same", "unknown"]


def mark_words() -> dict[Mark, tuple[str, str]]:
    return {
        "differs": ("≠", _("differs")),
        "partly": ("?", _("not known of all")),
        "same": ("=", _("same")),
        "unknown": ("–", _("none published")),
    }


class Fact(NamedTuple):
    """A line of the table: `read` is what is compared, None where it is unknown; `unit` of a number, `field` of the
    record whose sources it has.
    """

    key: str
    label: str
    read: Callable[[Block], Any]
    unit: str = ""
    field: str = ""


class Line(NamedTuple):
    """A fact of the blocks at hand, and how they stand to each other in it."""

    key: str
    label: str
    mark: Mark
    note: str = ""
    unit: str = ""
    field: str = ""


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


def groups() -> dict[str, tuple[Fact, ...]]:
    """The facts in the order of the page; the words of a group head its lines."""
    return {
        _("Place and minerals"): (
            Fact("state", _("State"), _column("state")),
            Fact("district", _("District"), lambda b: b["district"] or ("offshore" if b["offshore"] else None)),
            Fact("minerals", _("Minerals"), lambda b: frozenset(b["minerals"]) or None),
            Fact("stage", _("Exploration stage"), _column("stage"), field="stage"),
            Fact("unit_km", _("Nearest plant for a mineral of it"), _distance("nearest_unit"), "km"),
            Fact("port_km", _("Nearest port"), _distance("nearest_port"), "km"),
        ),
        _("Auction and concession"): (
            Fact("status", _("Status"), _column("status"), field="status"),
            Fact("status_since", _("Status since"), _column("status_since"), field="status_since"),
            Fact("concession", _("Concession"), _column("concession"), field="concession"),
            Fact("asset_class", _("Class"), _column("asset_class"), field="asset_class"),
            Fact("tranches", _("Tranches"), lambda b: tuple(b["tranches"] or ()) or None, field="tranches"),
            Fact("attempts", _("Offers known"), _column("attempts"), field="attempts"),
            Fact("preferred_bidder", _("Preferred bidder"), _column("preferred_bidder"), field="preferred_bidder"),
            Fact("premium_percent", _("Premium"), _column("premium_percent"), "%", "premium_percent"),
        ),
        _("Area and boundary"): (
            Fact("area_ha", _("Declared area"), _column("area_ha"), "ha", "area_ha"),
            Fact("computed_area_ha", _("Area of the published boundary"), _column("computed_area_ha"), "ha"),
            Fact("boundary_kind", _("Boundary"), _column("boundary_kind")),
            Fact("position_accuracy", _("Position"), lambda b: (b["position_accuracy"], b["position_uncertainty_km"])),
        ),
        _("Ore"): (
            Fact("resource_mt", _("Resource"), _resource, "Mt", "resource_mt"),
            Fact("grade", _("Grade"), _column("grade"), field="grade"),
            Fact("agency", _("Explored by"), _agency, field="agency"),
        ),
        _("This record"): (
            Fact("confidence", _("Confidence"), _column("confidence")),
            Fact("contradictions", _("Sources disagree on"), lambda b: tuple(c["field"] for c in b["contradictions"])),
            Fact("sources", _("Sources"), lambda b: len(b["sources"])),
            Fact("updated_at", _("Updated"), _column("updated_at")),
        ),
    }


def _distance(name: str) -> Callable[[Block], Any]:
    def read(block: Block) -> Any:
        found = block.get(name)
        return None if found is None else round(found["distance_km"])

    return read


def compare(blocks: Sequence[Block]) -> dict[str, list[Line]]:
    """Every line of the table, group by group."""
    return {words: [_line(fact, blocks) for fact in facts] for words, facts in groups().items()}


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
    note = say_resources(blocks) if fact.key == "resource_mt" else ""
    return Line(fact.key, fact.label, mark, note, fact.unit, fact.field)


def is_apart(line: Line) -> bool:
    """Whether the blocks are not all alike in it, as far as is known."""
    return line.mark in ("differs", "partly")


def reporting_code(category: str | None) -> str | None:
    """In which code a category is told: a three-digit code is UNFC 1997, one of E, F and G is UNFC 2019; words alone
    are of none. The one is never read as the other.

    Source: United Nations Framework Classification of 1997 and of 2019; Minerals (Evidence of Mineral Contents) Rules.
    """
    text = category or ""
    if re.search(r"\bE[1-3]\W*F[1-4]\W*G[1-4]", text):
        return "UNFC 2019"
    return "UNFC 1997" if re.search(r"\b[1-3][1-3][1-4]\b", text) else None


def say_resources(blocks: Sequence[Block]) -> str:
    """Why the resources of the blocks do not compare; blank where nothing speaks against it.

    A category says how sure a tonnage is, and a tonne of one ore is none of another.
    """
    given = [block for block in blocks if block["resource_mt"] is not None]
    if len(given) < FEWEST:
        return ""
    reasons = []
    categories = {block["resource_category"] for block in given}
    codes = {reporting_code(category) for category in categories}
    if None in categories:
        reasons.append(_("the category is not published for each"))
    elif len(categories) > 1:
        reasons.append(_("different categories"))
    if len(codes - {None}) > 1:
        reasons.append(_("different reporting codes"))
    if len({frozenset(block["minerals"]) for block in given}) > 1:
        reasons.append(_("different minerals"))
    return _("not comparable: %(reasons)s", reasons=", ".join(reasons)) if reasons else ""


def say_fact(line: Line, block: Block, mineral_names: Mapping[str, str]) -> str:
    """What a line says of a block, as plain words with its unit."""
    words = _SAYINGS.get(line.key)
    if line.key == "minerals":
        return ", ".join(mineral_names.get(m, wording.format_slug(m)) for m in block["minerals"])
    text = words(block) if words else block.get(line.key)
    if text is None or text == "":
        return wording.not_published()
    return str(text)


def say_own_confidence(line: Line, block: Block, levels: Mapping[str, str]) -> str:
    """How sure a figure is, where the record as a whole is surer or less sure. `levels`: figure → confidence."""
    level = levels.get(line.field)
    return _("confidence %(level)s", level=wording.said(level)) if level and level != block["confidence"] else ""


def _say_area(area_ha: float | None, decimals: int | None) -> str | None:
    return None if area_ha is None else _("%(number)s ha", number=wording.format_number(area_ha, decimals))


def _say_award(name: str, unit: str = "") -> Callable[[Block], str]:
    def say(block: Block) -> str:
        value = block[name]
        text = wording.format_number(value) if isinstance(value, int | float) else value
        return say_no_award(block) if value is None else f"{text}{unit}"

    return say


def _say_near(name: str) -> Callable[[Block], str]:
    def say(block: Block) -> str:
        found = block.get(name)
        if found is None:
            return _("none known here")
        km, unit = wording.format_number(found["distance_km"], 0), _("km")
        return f"{km} {unit}: {found['name']}"

    return say


def _say_resource(block: Block) -> str | None:
    text = say_resource_text(block)
    if block["resource_mt"] is None:
        return text or None
    category = block["resource_category"]
    said = say_category(category) if category else _("category not published")
    return "; ".join(part for part in (f"{wording.format_number(block['resource_mt'])} Mt", said, text) if part)


def _say_position(block: Block) -> str:
    words = wording.POSITION_WORDS[block["position_accuracy"]]
    around = block["position_uncertainty_km"]
    unit = _("km")
    return f"{words}; ± {wording.format_number(around)} {unit}" if around else words


_SAYINGS: Mapping[str, Callable[[Block], Any]] = {
    "state": lambda b: wording.said(b["state"]),
    "district": lambda b: b["district"] or (_("offshore") if b["offshore"] else None),
    "stage": lambda b: wording.format_stage(b["stage"]),
    "unit_km": _say_near("nearest_unit"),
    "port_km": _say_near("nearest_port"),
    "status": lambda b: wording.format_status(b["status"]) if b["status"] else None,
    "status_since": lambda b: wording.format_date(b["status_since"]),
    "concession": lambda b: wording.CONCESSION_WORDS.get(b["concession"]),
    "asset_class": lambda b: wording.ASSET_CLASS_WORDS[b["asset_class"]],
    "tranches": lambda b: wording.format_tranches(b["tranches"]),
    "preferred_bidder": _say_award("preferred_bidder"),
    "premium_percent": _say_award("premium_percent", "%"),
    "area_ha": lambda b: _say_area(b["area_ha"], None),
    "computed_area_ha": lambda b: _say_area(b["computed_area_ha"], 2),
    "boundary_kind": say_boundary,
    "position_accuracy": _say_position,
    "resource_mt": _say_resource,
    "agency": _agency,
    "confidence": lambda b: wording.said(b["confidence"]),
    "contradictions": lambda b: (
        ", ".join(wording.FIELD_WORDS.get(c["field"]) or c["field"] for c in b["contradictions"]) or _("nothing known")
    ),
    "sources": lambda b: len(b["sources"]),
    "updated_at": lambda b: wording.format_time(b["updated_at"]),
}
