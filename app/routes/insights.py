"""Charts of what the portal holds; each number is a link to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import true
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, View
from app.charts import Bar, Cell, Chart, Dot, Moment, bar_chart, dot_chart, step_chart
from app.db import SessionDep
from app.dossier import tranche_order
from app.languages import find
from app.languages import gettext as _
from app.maps import draw_choropleth, shades_of
from app.queries import insights, records
from app.queries.moments import view_at
from app.queries.vocabulary import Vocabulary
from app.routes.common import VocabularyDep
from app.routes.figures import figure_charts, inventory_choice
from app.routes.frame import ClocksRead, common, notices_of_clocks, read_clocks, render
from app.values import AWARDED, OFFER_RESULTS, UNKNOWN
from app.wording import (
    ASSET_CLASS_WORDS,
    STATUS_WORDS,
    format_area,
    format_date,
    format_number,
    format_stage,
    format_status,
    format_tranche,
    not_published,
)

router = APIRouter(include_in_schema=False)

STATUS_FILLS = {
    "preferred_bidder_declared": "--status-preferred-bidder",
    **{
        name: f"--status-{name.replace('_', '-')}"
        for name in (
            *("offered", "letter_of_intent", "licence_granted", "lease_executed", "producing", "annulled"),
            *("cancelled", "under_exploration", "known_deposit"),
        )
    },
}
STAGE_FILLS = {"G4": "--stage-g4", "G3": "--stage-g3", "G2": "--stage-g2", "G1": "--stage-g1", None: "--paper"}
CLASS_FILLS = {
    "central_auction_block": "--mineral-6",
    "state_auction_block": "--mineral-7",
    "exploration_licence_block": "--mineral-5",
    "offshore_block_group": "--mineral-4",
    "state_reserved_block": "--mineral-8",
}
# A block has passed a step of AWARDED when its status is this one or a later one.
_OFFERED = ("offered", "annulled", "cancelled", *AWARDED)
_MOST_MINERALS = 30
_QUARTERS = 14


@router.get("/insights")
def insights_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """Blocks by mineral, state, stage and status; auctions; reserves; the Mission's own figures."""
    blocks = COLLECTIONS["blocks"]
    clocks = read_clocks(request, session, vocabulary, blocks)
    view = view_at(blocks, clocks.moment)
    chosen, unread = inventory_choice(session, request.query_params.get("inventory", ""))
    states = _count_states(session, vocabulary, view)
    frame = common(session, vocabulary)
    source = _source(frame["as_at"])
    counted = (*_block_charts(session, vocabulary, view, clocks, states), *_auction_charts(session, view, clocks))
    return render(
        request,
        "insights.html",
        **frame,
        source=source,
        notices=[*notices_of_clocks(request, clocks, "inventory"), *unread],
        blocks=sum(row["blocks"] for row in states),
        charts=[chart._replace(source=source) for chart in counted],
        figures=figure_charts(session, chosen),
        inventory=chosen,
        clocks_kept=clocks.kept,
        shades=shades_of([row["blocks"] for row in states if row["slug"]]),
        map=draw_choropleth(
            {row["slug"]: row["blocks"] for row in states if row["slug"]},
            title=_("Map of blocks by state"),
            one=_("Blocks by state"),
        ),
    )


def explorer_link(clocks: ClocksRead, **filters: str) -> str:
    """The explorer with these filters, at the moment that the page shows."""
    return f"/?{urlencode(filters | clocks.kept, safe=',')}"


def _source(as_at: str | None) -> str:
    """Whence the counts of blocks are, and up to which day; a portal without records has none to name."""
    if not as_at:
        return ""
    day = format_date(as_at)
    return _("the notices, tenders and results that each block’s page names, researched up to %(day)s", day=day)


def _count_states(session: Session, vocabulary: Vocabulary, view: View) -> list[dict[str, Any]]:
    """Blocks by state, most first."""
    slugs = {state.code: state.slug for state in vocabulary.states.values()}
    counted = insights.count_by(session, view, "state_code", "state")
    return [
        {
            "slug": slugs.get(row["state_code"]),
            "name": find(row["state"] or "") or not_published(),
            "blocks": row["blocks"],
        }
        for row in counted
    ]


def _counted(id_: str, title: str, note: str, heading: str, bars: list[Bar]) -> Chart:
    """A chart of blocks, with its table."""
    rows: list[list[Cell]] = [[(bar.label, None), (format_number(bar.number), bar.href)] for bar in bars]
    return Chart(id_, title, note, bar_chart(bars, _("Blocks")), (heading, _("Blocks")), rows)


def _block_charts(
    session: Session, vocabulary: Vocabulary, view: View, clocks: ClocksRead, states: list[dict[str, Any]]
) -> Iterator[Chart]:
    minerals = [row for row in records.list_minerals_in_use(session, view, true()) if row["blocks"]]
    minerals.sort(key=lambda row: (-row["blocks"], row["name"]))
    yield _counted(
        "minerals",
        _("Blocks by mineral"),
        _(
            "A block counts under each mineral that its tender names, and under the broader one; critical ones "
            "only. The numbers do not add up to the number of blocks."
        ),
        _("Mineral"),
        [
            Bar(find(row["name"]), row["blocks"], explorer_link(clocks, mineral=row["id"]))
            for row in minerals
            if row["critical"]
        ][:_MOST_MINERALS],
    )
    yield _counted(
        "states",
        _("Blocks by state"),
        _("Offshore blocks count with the state off which they lie."),
        _("State"),
        [Bar(row["name"], row["blocks"], explorer_link(clocks, state=row["slug"] or UNKNOWN)) for row in states],
    )
    stages = {row["stage"]: row["blocks"] for row in insights.count_by(session, view, "stage")}
    yield _counted(
        "stages",
        _("Blocks by exploration stage"),
        _("The stage that the documents read name; of the others it stands in the block summary of the tender."),
        _("Stage"),
        [
            Bar(format_stage(stage), stages[stage], explorer_link(clocks, stage=stage or UNKNOWN), fill)
            for stage, fill in STAGE_FILLS.items()
            if stage in stages
        ],
    )
    statuses = {row["status"]: row["blocks"] for row in insights.count_by(session, view, "status")}
    yield _counted(
        "statuses",
        _("Blocks by status"),
        _("As at the last event known of each block."),
        _("Status"),
        [
            Bar(
                format_status(status) if status else not_published(),
                statuses[status],
                explorer_link(clocks, status=status or UNKNOWN),
                STATUS_FILLS.get(status or "", "--mineral-other"),
            )
            for status in (*STATUS_WORDS, None)
            if status in statuses
        ],
    )


def _auction_charts(session: Session, view: View, clocks: ClocksRead) -> Iterator[Chart]:
    yield _funnel(session, view, clocks)
    yield _premiums(session, view, clocks)
    yield _tranches(session, view, clocks)
    if over_time := _area_over_time(session, clocks):
        yield over_time


def _funnel(session: Session, view: View, clocks: ClocksRead) -> Chart:
    counts = {
        (row["status"], row["asset_class"]): row["blocks"]
        for row in insights.count_by(session, view, "status", "asset_class")
    }
    classes = [name for name in ASSET_CLASS_WORDS if any(name == one for _status, one in counts)]
    steps: list[tuple[str, tuple[str, ...]]] = [(_("Offered at least once"), _OFFERED)]
    steps += [(format_status(step), AWARDED[number:]) for number, step in enumerate(AWARDED)]
    bars, rows = [], []
    for words, statuses in steps:
        cells: list[Cell] = [(words, None)]
        for name in classes:
            number = sum(counts.get((status, name), 0) for status in statuses)
            href = explorer_link(clocks, status=",".join(statuses), asset_class=name)
            cells.append((format_number(number), href))
            if number:
                bars.append(Bar(words, number, href, series=ASSET_CLASS_WORDS[name]))
        total = sum(counts.get((status, name), 0) for status in statuses for name in classes)
        cells.append((format_number(total), explorer_link(clocks, status=",".join(statuses))))
        rows.append(cells)
    return Chart(
        "funnel",
        _("From the offer to the lease"),
        _(
            "A block stands in every step that its status has reached. No document was found that counts the "
            "letters of intent, so that step may lack some."
        ),
        bar_chart(bars, _("Blocks"), series={ASSET_CLASS_WORDS[name]: CLASS_FILLS[name] for name in classes}),
        (_("Step"), *(ASSET_CLASS_WORDS[name] for name in classes), _("All")),
        rows,
    )


def _premiums(session: Session, view: View, clocks: ClocksRead) -> Chart:
    found: dict[str, list[Any]] = {}
    for row in insights.list_premiums(session, view):
        if row["critical"]:
            found.setdefault(row["mineral"], []).append(row)
    dots = [
        Dot(find(rows[0]["mineral_name"]), row["premium_percent"], f"/blocks/{row['id']}", _say_premium(row))
        for rows in found.values()
        for row in rows
    ]
    table: list[list[Cell]] = []
    for slug, rows in found.items():
        numbers = sorted(row["premium_percent"] for row in rows)
        middle = (numbers[(len(numbers) - 1) // 2] + numbers[len(numbers) // 2]) / 2
        table.append(
            [
                (find(rows[0]["mineral_name"]), None),
                (
                    format_number(len(rows)),
                    explorer_link(clocks, mineral=slug, premium_min_percent="0", sortby="premium_percent"),
                ),
                (f"{format_number(numbers[0])}%", f"/blocks/{rows[0]['id']}"),
                (f"{format_number(middle, 2)}%", None),
                (f"{format_number(numbers[-1])}%", f"/blocks/{rows[-1]['id']}"),
            ]
        )
    return Chart(
        "premiums",
        _("Premiums by mineral"),
        _(
            "Final price offers as a percentage of the value of mineral despatched, of the blocks whose premium "
            "is published; a block stands under each of its critical minerals. An exploration licence goes to the"
            " lower percentage. The scale is drawn by its square root."
        ),
        dot_chart(dots, _("Premium, %%")),
        (_("Mineral"), _("Blocks"), _("Least"), _("Median"), _("Greatest")),
        table,
    )


def _say_premium(row: Any) -> str:
    return f"{row['name']}: {format_number(row['premium_percent'])}%"


def _tranches(session: Session, view: View, clocks: ClocksRead) -> Chart:
    counts: dict[str | None, dict[str | None, int]] = {}
    for row in insights.count_offers_by_tranche(session, view, clocks.moment):
        counts.setdefault(row["tranche"], {})[row["result"]] = row["offers"]
    results = [*OFFER_RESULTS, None]
    used = [result for result in results if any(result in one for one in counts.values())]
    words = {result: format_status(result) if result else _("No result found") for result in used}
    bars, rows = [], []
    # States' own rounds stand in the table; the chart shows those of the Centre.
    for tranche in sorted(counts, key=lambda name: (name is None, tranche_order(name or ""))):
        name = format_tranche(tranche)
        cells: list[Cell] = [(name, None)]
        for result in used:
            number = counts[tranche].get(result, 0)
            asked = {"offer_tranche": tranche or UNKNOWN, "result": result or UNKNOWN}
            href = f"/offers?{urlencode(asked | clocks.kept, safe=',')}"
            cells.append((format_number(number), href))
            if number and tranche and not set(tranche) - set("IVXL"):
                bars.append(Bar(name, number, href, series=words[result]))
        asked = {"offer_tranche": tranche or UNKNOWN}
        cells.append((format_number(sum(counts[tranche].values())), f"/offers?{urlencode(asked | clocks.kept)}"))
        rows.append(cells)
    fills = {words[result]: STATUS_FILLS.get(result or "", "--paper") for result in used}
    return Chart(
        "tranches",
        _("Offers and annulments by tranche"),
        _(
            "Each notice inviting tender for one block is an offer; a block that was offered again counts again. "
            "The chart shows the Centre’s tranches, the table all rounds."
        ),
        bar_chart(bars, _("Offers"), series=fills),
        (_("Tranche"), *words.values(), _("All")),
        rows,
    )


def _area_over_time(session: Session, clocks: ClocksRead) -> Chart | None:
    """At the end of each quarter, by the events known now."""
    blocks = COLLECTIONS["blocks"]
    last = clocks.moment.as_of or _last_day(session, view_at(blocks, clocks.moment))
    if last is None:
        return None
    marks, rows = [], []
    for day in _quarter_ends(last, _QUARTERS):
        found = insights.get_area_on_offer(session, view_at(blocks, clocks.moment._replace(as_of=day)))
        kept = {name: text for name, text in clocks.kept.items() if name != "as_of"} | {"as_of": day.isoformat()}
        href = f"/?{urlencode({'status': 'offered'} | kept)}"
        # Nothing on offer is no area; an offer whose area nobody published is an unknown one.
        number = found.area_ha if found.blocks else 0
        area = not_published() if number is None else format_area(number, 0)
        rows.append(
            [
                (format_date(day), None),
                (format_number(found.blocks), href),
                (area, href),
                (format_number(found.without_area), None),
            ]
        )
        marks.append(Moment(day.isoformat(), number, href, f"{format_date(day)}: {area}"))
    return Chart(
        "area",
        _("Area on offer over time"),
        _(
            "Declared area of the blocks whose last event up to that day was an offer, whether or not its bids "
            "were due by then. Blocks without a published area are counted beside it."
        ),
        step_chart(marks, _("Hectares")),
        (_("Day"), _("Blocks on offer"), _("Declared area"), _("Of these without a published area")),
        rows,
    )


def _last_day(session: Session, view: View) -> date | None:
    """Of the events, but not after the day up to which was researched: one that is dated by its year alone may have
    happened until that year’s end, of which nothing is known yet.
    """
    last, researched = insights.get_last_day(session, view), records.get_as_of(session)
    try:
        return min(last, date.fromisoformat(researched)) if last and researched else last
    except ValueError:  # a file may say of itself what it likes, such as a month alone
        return last


def _quarter_ends(last: date, count: int) -> list[date]:
    """The last day, and before it the ends of quarters, in order."""
    days = [last]
    year, month = last.year, (last.month - 1) // 3 * 3 + 1
    while len(days) < count:
        days.append(date.fromordinal(date(year, month, 1).toordinal() - 1))
        year, month = (year, month - 3) if month > 3 else (year - 1, 10)
    return days[::-1]
