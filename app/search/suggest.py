"""Suggestions while a reader types: the last words concern them, the words before are kept as filters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View, view_of
from app.filters import where
from app.languages import N_, Words, find, ngettext
from app.languages import gettext as _
from app.params.selection import parse_filter, parse_words, selection_of
from app.queries.search import (
    SHORTEST_FUZZY_WORD,
    BlockRow,
    Company,
    count_each,
    has_words,
    list_blocks,
    list_standing,
    rank_names,
)
from app.queries.vocabulary import Vocabulary
from app.search import names
from app.search.coordinates import Point, find_point
from app.search.documents import Document, get_documents, has_long_number
from app.search.lexicon import Lexicon, Meaning, core_of, get_companies, get_lexicon
from app.search.shapes import GroupKind
from app.search.spelling import Token, tokens_of
from app.search.tails import WHOLE, Tail, complete
from app.search.understand import Understood, join, read_tokens
from app.wording import say_half
from app.words import searchable

_TITLES = Words(
    {
        "coordinates": N_("Coordinates"),
        "minerals": N_("Minerals"),
        "places": N_("Places"),
        "tenders": N_("Tenders"),
        "companies": N_("Companies"),
        "blocks": N_("Blocks"),
    }
)
_BLOCKS = COLLECTIONS["blocks"]
# More names than these are cut before they are counted.
_MOST_COUNTED = 40


@dataclass(frozen=True)
class Suggestion:
    """One line under the search box. `filters`: parameters for blocks, None where `href` leads to one record."""

    text: str
    detail: str
    filters: dict[str, str] | None
    href: str
    count: int | None = None
    rank: int = 0


Groups = dict[GroupKind, list[Suggestion]]


@dataclass(frozen=True)
class Asked:
    """A text, read in all the ways that the suggestions need."""

    session: Session
    vocabulary: Vocabulary
    lexicon: Lexicon
    documents: Mapping[str, Document]
    point: Point | None
    tokens: list[Token]
    standing: Collection[str]

    def understood(self, count: int | None = None) -> Understood:
        """What the first `count` words ask for, or all of them."""
        tokens = self.tokens[:count]
        meant = {number: document.meaning for number, document in self.documents.items()}
        claims = read_tokens(tokens, self.lexicon, lambda words: self.standing, meant)
        return join(tokens, claims, self.point)

    def condition(self, filters: Mapping[str, str]) -> ColumnElement[bool]:
        """True for the blocks that the API finds with these parameters.

        Raises: BadParameter where a parameter cannot be read.
        """
        parts = [parse_filter(name, filters, _BLOCKS, self.vocabulary) for name in filters]
        return where(view_of(_BLOCKS), selection_of(parts))


def read(session: Session, vocabulary: Vocabulary, text: str) -> Asked:
    """The text with all that is needed to understand it."""
    point = find_point(text)
    tokens = tokens_of(point.rest if point else text)
    has_number = any(has_long_number(token.key) for token in tokens)
    documents = get_documents(session, vocabulary) if has_number else {}
    words = sorted({token.key for token in tokens if len(token.key) >= names.SHORTEST_CORRECTED})
    standing = list_standing(session, words) if words else set()
    return Asked(session, vocabulary, get_lexicon(session, vocabulary), documents, point, tokens, standing)


def suggest(asked: Asked, understood: Understood, limit: int) -> Groups:
    """Groups of at most `limit` suggestions, the likeliest group first.

    Raises: BadParameter where more words are left than a search takes.
    """
    if understood.rest:
        parse_words(understood.rest)
    tail = complete(asked.tokens, asked.lexicon)
    before = asked.understood(tail.start) if tail.meanings else understood
    view = view_of(_BLOCKS)
    rows = _find_blocks(asked, view, understood, limit)
    is_named = bool(rows) and _is_named(rows[0], asked, before if tail.is_sure else understood)
    groups: Groups = {
        "coordinates": _coordinates(asked, understood),
        "minerals": _meant(asked, tail, before, "minerals"),
        "places": _meant(asked, tail, before, "places"),
        "tenders": [*_documents(asked, limit), *_meant(asked, tail, before, "tenders")],
        "companies": _companies(asked, understood, limit, is_open=not is_named),
        "blocks": [_block(row, asked.vocabulary) for row in rows],
    }
    counted = _counted(asked, view, groups, before=before if tail.start else None)
    if is_named:
        counted = dict(sorted(counted.items(), key=lambda group: group[0] != "blocks"))
    return {kind: found[:limit] for kind, found in counted.items() if found}


def as_document(query: str, understood: Understood, groups: Groups) -> dict[str, object]:
    """The answer, in the shape of `SuggestionsShape`."""
    return {
        "query": query,
        "understood": {
            "filters": understood.filters,
            "q": understood.rest,
            "said": [said._asdict() for said in understood.said],
        },
        "groups": [
            {
                "kind": kind,
                "title": _TITLES[kind],
                "suggestions": [
                    {"text": s.text, "detail": s.detail, "filters": s.filters, "href": s.href, "count": s.count}
                    for s in found
                ],
            }
            for kind, found in groups.items()
        ],
    }


def _explorer(filters: Mapping[str, str]) -> str:
    return f"/?{urlencode(filters)}"


def _meant(asked: Asked, tail: Tail, before: Understood, kind: GroupKind) -> list[Suggestion]:
    """Names of the kind that the tail may become, with the filters of the words before."""
    chosen = [(meaning, rank) for meaning, rank in tail.meanings.items() if meaning.kind == kind]
    chosen = sorted(chosen, key=lambda pair: (pair[1], len(pair[0].name)))[:_MOST_COUNTED]
    found = []
    for meaning, rank in chosen:
        filters = _with(before, meaning)
        found.append(Suggestion(meaning.say_name(), meaning.say_detail(), filters, _explorer(filters), rank=rank))
    return found


def _with(before: Understood, meaning: Meaning) -> dict[str, str]:
    """The parameters of what stands before, and the meaning's."""
    values = [*before.filters.get(meaning.filter, "").split(","), *meaning.value.split(",")]
    joined = ",".join(dict.fromkeys(value for value in values if value))
    return before.as_query() | {meaning.filter: joined}


def _coordinates(asked: Asked, understood: Understood) -> list[Suggestion]:
    if asked.point is None:
        return []
    lon, lat, km = asked.point[:3]
    north, east = say_half("N" if lat >= 0 else "S"), say_half("E" if lon >= 0 else "W")
    text = f"{abs(lat):g}° {north}, {abs(lon):g}° {east}"
    filters = understood.as_query()
    return [Suggestion(text, _("Blocks within %(km)s km", km=f"{km:g}"), filters, _explorer(filters))]


def _documents(asked: Asked, limit: int) -> list[Suggestion]:
    """Documents whose numbers begin with a number of the text, or with its last words: MSTC/BLR/24."""
    keys = [token.key for token in asked.tokens] if asked.documents else []
    typed = [*keys, *(" ".join(keys[start:]) for start in range(len(keys) - 1))]
    found: dict[str, Suggestion] = {}
    for number in filter(has_long_number, typed):
        close = sorted(key for key in asked.documents if key.startswith(number))
        for key in close[:limit]:
            meaning, blocks = asked.documents[key].meaning, asked.documents[key].blocks
            filters = {meaning.filter: meaning.value}
            href = f"/blocks/{quote(blocks[0], safe='')}" if len(blocks) == 1 else _explorer(filters)
            rank = WHOLE if key == number else WHOLE + 1
            found.setdefault(
                key, Suggestion(asked.documents[key].title, meaning.say_detail(), filters, href, rank=rank)
            )
    return list(found.values())


def _find_blocks(asked: Asked, view: View, understood: Understood, limit: int) -> Sequence[BlockRow]:
    """Blocks that the filters and other words find, and those in which all the words stand; misspelled where none."""
    every, rest = [token.key for token in asked.tokens], searchable(understood.rest).split()
    if not every and asked.point is None:
        return []
    selected = asked.condition(understood.filters)
    last_begins = bool(rest) and rest[-1] == every[-1]
    rows: Sequence[BlockRow] = []
    for forgiving in (False, True) if _may_be_misspelled(rest) else (False,):
        spelled = has_words(view.c.search, rest, forgiving=forgiving, last_begins=last_begins)
        condition = and_(selected, spelled)
        if understood.filters and asked.point is None:
            condition = or_(condition, has_words(view.c.search, every, forgiving=False))
        rows = list_blocks(asked.session, view, condition, " ".join(every), limit)
        if rows:
            break
    return rows


def _may_be_misspelled(words: Sequence[str]) -> bool:
    """Whether a forgiving search may find more than a plain one."""
    return any(len(word) >= SHORTEST_FUZZY_WORD for word in words)


def _block(row: BlockRow, vocabulary: Vocabulary) -> Suggestion:
    minerals = ", ".join(
        find(vocabulary.minerals[slug].name) if slug in vocabulary.minerals else slug for slug in row.minerals
    )
    where_it_is = ", ".join(part for part in (row.district, find(row.state or "")) if part)
    detail = " · ".join(part for part in (minerals, where_it_is) if part)
    return Suggestion(row.name, detail, None, f"/blocks/{quote(row.id, safe='')}")


def _is_named(row: BlockRow, asked: Asked, understood: Understood) -> bool:
    """Whether the text says a name of the block itself: all its words but those that were understood."""
    key = " ".join(token.key for token in asked.tokens)
    every = [f" {name} " for name in map(str.strip, map(searchable, (row.name, row.id, *row.aliases)))]
    if any(key in (name.strip(), name.strip().removesuffix(" block")) for name in every):
        return True
    rest = searchable(understood.rest).split()
    return bool(rest) and any(all(f" {word}" in name for word in rest) for name in every)


def _companies(asked: Asked, understood: Understood, limit: int, *, is_open: bool) -> list[Suggestion]:
    """Companies named like all the words, else like those that are left; several spellings of a name as one.

    `is_open`: whether the words that are left are no block's name.
    """
    every, rest = [token.key for token in asked.tokens], searchable(understood.rest).split()
    if asked.point is not None or len("".join(every)) < names.SHORTEST_CORRECTED - 1:
        return []
    base: dict[str, str] = {}
    rows = _named_like(asked, every, limit * 4, forgiving=False)
    for forgiving in (False, True) if is_open else ():
        if not rows and (_may_be_misspelled(rest) if forgiving else rest):
            base = understood.filters if rest != every else {}
            rows = _named_like(asked, rest, limit * 4, forgiving=forgiving)
    found: dict[str, Suggestion] = {}
    for row in rows:
        core = core_of(row.name)
        if row.role != "operator":
            role = _("Preferred bidder") if row.role == "bidder" else _("Exploration agency")
            filters = base | {"q": core}
            new = Suggestion(row.name, role, filters, _explorer(filters))
        else:
            href = f"/processing-units/{quote(row.unit or '', safe='')}"
            plants = ngettext(
                "Operator of %(num)d processing unit", "Operator of %(num)d processing units", row.records
            )
            new = Suggestion(row.name, plants, None, href)
        known = found.get(core)
        if known is None:
            found[core] = new
        elif new.detail not in known.detail:
            better = known if known.filters is not None else new
            found[core] = replace(better, detail=f"{known.detail} · {new.detail}")
    return list(found.values())


def _named_like(asked: Asked, words: Sequence[str], limit: int, *, forgiving: bool) -> list[Company]:
    """Companies whose names are like the folded words, the likest first."""
    companies = get_companies(asked.session, asked.vocabulary)
    ranks = rank_names(asked.session, sorted({c.name for c in companies}), words, forgiving=forgiving)
    like = [company for company in companies if company.name in ranks]
    return sorted(like, key=lambda c: (-ranks[c.name], -c.records, c.name, c.role))[:limit]


def _counted(asked: Asked, view: View, groups: Groups, *, before: Understood | None) -> Groups:
    """The groups with counts, the best first.

    `before`: what stands before the names. Those that find nothing with it are dropped where others find something, and
    where words stand before them that may belong to a longer name.
    """
    each = [s.filters for found in groups.values() for s in found if s.filters is not None]
    counts = iter(count_each(asked.session, view, [asked.condition(filters) for filters in each]))
    counted: Groups = {}
    for kind, found in groups.items():
        known = [s if s.filters is None else replace(s, count=next(counts)) for s in found]
        if kind in ("minerals", "places", "tenders"):
            known.sort(key=lambda s: (s.rank, -(s.count or 0), s.text))
            fitting = [s for s in known if s.count or before is None]
            known = fitting or ([] if before and before.rest else known)
        counted[kind] = known
    return counted
