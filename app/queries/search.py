"""What the search box asks of the tables: names in use, words that stand somewhere, blocks, companies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Select

from app.catalogue import COLLECTIONS, View
from app.filters import may_be_misspelled
from app.models import Block, ProcessingUnit, table_of
from app.queries.frequency import unindexed
from app.queries.values_in_use import ROLES, read_values

_BLOCKS = COLLECTIONS["blocks"]
_BLOCK, _UNIT = table_of(Block), table_of(ProcessingUnit)
# Names are read for every text that is understood: what is not worth holding is left to the words of the search.
_MOST_NAMES = 20_000
# Of a search that very many blocks answer, only so many are ranked.
_MOST_RANKED = 1_000
_FIRST_ROWS = 2_000
_LONGEST_EXACT_WORD = 2
LEAST_LIKENESS, LEAST_FORGIVING_LIKENESS = 0.55, 0.45


class Names(NamedTuple):
    """Names that blocks and plants use."""

    districts: tuple[tuple[str, str], ...]  # name, state
    companies: tuple[str, ...]


class BlockRow(NamedTuple):
    id: str
    name: str
    state: str | None
    district: str | None
    minerals: list[str]
    aliases: list[str]


class Company(NamedTuple):
    name: str
    role: str  # bidder, agency, operator
    records: int
    unit: str | None  # a plant of it


def list_names(session: Session) -> Names:
    """Districts and companies in use, at most so many as are worth holding."""
    known = read_values(session, _BLOCKS)
    if known is not None:
        districts = [(name, state) for name, state in known.districts]
    else:
        pairs = select(_BLOCK.c.district, _BLOCK.c.state).where(_BLOCK.c.district.is_not(None)).distinct()
        districts = sorted((name, state) for name, state in session.execute(pairs))
    companies = sorted({company.name for company in list_companies(session)})
    return Names(tuple(districts[:_MOST_NAMES]), tuple(companies[:_MOST_NAMES]))


def list_standing(session: Session, words: Sequence[str]) -> set[str]:
    """Those of the folded words that stand, as they are, in a block or a plant."""
    if not words:
        return set()
    found = session.execute(select(*(or_(*_stands(word)) for word in words))).one()
    return {word for word, stands in zip(words, found, strict=True) if stands}


def _stands(word: str) -> Iterator[ColumnElement[bool]]:
    """Where the word may stand, the quickest look first.

    A frequent word stands in the first rows. A rare one is found by the trigram index, which the planner takes only if
    it is not told that one row is enough.
    """
    pattern = bindparam(None, f"% {word} %", type_=Text)  # letters, digits and marks hold no wildcard
    first = select(_BLOCK.c.search).limit(_FIRST_ROWS).subquery()
    yield select(first.c.search).where(first.c.search.like(pattern)).exists()
    yield select(_UNIT.c.id).where(_UNIT.c.search.like(pattern)).exists()
    every = select(_BLOCK.c.id).where(_BLOCK.c.search.like(pattern)).cte().prefix_with("MATERIALIZED")
    yield select(every.c.id).exists()


def has_words(
    search: ColumnElement[str],
    words: Sequence[str],
    *,
    forgiving: bool,
    last_begins: bool = False,
    frequent: Collection[str] = (),
) -> ColumnElement[bool]:
    """True where the text has every word, or one that begins with it; by the trigram index.

    `forgiving`: also one that is spelled much like it, which takes longer. `last_begins`: the last one may still be
    typed, however short. `frequent`: words that so many texts have that the index is of no use to find them.
    """
    parts = []
    for place, word in enumerate(words):
        is_typed = last_begins and place == len(words) - 1
        text = unindexed(search) if word in frequent else search
        parts.append(_has_word(text, word, forgiving=forgiving and word not in frequent, is_typed=is_typed))
    return and_(true(), *parts)


def _has_word(text: ColumnElement[str], word: str, *, forgiving: bool, is_typed: bool) -> ColumnElement[bool]:
    """Source: PostgreSQL's pg_trgm, `<<%`."""
    whole = len(word) <= _LONGEST_EXACT_WORD and not is_typed
    begins = text.contains(f" {word} " if whole else f" {word}", autoescape=True)
    if not forgiving or not may_be_misspelled(word):
        return begins
    return or_(begins, literal(word, Text).op("<<%", is_comparison=True)(text))


def list_blocks(
    session: Session, view: View, condition: ColumnElement[bool], text: str, limit: int
) -> Sequence[BlockRow]:
    """Blocks where `condition` is true, those first whose names are most like the folded `text`."""
    c = view.c
    some = (
        select(c.id, c.name, c.state, c.district, c.minerals, c.aliases, c.search)
        .where(condition)
        .limit(_MOST_RANKED)
        .subquery("some")
    )
    likeness = func.word_similarity(bindparam("text", text, type_=Text), some.c.search)
    rows = session.execute(
        select(some.c.id, some.c.name, some.c.state, some.c.district, some.c.minerals, some.c.aliases)
        .order_by(likeness.desc(), func.length(some.c.name), some.c.name, some.c.id)
        .limit(limit)
    )
    return [BlockRow(*row) for row in rows]


def first_rows(view: View) -> View:
    """Some of its rows, whichever lie first."""
    return View(view.collection, select(view.rows).limit(_FIRST_ROWS).subquery("first"))


def list_some_ids(session: Session, view: View, condition: ColumnElement[bool], most: int) -> list[str]:
    """Ids of at most so many blocks where `condition` is true, whichever are found soonest.

    They are taken from all that there are, one by one, so that the planner uses an index rather than hope to come by
    enough of them soon.
    """
    every = select(view.c.id).where(condition).cte("every").prefix_with("MATERIALIZED")
    return list(session.scalars(select(every.c.id).limit(most)))


def list_companies(session: Session) -> Sequence[Company]:
    """Every bidder, agency and operator with how many records bear the name."""
    operators = _with_records(_UNIT.c.operator, "operator", func.min(_UNIT.c.id))
    known = read_values(session, _BLOCKS)
    if known is not None:
        return [*(Company(*company, None) for company in known.companies), *_companies(session, operators)]
    each = (_with_records(_BLOCK.c[column], role, cast(None, Text)) for column, role in ROLES.items())
    return _companies(session, union_all(*each, operators))


def _companies(session: Session, statement: Executable) -> list[Company]:
    return [Company(*row) for row in session.execute(statement)]


def _with_records(name: ColumnElement[str], role: str, unit: ColumnElement[Any]) -> Select[str, str, int, Any]:
    columns = name.label("name"), literal(role, Text).label("role"), func.count().label("records"), unit.label("unit")
    return select(*columns).where(name.is_not(None)).group_by(name)


def rank_names(session: Session, names: Sequence[str], texts: Sequence[str]) -> list[dict[str, float]]:
    """For each of the folded texts, those of the names that are at all like it, with how like they are, up to 1.

    Source: PostgreSQL's pg_trgm, word_similarity.
    """
    name = func.unnest(cast(list(names), ARRAY(Text))).column_valued("name")
    likenesses = [func.word_similarity(literal(text, Text), func.lower(name)) for text in texts]
    rows = session.execute(select(name, *likenesses).where(func.greatest(*likenesses) >= LEAST_FORGIVING_LIKENESS))
    found: list[dict[str, float]] = [{} for _ in texts]
    for row in rows:
        for ranks, likeness in zip(found, row[1:], strict=True):
            if likeness >= LEAST_FORGIVING_LIKENESS:
                ranks[row[0]] = likeness
    return found


def count_each(session: Session, view: View, conditions: Sequence[ColumnElement[bool]]) -> list[int]:
    """How many rows each condition is true for, asked at once."""
    if not conditions:
        return []
    counts = (select(func.count()).select_from(view.rows).where(c).scalar_subquery() for c in conditions)
    return list(session.execute(select(*counts)).one())
