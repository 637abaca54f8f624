"""The words of pages in the reader's language; English as long as no other is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from app.languages.catalogues import LANGUAGES, read_catalogue

ENGLISH = "en"
# Of the request at hand. A route that is a plain function runs in a thread, which is given the request's context.
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The reader's language: a key of LANGUAGES."""
    return _language.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """All words within are in this language."""
    token = _language.set(code)
    try:
        yield
    finally:
        _language.reset(token)


def find(text: str) -> str:
    """The text in the reader's language, its `%(name)s` as they are; one that has no translation stays English."""
    code = _language.get()
    # A catalogue keeps its head under the empty text.
    if code == ENGLISH or not text:
        return text
    found = read_catalogue(code).get(text, text)
    return found if isinstance(found, str) else found[0]


def find_plural(one: str, many: str, number: int) -> str:
    """The text for so many of a thing in the reader's language, its `%(name)s` as they are.

    All languages here tell one from more, as English does.
    """
    code = _language.get()
    found = None if code == ENGLISH else read_catalogue(code).get(one)
    forms = found if isinstance(found, tuple) else (one, many)
    return forms[0 if number == 1 else 1]


def gettext(text: str, /, **values: Any) -> str:
    """The text in the reader's language, its `%(name)s` filled; a `%` of its own is written `%%`."""
    return find(text) % values


def ngettext(one: str, many: str, number: int, /, **values: Any) -> str:
    """The text for so many of a thing in the reader's language, `%(num)d` and other names filled."""
    return find_plural(one, many, number) % {"num": number, **values}


def names_in_all(text: str) -> list[str]:
    """What the text is in each of the other languages that has it."""
    found = (read_catalogue(code).get(text) for code in LANGUAGES if code != ENGLISH)
    return [name for name in found if isinstance(name, str)]


def N_(text: str) -> str:
    """Marks a text of a table, which is made at import and looked up when it is used."""
    return text


class Words(Mapping[str, str]):
    """A table of texts marked by N_, read in the language of whoever reads it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)

    def __getitem__(self, key: str) -> str:
        return find(self._texts[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


class Later:
    """A text that is looked up each time it is written into a page."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return find(self._text)

    def __eq__(self, other: object) -> bool:
        return str(self) == other

    def __hash__(self) -> int:
        return hash(self._text)


__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "N_",
    "Later",
    "Words",
    "find",
    "find_plural",
    "gettext",
    "language",
    "names_in_all",
    "ngettext",
    "speaking",
]
