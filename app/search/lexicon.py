"""Every phrase that means a filter, by what the vocabulary and the names in use hold; made once for a vocabulary."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from app.languages import ENGLISH, N_, find, names_in_all, speaking
from app.languages import gettext as _
from app.queries.search import Company, Names, list_companies, list_names
from app.queries.vocabulary import Vocabulary
from app.search import names
from app.search.spelling import sound_of
from app.search.tranches import tranche_phrases
from app.wording import format_status
from app.words import searchable

# A symbol of an element, in two letters.
_LONGEST_SYMBOL = 2
_FORMER = re.compile(r"(.+?) \((?:formerly|earlier|erstwhile|old)?\s*(.+)\)")


class Meaning(NamedTuple):
    """What a phrase asks for."""

    filter: str
    value: str
    name: str  # as shown
    kind: str = ""  # the group of suggestions that it belongs to
    detail: str = ""  # what it is, with %(of)s for the name that it belongs to
    of: str = ""

    def say_name(self) -> str:
        """Its name in the reader's language."""
        if self.name == f"Tranche {self.value}":
            return _("Tranche %(name)s", name=self.value)
        return find(self.name)

    def say_detail(self) -> str:
        """What it is, in the reader's language."""
        return _(self.detail, of=find(self.of))


@dataclass(frozen=True)
class Lexicon:
    """Phrases, folded and with one blank between words."""

    phrases: Mapping[str, Meaning]
    symbols: Mapping[str, Meaning]  # of elements, small letters
    companies: frozenset[str]  # whole names and their beginnings

    @cached_property
    def longest(self) -> int:
        """Words in the longest phrase."""
        return max((phrase.count(" ") + 1 for phrase in (*self.phrases, *self.companies)), default=1)

    @cached_property
    def by_sound(self) -> Mapping[str, list[tuple[str, Meaning]]]:
        """Phrases that a misspelled one may mean, by the first letter of how they sound."""
        found: dict[str, list[tuple[str, Meaning]]] = {}
        for phrase, meaning in self.phrases.items():
            if len(phrase) > names.SHORTEST_CORRECTED - 1 and meaning.filter not in ("tranche", "stage"):
                found.setdefault(sound_of(phrase)[:1], []).append((phrase, meaning))
        return found

    @cached_property
    def suggested(self) -> list[tuple[str, Meaning]]:
        """Phrases that are suggested while they are typed."""
        return [(phrase, meaning) for phrase, meaning in self.phrases.items() if meaning.kind]


def make_lexicon(vocabulary: Vocabulary, used: Names) -> Lexicon:
    """What is said first wins: a state before a district, a district before a mineral."""
    phrases: dict[str, Meaning] = {}
    each = (_tranches(vocabulary), _states(vocabulary), _districts(used), _minerals(vocabulary), _words())
    # It is kept for all readers, whoever of them asked first.
    with speaking(ENGLISH):
        for phrase, meaning in (pair for part in each for pair in part):
            phrases.setdefault(phrase, meaning)
    symbols = {
        term: _mineral(vocabulary, slug)
        for term, slug in vocabulary.mineral_terms.items()
        if len(term) == _LONGEST_SYMBOL and term not in names.NEVER_SYMBOLS
    }
    return Lexicon(phrases, symbols, frozenset(_companies(used.companies, phrases)))


def _keys(listed: str) -> Iterator[str]:
    return (searchable(part).strip() for part in listed.split(";"))


def _tranches(vocabulary: Vocabulary) -> Iterator[tuple[str, Meaning]]:
    for value in vocabulary.choices.get(("blocks", "tranches"), ()):
        for phrase in tranche_phrases(value):
            name = value if " " in value else f"Tranche {value}"
            yield phrase, Meaning("tranche", value, name, "tenders", N_("Tranche of an auction"))


def _states(vocabulary: Vocabulary) -> Iterator[tuple[str, Meaning]]:
    by_code = {state.code: state for state in vocabulary.states.values()}
    letters = {code[3:].lower(): state for code, state in by_code.items()}
    letters |= {letter: by_code[code] for letter, code in names.OTHER_STATE_CODES.items() if code in by_code}
    for state in vocabulary.states.values():
        meaning = Meaning("state", state.slug, state.name, "places", N_("State or union territory"))
        other = (names.STATES.get(state.slug, ""), *names_in_all(state.name))
        for phrase in (*_keys(state.name), *_keys(state.slug), *(key for part in other for key in _keys(part))):
            if phrase:
                yield phrase, meaning
    for letter, state in letters.items():
        meaning = Meaning("state", state.slug, state.name)
        yield f"in {letter}", meaning
        if letter in names.STATE_LETTERS:
            yield letter, meaning


def _districts(used: Names) -> Iterator[tuple[str, Meaning]]:
    """A district by its name, by a part of a name for two, and by a former name where no other bears it now."""
    whole: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    former: dict[str, list[str]] = {}
    states: dict[str, str] = {}
    for district, state in used.districts:
        found = _FORMER.fullmatch(district)
        bare = found[1] if found else district
        if "," in bare:
            continue
        states.setdefault(bare, state)
        whole.setdefault(searchable(bare).strip(), []).append(bare)
        for part in re.split(r" and |-", bare) if re.search(r" and |-", bare) else ():
            parts.setdefault(searchable(part).strip(), []).append(bare)
        if found:
            former.setdefault(searchable(found[2]).strip(), []).append(bare)
            whole.setdefault(searchable(district).strip(), []).append(bare)

    def meaning(bares: Iterable[str]) -> Meaning:
        values = tuple(dict.fromkeys(bares))
        state = states.get(values[0])
        detail = N_("District, %(of)s") if state else N_("District")
        return Meaning("district", ",".join(values), values[0], "places", detail, state or "")

    keys = {key: [*whole.get(key, ()), *parts.get(key, ())] for key in (*whole, *parts)}
    meant = {key: meaning(bares) for key, bares in keys.items()}
    meant |= {key: meaning(bares) for key, bares in former.items() if key not in meant}
    for bare, others in names.DISTRICTS.items():
        key = searchable(bare).strip()
        target = meant.setdefault(key, meaning([bare]))
        for other in _keys(others):
            meant.setdefault(other, target)
    return iter((key, value) for key, value in meant.items() if key)


def _mineral(vocabulary: Vocabulary, slug: str) -> Meaning:
    word = vocabulary.minerals[slug]
    broader = vocabulary.minerals.get(word.broader or "")
    detail = N_("Mineral, a kind of %(of)s") if broader else N_("Mineral")
    return Meaning("mineral", slug, word.name, "minerals", detail, broader.name if broader else "")


def _minerals(vocabulary: Vocabulary) -> Iterator[tuple[str, Meaning]]:
    for slug, word in vocabulary.minerals.items():
        for phrase in (*_keys(word.name), *_keys(slug), *(k for name in names_in_all(word.name) for k in _keys(name))):
            yield phrase, _mineral(vocabulary, slug)
    for term, slug in vocabulary.mineral_terms.items():
        for phrase in _keys(term):
            if len(phrase) > _LONGEST_SYMBOL:
                yield phrase, _mineral(vocabulary, slug)
    for slug, others in names.MINERALS.items():
        if slug in vocabulary.minerals:
            for phrase in _keys(others):
                yield phrase, _mineral(vocabulary, slug)


def _words() -> Iterator[tuple[str, Meaning]]:
    """Words for stages, concessions, statuses and classes."""
    for stage, others in names.STAGES.items():
        meaning = Meaning("stage", stage, stage)
        if len(stage) == len("G4"):
            short = stage.lower()
            spelled = (short, f"{short[0]} {short[1]}")
            yield from ((phrase, meaning) for s in spelled for phrase in (s, f"stage {s}", f"{s} stage", f"{s} level"))
        yield from ((phrase, meaning) for phrase in _keys(others))
    for filter_name, words in (
        ("concession", names.CONCESSIONS),
        ("status", names.STATUSES),
        ("asset_class", names.ASSET_CLASSES),
    ):
        for value, others in words.items():
            shown = ", ".join(format_status(part) for part in value.split(",")) if filter_name == "status" else value
            yield from ((phrase, Meaning(filter_name, value, shown)) for phrase in _keys(others))


def core_of(company: str) -> str:
    """A company's name, folded, without what stands in brackets and without the words for its legal form."""
    words = searchable(re.sub(r"\(.*?\)|\(.*", " ", company)).split()
    while words and words[-1] in names.LEGAL:
        words.pop()
    return " ".join(words[2:] if words[:2] == ["m", "s"] else words)


def _companies(companies: Iterable[str], phrases: Mapping[str, Meaning]) -> Iterator[str]:
    """Names of companies, whole or by a beginning that tells them: “Kundan Gold” is no gold."""
    for company in companies:
        words = core_of(company).split()
        whole = searchable(re.sub(r"\(.*", "", company)).split()
        for count in range(1, len(words) + 1):
            start = " ".join(words[:count])
            tells = any(word not in phrases and word not in names.GENERIC for word in words[:count])
            if start not in phrases and (count == len(words) or (count > 1 and tells)):
                yield start
        legal_form = range(len(words) + 1, len(whole) + 1) if whole[: len(words)] == words else ()
        yield from (" ".join(whole[:count]) for count in legal_form)


Made = TypeVar("Made")


class Kept(Generic[Made]):
    """Something made once for each vocabulary, the last few kept."""

    def __init__(self, make: Callable[[Session, Vocabulary], Made], most: int = 8) -> None:
        self._make, self._most = make, most
        self._kept: OrderedDict[int, tuple[Vocabulary, Made]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: Session, vocabulary: Vocabulary) -> Made:
        with self._lock:
            known = self._kept.get(id(vocabulary))
        if known is not None:
            return known[1]
        made = self._make(session, vocabulary)
        with self._lock:
            # The vocabulary itself is kept beside it, so that its id stays its own.
            self._kept[id(vocabulary)] = vocabulary, made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


_lexicons = Kept(lambda session, vocabulary: make_lexicon(vocabulary, list_names(session)))


def get_lexicon(session: Session, vocabulary: Vocabulary) -> Lexicon:
    """The lexicon of a vocabulary, with the names in use as the session sees them."""
    return _lexicons.get(session, vocabulary)


_companies_in_use = Kept(lambda session, _: list_companies(session))


def get_companies(session: Session, vocabulary: Vocabulary) -> Sequence[Company]:
    """Bidders, agencies and operators, as the session saw them when the vocabulary was new."""
    return _companies_in_use.get(session, vocabulary)
