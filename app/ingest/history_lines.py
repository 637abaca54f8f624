"""Histories of blocks that differ by their dates alone, written from one pattern.

Most blocks were offered and annulled with the same words on days of their own. What follows from such events depends
on the days only by their order: where they are whole days, each later than the one before, it is worked out once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

# Stand for the days while a pattern is made: in order, valid, and of a time that no source speaks of.
_STAND_INS = tuple(f"70{number:02}-01-01" for number in range(100))
_STAND_IN = re.compile("70([0-9]{2})-01-01")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_KNOWN = 2_000


class Written(NamedTuple):
    """A value as JSON, as COPY takes it, and the words of it that are searched for, each with a space after it."""

    json: str
    copy: str
    words: str


class _Text(NamedTuple):
    """A text with places for days."""

    form: str  # for the % operator
    pick: Callable[[Sequence[str]], Any] | None  # None: it has no such place

    def filled(self, days: Sequence[str]) -> str:
        return self.form if self.pick is None else self.form % self.pick(days)


class _Pattern(NamedTuple):
    constant: dict[str, Written]
    varying: tuple[tuple[str, _Text, _Text | None], ...]  # column, JSON, and COPY's form where that is another

    def filled(self, days: Sequence[str]) -> dict[str, Written]:
        found = self.constant.copy()
        for name, json, copy in self.varying:
            text = json.filled(days)
            found[name] = Written(text, text if copy is None else copy.filled(days), "")
        return found


class Patterns:
    """Patterns by what events and sources say but for the days."""

    def __init__(self) -> None:
        self._known: dict[Any, _Pattern | None] = {}

    def find(self, key: Any, days: Sequence[str]) -> dict[str, Written] | None:
        """The columns with these days, where a pattern is known."""
        pattern = self._known.get(key)
        return None if pattern is None else pattern.filled(days)

    def learn(self, key: Any, events: Sequence[Any], derive: Callable[[Sequence[Any]], dict[str, Written]]) -> None:
        """Keep the pattern of `events` (each with `date` and `_replace`), of which `derive` makes the columns."""
        if key in self._known or len(self._known) >= _MOST_KNOWN or len(events) > len(_STAND_INS):
            return
        if _STAND_IN.search(repr(key)):
            self._known[key] = None
            return
        made = derive([event._replace(date=day) for event, day in zip(events, _STAND_INS, strict=False)])
        self._known[key] = _pattern_of(made)


def are_days_in_order(days: Sequence[Any]) -> bool:
    """True for whole days, each later than the one before. That they are days of the calendar is another's to check."""
    last = ""
    for day in days:
        if type(day) is not str or day <= last or not _DAY.fullmatch(day):
            return False
        last = day
    return True


def _pattern_of(made: dict[str, Written]) -> _Pattern:
    constant, varying = {}, []
    for name, written in made.items():
        if not _STAND_IN.search(written.json) and not _STAND_IN.search(written.copy):
            constant[name] = written
            continue
        json, copy = _text_of(written.json), _text_of(written.copy)
        varying.append((name, json, None if written.copy == written.json else copy))
    return _Pattern(constant, tuple(varying))


def _text_of(text: str) -> _Text:
    places = [int(number) for number in _STAND_IN.findall(text)]
    form = _STAND_IN.sub("%s", text.replace("%", "%%"))
    return _Text(form, itemgetter(*places)) if places else _Text(text, None)
