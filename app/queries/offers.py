"""Offers of blocks: each notice inviting tender with what became of it, and how often it ended so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Date, Integer, Select, Text, and_, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.catalogue import View
from app.values import OFFER_RESULTS, UNKNOWN, Moment

Row = Mapping[str, Any]


def offers_of(view: View) -> Any:
    """The offers of a block as rows."""
    return (
        func.jsonb_to_recordset(view.c.offers)
        .table_valued(
            Column("attempt", Integer),
            Column("tranche", Text),
            Column("offered_on", Text),
            Column("result", Text),
            Column("result_on", Text),
            Column("note", Text),
            Column("documents", JSONB),
            name="o",
        )
        .render_derived(with_types=True)
        .lateral("offer")
    )


def known_offer(offer: Any, moment: Moment) -> ColumnElement[bool]:
    """True for offers made up to the day that is asked for; one without a date is of no day."""
    if moment.as_of is None:
        return true()
    # A month or a year counts from its end, as everywhere.
    whole = func.length(offer.c.offered_on) == len("2026-01-31")
    return and_(whole, offer.c.offered_on.cast(Date) <= moment.as_of)


def has_result(offer: Any, results: Sequence[str]) -> ColumnElement[bool]:
    """True where the offer ended in any of these ways, or none is asked for; UNKNOWN: no result was found."""
    if not results:
        return true()
    return or_(offer.c.result.in_(results), offer.c.result.is_(None) if UNKNOWN in results else false())


def in_tranches(offer: Any, tranches: Sequence[str]) -> ColumnElement[bool]:
    """True where the offer itself belongs to any of these, or none is asked for; UNKNOWN: none is named."""
    if not tranches:
        return true()
    return or_(offer.c.tranche.in_(tranches), offer.c.tranche.is_(None) if UNKNOWN in tranches else false())


def list_offers(
    session: Session,
    view: View,
    condition: ColumnElement[bool],
    moment: Moment,
    results: Sequence[str],
    tranches: Sequence[str],
    limit: int,
) -> Sequence[Row]:
    """Offers of the blocks that meet `condition`, the newest first; those without a date last."""
    offer = offers_of(view)
    statement = (
        select(view.c.id, view.c.name, view.c.state, view.c.minerals, view.c.stage, *offer.c)
        .select_from(view.rows.join(offer, true()))
        .where(condition, known_offer(offer, moment), has_result(offer, results), in_tranches(offer, tranches))
        .order_by(offer.c.offered_on.desc().nulls_last(), view.c.name, view.c.id, offer.c.attempt)
        .limit(limit)
    )
    return cast("Sequence[Row]", session.execute(statement).mappings().all())


def count_results(
    session: Session, view: View, condition: ColumnElement[bool], moment: Moment, tranches: Sequence[str] = ()
) -> dict[str, int]:
    """How many offers of the blocks that meet `condition` ended how: every result there is, UNKNOWN, and `offers`."""
    offer = offers_of(view)
    statement: Select[str | None, int] = (
        select(offer.c.result, func.count())
        .select_from(view.rows.join(offer, true()))
        .where(condition, known_offer(offer, moment), in_tranches(offer, tranches))
        .group_by(offer.c.result)
    )
    counted: dict[str | None, int] = {row[0]: row[1] for row in session.execute(statement)}
    found = {name: counted.get(name, 0) for name in OFFER_RESULTS}
    return {"offers": sum(counted.values()), **found, UNKNOWN: counted.get(None, 0)}
