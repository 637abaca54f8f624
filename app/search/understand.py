"""Free text → filters of the contract, and the words that are left to be searched for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.search import names
from app.search.coordinates import Point, find_point
from app.search.lexicon import Lexicon, Meaning
from app.search.spelling import Token, is_close, sound_of, tokens_of

# Which of some folded words stand, as they are, in the catalogue: such a word is not misspelled.
Standing = Callable[[Sequence[str]], Collection[str]]
_MOST_WORDS_CORRECTED = 3
# More words than anybody types: what follows is left to the search, which says how many it takes.
_MOST_TOKENS = 60
_JOINS_TRANCHES = frozenset("and or to".split())


class Said(NamedTuple):
    """A piece of the text and what it was understood as."""

    text: str
    filter: str
    value: str
    name: str
    corrected: bool  # the reader spelled it otherwise


@dataclass(frozen=True)
class Understood:
    """`filters` by name, several values of one by comma; `rest`: the reader's other words, to be `q`."""

    filters: dict[str, str]
    rest: str
    said: tuple[Said, ...]

    def as_query(self) -> dict[str, str]:
        """Filters and words together, as parameters."""
        return self.filters | ({"q": self.rest} if self.rest else {})


class Claim(NamedTuple):
    """Words from `start` until before `end`, and what they mean."""

    start: int
    end: int
    meaning: Meaning
    corrected: bool = False


def understand(
    text: str,
    lexicon: Lexicon,
    standing: Standing = lambda words: (),
    documents: Mapping[str, Meaning] | None = None,
) -> Understood:
    """What the text asks for: coordinates, then the longest phrases first, exact ones before misspelled ones.

    Never raises: what is not understood is left to be searched for.
    """
    point = find_point(text)
    tokens = tokens_of(point.rest if point else text)
    return join(tokens, read_tokens(tokens, lexicon, standing, documents or {}), point)


def read_tokens(
    tokens: Sequence[Token], lexicon: Lexicon, standing: Standing, documents: Mapping[str, Meaning]
) -> list[Claim]:
    """What the words mean, in their order; no two claims share a word."""
    tokens = tokens[:_MOST_TOKENS]
    taken = [False] * len(tokens)
    claims = _exact(tokens, taken, lexicon, documents)
    claims += _more_tranches(tokens, taken, lexicon, claims)
    claims += _misspelled(tokens, taken, lexicon, standing)
    return sorted(claims)


def _free_windows(taken: Sequence[bool], longest: int) -> list[tuple[int, int]]:
    """Runs of words, the longest first."""
    lengths = range(min(longest, len(taken)), 0, -1)
    return [(start, start + n) for n in lengths for start in range(len(taken) - n + 1)]


def _exact(
    tokens: Sequence[Token], taken: list[bool], lexicon: Lexicon, documents: Mapping[str, Meaning]
) -> list[Claim]:
    claims = []
    longest = max((lexicon.longest, *(number.count(" ") + 1 for number in documents)))
    for start, end in _free_windows(taken, longest):
        if any(taken[start:end]):
            continue
        phrase = " ".join(token.key for token in tokens[start:end])
        meaning = documents.get(phrase) or _find(phrase, tokens[start].shown, lexicon)
        if meaning is not None:
            claims.append(Claim(start, end, meaning))
            taken[start:end] = [True] * (end - start)
    return claims


def _find(phrase: str, shown: str, lexicon: Lexicon) -> Meaning | None:
    if phrase in lexicon.companies:
        return Meaning("q", "", "", "companies")
    if phrase in lexicon.phrases:
        return lexicon.phrases[phrase]
    if phrase in lexicon.symbols and (phrase in names.PLAIN_SYMBOLS or shown == phrase.capitalize()):
        return lexicon.symbols[phrase]
    return None


def _more_tranches(
    tokens: Sequence[Token], taken: list[bool], lexicon: Lexicon, claims: Sequence[Claim]
) -> list[Claim]:
    """“Tranches I, II and III”: numbers that follow a tranche are tranches too."""
    more = []
    for claim in (claim for claim in claims if claim.meaning.filter == "tranche"):
        at = claim.end
        while at < len(tokens) and not taken[at]:
            joins = tokens[at].key in _JOINS_TRANCHES and at + 1 < len(tokens) and not taken[at + 1]
            meaning = lexicon.phrases.get(f"tranche {tokens[at + joins].key}")
            if meaning is None or meaning.filter != "tranche":
                break
            more.append(Claim(at + joins, at + joins + 1, meaning))
            taken[at : at + joins + 1] = [True] * (joins + 1)
            at += joins + 1
    return more


def _misspelled(tokens: Sequence[Token], taken: list[bool], lexicon: Lexicon, standing: Standing) -> list[Claim]:
    """Words that stand nowhere in the catalogue and are clearly close to a phrase."""
    if not any(not is_taken and _may_be_wrong(token) for token, is_taken in zip(tokens, taken, strict=True)):
        return []
    claims = []
    for start, end in _free_windows(taken, _MOST_WORDS_CORRECTED):
        part = tokens[start:end]
        doubtful = [token.key for token in part if _may_be_wrong(token)]
        if any(taken[start:end]) or not doubtful or part[0].key in names.RIGHT:
            continue
        meaning = closest(" ".join(token.key for token in part), lexicon)
        # Asked last, as it is the catalogue that knows.
        if meaning is not None and set(doubtful) - set(standing(doubtful)):
            claims.append(Claim(start, end, meaning, corrected=True))
            taken[start:end] = [True] * (end - start)
    return claims


def _may_be_wrong(token: Token) -> bool:
    return (
        len(token.key) >= names.SHORTEST_CORRECTED
        and token.key.isalpha()
        and token.key not in names.RIGHT
        and token.key not in names.JOINING
    )


def closest(phrase: str, lexicon: Lexicon) -> Meaning | None:
    """The one meaning whose phrase is clearly close; None where there is none, or where two are as close."""
    best: dict[int, set[Meaning]] = {}
    words = phrase.count(" ")
    for name, meaning in lexicon.by_sound.get(sound_of(phrase)[:1], ()):
        slips = is_close(phrase, name, strict=meaning.filter == "district")
        if slips is not None and (slips == 0 or name.count(" ") == words):
            best.setdefault(slips, set()).add(meaning)
    found = best[min(best)] if best else set()
    return next(iter(found)) if len(found) == 1 else None


def join(tokens: Sequence[Token], claims: Sequence[Claim], point: Point | None) -> Understood:
    """Claims and the words between them as filters and rest."""
    said: list[Said] = []
    filters: dict[str, list[str]] = {}
    if point is not None:
        at = f"{point.lon:.6f}".rstrip("0").rstrip("."), f"{point.lat:.6f}".rstrip("0").rstrip(".")
        filters = {"near": [",".join(at)], "within_km": [f"{point.within_km:g}"]}
        said.append(Said(point.text, "near", filters["near"][0], f"within {point.within_km:g} km", False))
    rest: list[str] = []
    last = 0
    for claim in claims:
        rest += _trimmed(tokens[last : claim.start])
        text = " ".join(token.shown for token in tokens[claim.start : claim.end])
        meaning = claim.meaning
        if meaning.filter == "q":
            rest.append(text)
            said.append(Said(text, "q", text, text, False))
        else:
            values = filters.setdefault(meaning.filter, [])
            values += [value for value in meaning.value.split(",") if value not in values]
            said.append(Said(text, meaning.filter, meaning.value, meaning.name, claim.corrected))
        last = claim.end
    rest += _trimmed(tokens[last:])
    return Understood({name: ",".join(values) for name, values in filters.items()}, " ".join(rest), tuple(said))


def _trimmed(tokens: Sequence[Token]) -> list[str]:
    """The words without joining ones at either end: “blocks in” says nothing more."""
    start, end = 0, len(tokens)
    while start < end and tokens[start].key in names.JOINING:
        start += 1
    while end > start and tokens[end - 1].key in names.JOINING:
        end -= 1
    return [token.shown for token in tokens[start:end]]
