"""Fields and values of records in plain words, of whatever collection: what changed, before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app import wording
from app.languages import N_, Words
from app.languages import gettext as _

# Fields whose name does not say it all.
FIELD_WORDS = Words(
    {
        "id": N_("Id"),
        "area_ha": N_("Declared area"),
        "computed_area_ha": N_("Area of the published boundary"),
        "boundary_kind": N_("Boundary"),
        "geometry": N_("Shape and place"),
        "lon": N_("Longitude, degrees east"),
        "lat": N_("Latitude, degrees north"),
        "position_uncertainty_km": N_("Uncertainty of the position, km"),
        "area_km2": N_("Area, km²"),
        "resource_mt": N_("Resource, million tonnes"),
        "resource_category": N_("Category of the resource"),
        "resource_text": N_("Resource in words"),
        "premium_percent": N_("Premium, % of the value of mineral despatched"),
        "drilled_m": N_("Drilled, metres"),
        "planned_drilling_m": N_("Planned drilling, metres"),
        "capacity_mt_per_year": N_("Capacity, million tonnes a year"),
        "attempts": N_("Offers known"),
        "critical": N_("Of a critical mineral"),
        "state_code": N_("State, ISO 3166-2 code"),
        "source_crs": N_("Coordinate system of the file"),
        "aliases": N_("Also written"),
        "agency": N_("Explored by"),
        "as_of": N_("As at"),
        "access": N_("Access"),
        "asset_class": N_("Asset class"),
        "boundary_note": N_("Boundary note"),
        "locality": N_("Locality"),
        "offshore": N_("Offshore"),
        "position_accuracy": N_("Position accuracy"),
        "position_note": N_("Position note"),
        "primary_mineral": N_("Primary mineral"),
        "stage_date": N_("Stage date"),
        "date": N_("Date"),
        "page": N_("Page"),
        "title": N_("Title"),
        "values": N_("Values"),
        "tender_number": N_("Tender number"),
        "qualified_bidders": N_("Qualified bidders"),
        "basis": N_("Basis"),
        "method": N_("Method"),
    }
)
_CODES: Mapping[str, Callable[[str], str]] = {
    "status": wording.format_status,
    "stage": wording.format_stage,
    "concession": lambda code: wording.CONCESSION_WORDS.get(code, code),
    "asset_class": lambda code: wording.ASSET_CLASS_WORDS.get(code, wording.format_slug(code)),
    "boundary_kind": lambda code: wording.BOUNDARY_WORDS.get(code, code),
    "position_accuracy": lambda code: wording.POSITION_WORDS.get(code, code),
    "primary_mineral": wording.format_slug,
    "minerals": wording.format_slug,
    "kind": wording.format_slug,
}
_DATES = ("date", "stage_date", "status_since", "as_of", "recognised_on", "expected", "indian_interest_as_of")
# What of an object follows from its place in the list.
_UNSAID = frozenset({"counts_from", "seq", "date_inferred"})


def say_field(name: str) -> str:
    """A field's name in plain words."""
    return FIELD_WORDS.get(name) or wording.format_slug(name)


def say_lines(name: str, value: Any) -> list[str]:
    """A value as people read it: a line, or one for each member of a list of objects."""
    if value is None or value == "" or value == [] or value == {}:
        return [wording.not_published()]
    if isinstance(value, list | tuple) and any(isinstance(part, Mapping | list) for part in value):
        return [_say(name, part) for part in value]
    if isinstance(value, Mapping) and name not in ("geometry", "value"):
        return [f"{say_field(key)}: {_say(key, part)}" for key, part in value.items() if part is not None]
    return [_say(name, value)]


def _say(name: str, value: Any) -> str:
    if value is None or value == "":
        return wording.not_published()
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return _say_number(name, value)
    if isinstance(value, Mapping):
        return _say_object(name, value)
    if isinstance(value, list | tuple):
        return ", ".join(_say(name, part) for part in value) or wording.not_published()
    text = str(value)
    if name in _CODES:
        return _CODES[name](text)
    return wording.format_date(text) if name in _DATES else text


def _say_number(name: str, value: float) -> str:
    if name in ("lon", "lat"):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if name.endswith("_ha"):
        return wording.format_area(value)
    if name == "year" or (name.endswith("_year") and "_per_" not in name):
        return str(value)
    return wording.format_number(value, 4)


def _say_object(name: str, value: Mapping[str, Any]) -> str:
    if name == "geometry":
        return say_shape(value)
    if name == "events":
        return _say_event(value)
    if name in ("sources", "source", "documents"):
        parts = (value.get("title"), value.get("publisher"), value.get("date") and wording.format_date(value["date"]))
        return ", ".join(str(part) for part in parts if part) or _("source without a title")
    said = (f"{say_field(k).lower()} {_say(k, v)}" for k, v in value.items() if v is not None and k not in _UNSAID)
    return "; ".join(said) or wording.not_published()


def _say_event(event: Mapping[str, Any]) -> str:
    words = [wording.format_slug(event["kind"])]
    if event.get("tranche"):
        words.append(_("tranche %(name)s", name=event["tranche"]))
    words.append(wording.format_date(event["date"]) if event.get("date") else _("date not published"))
    if event.get("note"):
        words.append(event["note"])
    if event.get("source"):
        words.append(_("source: %(source)s", source=_say_object("source", event["source"])))
    return ", ".join(words)


def say_shape(shape: Mapping[str, float]) -> str:
    """A geometry by its corners and area (hectares), or its place (degrees)."""
    if "corners" in shape:
        return _(
            "%(number)s corners, %(area)s",
            number=wording.format_number(shape["corners"]),
            area=wording.format_area(round(shape["area_ha"], 2)),
        )
    return (
        f"{_say_number('lat', shape['lat'])}° {wording.say_half('N')} "
        f"{_say_number('lon', shape['lon'])}° {wording.say_half('E')}"
    )


def say_change(name: str, before: Any, after: Any) -> str:
    """One field's change in a sentence: of long lists only what came and what went."""
    then, now = say_lines(name, before), say_lines(name, after)
    if then == now:
        unseen = _("changed in what is not shown in words")
        return f"{say_field(name)}: {unseen}"
    if len(then) == len(now) == 1:
        return f"{say_field(name)}: {then[0]} → {now[0]}"
    came, went = lines_apart(then, now)
    parts = [f"{verb} {'; '.join(lines)}" for verb, lines in ((_("no longer"), went), (_("now"), came)) if lines]
    told = ", ".join(parts) or _("another order")
    return f"{say_field(name)}: {told}"


def lines_apart(then: Sequence[str], now: Sequence[str]) -> tuple[list[str], list[str]]:
    """Lines that are only in the second, and only in the first; an empty value has none."""
    nothing = [wording.not_published()]
    came = [line for line in now if line not in then and list(now) != nothing]
    went = [line for line in then if line not in now and list(then) != nothing]
    return came, went
