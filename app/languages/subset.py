"""What is to be translated into which language, and what of it is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babel.messages.catalog import Message

from app.languages.catalogues import Text, read_messages

# Hindi has all. The other languages have the four states' pages, the explorer's controls and the dossier's headings,
# which stand in these files, with the frame and the words and names that all of these share.
COMPLETE = ("hi",)
PARTLY = ("te", "or", "mr", "gu")
PART = (
    "app/explorer/panel.py",
    "app/explorer/words.py",
    "app/languages/names.py",
    "app/wording.py",
    "frontend/static/js/legend.js",
    "frontend/static/js/themes.js",
    "frontend/static/js/tools/index.js",
    "frontend/templates/base.html",
    "frontend/templates/block.html",
    "frontend/templates/dossier/base_rates.html",
    "frontend/templates/dossier/corners.html",
    "frontend/templates/dossier/next_rung.html",
    "frontend/templates/dossier/screened.html",
    "frontend/templates/dossier/sources.html",
    "frontend/templates/dossier/surroundings.html",
    "frontend/templates/dossier/take_along.html",
    "frontend/templates/dossier/terms.html",
    "frontend/templates/dossier/timeline.html",
    "frontend/templates/explorer.html",
    "frontend/templates/explorer_parts.html",
    "frontend/templates/macros.html",
    "frontend/templates/state.html",
)
# What stands in other files and is seen on these pages as well.
PART_TEXTS = frozenset(
    {
        "≈ %(length)s: no site",
        "Mineral blocks",
        "Occurrences",
        "Exploration projects",
        "Ports",
        "Centres of excellence",
        "Global assets",
        "Coal mines closed or closing",
        "Coal mines closed or to be closed",
        "Districts",
        "Layers",
        "Full screen",
        "Leave full screen",
        "Skip the map",
        "The map needs JavaScript. The same records are listed on this page.",
        "States only",
        "Swipe",
        "Tools",
        "Print map",
        "Suggestions",
        # Headings of a printed dossier, and of what lies round a block.
        "Where",
        "What",
        "UTM zone",
        "Easting, m",
        "Northing, m",
        "States and union territories",
        "Forest",
        "Protected areas",
        "Eco-sensitive zones",
        "Tiger corridors",
        "Rivers and waters",
        "Settlements",
        "Railways",
        "Roads",
        "Power lines",
        "Nothing found among what the portal holds, which is not all there is:",
        "No data here, so nothing can be said of:",
    }
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%%")


def list_wanted(code: str) -> Iterator[Message]:
    """The messages that this language is to have."""
    for message in read_messages(code):
        if message.id and (
            code in COMPLETE or message.id in PART_TEXTS or any(place in PART for place, _line in message.locations)
        ):
            yield message


def list_missing(code: str) -> Iterator[Message]:
    """Of these, the ones without a translation, or with one in doubt."""
    return (m for m in list_wanted(code) if m.fuzzy or not all(_texts(m.string)))


def list_misfits(code: str) -> Iterator[Message]:
    """Messages whose translation does not have the placeholders of the text."""
    for message in read_messages(code):
        told = [text for text in _texts(message.string) if text]
        originals = _texts(message.id)
        if message.id and any(not _fits(text, originals[min(i, len(originals) - 1)]) for i, text in enumerate(told)):
            yield message


def _fits(text: str, original: str) -> bool:
    # A form for one may say the number in words.
    wanted, had = (sorted(set(_PLACEHOLDER.findall(part))) for part in (original, text))
    stray = "%" in _PLACEHOLDER.sub("", text) and "%%" in original
    return wanted == had and not stray


def _texts(value: Text | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ("",))
