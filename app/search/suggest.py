"""Suggestions while a reader types: the last words concern them, the words before are kept as filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from app.catalogue import COLLECTIONS, View, view_of
from app.filters import may_be_misspelled
from app.languages import N_, Words, find, ngettext
from app.languages import gettext as _
from app.params.selection import parse_words
from app.queries.search import (
    LEAST_FORGIVING_LIKENESS,
    LEAST_LIKENESS,
    BlockRow,
    Company,
    rank_names,
)
from app.queries.vocabulary import Vocabulary
from app.search import names
from app.search.asked import Asked
from app.search.counting import Found, count_selections
from app.search.documents import has_long_number
from app.search.finding import find_blocks
from app.search.lexicon import Meaning, core_of, get_companies
from app.search.shapes import GroupKind
from app.search.tails import WHOLE, Tail, complete
from app.search.understand import Understood
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
_BY_COUNT: tuple[GroupKind, ...] = ("minerals", "places", "tenders")


@dataclass(frozen=True)
class Suggestion:
    """One line under the search box. `filters`: parameters for blocks, None where `href` leads to one record."""

    text: str
    detail: str
    filters: dict[str, str] | None
    href: str
    count: int | None = None
    rank: int = 0
    named: int = 0  # so many blocks at least have its words, as they name the company


Groups = dict[GroupKind, list[Suggestion]]


def suggest(asked: Asked, understood: Understood, limit: int) -> Groups:
    """Groups of at most `limit` suggestions, the likeliest group first.

    Raises: BadParameter where more words are left than a search takes.
    """
    if understood.rest:
        parse_words(understood.rest)
    tail = complete(asked.tokens, asked.lexicon)
    before = asked.understood(tail.start) if tail.meanings else understood
    view = view_of(_BLOCKS)
    rows = find_blocks(asked, view, understood, limit)
    is_named = bool(rows) and _is_named(rows[0], asked, before if tail.is_sure else understood)
    groups: Groups = {
        "coordinates": _coordinates(asked, understood),
        "minerals": _meant(asked, tail, before, "minerals"),
        "places": _meant(asked, tail, before, "places"),
        "tenders": [*_documents(asked, limit), *_meant(asked, tail, before, "tenders")],
        "companies": _companies(asked, understood, limit, is_open=not is_named),
        "blocks": [_block(row, asked.vocabulary) for row in rows],
    }
    counted = _counted(asked, view, groups, limit, before=before if tail.start else None)
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
            meaning, block = asked.documents[key].meaning, asked.documents[key].block
            filters = {meaning.filter: meaning.value}
            href = f"/blocks/{quote(block, safe='')}" if block else _explorer(filters)
            rank = WHOLE if key == number else WHOLE + 1
            found.setdefault(
                key, Suggestion(asked.documents[key].title, meaning.say_detail(), filters, href, rank=rank)
            )
    return list(found.values())


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
    every, rest = " ".join(token.key for token in asked.tokens), " ".join(searchable(understood.rest).split())
    if asked.point is not None or len(every.replace(" ", "")) < names.SHORTEST_CORRECTED - 1:
        return []
    companies = get_companies(asked.session, asked.vocabulary)
    texts = [every, rest] if is_open and rest and rest != every else [every]
    ranks = rank_names(asked.session, sorted({company.name for company in companies}), texts)
    base: dict[str, str] = {}
    rows = _named_like(companies, ranks[0], LEAST_LIKENESS)
    if is_open and not rows:
        base = understood.filters if rest != every else {}
        rows = _named_like(companies, ranks[-1], LEAST_LIKENESS) if rest else []
        if not rows and any(map(may_be_misspelled, rest.split())):
            rows = _named_like(companies, ranks[-1], LEAST_FORGIVING_LIKENESS)
    return _as_suggestions(rows[: limit * 4], base)


def _named_like(companies: Sequence[Company], ranks: Mapping[str, float], least: float) -> list[Company]:
    """Companies whose names are at least so like a text, the likest first."""
    like = [company for company in companies if ranks.get(company.name, 0.0) >= least]
    return sorted(like, key=lambda c: (-ranks[c.name], -c.records, c.name, c.role))


def _as_suggestions(rows: Sequence[Company], base: dict[str, str]) -> list[Suggestion]:
    """With the filters of what else was understood."""
    found: dict[str, Suggestion] = {}
    for row in rows:
        core = core_of(row.name)
        if row.role != "operator":
            role = _("Preferred bidder") if row.role == "bidder" else _("Exploration agency")
            filters = base | {"q": core}
            new = Suggestion(row.name, role, filters, _explorer(filters), named=row.records)
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


def _counted(asked: Asked, view: View, groups: Groups, limit: int, *, before: Understood | None) -> Groups:
    """The groups with counts, the best first.

    `before`: what stands before the names. Those that find nothing with it are dropped where others find something, and
    where words stand before them that may belong to a longer name.
    """
    # Of those that stay in their order only so many are shown.
    groups = {kind: found if kind in _BY_COUNT else found[:limit] for kind, found in groups.items()}
    each = [(asked.selection(s.filters), s.named) for found in groups.values() for s in found if s.filters is not None]
    selections, named = [selection for selection, _ in each], [number for _, number in each]
    words = None if asked.columns is None else asked.known
    counts = iter(count_selections(asked.session, view, asked.columns, selections, named, words, asked.question))
    counted: Groups = {}
    for kind, found in groups.items():
        known = [(s, Found(None, 0) if s.filters is None else next(counts)) for s in found]
        if kind in _BY_COUNT:
            known.sort(key=lambda pair: (pair[0].rank, -pair[1].weight, pair[0].text))
            fitting = [pair for pair in known if pair[1].weight or before is None]
            known = fitting or ([] if before and before.rest else known)
        counted[kind] = [replace(s, count=found.number) for s, found in known]
    return counted
