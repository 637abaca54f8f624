"""The words that pages and maps use: statuses, stages, dates, areas. Plain tables and functions, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

NOT_PUBLISHED = "not published"

# Blocks first, in the order of an offer's life; the last five belong to occurrences and unlocated blocks.
STATUS_WORDS = {
    "offered": "Offered",
    "preferred_bidder_declared": "Preferred bidder declared",
    "letter_of_intent": "Letter of intent",
    "licence_granted": "Licence granted",
    "lease_executed": "Lease executed",
    "producing": "Producing",
    "annulled": "Annulled",
    "cancelled": "Cancelled",
    "under_exploration": "Under exploration",
    "known_deposit": "Known deposit",
    "project_development": "Project development",
    "operating": "Operating",
    "identified_for_auction": "Identified for auction",
    "outcome_not_found": "Outcome not found",
}

STATUS_NOTES = {
    "offered": "A notice inviting tender was issued; no outcome is known here. Its bids may be closed by now.",
    "preferred_bidder_declared": "The auction named a preferred bidder. No grant: conditions and clearances follow.",
    "letter_of_intent": "The state has told the preferred bidder that it will grant once the conditions are met.",
    "licence_granted": "A composite or exploration licence is granted.",
    "lease_executed": "A mining lease is signed.",
    "producing": "Ore is being raised.",
    "annulled": "The attempt to auction ended without a bidder or with too few.",
    "cancelled": "The auction or the grant was called off.",
    "under_exploration": "Exploration is announced or going on; the block has not been offered.",
    "known_deposit": "A deposit that is described in the literature; no auction is known.",
}

# From the least to the most explored.
STAGE_WORDS = {
    "G4": "G4 reconnaissance",
    "G3": "G3 preliminary exploration",
    "G2": "G2 general exploration",
    "G1": "G1 detailed exploration",
}

CONCESSION_WORDS = {
    "CL": "Composite licence",
    "ML": "Mining lease",
    "EL": "Exploration licence",
}

ASSET_CLASS_WORDS = {
    "central_auction_block": "Central auction block",
    "state_auction_block": "State auction block",
    "exploration_licence_block": "Exploration licence block",
    "offshore_block_group": "Offshore block group",
    "state_reserved_block": "Block reserved for a state",
    "beach_sand_deposit": "Beach sand deposit",
    "known_deposit": "Known deposit",
    "exploration_target": "Exploration target",
    "usgs_site": "Site listed by the USGS",
}

POSITION_WORDS = {
    "surveyed": "from corner points published in the tender",
    "site": "site, within about 1 km",
    "locality": "town, village or estate, within a few km",
    "district": "known to the district only",
    "state": "known to the state only",
    "region": "known to the region only",
}

# A point known no better than this is a label, never a site.
IMPRECISE_POSITIONS = ("district", "state", "region")

EVENT_WORDS = {
    "announced": "Announced",
    "offered": "Offered",
    "re-offered": "Re-offered",
    "annulled": "Annulled",
    "preferred_bidder": "Preferred bidder declared",
    "letter_of_intent": "Letter of intent",
    "composite_licence_granted": "Composite licence granted",
    "licence_granted": "Licence granted",
    "lease_executed": "Lease executed",
    "producing": "Producing",
    "cancelled": "Cancelled",
    "on_hold": "Put on hold",
    "clearance": "Clearance",
}

# One record of a collection, for lists that mix them.
COLLECTION_WORDS = {
    "blocks": "mineral block",
    "exploration-projects": "exploration project",
    "coal-mine-closures": "coal mine closed or to be closed",
    "global-assets": "Indian interest abroad",
}

# Members of a block's `exploration`, and fields on which sources may disagree.
FIELD_WORDS = {
    "boreholes": "Boreholes drilled",
    "drilled_m": "Metres drilled",
    "boreholes_planned": "Boreholes planned",
    "agency": "Explored by",
    "date": "Explored in",
    "area_ha": "Declared area",
    "resource_mt": "Resource",
    "resource_category": "Category of the resource",
    "premium_percent": "Premium",
}

BOUNDARY_WORDS = {
    "published": "Published boundary",
    "indicative": "Indicative area: the block lies somewhere within it",
}

DEFINITIONS = {
    "composite licence": "A licence to prospect and, once ore is proved, to mine; can be offered from stage G4.",
    "mining lease": "The right to mine; can be offered once stage G2 is reached.",
    "exploration licence": "A licence to reconnoitre and prospect only; the lower bid wins.",
    "preferred bidder": "The bidder with the best final price offer; not yet a licence holder.",
    "tranche": "A round of auctions, in which many blocks are offered together.",
    "premium": "The final price offer, as a percentage of the value of mineral despatched; it may pass 100.",
    "indicative area": "The area in which a block is known to lie where its boundary is not published.",
    "G4": "Reconnaissance: mapping and first samples.",
    "G3": "Preliminary exploration (prospecting): an inferred resource.",
    "G2": "General exploration: an indicated resource.",
    "G1": "Detailed exploration: a measured resource.",
}

MONTHS = "January February March April May June July August September October November December".split()


def format_dms(degrees: float, axis: str) -> str:
    """Degrees, minutes and seconds to a thousandth (3 cm): 20° 46′ 12.345″ N; `axis` is lon or lat."""
    half = ("E", "W") if axis == "lon" else ("N", "S")
    thousandths = round(abs(degrees) * 3_600_000)
    minutes, seconds = divmod(thousandths, 60_000)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}° {minutes:02d}′ {seconds / 1000:06.3f}″ {half[degrees < 0]}"


def format_date(value: date | str | None) -> str:
    """A date as people write it: 24 June 2024, March 2026 or 2026; a text that is no date stays as it is."""
    if value is None or value == "":
        return NOT_PUBLISHED
    text = value.isoformat() if isinstance(value, date) else value
    parts = text[:10].split("-")
    if not all(part.isdigit() for part in parts) or len(parts[0]) != 4:
        return text
    year, *rest = parts
    if any(len(part) != 2 for part in rest) or (rest and not 1 <= int(rest[0]) <= 12):
        return text
    words = [year]
    if rest:
        words.append(MONTHS[int(rest[0]) - 1])
    if len(rest) == 2:
        words.append(str(int(rest[1])))
    return " ".join(reversed(words))


def format_time(value: datetime | None) -> str:
    """A moment with its zone: 24 June 2024, 13:05 UTC."""
    if value is None:
        return NOT_PUBLISHED
    return f"{format_date(value.date())}, {value:%H:%M} {value.tzname() or ''}".rstrip()


def format_number(value: float | None, decimals: int | None = None) -> str:
    """A number with thousands grouped: all digits as published, or rounded to `decimals` where it is computed."""
    if value is None:
        return NOT_PUBLISHED
    text = f"{Decimal(repr(value)):,f}" if decimals is None else f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_area(area_ha: float | None, decimals: int | None = None) -> str:
    """An area in hectares, from 1,000 ha on with square kilometres beside it; `decimals` as for `format_number`."""
    if area_ha is None:
        return NOT_PUBLISHED
    text = f"{format_number(area_ha, decimals)} ha"
    return f"{text} ({format_number(area_ha / 100, 1)} km²)" if area_ha >= 1000 else text


def format_tonnage(resource_mt: float | None) -> str:
    """A published tonnage in million tonnes, below one million in tonnes; all its digits."""
    if resource_mt is None:
        return NOT_PUBLISHED
    if resource_mt < 1:
        return f"{format_number(float(Decimal(repr(resource_mt)) * 1_000_000))} tonnes"
    return f"{format_number(resource_mt)} million tonnes"


def format_difference(percent: float | None) -> str:
    """A computed area against the declared one: 4.6% more, 0.7% less, or the same."""
    if percent is None:
        return NOT_PUBLISHED
    rounded = round(percent, 1)
    if not rounded:
        return "equal to the declared one"
    return f"{abs(rounded):.1f}% {'less' if rounded < 0 else 'more'} than declared"


def is_figure(text: str) -> bool:
    """Whether a cell of a table holds a number, perhaps with its unit: such a column is set flush right."""
    return re.fullmatch(r"₹?−?[\d,.]+( ?(%|ha|km²|crore|tonnes))?( \([\d,.]+ km²\))?", text) is not None


_ISO_DATE = re.compile(r"(?<![\w/=.-])(\d{4})-(\d{2})(-\d{2})?(?![\w-])")


def plain_dates(text: str | None) -> str:
    """The text with its ISO dates as people write them. 2010-11 is a year of accounts and stays."""

    def say(found: re.Match[str]) -> str:
        year, month, day = found.groups()
        if not day and int(month) == (int(year) + 1) % 100:
            return found[0]
        return format_date(found[0])

    return _ISO_DATE.sub(say, text or "")


def format_slug(slug: str | None) -> str:
    """A slug or a code word as plain words: `rare-earth-elements` → Rare earth elements."""
    if not slug:
        return NOT_PUBLISHED
    words = slug.replace("-", " ").replace("_", " ").strip().replace("e waste", "e-waste")
    return words[:1].upper() + words[1:]


def format_status(status: str | None) -> str:
    """The words of a status of whichever collection."""
    return STATUS_WORDS.get(status or "", format_slug(status))


def format_stage(stage: str | None) -> str:
    """The full words of an exploration stage."""
    return STAGE_WORDS.get(stage or "", stage or NOT_PUBLISHED)


_CENTRAL_TRANCHES = {"EL-": "Exploration licence tranche ", "Offshore-": "Offshore tranche "}


def format_tranche(name: str | None) -> str:
    """The name of a round of auctions: VII → Tranche VII; a state's own name stays."""
    if not name:
        return NOT_PUBLISHED
    for start, words in _CENTRAL_TRANCHES.items():
        if name.startswith(start):
            return words + name.removeprefix(start)
    return name if set(name) - set("IVXL") else f"Tranche {name}"


def join_words(words: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def format_tranches(names: Sequence[str] | None) -> str:
    """Odisha state auction 2021, Tranches VII and VIII."""
    if not names:
        return NOT_PUBLISHED
    central = [name for name in names if not set(name) - set("IVXL")]
    words = [format_tranche(name) for name in names if name not in central]
    if central:
        words.append(f"{'Tranche' if len(central) == 1 else 'Tranches'} {join_words(central)}")
    return ", ".join(words)


_DAYS = re.compile(r"(\d{4}-\d{2}-\d{2}|\.\.|)(?:/(\d{4}-\d{2}-\d{2}|\.\.|))?")


def days_of(period: str) -> tuple[str, str] | None:
    """First and last day of a period that is one of days, each empty where it is open; None where it is of anything
    else, such as a month or a length."""
    found = _DAYS.fullmatch(period)
    if not found or not period.strip("./"):
        return None
    first, last = found[1], found[1] if found[2] is None else found[2]
    return first.strip("."), last.strip(".")


FILTERS: dict[str, Callable[..., Any]] = {
    "format_date": format_date,
    "format_time": format_time,
    "format_number": format_number,
    "format_area": format_area,
    "format_tonnage": format_tonnage,
    "format_difference": format_difference,
    "format_tranche": format_tranche,
    "format_tranches": format_tranches,
    "format_slug": format_slug,
    "format_status": format_status,
    "format_stage": format_stage,
}

GLOBALS: dict[str, Any] = {
    "days_of": days_of,
    "format_dms": format_dms,
    "NOT_PUBLISHED": NOT_PUBLISHED,
    "STATUS_WORDS": STATUS_WORDS,
    "STATUS_NOTES": STATUS_NOTES,
    "STAGE_WORDS": STAGE_WORDS,
    "CONCESSION_WORDS": CONCESSION_WORDS,
    "ASSET_CLASS_WORDS": ASSET_CLASS_WORDS,
    "POSITION_WORDS": POSITION_WORDS,
    "EVENT_WORDS": EVENT_WORDS,
    "FIELD_WORDS": FIELD_WORDS,
    "COLLECTION_WORDS": COLLECTION_WORDS,
    "BOUNDARY_WORDS": BOUNDARY_WORDS,
    "DEFINITIONS": DEFINITIONS,
}
