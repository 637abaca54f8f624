"""Counts behind the charts of /insights: each is what a filter of the portal finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from app.catalogue import View
from app.models import Figure, InventoryRow, Mineral, table_of
from app.queries.offers import known_offer, offers_of
from app.values import Moment

Row = Mapping[str, Any]


class AreaOnOffer(NamedTuple):
    """Blocks whose last known event is an offer, and what is declared of their area."""

    blocks: int
    area_ha: float | None
    without_area: int


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
    return cast("Sequence[Row]", session.execute(statement).mappings().all())


def count_by(session: Session, view: View, *names: str) -> Sequence[Row]:
    """Blocks by the values of one or more properties, most first; null is a value of its own."""
    columns = [view.c[name] for name in names]
    count = func.count().label("blocks")
    statement = select(*columns, count).select_from(view.rows).group_by(*columns)
    return _rows(session, statement.order_by(count.desc(), *columns))


def list_premiums(session: Session, view: View) -> Sequence[Row]:
    """Blocks with a published premium, once for each of their minerals and what is broader, by mineral and premium."""
    named = select(view.c.id, view.c.name, view.c.premium_percent, func.unnest(view.c.minerals).label("slug"))
    block = named.where(view.c.premium_percent.is_not(None)).subquery("block")
    found = aliased(Mineral)
    kept = (block.c.id, block.c.name, block.c.premium_percent)
    statement = (
        select(Mineral.id.label("mineral"), Mineral.name.label("mineral_name"), Mineral.critical, *kept)
        .join(found, or_(found.id == Mineral.id, found.broader == Mineral.id))
        .join(block, block.c.slug == found.id)
        .group_by(Mineral.id, *kept)
        .order_by(Mineral.name, block.c.premium_percent, block.c.id)
    )
    return _rows(session, statement)


def count_offers_by_tranche(session: Session, view: View, moment: Moment) -> Sequence[Row]:
    """Offers by tranche (null: none is named) and result (null: none was found)."""
    offer = offers_of(view)
    statement = (
        select(offer.c.tranche, offer.c.result, func.count().label("offers"))
        .select_from(view.rows.join(offer, true()))
        .where(known_offer(offer, moment))
        .group_by(offer.c.tranche, offer.c.result)
    )
    return _rows(session, statement.order_by(offer.c.tranche, offer.c.result))


def get_last_day(session: Session, view: View) -> date | None:
    """The last day on which the status of a block is known to have changed."""
    after = session.scalar(select(func.max(func.upper(view.c.status_period))))
    return None if after is None else cast("date", after) - timedelta(days=1)


def get_area_on_offer(session: Session, view: View) -> AreaOnOffer:
    """Of the day of the view."""
    offered = view.c.status == "offered"
    row = session.execute(
        select(
            func.count(),
            func.sum(view.c.area_ha),
            func.count().filter(view.c.area_ha.is_(None)),
        )
        .select_from(view.rows)
        .where(offered)
    ).one()
    return AreaOnOffer(*row)


def list_inventory(session: Session) -> Sequence[Row]:
    """The National Mineral Inventory as printed; nothing is added up."""
    rows = table_of(InventoryRow)
    return _rows(session, select(rows).order_by(rows.c.mineral, rows.c.measure, rows.c.scope, rows.c.id))


def list_figures(session: Session, *datasets: str) -> Sequence[Row]:
    """Figures of the Mission, of exploration and of coal-mine closure, in the order of their files."""
    figures = table_of(Figure)
    return _rows(session, select(figures).where(and_(figures.c.dataset.in_(datasets))).order_by(figures.c.id))
