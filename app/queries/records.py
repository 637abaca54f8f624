"""Records for pages: rows of tables, one record with all that belongs to it, figures of a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from app.catalogue import View
from app.models import DataFile, Figure, Mineral, table_of
from app.queries.columns import Places
from app.queries.items import check_exists
from app.queries.keyset import beyond, key_text, order_of
from app.values import Page

Row = Mapping[str, Any]


class StateFigures(NamedTuple):
    """What a state's page counts."""

    blocks: int
    critical_blocks: int
    on_offer: int
    area_on_offer_ha: float | None
    on_offer_without_area: int
    processing_units: int
    by_class: Sequence[Row]  # asset_class, status, blocks
    by_stage: Sequence[Row]  # stage, blocks


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
    return cast("Sequence[Row]", session.execute(statement).mappings().all())


def list_rows(session: Session, view: View, where: ColumnElement[bool], page: Page) -> Sequence[Row]:
    """Rows of a table on a page: the collection's properties, without geometry."""
    columns = [view.c[name] for name in view.collection.properties]
    statement = select(*columns).where(where).order_by(*order_of(view.c, page.sort))
    return _rows(session, statement.limit(page.limit).offset(page.offset))


class RowPage(NamedTuple):
    """Rows of a table on a page; the place of the first one among all, from 1; keys where a page is before or after."""

    rows: Sequence[Row]
    first: int
    first_key: str | None
    last_key: str | None


def list_page(session: Session, view: View, where: ColumnElement[bool], page: Page, matched: int) -> RowPage:
    """A page of a table by key. `matched`: how many rows there are in all."""
    # One more than the page holds tells whether there is another one.
    statement = (
        _keyed_rows(view, page)
        .where(where, beyond(view, page))
        .order_by(*order_of(view.c, page.sort, backwards=page.backwards))
        .limit(page.limit + 1)
        .offset(page.offset)
    )
    rows = _rows(session, statement)
    rest = matched
    if page.key is not None:
        rest = session.scalar(select(func.count()).select_from(view.rows).where(where, beyond(view, page))) or 0
    return _as_page(rows, page, matched, rest)


def list_page_of(session: Session, view: View, places: Places, page: Page, matched: int) -> RowPage:
    """The same where it is known already which records the page has, and one more."""
    rows = {row["id"]: row for row in _rows(session, _keyed_rows(view, page).where(view.c.id.in_(places.ids)))}
    return _as_page([rows[record_id] for record_id in places.ids], page, matched, places.beyond)


def _keyed_rows(view: View, page: Page) -> Select[*tuple[Any, ...]]:
    return select(*(view.c[name] for name in view.collection.properties), key_text(view, page.sort).label("key"))


def _as_page(found: Sequence[Row], page: Page, matched: int, rest: int) -> RowPage:
    """The rows as they were looked for, one more than the page holds where there is another. `rest`: how many lie
    beyond the page's key."""
    more = len(found) > page.limit
    rows = list(found[: page.limit])
    first = page.offset + 1
    if page.key is not None:
        first = rest - len(rows) + 1 if page.backwards else matched - rest + 1
    if page.backwards:
        rows.reverse()
    last = first + len(rows) - 1
    return RowPage(
        rows,
        first,
        rows[0]["key"] if rows and (first > 1 if not page.backwards else more) else None,
        rows[-1]["key"] if rows and last < matched else None,
    )


def get_record(session: Session, view: View, record_id: str) -> Row:
    """Every column of a record but its geometry.

    Raises: NotFound, with the ids spelled most like it.
    """
    columns = [c for c in view.rows.columns if c.name not in ("geom", "search")]
    check_exists(session, view, record_id)
    return cast("Row", session.execute(select(*columns).where(view.c.id == record_id)).mappings().one())


def get_state_figures(session: Session, blocks: View, units: View, state_code: str) -> StateFigures:
    """Counts and areas of a state's blocks, and how many processing units it has."""
    here = blocks.c.state_code == state_code
    on_offer = blocks.c.status == "offered"
    known, critical, offered, area_ha, without_area = session.execute(
        select(
            func.count(),
            func.count().filter(blocks.c.critical),
            func.count().filter(on_offer),
            func.sum(blocks.c.area_ha).filter(on_offer),
            func.count().filter(and_(on_offer, blocks.c.area_ha.is_(None))),
        )
        .select_from(blocks.rows)
        .where(here)
    ).one()
    plants = session.scalar(select(func.count()).select_from(units.rows).where(units.c.state_code == state_code)) or 0
    by_class = select(blocks.c.asset_class, blocks.c.status, func.count().label("blocks")).where(here)
    by_class = by_class.group_by(blocks.c.asset_class, blocks.c.status).order_by(blocks.c.asset_class, blocks.c.status)
    by_stage = select(blocks.c.stage, func.count().label("blocks")).where(here)
    by_stage = by_stage.group_by(blocks.c.stage).order_by(blocks.c.stage.desc().nulls_last())
    classes, stages = _rows(session, by_class), _rows(session, by_stage)
    return StateFigures(known, critical, offered, area_ha, without_area, plants, classes, stages)


def list_unlocated(session: Session, rows: FromClause, state_code: str) -> Sequence[Row]:
    """Records of a state whose place is not published, of whichever collection, blocks first."""
    order = (rows.c.collection != "blocks", rows.c.collection, rows.c.name)
    return _rows(session, select(rows).where(rows.c.state_code == state_code).order_by(*order))


def list_publishers(session: Session, blocks: View, state_code: str) -> Sequence[Row]:
    """Who published what is known of a state's blocks, most often named first."""
    source = func.jsonb_array_elements(blocks.c.sources).table_valued("value", name="source")
    publisher = source.c.value.op("->>")("publisher")
    statement = (
        select(publisher.label("publisher"), func.count(blocks.c.id.distinct()).label("blocks"))
        .select_from(blocks.rows)
        .join(source, true())
        .where(blocks.c.state_code == state_code, publisher.is_not(None))
        .group_by(publisher)
        .order_by(func.count(blocks.c.id.distinct()).desc(), publisher)
        .limit(12)
    )
    return _rows(session, statement)


def get_as_of(session: Session) -> str | None:
    """The day up to which the data were researched, as the file of blocks has it."""
    return session.scalar(select(DataFile.as_of).where(DataFile.name == "blocks.geojson"))


def list_minerals_in_use(session: Session, blocks: View, condition: ColumnElement[bool]) -> Sequence[Row]:
    """The minerals that find blocks, critical ones first, with how many each finds among those that meet `condition`:
    itself and what is narrower.
    """
    named = (
        select(blocks.c.id.label("block_id"), func.unnest(blocks.c.minerals).label("slug")).where(condition).subquery()
    )
    used = select(func.unnest(blocks.c.minerals).label("slug")).distinct().subquery()
    found = aliased(Mineral)
    statement = (
        select(Mineral.id, Mineral.name, Mineral.critical, func.count(named.c.block_id.distinct()).label("blocks"))
        .join(found, or_(found.id == Mineral.id, found.broader == Mineral.id))
        .join(used, used.c.slug == found.id)
        .outerjoin(named, named.c.slug == found.id)
        .group_by(Mineral.id)
        .order_by(Mineral.critical.desc(), Mineral.name)
    )
    return _rows(session, statement)


def list_states_in_use(session: Session, blocks: View, condition: ColumnElement[bool]) -> Sequence[Row]:
    """States that have blocks, with how many meet `condition`."""
    statement = select(blocks.c.state, blocks.c.state_code, func.count().filter(condition).label("blocks")).group_by(
        blocks.c.state, blocks.c.state_code
    )
    return _rows(session, statement.order_by(blocks.c.state))


def list_data_files(session: Session) -> Sequence[Row]:
    """The data files as loaded, with what they say of themselves."""
    table = table_of(DataFile)
    return _rows(session, select(table).where(table.c.title.is_not(None)).order_by(table.c.name))


def list_researched(session: Session) -> dict[str, str | None]:
    """Collection → the day up to which its data file was researched."""
    return {row["name"].removesuffix(".geojson"): row["as_of"] for row in list_data_files(session)}


# Figures that sources give differently, in the order in which they are to be read: (topic, key).
CONTESTED_FIGURES = (
    ("mission", "outlay"),
    ("mission", "psu_investment_expected"),
    ("mission", "total_with_psu"),
    ("mission", "outlay_said_at_summit"),
    ("trade", "import_dependence_said_at_summit"),
    ("coal_mine_closure", "identified_for_closure_by_2028"),
    ("coal_mine_closure", "mines_identified_for_closure"),
    ("exploration", "activities_initiated_nationwide"),
    ("targets_2030_31", "exploration_projects"),
    ("targets_2030_31", "centres_of_excellence_target"),
)


def list_contested_figures(session: Session) -> Sequence[Row]:
    """The mission's figures that other sources give differently, each with its own source; none is chosen."""
    table = table_of(Figure)
    wanted = tuple_(table.c.topic, table.c.key).in_(CONTESTED_FIGURES)
    found = _rows(session, select(table).where(table.c.dataset == "mission-facts", wanted))
    return sorted(found, key=lambda row: CONTESTED_FIGURES.index((row["topic"], row["key"])))
