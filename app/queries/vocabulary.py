"""The words that filters may use: minerals, states and the values of the short lists."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.models import Mineral, Revision, State
from app.queries.values_in_use import list_choices
from app.words import nearest as nearest  # beside the words it is asked about


class Edition(NamedTuple):
    """The newest revision's number and time; together they tell one database's revisions from another's."""

    number: int
    at: datetime


@dataclass(frozen=True)
class MineralWord:
    """A mineral of the vocabulary, and those that are found when it is asked for."""

    slug: str
    name: str
    critical: bool
    finds: tuple[str, ...]  # itself and the narrower ones
    broader: str | None


@dataclass(frozen=True)
class StateWord:
    slug: str
    code: str
    name: str


@dataclass(frozen=True)
class Vocabulary:
    """What readers may name, as of one revision."""

    edition: Edition
    minerals: Mapping[str, MineralWord]
    mineral_terms: Mapping[str, str]  # lower-case name → slug
    states: Mapping[str, StateWord]  # by slug
    choices: Mapping[tuple[str, str], tuple[str, ...]]  # (collection, property) → values in use

    @property
    def revision(self) -> int:
        return self.edition.number

    def find_state(self, text: str) -> StateWord | None:
        """By slug, ISO 3166-2 code or name."""
        word = text.strip().casefold()
        for state in self.states.values():
            if word in (state.slug, state.code.casefold(), state.name.casefold()):
                return state
        return None

    def find_mineral(self, text: str) -> MineralWord | None:
        """By slug, or by any name that the vocabulary maps to one."""
        word = text.strip().casefold()
        return self.minerals.get(word) or self.minerals.get(self.mineral_terms.get(word, ""))

    def kin(self, slugs: Iterable[str]) -> list[str]:
        """The minerals themselves, what is narrower and what is one step broader: what a plant for one may take."""
        found: list[str] = []
        for slug in slugs:
            word = self.minerals.get(slug)
            if word is not None:
                found.extend((*word.finds, *((word.broader,) if word.broader else ())))
        return list(dict.fromkeys(found))

    def nearest_states(self, text: str) -> list[str]:
        names = {s.name.casefold(): s.slug for s in self.states.values()} | {
            s.slug: s.slug for s in self.states.values()
        }
        return nearest(text, names)

    def nearest_minerals(self, text: str) -> list[str]:
        names = {m.name.casefold(): m.slug for m in self.minerals.values()} | dict(self.mineral_terms)
        return nearest(text, names | {slug: slug for slug in self.minerals})


_NOTHING_YET = Edition(0, datetime.fromtimestamp(0, UTC))
# The vocabularies last read, by engine and edition; old ones fall out.
_read: OrderedDict[tuple[object, Edition], Vocabulary] = OrderedDict()
_read_lock = threading.Lock()
_MOST_READ = 8
_LONGEST_WAIT_SECONDS = 10.0


_NEWEST = select(Revision.number, Revision.at).order_by(Revision.number.desc()).limit(1)


def get_edition(session: Session) -> Edition:
    """The newest revision; number 0 where nothing was loaded yet."""
    return read_edition(session.connection())


def read_edition(connection: Connection) -> Edition:
    """The same, as a connection sees it."""
    row = connection.execute(_NEWEST).first()
    return _NOTHING_YET if row is None else Edition(row.number, row.at)


def get_vocabulary(session: Session) -> Vocabulary:
    """The vocabulary of the present revision, read once and through the session at hand."""
    edition = get_edition(session)
    key = (session.get_bind().engine, edition)
    if (known := _read.get(key)) is not None:
        return known
    # After a publication all ask at once: one reads, the others wait for it, but not for ever.
    alone = _read_lock.acquire(timeout=_LONGEST_WAIT_SECONDS)
    try:
        known = _read.get(key)
        if known is None:
            known = _read[key] = read_vocabulary(session, edition)
            while len(_read) > _MOST_READ:
                _read.popitem(last=False)
    finally:
        if alone:
            _read_lock.release()
    return known


def read_vocabulary(session: Session, edition: Edition) -> Vocabulary:
    """The vocabulary as `session` sees it."""
    rows = session.execute(
        select(Mineral.id, Mineral.name, Mineral.critical, Mineral.broader, Mineral.terms).order_by(Mineral.name)
    ).all()
    narrower: dict[str, list[str]] = {}
    for row in rows:
        if row.broader:
            narrower.setdefault(row.broader, []).append(row.id)
    return Vocabulary(
        edition,
        {r.id: MineralWord(r.id, r.name, r.critical, (r.id, *narrower.get(r.id, ())), r.broader) for r in rows},
        {term: row.id for row in rows for term in row.terms},
        {
            s.id: StateWord(s.id, s.code, s.name)
            for s in session.execute(select(State.id, State.code, State.name).order_by(State.name))
        },
        {(c.id, name): values for c in COLLECTIONS.values() for name, values in list_choices(session, c).items()},
    )
