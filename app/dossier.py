"""What a block's page says beyond its columns: in which words, from which source, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.languages import ENGLISH, N_, Words, speaking
from app.languages import gettext as _
from app.wording import (
    FIELD_WORDS,
    format_area,
    format_date,
    format_number,
    format_slug,
    format_tonnage,
    not_published,
    plain_dates,
    said,
    say_half,
)

# Each is explained once on a page that uses it.
_ABBREVIATIONS = Words(
    {
        "AMD": N_("Atomic Minerals Directorate for Exploration and Research"),
        "EPMA": N_("electron probe microanalysis"),
        "FC": N_("fixed carbon"),
        "GIDC": N_("Gujarat Industrial Development Corporation"),
        "GSI": N_("Geological Survey of India"),
        "HREE": N_("heavy rare earth elements"),
        "IREL": N_("IREL (India) Limited, a company of the Department of Atomic Energy"),
        "MECL": N_("Mineral Exploration and Consultancy Limited"),
        "MEMC Rules": N_("Minerals (Evidence of Mineral Contents) Rules"),
        "MSTC": N_("MSTC Limited, whose platform runs the e-auctions"),
        "Mt/year": N_("million tonnes a year"),
        "NCMM": N_("National Critical Mineral Mission"),
        "NMET": N_("National Mineral Exploration Trust"),
        "PGE": N_("platinum group elements"),
        "PRID": N_("number of a release of the Press Information Bureau"),
        "PTI": N_("Press Trust of India"),
        "REE": N_("rare earth elements"),
        "RQP": N_("recognised qualified person"),
        "UNFC": N_(
            "United Nations Framework Classification; 331 measured, 332 indicated, 333 inferred, 334 reconnaissance"
        ),
        "ppm": N_("parts per million"),
    }
)

# What a bidder looks for first.
_WANTED = Words(
    {
        "stage": N_("Exploration stage"),
        "resource_mt": N_("Resource, in tonnes"),
        "grade": N_("Grade"),
        "exploration": N_("Boreholes and metres drilled"),
        "agency": N_("Exploring agency"),
        "area_ha": N_("Declared area"),
        "access": N_("Nearest railway, town and airport"),
    }
)
# Of central blocks these two stand in the block summary, which was not read for them.
_IN_SUMMARY = Words(
    {
        "stage": N_("stands in the block summary"),
        "resource_mt": N_("stands in the block summary if it is estimated"),
    }
)
_AWARDED = ("preferred_bidder_declared", "letter_of_intent", "licence_granted", "lease_executed", "producing")
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


def unknown_facts(block: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is not known of a block as far as was found: (what, where it stands), the second blank where unknown."""
    there = summary_of(block)
    unknown = [
        (words, _IN_SUMMARY.get(name, "") if there else "")
        for name, words in _WANTED.items()
        if block[name] is None and not (name == "resource_mt" and block["resource_text"])
    ]
    if block["resource_mt"] is not None and block["resource_category"] is None:
        unknown.append((_("Category of the resource (UNFC)"), ""))
    if block["district"] is None and not block["offshore"]:
        unknown.append((_("District"), ""))
    if block["boundary_kind"] == "indicative" and block["position_accuracy"] != "surveyed":
        printed = any(c["field"] == "boundary" for c in block["contradictions"])
        unknown.append((_("Boundary"), _("as printed in the tender it cannot be true") if printed else ""))
    if block["status"] in _AWARDED:
        unknown += [
            (words, "")
            for name, words in (("preferred_bidder", _("Preferred bidder")), ("premium_percent", _("Premium")))
            if block[name] is None
        ]
    return unknown


def summary_of(block: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The block summary among the sources of a block auctioned by the Centre, else None."""
    if block["asset_class"] != "central_auction_block":
        return None
    summaries = (s for s in block["sources"] if (s["title"] or "").startswith("Mineral block summary"))
    return next(summaries, None)


def say_no_award(block: Mapping[str, Any]) -> str:
    """Why a block has no preferred bidder and no premium to show."""
    if block["status"] == "annulled":
        return _("none: the auction was annulled")
    if block["status"] == "cancelled":
        return _("none: the auction was cancelled")
    if block["status"] in _AWARDED:
        return not_published()
    return _("none known: no outcome was found") if block["attempts"] else _("none: no offer was found")


def say_position(block: Mapping[str, Any]) -> str:
    """Latitude and longitude in degrees, no more exact than they are known, and how they are known."""
    within_km = block.get("position_uncertainty_km")
    accuracy = block["position_accuracy"]
    degrees = _say_degrees(block["lon"], block["lat"], _decimals(accuracy, within_km))
    if accuracy == "surveyed":
        return _("%(degrees)s (centroid of the published boundary)", degrees=degrees)
    known = _("sea area") if block.get("offshore") else _KNOWN[accuracy]
    return f"≈ {degrees} ({known}{f'; ± {within_km:g} ' + _('km') if within_km else ''})"


_KNOWN = Words(
    {
        "site": N_("site"),
        "locality": N_("town, village or estate"),
        "district": N_("known to the district only"),
        "state": N_("known to the state only"),
        "region": N_("known to the region only"),
    }
)


def _decimals(accuracy: str, within_km: float | None) -> int:
    """A hundredth of a degree is about a kilometre."""
    if accuracy == "surveyed":
        return 5
    if within_km is None:
        return {"site": 3, "locality": 2}.get(accuracy, 1)
    return 2 if within_km < 10 else 1


def _say_degrees(lon: float, lat: float, decimals: int) -> str:
    east, north = "E" if lon >= 0 else "W", "N" if lat >= 0 else "S"
    return f"{abs(lat):.{decimals}f}° {say_half(north)}, {abs(lon):.{decimals}f}° {say_half(east)}"


def say_boundary(block: Mapping[str, Any]) -> str:
    """What the outline on the map is."""
    if block["boundary_kind"] == "published":
        return _("Published boundary")
    if block["position_accuracy"] == "surveyed":
        return _(
            "Published in the tender, not taken over here: a circle, 1 km wider than the declared area, stands for it"
        )
    return _("Indicative area: the block lies somewhere within it")


def say_category(category: str | None) -> str:
    """The category of a resource; a code of three digits is one of UNFC 1997."""
    return plain_dates(re.sub(r"\b(33\d(?:/33\d)*)\b", r"UNFC \1", category or ""))


def say_resource_text(block: Mapping[str, Any]) -> str:
    """The resource's text without what the figure, its category and the grade say already."""
    text = block["resource_text"] or ""
    if block["resource_mt"] is not None:
        # The text is as its source has it, in English.
        with speaking(ENGLISH):
            tonnes = format_tonnage(block["resource_mt"])
        head = text.partition(";")[0]
        told = {f"{block['resource_mt']:g} Mt", tonnes.replace("tonnes", "t")}
        told |= {f"{one} {(block['resource_category'] or '').partition(' ')[0]}" for one in told}
        if head in told:
            text = text.removeprefix(head).lstrip("; ")
    if text and text in (block["grade"] or ""):
        return ""
    text = re.sub(r"^(33\d): ", r"UNFC \1: ", text)
    text = re.sub(r"(?<=\d) Mt\b", " million tonnes", text)
    return plain_dates(re.sub(r"(?<=\d) t\b", " tonnes", text))


def source_lines(block: Mapping[str, Any], *fields: str) -> list[str]:
    """Where later finds of these fields are from: "from" what filled one, "agrees with" what confirms it."""
    finds: dict[str, list[Mapping[str, Any]]] = {}
    for find in (block["field_sources"].get(field) for field in fields):
        if find:
            finds.setdefault(source_name(find["source"]), []).append(find)
    return [_source_line(name, same) for name, same in finds.items()]


def _source_line(name: str, finds: Sequence[Mapping[str, Any]]) -> str:
    notes = " ".join(dict.fromkeys(plain_dates(find["note"]) for find in finds if find["note"]))
    if all(find.get("agrees") for find in finds):
        line = _("agrees with %(name)s", name=name)
    else:
        level = said(finds[0]["confidence"])
        line = _("from %(name)s; confidence %(level)s", name=name, level=level)
    return f"{line}. {notes}" if notes else line


def source_name(source: Mapping[str, Any]) -> str:
    """Who said it, and when."""
    name = source["publisher"] or source["title"]
    return f"{name}, {format_date(source['date'])}" if source["date"] else name


def say_field(field: str) -> str:
    """A field on which sources disagree, in words."""
    return (FIELD_WORDS.get(field) or format_slug(field)).lower()


def say_value(value: Any, field: str = "") -> str:
    """A value on which sources disagree, with its unit; corner points and positions in decimal degrees."""
    if isinstance(value, Mapping) and value.get("type") == "Polygon":
        corners = value["coordinates"][0][:-1]
        return _("corner points %(list)s", list="; ".join(_say_degrees(corner[0], corner[1], 6) for corner in corners))
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, int | float) for part in value):
        return _("position %(degrees)s", degrees=_say_degrees(value[0], value[1], 4))
    if isinstance(value, list | tuple):
        return ", ".join(say_value(part) for part in value)
    units: dict[str, Callable[[float], str]] = {"area_ha": format_area, "resource_mt": format_tonnage}
    if field in units and isinstance(value, int | float):
        return units[field](value)
    if field == "premium_percent":
        return f"{value}%"
    return not_published() if value is None else str(value)


def say_note(note: str | None) -> str:
    """The note of an event or offer without the word that stands beside it already."""
    text = re.sub(r"^(annulled; |preferred bidder (?=[A-Z]))", "", plain_dates(note))
    return text[:1].upper() + text[1:]


def bids_due(events: Iterable[Mapping[str, Any]]) -> str | None:
    """The last day for bids of the last offer, as its note has it: 27 February 2025."""
    notes = [event["note"] or "" for event in events if event["kind"] in ("offered", "re-offered")]
    found = re.search(r"bids due (\d{4}-\d{2}-\d{2})", notes[-1]) if notes else None
    return format_date(found[1]) if found else None


def last_read(sources: Iterable[Mapping[str, Any]]) -> str | None:
    """The date of the newest source, as it is written there; None where none is dated."""
    return max((s["date"] for s in sources if re.match(r"\d{4}", s["date"] or "")), default=None)


_FIGURE_WORDS = Words(
    {
        "outlay": N_("Outlay of the Mission"),
        "psu_investment_expected": N_("Investment expected of public sector companies"),
        "total_with_psu": N_("Outlay and that investment together"),
        "outlay_said_at_summit": N_("Outlay, as said at a summit"),
        "import_dependence_said_at_summit": N_("Dependence on imports, as said at a summit"),
        "identified_for_closure_by_2028": N_("Coal mines to be closed by 2028"),
        "mines_identified_for_closure": N_("Coal mines identified for closure"),
        "activities_initiated_nationwide": N_("Exploration activities begun, all India (more than)"),
        "exploration_projects": N_("Exploration projects aimed at by 2030-31"),
        "centres_of_excellence_target": N_("Centres of excellence aimed at by 2030-31"),
    }
)


def say_figure_name(key: str) -> str:
    """What a figure of the Mission is of."""
    # A year of accounts keeps its hyphen.
    return _FIGURE_WORDS.get(key) or (said(key) if key[:1].isdigit() else format_slug(key))


def say_figure(value: Any, unit: str | None) -> str:
    """A figure with its unit: ₹16,300 crore, 95%, 147 mines; a text stays as it is."""
    if not isinstance(value, int | float):
        return not_published() if value is None else str(value)
    number = format_number(value)
    if unit in ("INR crore", "crore INR"):
        return _("₹%(number)s crore", number=number)
    return f"{number}%" if unit == "percent" else f"{number} {said(unit)}".rstrip()


def abbreviations(*records: Any) -> list[tuple[str, str]]:
    """The abbreviations that the texts of these records use, with what they stand for."""
    text = " ".join(_texts(records))
    return [(short, words) for short, words in _ABBREVIATIONS.items() if re.search(rf"\b{short}\b", text)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def tranche_order(name: str) -> tuple[int, str]:
    """Key that sorts I, II, … IX, X by number and other names behind them."""
    if not name or set(name) - set(_ROMAN):
        return (1000, name)
    values = [_ROMAN[letter] for letter in name]
    return (sum(-v if v < following else v for v, following in zip(values, [*values[1:], 0], strict=True)), name)


FILTERS: dict[str, Callable[..., Any]] = {
    "plain_dates": plain_dates,
    "say_position": say_position,
    "say_boundary": say_boundary,
    "say_no_award": say_no_award,
    "say_category": say_category,
    "say_resource_text": say_resource_text,
    "source_lines": source_lines,
    "say_field": say_field,
    "say_value": say_value,
    "say_note": say_note,
    "bids_due": bids_due,
    "last_read": last_read,
    "say_figure": say_figure,
    "say_figure_name": say_figure_name,
    "summary_of": summary_of,
}
