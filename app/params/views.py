"""How an explorer shows what it found, as its address has it: theme, layers, place, open block, columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.errors import BadParameter
from app.languages import gettext as _
from app.words import nearest

# The links of today's explorer. One of a later version is read as far as it goes, and the page says so.
VERSION = 1
MAP_THEMES = ("status", "stage", "mineral", "concession", "premium", "area")
PAGE_THEMES = ("light", "dark", "auto")
OVERLAYS = (
    "processing-units",
    "exploration-projects",
    "occurrences",
    "centres-of-excellence",
    "ports",
    "global-assets",
    "coal-mine-closures",
    "districts",
)
NO_LAYERS = "none"
DEFAULT_LAYERS = ("processing-units",)
COLUMNS = (
    "status",
    "status_since",
    "minerals",
    "stage",
    "area_ha",
    "district",
    "concession",
    "asset_class",
    "latest_tranche",
    "attempts",
    "resource_mt",
    "grade",
    "preferred_bidder",
    "premium_percent",
    "agency",
    "position_accuracy",
    "updated_at",
)
DEFAULT_COLUMNS = ("status", "minerals", "stage", "area_ha")
VIEW_NAMES = ("theme", "layers", "columns", "map", "block", "shape", "swipe", "v")
_GREATEST_ZOOM = 18
# A shape with more corners than a link carries stays on its reader's device; the link says that there was one.
ON_DEVICE = "device"


class Place(NamedTuple):
    """What the map shows: zoom of Web Mercator, and the centre in degrees."""

    zoom: float
    lat: float
    lon: float


class ViewState(NamedTuple):
    """All that a link says beside which blocks it finds. `place` None: where the blocks are."""

    theme: str = MAP_THEMES[0]
    layers: tuple[str, ...] = DEFAULT_LAYERS
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    place: Place | None = None
    block: str | None = None
    on_device: bool = False
    swipe: tuple[str, str] | None = None  # left and right of the divider: each a theme, or a day as YYYY-MM-DD


def parse_view(asked: Mapping[str, str]) -> tuple[ViewState, dict[str, str], list[BadParameter]]:
    """For pages: what could be read, the texts of it, and what was wrong with the rest."""
    state, kept, problems = ViewState(), {}, []
    for name in VIEW_NAMES:
        text = asked.get(name, "")
        if not text:
            continue
        try:
            state = _READERS[name](state, text)
            kept[name] = text
        except BadParameter as problem:
            problems.append(problem)
    return state, kept, problems


def _theme(state: ViewState, text: str) -> ViewState:
    """Colours of the map, of the page, or both by comma."""
    parts = _parts("theme", text, (*MAP_THEMES, *PAGE_THEMES))
    found = [part for part in parts if part in MAP_THEMES]
    return state._replace(theme=found[0] if found else state.theme)


def page_theme(text: str | None) -> str | None:
    """light or dark, where the address asks for one of them."""
    return next((part for part in (text or "").split(",") if part in ("light", "dark")), None)


def _layers(state: ViewState, text: str) -> ViewState:
    return state._replace(layers=() if text == NO_LAYERS else _parts("layers", text, OVERLAYS))


def _columns(state: ViewState, text: str) -> ViewState:
    return state._replace(columns=_parts("columns", text, COLUMNS))


def _parts(name: str, text: str, known: Sequence[str]) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for part in parts:
        if part not in known:
            close = nearest(part, list(known)) or list(known)
            raise BadParameter(
                _(
                    "%(name)s: “%(part)s” is none here. There are %(close)s.",
                    name=name,
                    part=part[:100],
                    close=", ".join(close),
                ),
                parameter=name,
            )
    return parts


def _place(state: ViewState, text: str) -> ViewState:
    """`6.5/20.8/84.6`: zoom, latitude, longitude."""
    number = r"(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)"
    found = re.fullmatch(f"{number}/{number}/{number}", text)
    if found is None:
        raise BadParameter(
            _("map: “%(text)s” is no place such as 6/20.8/84.6 (zoom, latitude, longitude).", text=text[:100]),
            parameter="map",
        )
    place = Place(*(float(part) for part in found.groups()))
    if not (0 <= place.zoom <= _GREATEST_ZOOM and abs(place.lat) <= 90 and abs(place.lon) <= 540):
        raise BadParameter(
            _(
                "map: %(text)s is off the map: zoom is 0 to %(greatest_zoom)s, latitude -90 to 90.",
                text=text,
                greatest_zoom=_GREATEST_ZOOM,
            ),
            parameter="map",
        )
    return state._replace(place=place)


def _block(state: ViewState, text: str) -> ViewState:
    if not re.fullmatch(r"[a-z0-9-]{1,120}", text):
        raise BadParameter(_("block: “%(text)s” is no id of a block.", text=text[:100]), parameter="block")
    return state._replace(block=text)


def _shape(state: ViewState, text: str) -> ViewState:
    if text != ON_DEVICE:
        raise BadParameter(
            _(
                "shape: “%(text)s” is not %(on_device)s; a drawn shape is intersects.",
                text=text[:100],
                on_device=ON_DEVICE,
            ),
            parameter="shape",
        )
    return state._replace(on_device=True)


def _swipe(state: ViewState, text: str) -> ViewState:
    """`status,stage` or `2024-12-31,stage`: what the map shows left and right of its divider."""
    sides = [part.strip() for part in text.split(",")]
    if len(sides) != 2:
        raise BadParameter(
            _(
                "swipe: “%(text)s” is not two sides by comma, such as status,stage or 2024-12-31,2026-11-24.",
                text=text[:100],
            ),
            parameter="swipe",
        )
    for side in sides:
        if side not in MAP_THEMES and not _is_day(side):
            close = nearest(side, list(MAP_THEMES)) or list(MAP_THEMES)
            raise BadParameter(
                _(
                    "swipe: “%(side)s” is no side: there are %(close)s, or a day such as 2024-12-31.",
                    side=side[:100],
                    close=", ".join(close),
                ),
                parameter="swipe",
            )
    left, right = sides
    if left == right:
        raise BadParameter(
            _("swipe: both sides are %(left)s; there is nothing to compare.", left=left), parameter="swipe"
        )
    return state._replace(swipe=(left, right))


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _version(state: ViewState, text: str) -> ViewState:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= VERSION:
        raise BadParameter(
            _(
                "v: this link is of version %(text)s; this portal reads up to %(version)s, so parts of it may be lost.",
                text=text[:20],
                version=VERSION,
            ),
            parameter="v",
        )
    return state


_READERS = {
    "theme": _theme,
    "layers": _layers,
    "columns": _columns,
    "map": _place,
    "block": _block,
    "shape": _shape,
    "swipe": _swipe,
    "v": _version,
}
