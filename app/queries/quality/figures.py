"""What is known of how many records, how fresh it is, on what sources disagree, what lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, Text, and_, func, literal, null, or_, select, true, union_all
from sqlalchemy import cast as cast_sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS
from app.languages import N_
from app.models import Block, DataFile, Figure, InventoryRow, Mineral, UnlocatedRecord, table_of
from app.queries.quality import expressions as sql

Row = Mapping[str, Any]

# Everything that names sources, with the words for what is no collection.
_SOURCED = {
    **{c.id: (c.title, table_of(c.model)) for c in COLLECTIONS.values()},
    "unlocated": (N_("Known but not located"), table_of(UnlocatedRecord)),
    "figures": (N_("Figures of the mission, exploration and coal"), table_of(Figure)),
    "inventory": (N_("National Mineral Inventory"), table_of(InventoryRow)),
    "minerals": (N_("Minerals"), table_of(Mineral)),
}
# A point known no better than this is a label; the words are the contract's.
_LABELS = ("district", "state", "region")


class Share(NamedTuple):
    """Of how many blocks something is known; (known, of) for all, the central and the state auctions."""

    words: str
    every: tuple[int, int]
    central: tuple[int, int]
    state: tuple[int, int]
    lacking: str  # the filter that finds those of which it is not, where there is one


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
    return cast("Sequence[Row]", session.execute(statement).mappings().all())


_KNOWN: tuple[tuple[str, ColumnElement[bool], ColumnElement[bool], str], ...] = (
    (N_("Published boundary"), true(), Block.boundary_kind == "published", ""),
    (N_("District"), true(), Block.district.is_not(None), "district=unknown"),
    (N_("Declared area"), true(), Block.area_ha.is_not(None), ""),
    (N_("Exploration stage"), true(), Block.stage.is_not(None), "stage=unknown"),
    (N_("Exploring agency"), true(), Block.agency.is_not(None), ""),
    (N_("Resource in tonnes"), true(), Block.resource_mt.is_not(None), ""),
    (N_("Grade"), true(), Block.grade.is_not(None), ""),
    (
        N_("Name of the bidder, where one is declared"),
        Block.status.in_(sql.AWARDED),
        Block.preferred_bidder.is_not(None),
        "",
    ),
    (N_("Premium, where a bidder is declared"), Block.status.in_(sql.AWARDED), Block.premium_percent.is_not(None), ""),
)


def list_shares(session: Session) -> list[Share]:
    """Of how many blocks the facts that bidders ask for are published."""
    counts = []
    for _, asked, known, _ in _KNOWN:
        counts += [func.count().filter(asked), func.count().filter(and_(asked, known))]
    rows = session.execute(select(Block.asset_class, *counts).group_by(Block.asset_class)).all()
    by_class = {row[0]: list(row[1:]) for row in rows}
    none = [0] * len(counts)
    every = [sum(column) for column in zip(none, *by_class.values(), strict=True)]
    central, state = by_class.get("central_auction_block", none), by_class.get("state_auction_block", none)
    return [
        Share(words, _pair(every, i), _pair(central, i), _pair(state, i), lacking)
        for i, (words, _, _, lacking) in enumerate(_KNOWN)
    ]


def _pair(counts: Sequence[int], i: int) -> tuple[int, int]:
    """(known, asked) of the fact number `i`: the counts are asked, known, asked, known …"""
    return counts[2 * i + 1], counts[2 * i]


def list_publishers(session: Session) -> Sequence[Row]:
    """Every publisher named: newest date named, records resting on it, how many name it without a date.

    A date such as 2021/2022 is taken only where the publisher has none of the usual form.
    """
    parts = []
    for name, (_, table) in _SOURCED.items():
        source = sql.elements(table.c.sources, "source")
        publisher, day = sql.text_of(source, "publisher"), sql.text_of(source, "date")
        record = literal(f"{name}/").concat(table.c.id)
        parts.append(select(publisher.label("publisher"), day.label("day"), record.label("record")).select_from(table))
        parts[-1] = parts[-1].join(source, true())
    named = union_all(*parts).subquery("named")
    usual = named.c.day.regexp_match(sql.DATE_PATTERN)
    odd = named.c.day.not_in(("undated", "unknown"))
    records = func.count(named.c.record.distinct())
    newest = func.coalesce(func.max(named.c.day).filter(usual), func.max(named.c.day).filter(odd))
    dated = func.count(named.c.record.distinct()).filter(named.c.day.is_not(None), or_(usual, odd))
    statement = select(
        named.c.publisher, newest.label("newest"), records.label("records"), (records - dated).label("undated")
    )
    return _rows(session, statement.group_by(named.c.publisher).order_by(records.desc(), named.c.publisher))


def list_files(session: Session) -> Sequence[Row]:
    """The data files with the day up to which each was researched."""
    table = table_of(DataFile)
    # A row of a name without a dot stands for no one file.
    return _rows(session, select(table).where(table.c.name.contains(".")).order_by(table.c.name))


def list_confidences(session: Session) -> list[Row]:
    """How many records of each kind are held with which confidence, rest on no document, or are only labels.

    `label_words` are the position accuracies of those labels.
    """
    parts = []
    for name, (title, table) in _SOURCED.items():
        by_word = [func.count().filter(table.c.confidence == word).label(word) for word in ("high", "medium", "low")]
        general = (sql.names_publisher, sql.rests_on)
        known = [func.count().filter(e(table.c.sources, sql.GENERAL_KNOWLEDGE)) for e in general]
        accuracy = table.c.get("position_accuracy", null())
        is_label = accuracy.in_(_LABELS)
        columns = (
            func.count().label("records"),
            *by_word,
            known[0].label("general"),
            known[1].label("only_general"),
            func.count().filter(is_label).label("labels"),
            func.array_agg(cast_sql(accuracy, Text).distinct()).filter(is_label).label("label_words"),
            literal("position_accuracy" in table.c).label("has_position"),
        )
        parts.append(select(literal(name).label("id"), literal(title).label("title"), *columns).select_from(table))
    return [row for row in _rows(session, select(union_all(*parts).subquery("counted"))) if row["records"]]


def list_contradictions(session: Session) -> Sequence[Row]:
    """Every block on which sources disagree, located or not: id, name, state, contradictions."""
    lost = table_of(UnlocatedRecord)
    theirs = lost.c.details["contradictions"]
    located = select(
        Block.id, Block.name, Block.state, Block.contradictions.label("contradictions"), true().label("located")
    ).where(func.jsonb_array_length(Block.contradictions) > 0)
    unlocated = select(lost.c.id, lost.c.name, lost.c.state, theirs, literal(False)).where(
        func.jsonb_typeof(theirs) == "array", theirs != cast_sql([], JSONB)
    )
    both = union_all(located, unlocated).subquery("both")
    return _rows(session, select(both).order_by(both.c.located.desc(), both.c.name, both.c.id))


def list_unlocated(session: Session) -> Sequence[Row]:
    """Every record whose place is not published, by collection and state."""
    table = table_of(UnlocatedRecord)
    order = (table.c.collection, table.c.state.nulls_last(), table.c.country, table.c.name, table.c.id)
    return _rows(session, select(table).order_by(*order))


def list_unsourced_events(session: Session) -> Sequence[Row]:
    """Events that no single source could be matched to: block, kind, date, tranche."""
    event = sql.elements(Block.events, "event")
    members = [sql.text_of(event, name).label(name) for name in ("kind", "date", "tranche")]
    statement = select(Block.id, Block.name, *members).join(event, true())
    return _rows(session, statement.where(sql.text_of(event, "source").is_(None)).order_by(Block.name, event.c.place))


class Holes(NamedTuple):
    """What is not known, counted; each is a sentence of the page."""

    central: int
    central_without_stage: int
    central_without_tonnage: int
    awarded: int
    letters_of_intent: int  # blocks, located, with such an event
    unlocated_letters: int
    licence_blocks: int
    licence_blocks_without_area: int
    offshore_groups: int
    districts: int


def get_holes(session: Session) -> Holes:
    central = Block.asset_class == "central_auction_block"
    licence = Block.asset_class == "exploration_licence_block"
    awarded = Block.status.in_(sql.AWARDED)
    count = func.count
    lost = table_of(UnlocatedRecord)
    letters = count().filter(lost.c.status == "letter_of_intent")
    row = session.execute(
        select(
            count().filter(central),
            count().filter(central, Block.stage.is_(None)),
            count().filter(central, Block.resource_mt.is_(None)),
            count().filter(awarded),
            count().filter(sql.has_event(Block.events, "letter_of_intent")),
            select(letters).scalar_subquery(),
            count().filter(licence),
            count().filter(licence, Block.area_ha.is_(None)),
            count().filter(Block.asset_class == "offshore_block_group"),
            select(count()).select_from(table_of(COLLECTIONS["districts"].model)).scalar_subquery(),
        )
    ).one()
    return Holes(*row)


def list_tranches(session: Session) -> Sequence[Row]:
    """Central tranches by the latest offer of their blocks: tranche, blocks, open, awarded, premiums."""
    awarded = Block.status.in_(sql.AWARDED)
    count = func.count
    statement = (
        select(
            Block.latest_tranche.label("tranche"),
            count().label("blocks"),
            count().filter(Block.status == "offered").label("open"),
            count().filter(awarded).label("awarded"),
            count().filter(awarded, Block.premium_percent.is_not(None)).label("premiums"),
        )
        .where(Block.asset_class == "central_auction_block", Block.latest_tranche.is_not(None))
        .group_by(Block.latest_tranche)
    )
    return _rows(session, statement)
