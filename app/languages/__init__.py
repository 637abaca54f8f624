"""The words of pages in the reader's language; English as long as no other is asked for."""

from __future__ import annotations

from typing import Any


def find(text: str) -> str:
    """The text in the reader's language, its `%(name)s` as they are."""
    return text


def find_plural(one: str, many: str, number: int) -> str:
    """The text for so many of a thing in the reader's language, its `%(name)s` as they are."""
    return one if number == 1 else many


def gettext(text: str, **values: Any) -> str:
    """The text in the reader's language, its `%(name)s` filled; a `%` of its own is written `%%`."""
    return find(text) % values


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """The text for so many of a thing in the reader's language, `%(num)d` and other names filled."""
    return find_plural(one, many, number) % {"num": number, **values}


__all__ = ["find", "find_plural", "gettext", "ngettext"]
