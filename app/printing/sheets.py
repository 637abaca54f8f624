"""A block as plain words, section by section, for the typesetter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import wording
from app.dossier import (
    say_boundary,
    say_category,
    say_field,
    say_no_award,
    say_note,
    say_position,
    say_resource_text,
    say_value,
    unknown_facts,
)
from app.footnotes import Footnotes, say_numbers
from app.languages import gettext as _
from app.languages import language
from app.queries.corners import Corner
from app.screening import Screened, say_capacity, say_state, wind_of
from app.terms import terms_of
from app.timeline import HEIGHTS, WIDTH, Timeline
from app.values import AWARDED, STAGES, UNKNOWN

# What a document of at most six pages has room for; the rest is on the page and in the files.
_MOST_CORNERS, _MOST_ROWS, _MOST_OFFERS, _MOST_SOURCES, _MOST_NOTES = 24, 4, 8, 20, 8
Words = list[list[str]]


def sheet_of(
    block: Mapping[str, Any],
    *,
    notes: Footnotes,
    near: Sequence[Screened],
    rates: Sequence[Mapping[str, Any]],
    corners: Sequence[Corner],
    difference_percent: float | None,
    timeline: Timeline | None,
    mineral_names: Mapping[str, str],
    plan: str,
    address: str,
    revision: str,
    licence: str,
) -> dict[str, Any]:
    """Everything that the document says, as text. `plan`: SVG. `revision`: number and day."""
    place = [part for part in (block["locality"], block["district"], wording.said(block["state"])) if part]
    indicative = block["boundary_kind"] == "indicative"
    return {
        "lang": language(),
        "words": _words(block["name"]),
        "title": block["name"],
        "place": ("≈ " if indicative else "") + ", ".join(place) + (_(" (offshore)") if block["offshore"] else ""),
        "status": wording.format_status(block["status"]) if block["status"] else wording.not_published(),
        "since": _("as at %(day)s", day=wording.format_date(block["status_since"])) if block["status_since"] else "",
        "aliases": _("Also written: %(names)s.", names="; ".join(block["aliases"])) if block["aliases"] else "",
        "minerals": ", ".join(mineral_names.get(m, wording.format_slug(m)) for m in block["minerals"]),
        "plan": plan,
        "plan_note": _plan_note(block),
        "facts": [
            {"title": _("The right on offer"), "rows": _right(block, notes)},
            {"title": _("Resource and grade"), "rows": _resource(block, notes)},
        ],
        "terms": [f"{term.label}: {term.words} ({term.rule})" for term in terms_of(block)],
        "offers": [_offer(offer) for offer in block["offers"][-_MOST_OFFERS:]],
        "rates": [_rate(rate, block, mineral_names) for rate in rates],
        "ladder": _ladder(block),
        "explored": _explored(block, notes),
        "timeline": _timeline(timeline),
        "events": [_event(event) for event in block["events"]],
        "near": [_layer(one, mineral_names) for one in near if one.found.rows],
        "none_found": [one.title for one in near if one.state == "none_found"],
        "no_data": [one.title for one in near if one.state == "no_data"],
        "corners": [_corner(corner) for corner in corners[:_MOST_CORNERS]],
        "more_corners": _more_corners(len(corners) - _MOST_CORNERS),
        "area_note": _area_note(block, difference_percent),
        "unknown": [f"{what}: {where}" if where else what for what, where in unknown_facts(block)],
        "disagreements": [_disagreement(c) for c in block["contradictions"]],
        "notes": [wording.plain_dates(note) for note in block["notes"][:_MOST_NOTES]],
        "sources": [say_source(source) for source in notes.sources[:_MOST_SOURCES]],
        "more_sources": say_more(len(notes.sources) - _MOST_SOURCES),
        "address": address,
        "revision": revision,
        "licence": _("%(sentence)s.", sentence=licence),
    }


def _words(name: str) -> dict[str, Any]:
    """Headings and the other words of the document that do not depend on the block."""
    return {
        "plan": _("Plan of %(name)s and the blocks round it, with scale, north and its place in India", name=name),
        "offers": _("Offers"),
        "offer_head": [_("Offer"), _("Tranche"), _("Notice inviting tender"), _("Result"), _("On"), _("Note")],
        "terms": _("Terms of this kind of right"),
        "terms_note": _(
            "A summary in our own words. What the tender document asks for besides was not read; the notified text of "
            "the rules prevails."
        ),
        "no_offer": _("No notice inviting tender was found for this block."),
        "rates": _("How offers like these ended"),
        "ladder": _("Exploration status"),
        "here": _("here"),
        "boundary": _("Boundary"),
        "corner_head": [
            _("Corner"),
            _("Latitude"),
            _("Longitude"),
            _("UTM zone"),
            _("Easting, m"),
            _("Northing, m"),
        ],
        "surroundings": _("Surroundings"),
        "distances": _("Geodesic distances from edge to edge on the WGS 84 spheroid, with the wind from true north."),
        "near_head": [_("Name"), _("Where"), _("What it is")],
        "none_found": _("Nothing found among what the portal holds, which is not all there is:"),
        "no_data": _("No data here, so nothing can be said of:"),
        "history": _("History"),
        "timeline": _("The dated events below on an axis of years"),
        "event_head": [_("On"), _("What"), _("Note")],
        "no_event": _("No event is known."),
        "unknown": _("Not known"),
        "not_found": _("Not found in the sources of this record:"),
        "all_found": _("Every fact that this document looks for was found."),
        "sources": _("Sources"),
        "numbers": _(
            "A number in brackets behind a figure is that of its source; where several stand, the record does not say "
            "which of them it is from."
        ),
        "link": _("link"),
        "no_right": _("It confers no right and replaces no tender document."),
    }


def say_more(number: int) -> str:
    return _("%(num)s more on the block's page.", num=number) if number > 0 else ""


def _more_corners(number: int) -> str:
    return _("%(num)s more corners stand in the file beside the block's page.", num=number) if number > 0 else ""


def _plan_note(block: Mapping[str, Any]) -> str:
    known = say_boundary(block)
    drawn = _("Yellow: this block; grey: other blocks; dashed: an indicative area; red dot: its place in India.")
    outlines = _("State outlines: Natural Earth; DataMeet India community, CC BY 4.0; not a survey boundary.")
    return f"{known}. {drawn} {outlines}"


def _row(notes: Footnotes, label: str, text: str, *fields: str) -> list[str]:
    numbers = sorted({n for field in fields for n in notes.numbers.get(field, ())})
    return [label, text, say_numbers(numbers) if text != wording.not_published() else ""]


def _right(block: Mapping[str, Any], notes: Footnotes) -> Words:
    none = wording.not_published()
    computed = block["computed_area_ha"]
    area = _("not computed") if computed is None else wording.format_area(computed, 2)
    offers = f"{block['attempts']}: {wording.format_tranches(block['tranches'])}" if block["attempts"] else ""
    premium = block["premium_percent"]
    of_value = _("%(n)s%% of the value of mineral despatched", n=f"{premium or 0:g}")
    asked = say_no_award(block) if premium is None else of_value
    return [
        _row(notes, _("Concession"), wording.CONCESSION_WORDS.get(block["concession"], none), "concession"),
        _row(notes, _("Class"), wording.ASSET_CLASS_WORDS[block["asset_class"]], "asset_class"),
        _row(notes, _("Declared area"), wording.format_area(block["area_ha"]), "area_ha"),
        _row(notes, _("Area within the boundary"), area),
        _row(notes, _("Position"), say_position(block), "position"),
        _row(notes, _("Datum"), block["datum"] or none),
        _row(notes, _("Offers known"), offers or _("no notice inviting tender was found"), "attempts"),
        _row(notes, _("Preferred bidder"), block["preferred_bidder"] or say_no_award(block), "preferred_bidder"),
        _row(
            notes,
            _("Premium"),
            asked,
            "premium_percent",
        ),
        _row(notes, _("Confidence in this record"), wording.said(block["confidence"])),
    ]


def _resource(block: Mapping[str, Any], notes: Footnotes) -> Words:
    text = say_resource_text(block)
    if block["resource_mt"] is not None:
        category = say_category(block["resource_category"]) or _("category not published")
        text = f"{wording.format_tonnage(block['resource_mt'])}, {category}{f'. {text}' if text else ''}"
    return [
        _row(notes, _("Resource"), text or wording.not_published(), "resource_mt"),
        _row(notes, _("Grade"), block["grade"] or wording.not_published(), "grade"),
    ]


def _explored(block: Mapping[str, Any], notes: Footnotes) -> Words:
    rows = [
        _row(
            notes,
            _("Stage"),
            wording.format_stage(block["stage"]),
            "stage",
        ),
        _row(notes, _("Explored by"), block["agency"] or wording.not_published(), "agency"),
    ]
    for key, value in (block["exploration"] or {}).items():
        if value is not None and not isinstance(value, dict | list) and key != "agency":
            rows.append(
                _row(notes, wording.FIELD_WORDS.get(key) or wording.format_slug(key), str(value), "exploration")
            )
    return rows


def _ladder(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    reached = STAGES.index(block["stage"]) if block["stage"] else -1
    return [
        {
            "stage": wording.STAGE_WORDS[stage],
            "words": wording.DEFINITIONS[stage],
            "reached": place <= reached,
            "here": place == reached,
        }
        for place, stage in enumerate(STAGES)
    ]


def _offer(offer: Mapping[str, Any]) -> list[str]:
    return [
        str(offer["attempt"]),
        wording.format_tranche(offer["tranche"]) if offer["tranche"] else _("no tranche named"),
        wording.format_date(offer["offered_on"]),
        wording.format_status(offer["result"]) if offer["result"] else _("no result found"),
        wording.format_date(offer["result_on"]) if offer["result"] else "",
        say_note(offer["note"]),
    ]


def _rate(rate: Mapping[str, Any], block: Mapping[str, Any], mineral_names: Mapping[str, str]) -> str:
    ((name, value),) = rate["asked"].items()
    title = {
        "mineral": mineral_names.get(value, wording.format_slug(value)),
        "state": wording.said(block["state"]),
        "stage": _("Stage not published") if value == UNKNOWN else wording.format_stage(value),
    }[name]
    counts = rate["counts"]
    awarded = sum(counts[result] for result in AWARDED)
    return _(
        "%(title)s: of %(offers)s offers %(annulled)s were annulled, %(awarded)s led to a preferred bidder, of "
        "%(unknown)s no result was found.",
        title=title,
        offers=counts["offers"],
        annulled=counts["annulled"],
        awarded=awarded,
        unknown=counts[UNKNOWN],
    )


def _event(event: Mapping[str, Any]) -> list[str]:
    words = wording.EVENT_WORDS.get(event["kind"]) or wording.format_slug(event["kind"])
    tranche = f", {wording.format_tranche(event['tranche'])}" if event["tranche"] else ""
    return [wording.format_date(event["date"]), f"{words}{tranche}", say_note(event["note"])]


def _timeline(timeline: Timeline | None) -> dict[str, Any] | None:
    """Lines and marks as SVG, and the words on them with the place of their baseline; None where there is no timeline.

    The typesetter writes the words: of those in an SVG it cannot tell which letters a ligature stands for, and PDF/UA
    wants that.
    """
    if timeline is None:
        return None
    foot = timeline.height - HEIGHTS.axis
    parts = [f'<path d="M24 {foot:g}H696" stroke="#666"/>']
    words: list[dict[str, Any]] = []
    for x, year in timeline.years:
        parts.append(f'<path d="M{x:g} {foot - 4:g}v8" stroke="#666"/>')
        words.append({"x": x, "y": foot + 18, "side": "middle", "words": str(year)})
    for mark in timeline.marks:
        y = 16 + mark.row * HEIGHTS.row
        side, x = ("right", mark.x + 9) if mark.right else ("left", mark.x - 9)
        parts.append(f'<path d="M{mark.x:g} {y:g}V{foot:g}" stroke="#aaa"/>')
        parts.append(f'<circle cx="{mark.x:g}" cy="{y:g}" r="5" fill="#0f5fa8"/>')
        words.append({"x": x, "y": y + 4, "side": side, "words": mark.words})
    size = f'viewBox="0 0 {WIDTH:g} {timeline.height:g}" width="{WIDTH:g}" height="{timeline.height:g}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
    return {"svg": svg, "width": WIDTH, "height": timeline.height, "words": words}


def _layer(one: Screened, mineral_names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": one.title,
        "said": say_state(one),
        "rows": [_near_row(row, mineral_names) for row in one.found.rows[:_MOST_ROWS]],
        "more": say_more(len(one.found.rows) - _MOST_ROWS),
    }


def _near_row(row: Mapping[str, Any], mineral_names: Mapping[str, str]) -> list[str]:
    about = [
        row.get("operator") or row.get("agency") or "",
        ", ".join(mineral_names.get(m, wording.format_slug(m)) for m in row.get("minerals") or ()),
        wording.format_status(row["status"]) if row.get("status") else "",
        say_capacity(row["capacity"]) if "capacity" in row else "",
    ]
    if row["distance_km"] == 0:
        shared = row["overlap_percent"]
        where = _("on it") if shared is None else _("covers %(n)s%% of it", n=wording.format_number(shared, 1))
    else:
        km = wording.format_number(row["distance_km"], 0 if row["distance_km"] >= 100 else 1)
        unit = _("km")
        where = f"{km} {unit} {wind_of(row['bearing_degrees']) or ''}".rstrip()
    return [row["name"], where, " · ".join(part for part in about if part)]


def _corner(corner: Corner) -> list[str]:
    return [
        str(corner.number),
        wording.format_dms(corner.lat, "lat"),
        wording.format_dms(corner.lon, "lon"),
        f"{corner.zone}N",
        f"{corner.easting_m:.1f}",
        f"{corner.northing_m:.1f}",
    ]


def _area_note(block: Mapping[str, Any], difference_percent: float | None) -> str:
    if difference_percent is None:
        return ""
    said = wording.format_difference(difference_percent)
    if abs(difference_percent) > 1:
        return _("The area within the boundary differs from the declared one by more than 1%%: %(said)s.", said=said)
    return _("The area within the boundary agrees with the declared one within 1%%.")


def _disagreement(disagreement: Mapping[str, Any]) -> str:
    values = "; ".join(say_value(v["value"], disagreement["field"]) for v in disagreement["values"])
    return _("Sources disagree on the %(field)s: %(values)s.", field=say_field(disagreement["field"]), values=values)


def say_source(source: Mapping[str, Any]) -> dict[str, str]:
    date = f", {wording.format_date(source['date'])}" if source["date"] else ""
    publisher = f", {source['publisher']}" if source["publisher"] and source["title"] else ""
    url = source["url"] or ""
    return {
        "words": f"{source['title'] or source['publisher'] or _('Untitled')}{publisher}{date}",
        "url": url if url.startswith(("https://", "http://")) else "",
    }
