"""Charts as Vega-Lite, made with Altair; each comes with the table that says the same. Holds no data.

A colour is written as the name of a token, `var(--accent)`: the page's script puts in what the theme has for it.
Source: the Vega-Lite specification, version 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# A cell of a table: words, and the address of the rows behind them where there is one.
Cell = tuple[str, str | None]

_STEP, _HEIGHT = 22, 260


class Chart(NamedTuple):
    """`id`: in the address of its section. `note`: what the reader must know to read it. `spec`: Vega-Lite, as JSON."""

    id: str
    title: str
    note: str
    spec: Mapping[str, Any]
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    source: str = ""


class Bar(NamedTuple):
    """One mark of a bar chart. `fill`: a token; `series`: what tells bars of one label apart."""

    label: str
    number: float
    href: str
    fill: str = "--accent"
    series: str = ""
    said: str = ""  # the number in words, with its unit


class Dot(NamedTuple):
    """One mark at a number; `label` is its line."""

    label: str
    number: float
    href: str
    said: str


class Moment(NamedTuple):
    """One mark of a line over time. `day`: ISO 8601; `number`: None, where nothing is known, breaks the line."""

    day: str
    number: float | None
    href: str
    said: str


def _color(token: str) -> str:
    return f"var({token})"


def bar_chart(bars: Sequence[Bar], axis: str, *, series: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Lying bars in the given order. `axis`: what the number is. `series`: words → token; its bars follow each other on
    one line, which only numbers may do that add up.
    """
    import altair as alt  # late: only pages with charts want it

    values = [_datum(bar, number) for number, bar in enumerate(bars)]
    order = list(dict.fromkeys(bar.label for bar in bars))
    encoding: dict[str, Any] = {
        "x": alt.X("number:Q", title=axis, axis=alt.Axis(tickMinStep=1, format=",~f")),
        "y": alt.Y("label:N", sort=order, title=None),
        "href": "href:N",
        "tooltip": [alt.Tooltip("said:N", title=axis)],
    }
    if series:
        scale = alt.Scale(domain=list(series), range=[_color(token) for token in series.values()])
        encoding["color"] = alt.Color("series:N", scale=scale, title=None, legend=alt.Legend(orient="top"))
        encoding["order"] = alt.Order("order:Q")
        encoding["tooltip"] = [alt.Tooltip("series:N", title="…"), *encoding["tooltip"]]
    else:
        encoding["color"] = alt.Color("fill:N", scale=None)
    chart = alt.Chart(_data(values)).mark_bar(stroke=_color("--ink"), strokeWidth=0.6, cursor="pointer")
    return _spec(chart.encode(**encoding).properties(width="container", height=alt.Step(_STEP)))


def grouped_bar_chart(bars: Sequence[Bar], axis: str, series: Mapping[str, str]) -> dict[str, Any]:
    """Lying bars, those of one label side by side: for numbers that must not be added."""
    import altair as alt

    values = [_datum(bar, number) for number, bar in enumerate(bars)]
    order = list(dict.fromkeys(bar.label for bar in bars))
    scale = alt.Scale(domain=list(series), range=[_color(token) for token in series.values()])
    chart = alt.Chart(_data(values)).mark_bar(stroke=_color("--ink"), strokeWidth=0.6, cursor="pointer")
    return _spec(
        chart.encode(
            x=alt.X("number:Q", title=axis, axis=alt.Axis(format=",~f")),
            y=alt.Y("label:N", sort=order, title=None),
            yOffset=alt.YOffset("series:N", sort=list(series)),
            color=alt.Color("series:N", scale=scale, title=None, legend=alt.Legend(orient="top")),
            href="href:N",
            tooltip=[alt.Tooltip("said:N", title=axis)],
        ).properties(width="container", height=alt.Step(_STEP * 0.7))
    )


def dot_chart(dots: Sequence[Dot], axis: str) -> dict[str, Any]:
    """Dots on a line for each label, on a scale that shows small and great numbers alike."""
    import altair as alt

    values = [dot._asdict() for dot in dots]
    order = list(dict.fromkeys(dot.label for dot in dots))
    chart = alt.Chart(_data(values)).mark_circle(
        size=90, color=_color("--accent"), opacity=0.75, stroke=_color("--ink"), strokeWidth=0.6, cursor="pointer"
    )
    ticks = [0, 1, 5, 10, 25, 50, 100, 200, 400, 800]
    return _spec(
        chart.encode(
            x=alt.X("number:Q", title=axis, scale=alt.Scale(type="sqrt"), axis=alt.Axis(values=ticks, format=",~f")),
            y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(grid=True)),
            href="href:N",
            tooltip=[alt.Tooltip("said:N", title="…")],
        ).properties(width="container", height=alt.Step(_STEP))
    )


def step_chart(moments: Sequence[Moment], axis: str) -> dict[str, Any]:
    """A number over time; it holds from one mark to the next."""
    import altair as alt

    base = alt.Chart(_data([moment._asdict() for moment in moments])).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True)),
        y=alt.Y("number:Q", title=axis, axis=alt.Axis(format=",~f")),
    )
    line = base.mark_line(interpolate="step-after", color=_color("--accent"), strokeWidth=2)
    dots = base.mark_circle(size=110, color=_color("--accent"), opacity=1, cursor="pointer")
    dots = dots.encode(href="href:N", tooltip=[alt.Tooltip("said:N", title="…")])
    return _spec((line + dots).properties(width="container", height=_HEIGHT))


def _data(values: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _datum(bar: Bar, number: int) -> dict[str, Any]:
    said = bar.said or f"{bar.number:,g}"
    return {
        "label": bar.label,
        "number": bar.number,
        "href": bar.href,
        "fill": _color(bar.fill),
        "series": bar.series,
        "said": f"{bar.label}: {said}",
        "order": number,
    }


def _spec(chart: Any) -> dict[str, Any]:
    """Without the address of the schema, which no reader of this page asks for, and without Altair's own look."""
    spec: dict[str, Any] = chart.to_dict(validate=True) | {"autosize": {"type": "fit-x", "contains": "padding"}}
    for name in ("$schema", "config"):
        spec.pop(name, None)
    return spec
