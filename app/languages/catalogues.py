"""The catalogues: a file of translations for each language, read when the first reader asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

# In their own scripts, English first: it is the language of the texts themselves.
LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "hi": "हिन्दी",
    "te": "తెలుగు",
    "or": "ଓଡ଼ିଆ",
    "mr": "मराठी",
    "gu": "ગુજરાતી",
}
FOLDER = Path(__file__).parent
# A text that tells one from more has a form for each.
Text = str | tuple[str, ...] | list[str]
Texts = Mapping[str, str | tuple[str, ...]]


def path_of(code: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def read_messages(code: str) -> Catalog:
    """The catalogue with its places in the source and its comments."""
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code, domain="messages")


@cache
def read_catalogue(code: str) -> Texts:
    """English text → translation, or those for one and for more; only what is translated and not in doubt."""
    return {
        text: told
        for message in read_messages(code)
        if message.id and not message.fuzzy
        for text, told in [_pair(message.id, message.string)]
        if (all(told) if isinstance(told, tuple) else told)
    }


@cache
def read_script_texts(code: str) -> Texts:
    """Of these, those that scripts in the browser use."""
    known = read_catalogue(code)
    wanted = (
        message.id[0] if isinstance(message.id, tuple | list) else message.id
        for message in read_messages(code)
        # Names come as data, so scripts may ask for any of them.
        if any(place.endswith((".js", "/names.py")) for place, _line in message.locations)
    )
    return {text: known[text] for text in wanted if text in known}


def _pair(text: Text, told: Text | None) -> tuple[str, str | tuple[str, ...]]:
    one = text if isinstance(text, str) else text[0]
    return one, told if isinstance(told, str) else tuple(told or ())
