"""The rules that every record is checked by, each one question to PostGIS.

A rule is either the portal's own (a record that fails shows a fault of ours) or about what is published: there a record
that fails may be right, and the documents scarce or at odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, not_, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from app import models
from app.catalogue import COLLECTIONS
from app.languages import N_
from app.models import Block, ExplorationProject, GlobalAsset, Mineral, State, UnlocatedRecord, table_of
from app.queries.quality import expressions as sql

# So many failing records are read; a page shows the first fifty of them.
MOST_READ = 500

AREA_TOLERANCE = 0.01
OVERLAP_TOLERANCE = 0.01
STATE_TOLERANCE_KM = 1.0
POSITION_TOLERANCE_KM = 1.0


@dataclass(frozen=True)
class Rule:
    """What should hold of a record. `rows` has collection, id, name, fails of every record that the rule is for."""

    id: str
    holds: str
    failing: str  # what it means where it does not hold
    rows: Select[Any]
    is_ours: bool = False  # then a record that fails shows a fault of the portal
    query: str = ""  # the filter of blocks that finds just the failing ones, where there is one


class Finding(NamedTuple):
    """How a rule fared: `failing` holds at most MOST_READ of the records, by collection and id."""

    rule: Rule
    checked: int
    fails: int
    failing: Sequence[dict[str, str]]  # collection, id, name


def check(session: Session, rule: Rule) -> Finding:
    """Ask PostGIS one rule."""
    rows = rule.rows.cte("rows")
    failing = select(rows.c.collection, rows.c.id, rows.c.name).where(rows.c.fails)
    first = failing.order_by(rows.c.collection, rows.c.id).limit(MOST_READ).subquery("first")
    record = func.jsonb_build_object("collection", first.c.collection, "id", first.c.id, "name", first.c.name)
    listed = select(func.jsonb_agg(record)).scalar_subquery()
    counts = select(func.count(), func.count().filter(rows.c.fails), listed).select_from(rows)
    checked, fails, named = session.execute(counts).one()
    return Finding(rule, checked, fails, named or [])


def _rows(model: type[models.Base], checked: ColumnElement[bool], fails: ColumnElement[bool]) -> Select[Any]:
    """The records of a table that a rule is for; a question without an answer is no failure."""
    collection = next(c.id for c in COLLECTIONS.values() if c.model is model)
    table = table_of(model)
    answer = func.coalesce(fails, false()).label("fails")
    return select(literal(collection).label("collection"), table.c.id, table.c.name, answer).where(checked)


def together(*parts: Select[Any]) -> Select[Any]:
    return select(union_all(*parts).subquery("together"))


_ALL = [c.model for c in COLLECTIONS.values()]
_WITH_MINERALS = [model for model in _ALL if "minerals" in table_of(model).c]
_AREAS = [models.Block, models.State, models.District]
_PUBLISHED = Block.boundary_kind == "published"
_VOCABULARY = select(func.array_agg(Mineral.id)).scalar_subquery()
_OTHER = aliased(Block, name="other")


def _overlaps_another() -> ColumnElement[bool]:
    """True where two published boundaries share more than the tolerance of the smaller's area."""
    shared = func.ST_Area(func.ST_Intersection(Block.geom, _OTHER.geom))
    smaller = func.least(func.ST_Area(Block.geom), func.ST_Area(_OTHER.geom))
    return exists().where(
        _OTHER.id != Block.id,
        _OTHER.boundary_kind == "published",
        func.ST_Intersects(Block.geom, _OTHER.geom),
        shared > smaller * OVERLAP_TOLERANCE,
    )


def _is_in_its_state() -> ColumnElement[bool]:
    metres = STATE_TOLERANCE_KM * 1000.0
    near = func.ST_DWithin(func.geography(State.geom), func.geography(Block.geom), metres)
    return exists().where(State.code == Block.state_code, or_(func.ST_Intersects(State.geom, Block.geom), near))


def _has_namesake() -> ColumnElement[bool]:
    same_name = func.lower(_OTHER.name) == func.lower(Block.name)
    return exists().where(_OTHER.id != Block.id, _OTHER.state_code == Block.state_code, same_name)


def _is_well_formed(model: type[models.Base]) -> ColumnElement[bool]:
    """Rings closed and not crossing, outer ones counter-clockwise (RFC 7946), within the range of degrees."""
    geom = table_of(model).c.geom
    world = func.ST_MakeEnvelope(-180.0, -90.0, 180.0, 90.0, 4326)
    return and_(
        func.ST_IsValid(geom), not_(func.ST_IsEmpty(geom)), func.ST_IsPolygonCCW(geom), geom.bool_op("@")(world)
    )


def _lies_apart() -> ColumnElement[bool]:
    point = func.geography(func.ST_SetSRID(func.ST_MakePoint(Block.lon, Block.lat), 4326))
    return not_(func.ST_DWithin(point, func.geography(Block.geom), POSITION_TOLERANCE_KM * 1000.0))


def _is_unlocated_too(model: type[models.Base]) -> ColumnElement[bool]:
    collection = next(c.id for c in COLLECTIONS.values() if c.model is model)
    return exists().where(UnlocatedRecord.id == table_of(model).c.id, UnlocatedRecord.collection == collection)


def _names_unknown_block() -> ColumnElement[bool]:
    related = ExplorationProject.related_block_id
    return not_(or_(exists().where(Block.id == related), exists().where(UnlocatedRecord.id == related)))


OWN_RULES: tuple[Rule, ...] = (
    Rule(
        "status-follows",
        N_("The status of a block is what its events say, and nothing else."),
        N_("The status shown is not the one that follows from the history shown."),
        _rows(Block, true(), Block.status.is_distinct_from(sql.status_of_events(Block.events))),
        is_ours=True,
    ),
    Rule(
        "attempts-follow",
        N_("The number of offers of a block is the number of notices among its events."),
        N_("The count of offers shown is not the one that follows from the history shown."),
        _rows(Block, true(), func.coalesce(Block.attempts, 0) != sql.count_offers(Block.events)),
        is_ours=True,
    ),
    Rule(
        "outline-valid",
        N_("An outline is valid: its rings are closed and do not cross, outer ones run counter-clockwise."),
        N_("Programs may draw or measure this outline wrongly."),
        together(*(_rows(model, true(), not_(_is_well_formed(model))) for model in _AREAS)),
        is_ours=True,
    ),
    Rule(
        "computed-area",
        N_("An area is computed where the boundary is published, and nowhere else."),
        N_("A computed area is missing, or stands beside an indicative area, which has none."),
        _rows(Block, true(), Block.computed_area_ha.is_not(None) != _PUBLISHED),
        is_ours=True,
    ),
    Rule(
        "has-source",
        N_("A record names at least one source."),
        N_("Nobody can tell where the record is from."),
        together(*(_rows(m, true(), func.jsonb_array_length(table_of(m).c.sources) == 0) for m in _ALL)),
        is_ours=True,
    ),
    Rule(
        "mineral-known",
        N_("Every mineral named is in the vocabulary."),
        N_("A search for the mineral does not find the record."),
        together(*(_rows(m, true(), not_(table_of(m).c.minerals.bool_op("<@")(_VOCABULARY))) for m in _WITH_MINERALS)),
        is_ours=True,
    ),
    Rule(
        "located-or-not",
        N_("A record is on the map or in the list of what is not located, never in both."),
        N_("The record is counted twice."),
        together(*(_rows(m, true(), _is_unlocated_too(m)) for m in _ALL)),
        is_ours=True,
    ),
    Rule(
        "related-block",
        N_("The block that an exploration project names is held here, located or not."),
        N_("The project leads to a block that the portal does not know."),
        _rows(ExplorationProject, ExplorationProject.related_block_id.is_not(None), _names_unknown_block()),
        is_ours=True,
    ),
)

PUBLISHED_RULES: tuple[Rule, ...] = (
    Rule(
        "area-agrees",
        N_("The area within a published boundary is the declared one, give or take 1 %."),
        N_("Corner points and area of one tender do not agree; both are shown. Rounding, or a corner misprinted."),
        _rows(
            Block,
            and_(Block.computed_area_ha.is_not(None), Block.area_ha.is_not(None)),
            func.abs(Block.computed_area_ha - Block.area_ha) > Block.area_ha * AREA_TOLERANCE,
        ),
    ),
    Rule(
        "in-state",
        N_("A published boundary on land reaches its named state, or comes within 1 km of it."),
        N_(
            "State, corner points or the outline of the state may be off; the outlines themselves are off by up to "
            "2 km."
        ),
        _rows(Block, and_(_PUBLISHED, not_(Block.offshore)), not_(_is_in_its_state())),
    ),
    Rule(
        "no-overlap",
        N_("No two published boundaries share more than 1 % of the smaller one."),
        N_("May be right where ground was offered again under another name; else corner points are off."),
        _rows(Block, _PUBLISHED, _overlaps_another()),
    ),
    Rule(
        "position-in-boundary",
        N_("The position given for a block lies within its published boundary, or within 1 km of it."),
        N_("Position and corner points are from different documents, or one of them is misprinted."),
        _rows(Block, _PUBLISHED, _lies_apart()),
    ),
    Rule(
        "name-once",
        N_("No two blocks of a state have the same name."),
        N_("They may be two blocks, or one that stands here twice."),
        _rows(Block, true(), _has_namesake()),
    ),
    Rule(
        "datum-named",
        N_("The tender names the datum of its corner points."),
        N_("WGS 84 is assumed, and said so; another datum would move the outline by up to some hundred metres."),
        _rows(Block, _PUBLISHED, or_(Block.datum.is_(None), Block.datum.contains("assumed"))),
    ),
    Rule(
        "dates-in-order",
        N_("The dates of a block's events follow each other as the events do."),
        N_("The order of the events is kept as the sources tell it; a date may be that of a report."),
        _rows(Block, func.jsonb_array_length(Block.events) > 0, sql.goes_back_in_time(Block.events)),
    ),
    Rule(
        "event-sourced",
        N_("Every event of a block has its own source."),
        N_("The event stands in the block's sources, but no single one could be matched to it for certain."),
        _rows(Block, func.jsonb_array_length(Block.events) > 0, sql.has_unsourced_event(Block.events)),
    ),
    Rule(
        "lease-stage-known",
        N_("The exploration stage of a block offered for a mining lease is published (a lease needs G2)."),
        N_("The stage stands in the block summary, which was not found or not read; it is not derived from the lease."),
        _rows(Block, Block.concession == "ML", Block.stage.is_(None)),
        query="concession=ML&stage=unknown",
    ),
    Rule(
        "lease-stage-reached",
        N_("Where the stage of a block offered for a mining lease is published, it is G2 or G1."),
        N_("The stage found is lower than a lease needs; it may be older than the offer."),
        _rows(Block, and_(Block.concession == "ML", Block.stage.is_not(None)), Block.stage.in_(("G4", "G3"))),
        query="concession=ML&stage=G4,G3",
    ),
    Rule(
        "stage-agency",
        N_("Where a stage is published, so is the agency that explored."),
        N_("Nobody can ask the explorer."),
        _rows(Block, Block.stage.is_not(None), Block.agency.is_(None)),
    ),
    Rule(
        "resource-category",
        N_("A published tonnage has its category (UNFC)."),
        N_("The tonnage cannot be told from an estimate: inferred, indicated and measured are not the same."),
        _rows(Block, Block.resource_mt.is_not(None), Block.resource_category.is_(None)),
    ),
    Rule(
        "bidder-named",
        N_("Where a preferred bidder is declared, the bidder is named."),
        N_("The sources found tell that the auction had a winner, not who."),
        _rows(Block, Block.status.in_(sql.AWARDED), Block.preferred_bidder.is_(None)),
    ),
    Rule(
        "bidder-declared",
        N_("A named bidder comes with the event that declared it."),
        N_("The bidder is named in a document that gives no date of the declaration."),
        _rows(Block, Block.preferred_bidder.is_not(None), not_(sql.has_event(Block.events, "preferred_bidder"))),
    ),
    Rule(
        "premium-of-bidder",
        N_("A premium has its bidder."),
        N_("The percentage is published without the name."),
        _rows(Block, Block.premium_percent.is_not(None), Block.preferred_bidder.is_(None)),
    ),
    Rule(
        "has-document",
        N_("At least one source of a record has an address at which it can be read."),
        N_("The record rests on general knowledge or on a paper without an address."),
        together(*(_rows(m, true(), not_(sql.has_address(table_of(m).c.sources))) for m in _ALL if m is not State)),
    ),
    Rule(
        "asset-verified",
        N_("The status of a mine or plant abroad has a date."),
        N_("The status is not verified."),
        _rows(GlobalAsset, true(), GlobalAsset.as_of.is_(None)),
    ),
)

RULES: tuple[Rule, ...] = (*OWN_RULES, *PUBLISHED_RULES)
