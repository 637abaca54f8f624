"""The words that pages and maps use: statuses, stages, dates, areas. Plain tables and functions, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date as format_date_in

from app.languages import ENGLISH, N_, Later, Words, find, language, speaking
from app.languages import gettext as _

NOT_PUBLISHED = N_("not published")


def not_published() -> str:
    """What stands where nothing is known, in the reader's language."""
    return find(NOT_PUBLISHED)


# Blocks first, in the order of an offer's life; the last five belong to occurrences and unlocated blocks.
STATUS_WORDS = Words(
    {
        "offered": N_("Offered"),
        "preferred_bidder_declared": N_("Preferred bidder declared"),
        "letter_of_intent": N_("Letter of intent"),
        "licence_granted": N_("Licence granted"),
        "lease_executed": N_("Lease executed"),
        "producing": N_("Producing"),
        "annulled": N_("Annulled"),
        "cancelled": N_("Cancelled"),
        "under_exploration": N_("Under exploration"),
        "known_deposit": N_("Known deposit"),
        "project_development": N_("Project development"),
        "operating": N_("Operating"),
        "identified_for_auction": N_("Identified for auction"),
        "outcome_not_found": N_("Outcome not found"),
    }
)

STATUS_NOTES = Words(
    {
        "offered": N_("A notice inviting tender was issued; no outcome is known here. Its bids may be closed by now."),
        "preferred_bidder_declared": N_(
            "The auction named a preferred bidder. No grant: conditions and clearances follow."
        ),
        "letter_of_intent": N_(
            "The state has told the preferred bidder that it will grant once the conditions are met."
        ),
        "licence_granted": N_("A composite or exploration licence is granted."),
        "lease_executed": N_("A mining lease is signed."),
        "producing": N_("Ore is being raised."),
        "annulled": N_("The attempt to auction ended without a bidder or with too few."),
        "cancelled": N_("The auction or the grant was called off."),
        "under_exploration": N_("Exploration is announced or going on; the block has not been offered."),
        "known_deposit": N_("A deposit that is described in the literature; no auction is known."),
    }
)

# From the least to the most explored.
STAGE_WORDS = Words(
    {
        "G4": N_("G4 reconnaissance"),
        "G3": N_("G3 preliminary exploration"),
        "G2": N_("G2 general exploration"),
        "G1": N_("G1 detailed exploration"),
    }
)

CONCESSION_WORDS = Words(
    {
        "CL": N_("Composite licence"),
        "ML": N_("Mining lease"),
        "EL": N_("Exploration licence"),
    }
)

ASSET_CLASS_WORDS = Words(
    {
        "central_auction_block": N_("Central auction block"),
        "state_auction_block": N_("State auction block"),
        "exploration_licence_block": N_("Exploration licence block"),
        "offshore_block_group": N_("Offshore block group"),
        "state_reserved_block": N_("Block reserved for a state"),
        "beach_sand_deposit": N_("Beach sand deposit"),
        "known_deposit": N_("Known deposit"),
        "exploration_target": N_("Exploration target"),
        "usgs_site": N_("Site listed by the USGS"),
    }
)

POSITION_WORDS = Words(
    {
        "surveyed": N_("from corner points published in the tender"),
        "site": N_("site, within about 1 km"),
        "locality": N_("town, village or estate, within a few km"),
        "district": N_("known to the district only"),
        "state": N_("known to the state only"),
        "region": N_("known to the region only"),
    }
)

# A point known no better than this is a label, never a site.
IMPRECISE_POSITIONS = ("district", "state", "region")

EVENT_WORDS = Words(
    {
        "announced": N_("Announced"),
        "offered": N_("Offered"),
        "re-offered": N_("Re-offered"),
        "annulled": N_("Annulled"),
        "preferred_bidder": N_("Preferred bidder declared"),
        "letter_of_intent": N_("Letter of intent"),
        "composite_licence_granted": N_("Composite licence granted"),
        "licence_granted": N_("Licence granted"),
        "lease_executed": N_("Lease executed"),
        "producing": N_("Producing"),
        "cancelled": N_("Cancelled"),
        "on_hold": N_("Put on hold"),
        "clearance": N_("Clearance"),
    }
)

# One record of a collection, for lists that mix them.
COLLECTION_WORDS = Words(
    {
        "blocks": N_("mineral block"),
        "exploration-projects": N_("exploration project"),
        "coal-mine-closures": N_("coal mine closed or to be closed"),
        "global-assets": N_("Indian interest abroad"),
    }
)

# Members of a block's `exploration`, and fields on which sources may disagree.
FIELD_WORDS = Words(
    {
        "boreholes": N_("Boreholes drilled"),
        "drilled_m": N_("Metres drilled"),
        "boreholes_planned": N_("Boreholes planned"),
        "agency": N_("Explored by"),
        "date": N_("Explored in"),
        "area_ha": N_("Declared area"),
        "resource_mt": N_("Resource"),
        "resource_category": N_("Category of the resource"),
        "premium_percent": N_("Premium"),
    }
)

BOUNDARY_WORDS = Words(
    {
        "published": N_("Published boundary"),
        "indicative": N_("Indicative area: the block lies somewhere within it"),
    }
)

DEFINITIONS = Words(
    {
        "composite licence": N_(
            "A licence to prospect and, once ore is proved, to mine; can be offered from stage G4."
        ),
        "mining lease": N_("The right to mine; can be offered once stage G2 is reached."),
        "exploration licence": N_("A licence to reconnoitre and prospect only; the lower bid wins."),
        "preferred bidder": N_("The bidder with the best final price offer; not yet a licence holder."),
        "tranche": N_("A round of auctions, in which many blocks are offered together."),
        "premium": N_("The final price offer, as a percentage of the value of mineral despatched; it may pass 100."),
        "indicative area": N_("The area in which a block is known to lie where its boundary is not published."),
        "G4": N_("Reconnaissance: mapping and first samples."),
        "G3": N_("Preliminary exploration (prospecting): an inferred resource."),
        "G2": N_("General exploration: an indicated resource."),
        "G1": N_("Detailed exploration: a measured resource."),
    }
)

_HALVES = Words({"N": N_("N"), "E": N_("E"), "S": N_("S"), "W": N_("W")})


def format_dms(degrees: float, axis: str) -> str:
    """Degrees, minutes and seconds to a thousandth (3 cm): 20° 46′ 12.345″ N; `axis` is lon or lat."""
    half = ("E", "W") if axis == "lon" else ("N", "S")
    thousandths = round(abs(degrees) * 3_600_000)
    minutes, seconds = divmod(thousandths, 60_000)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}° {minutes:02d}′ {seconds / 1000:06.3f}″ {say_half(half[degrees < 0])}"


def say_half(letter: str) -> str:
    """N, E, S or W behind degrees."""
    return _HALVES[letter]


def format_date(value: date | str | None) -> str:
    """A date as people write it: 24 June 2024, March 2026 or 2026; a text that is no date stays as it is."""
    if value is None or value == "":
        return not_published()
    text = value.isoformat() if isinstance(value, date) else value
    parts = text[:10].split("-")
    if not all(part.isdigit() for part in parts) or len(parts[0]) != 4:
        return text
    year, *rest = parts
    if any(len(part) != 2 for part in rest) or (rest and not 1 <= int(rest[0]) <= 12):
        return text
    if not rest:
        return year
    month = format_date_in(date(2000, int(rest[0]), 1), "LLLL" if len(rest) == 1 else "MMMM", locale=language())
    return " ".join([*(str(int(day)) for day in rest[1:]), month, year])


def format_time(value: datetime | None) -> str:
    """A moment with its zone: 24 June 2024, 13:05 UTC."""
    if value is None:
        return not_published()
    return f"{format_date(value.date())}, {value:%H:%M} {value.tzname() or ''}".rstrip()


def format_number(value: float | None, decimals: int | None = None) -> str:
    """A number with thousands grouped: all digits as published, or rounded to `decimals` where it is computed."""
    if value is None:
        return not_published()
    text = f"{Decimal(repr(value)):,f}" if decimals is None else f"{value:,.{decimals}f}"
    return group_digits(text.rstrip("0").rstrip(".") if "." in text else text)


def group_digits(text: str) -> str:
    """A number with thousands grouped as the reader's language groups it: 1,234,567 or, in India's, 12,34,567."""
    if language() == ENGLISH:
        return text
    whole, point, rest = text.replace(",", "").partition(".")
    head, tail = whole[:-3], whole[-3:]
    return _PAIRS.sub(",", head) + ("," if head.lstrip("-") else "") + tail + point + rest


# Before each pair of digits that is counted from the right.
_PAIRS = re.compile(r"(?<=\d)(?=(?:\d\d)+$)")


def format_area(area_ha: float | None, decimals: int | None = None) -> str:
    """An area in hectares, from 1,000 ha on with square kilometres beside it; `decimals` as for `format_number`."""
    if area_ha is None:
        return not_published()
    text = _("%(number)s ha", number=format_number(area_ha, decimals))
    km2 = _("%(number)s km²", number=format_number(area_ha / 100, 1))
    return f"{text} ({km2})" if area_ha >= 1000 else text


def format_tonnage(resource_mt: float | None) -> str:
    """A published tonnage in million tonnes, below one million in tonnes; all its digits.

    In India's languages with lakh or crore beside it.
    """
    if resource_mt is None:
        return not_published()
    tonnes = Decimal(repr(resource_mt)) * 1_000_000
    if resource_mt < 1:
        said = _("%(number)s tonnes", number=format_number(float(tonnes)))
    else:
        said = _("%(number)s million tonnes", number=format_number(resource_mt))
    if language() == ENGLISH or tonnes < _LAKH:
        return said
    if tonnes < _CRORE:
        grouped = _("%(number)s lakh tonnes", number=format_number(float(tonnes / _LAKH)))
    else:
        grouped = _("%(number)s crore tonnes", number=format_number(float(tonnes / _CRORE)))
    return f"{said} ({grouped})"


_LAKH, _CRORE = Decimal(100_000), Decimal(10_000_000)


def format_difference(percent: float | None) -> str:
    """A computed area against the declared one: 4.6% more, 0.7% less, or the same."""
    if percent is None:
        return not_published()
    rounded = round(percent, 1)
    if not rounded:
        return _("equal to the declared one")
    amount = f"{abs(rounded):.1f}"
    if rounded < 0:
        return _("%(amount)s%% less than declared", amount=amount)
    return _("%(amount)s%% more than declared", amount=amount)


def is_figure(text: str) -> bool:
    """Whether a cell of a table holds a number, perhaps with its unit: such a column is set flush right."""
    units = "|".join(("%", "ha", "km²", "crore", "tonnes", *_units()))
    return re.fullmatch(rf"₹?−?[\d,.]+( ?({units}))?( \([\d,.]+ \S+\))?", text) is not None


def _units() -> tuple[str, ...]:
    """Units in the reader's language."""
    texts = (find("%(number)s ha"), find("%(number)s km²"), find("%(number)s tonnes"))
    return tuple(re.escape((text % {"number": ""}).strip()) for text in texts)


_ISO_DATE = re.compile(r"(?<![\w/=.-])(\d{4})-(\d{2})(-\d{2})?(?![\w-])")


def plain_dates(text: str | None) -> str:
    """A text of a source with its ISO dates as people write them; it is in English, and so are they.

    2010-11 is a year of accounts and stays.
    """

    def say(found: re.Match[str]) -> str:
        year, month, day = found.groups()
        if not day and int(month) == (int(year) + 1) % 100:
            return found[0]
        return format_date(found[0])

    with speaking(ENGLISH):
        return _ISO_DATE.sub(say, text or "")


def format_slug(slug: str | None) -> str:
    """A slug or a code word as plain words: `rare-earth-elements` → Rare earth elements."""
    if not slug:
        return not_published()
    words = slug.replace("-", " ").replace("_", " ").strip().replace("e waste", "e-waste")
    return find(words[:1].upper() + words[1:])


def format_status(status: str | None) -> str:
    """The words of a status of whichever collection."""
    return STATUS_WORDS.get(status or "") or format_slug(status)


def format_stage(stage: str | None) -> str:
    """The full words of an exploration stage."""
    return STAGE_WORDS.get(stage or "") or stage or not_published()


_CENTRAL_TRANCHES = Words(
    {"EL-": N_("Exploration licence tranche %(name)s"), "Offshore-": N_("Offshore tranche %(name)s")}
)


def format_tranche(name: str | None) -> str:
    """The name of a round of auctions: VII → Tranche VII; a state's own name stays."""
    if not name:
        return not_published()
    for start, words in _CENTRAL_TRANCHES.items():
        if name.startswith(start):
            return words % {"name": name.removeprefix(start)}
    return name if set(name) - set("IVXL") else _("Tranche %(name)s", name=name)


def join_words(words: Sequence[str]) -> str:
    """A, B and C."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s", first=", ".join(words[:-1]), last=words[-1])


def format_tranches(names: Sequence[str] | None) -> str:
    """Odisha state auction 2021, Tranches VII and VIII."""
    if not names:
        return not_published()
    central = [name for name in names if not set(name) - set("IVXL")]
    words = [format_tranche(name) for name in names if name not in central]
    if central:
        words.append(
            _("Tranche %(name)s", name=central[0])
            if len(central) == 1
            else _("Tranches %(names)s", names=join_words(central))
        )
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


def said(text: str | None) -> str:
    """A name or a word that the data hold in English, in the reader's language."""
    return find(text or "")


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
    "NOT_PUBLISHED": Later(NOT_PUBLISHED),
    "days_of": days_of,
    "format_dms": format_dms,
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
