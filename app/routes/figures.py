"""Charts of published figures: the National Mineral Inventory, the Mission, exploration, coal mines to be closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.charts import Bar, Cell, Chart, bar_chart, grouped_bar_chart
from app.dossier import say_figure, say_figure_name, source_name
from app.languages import find
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.queries import insights
from app.queries.vocabulary import nearest
from app.wording import format_date, format_number, format_slug, not_published, said

Row = Mapping[str, Any]

_FIRST_SHOWN = "graphite"
_CRORE = ("INR crore", "crore INR")


class Inventory(NamedTuple):
    """The inventory with the mineral that is shown. `choices`: slug → its name there."""

    chosen: str
    choices: Mapping[str, str]
    rows: Sequence[Row]


def inventory_choice(session: Session, text: str) -> tuple[Inventory, list[str]]:
    """The mineral of the inventory that is asked for, and what could not be read of it."""
    rows = insights.list_inventory(session)
    choices = {row["mineral_slug"] or row["mineral"]: find(row["mineral"]) for row in rows}
    first = _FIRST_SHOWN if _FIRST_SHOWN in choices else next(iter(choices), "")
    wanted = text.strip()
    if not wanted or wanted in choices:
        return Inventory(wanted or first, choices, rows), []
    close = nearest(wanted, list(choices))
    said = _("inventory: the National Mineral Inventory has no table “%(word)s”.", word=wanted[:60].replace("\0", "␀"))
    another = _("Another is shown.")
    return Inventory(first, choices, rows), [f"{said}{ask_meant(close[:1])} {another}"]


def figure_charts(session: Session, inventory: Inventory) -> list[Chart]:
    """Reserves and resources of the chosen mineral, then the Mission's figures."""
    figures = insights.list_figures(session, "mission-facts", "exploration-statistics", "coal-closure-figures")
    return [
        *_inventory_charts(inventory),
        *(chart for chart in (_projects(figures), _money(figures), _coal(figures)) if chart),
        *([_all_figures(figures)] if figures else []),
    ]


def _inventory_charts(inventory: Inventory) -> Iterator[Chart]:
    """One chart for each measure: ore, metal and what is contained are never drawn on one axis."""
    rows = [r for r in inventory.rows if (r["mineral_slug"] or r["mineral"]) == inventory.chosen]
    for number, measure in enumerate(dict.fromkeys(row["measure"] for row in rows if row["scope"] == "state")):
        yield _inventory_chart(number, [row for row in rows if row["measure"] == measure])
    grades = [row for row in rows if row["scope"] not in ("state", "national")]
    if grades:
        yield _inventory_chart(len(rows), grades)


def _inventory_chart(number: int, rows: Sequence[Row]) -> Chart:
    unit, measure = find(rows[0]["unit"]), find(rows[0]["measure"])
    series = {_("Reserves"): "--status-licence-granted", _("Remaining resources"): "--status-under-exploration"}
    names = ("reserves", "remaining_resources")
    parts = sorted((r for r in rows if r["scope"] != "national"), key=lambda r: -(r["total"] or 0))
    bars = [
        Bar(_place(row), row[name], f"#{row['id']}", series=words, said=f"{words} {format_number(row[name])} {unit}")
        for row in parts
        for name, words in zip(names, series, strict=True)
        if row[name] is not None
    ]
    whole = [row for row in rows if row["scope"] == "national"]
    table = [_inventory_row(row) for row in (*whole, *parts)]
    by_grade = rows[0]["scope"] not in ("state", "national")
    what = _("by grade, all India") if by_grade else measure
    return Chart(
        f"inventory-{number}",
        _("Reserves and resources of %(mineral)s (%(what)s)", mineral=find(rows[0]["mineral"]).lower(), what=what),
        _(
            "As printed, 1 April 2025, in %(unit)s. Reserves are proved or probable and feasible to mine; remaining "
            "resources are the rest, down to reconnaissance. The two stand side by side and are not added; the row of "
            "all India is the inventory’s own.",
            unit=unit,
        ),
        grouped_bar_chart(bars, unit[:1].upper() + unit[1:], series),
        (_("Place"), _("Reserves"), _("Remaining resources"), _("Classes (UNFC 1997)")),
        table,
        _(
            "Indian Bureau of Mines, National Mineral Inventory at a Glance 2025, table %(table)s",
            table=rows[0]["table"],
        ),
    )


def _place(row: Row) -> str:
    if row["scope"] == "national":
        return _("All India")
    return find(row["state"] or "") or find(str(row["measure"]).removeprefix("grade: "))


def _inventory_row(row: Row) -> list[Cell]:
    classes = "; ".join(f"{code}: {format_number(value)}" for code, value in sorted(row["unfc"].items()))
    return [
        (_place(row), f"#{row['id']}"),
        (format_number(row["reserves"]), None),
        (format_number(row["remaining_resources"]), None),
        (classes or not_published(), None),
    ]


def _figure_chart(id_: str, title: str, note: str, axis: str, rows: Sequence[Row], label: Any) -> Chart | None:
    """Figures of one unit, each with its own source; their marks lead to the figure's row in the table of all."""
    numbers = [row for row in rows if isinstance(row["value"], int | float)]
    if not numbers:
        return None
    bars = [
        Bar(label(row), row["value"], f"#{row['id']}", said=f"{say_figure(row['value'], row['unit'])}")
        for row in numbers
    ]
    table: list[list[Cell]] = [
        [
            (label(row), None),
            (say_figure(row["value"], row["unit"]), f"#{row['id']}"),
            (format_date(row["as_of"]), None),
            (_source(row), None),
        ]
        for row in numbers
    ]
    return Chart(id_, title, note, bar_chart(bars, axis), (_("What"), _("Figure"), _("As at"), _("Source")), table)


def _source(row: Row) -> str:
    return source_name(row["sources"][0]) if row["sources"] else not_published()


def _name(row: Row) -> str:
    """Words are kept for the Mission's own outlay alone; that of a scheme is its key."""
    return format_slug(row["key"]) if str(row["topic"]).endswith("_scheme") else say_figure_name(row["key"])


def _projects(rows: Sequence[Row]) -> Chart | None:
    return _figure_chart(
        "projects",
        _("Exploration projects on critical minerals by year"),
        _(
            "Of the Geological Survey of India, by field season. Sources differ and none is chosen: what was planned, "
            "asked for or counted to a part of the year is named as such."
        ),
        _("Projects"),
        sorted((r for r in rows if r["topic"] == "gsi_critical_projects_by_year"), key=lambda r: str(r["key"])),
        lambda row: find(row["key"]),
    )


def _money(rows: Sequence[Row]) -> Chart | None:
    topics = {"mission": _("Mission"), "magnet_scheme": _("Magnet scheme"), "recycling_scheme": _("Recycling scheme")}
    found = [row for row in rows if row["topic"] in topics and row["unit"] in _CRORE]
    return _figure_chart(
        "money",
        _("Outlays, as said by each source"),
        _(
            "₹ crore (1 crore = 10 million). The Mission’s outlay, what public sector companies are expected to "
            "invest, "
            "both together, and the figure said at a summit contradict or contain each other: they are not added."
        ),
        _("₹ crore"),
        sorted(found, key=lambda row: (list(topics).index(row["topic"]), row["id"])),
        lambda row: f"{topics[row['topic']]}: {_name(row)}",
    )


def _coal(rows: Sequence[Row]) -> Chart | None:
    wanted = ("identified_for_closure_by_2028", "mines_identified_for_closure", "mines_scientifically_closed")
    found = [row for row in rows if row["topic"] == "coal_mine_closure" and row["key"] in wanted]
    return _figure_chart(
        "coal",
        _("Coal mines to be closed"),
        _("Two sources give two numbers; only some of the mines are named anywhere, and those are on the map."),
        _("Mines"),
        sorted(found, key=lambda row: wanted.index(row["key"])),
        lambda row: say_figure_name(row["key"]),
    )


def _all_figures(figures: Sequence[Row]) -> Chart:
    """No chart: every figure with its source, to which the marks of the others lead."""
    table: list[list[Cell]] = [
        [
            (f"{format_slug(row['topic'] or row['dataset'])}: {_name(row)}", f"#{row['id']}"),
            (_say_any(row["value"], row["unit"]), None),
            (format_date(row["as_of"]), None),
            (_say_source(row), None),
            (row["note"] or "", None),
        ]
        for row in figures
    ]
    return Chart(
        "figures",
        _("All figures, with their sources"),
        _("The Mission, exploration and coal-mine closure, as each source gives them."),
        {},
        (_("What"), _("Figure"), _("As at"), _("Source"), _("Note")),
        table,
    )


def _say_source(row: Row) -> str:
    sure = _("confidence %(level)s", level=said(row["confidence"]))
    return f"{_source(row)} ({sure})"


def _say_any(value: Any, unit: str | None) -> str:
    """A figure that may be a number, a text, a list or an object."""
    if isinstance(value, Mapping):
        return "; ".join(f"{format_slug(str(name))}: {_say_any(part, None)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_say_any(part, None) for part in value) + (f" {find(unit)}" if unit else "")
    return say_figure(value, unit)
