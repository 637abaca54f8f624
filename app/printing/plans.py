"""A block's plan as SVG: the block among its neighbours, with scale, north and graticule, and where in India it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, floor, log10, radians
from typing import NamedTuple
from xml.sax.saxutils import escape

from app.values import BBox

Points = Sequence[tuple[float, float]]  # lon, lat in degrees, EPSG:4326

WIDTH, HEIGHT, INSET = 520.0, 300.0, 120.0
_KM_PER_DEGREE = 111.32
_FRAME = 26.0


class Ring(NamedTuple):
    """An outline on the plan. `role`: block, neighbour, state. `name`: written beside it, where there is one."""

    points: Points
    role: str
    indicative: bool = False
    name: str = ""


class Plan(NamedTuple):
    """What a plan shows. `box`: what it is to show at least; `country`: outlines for the inset; `place`: lon, lat."""

    box: BBox
    rings: Sequence[Ring]
    country: Sequence[Points]
    country_box: BBox
    place: tuple[float, float]


_STYLES = {
    "block": 'fill="#d9a300" fill-opacity="0.45" stroke="#3a2c00" stroke-width="1.6"',
    "neighbour": 'fill="#9aa5ad" fill-opacity="0.3" stroke="#4a545c" stroke-width="0.9"',
    "state": 'fill="none" stroke="#8a8f94" stroke-width="0.8"',
}


def draw_plan(plan: Plan) -> str:
    """Degrees of longitude are drawn shorter by the cosine of the middle latitude, so that shapes keep their form."""
    middle = (plan.box.south + plan.box.north) / 2
    squeeze = cos(radians(middle))
    width, height = WIDTH - _FRAME, HEIGHT - _FRAME
    scale = min(
        width / ((plan.box.east - plan.box.west) * squeeze),
        height / (plan.box.north - plan.box.south),
    )
    lon0 = (plan.box.west + plan.box.east) / 2

    def at(lon: float, lat: float) -> tuple[float, float]:
        return (
            round(_FRAME + width / 2 + (lon - lon0) * squeeze * scale, 2),
            round(height / 2 - (lat - middle) * scale, 2),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
        f'height="{HEIGHT:g}" font-family="Noto Sans" font-size="8">',
        f'<defs><clipPath id="frame"><rect x="{_FRAME}" y="0" width="{width}" height="{height}"/></clipPath></defs>',
        f'<rect x="{_FRAME}" y="0" width="{width}" height="{height}" fill="#fbfaf6"/>',
        '<g clip-path="url(#frame)">',
    ]
    order = {"state": 0, "neighbour": 1, "block": 2}
    for ring in sorted(plan.rings, key=lambda one: order[one.role]):
        dash = ' stroke-dasharray="5 3"' if ring.indicative else ""
        parts.append(f'<path d="{_path([at(*p) for p in ring.points])}" {_STYLES[ring.role]}{dash}/>')
    parts += [_name(ring, at) for ring in plan.rings if ring.name]
    parts.append("</g>")
    parts += _graticule(plan, at, width, height)
    parts.append(f'<rect x="{_FRAME}" y="0" width="{width}" height="{height}" fill="none" stroke="#222" />')
    parts += _scale_bar(scale, height)
    parts.append(_north())
    parts.append(_inset(plan))
    return "".join(parts) + "</svg>"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


def _name(ring: Ring, at: object) -> str:
    assert callable(at)
    lons, lats = [p[0] for p in ring.points], [p[1] for p in ring.points]
    x, y = at((min(lons) + max(lons)) / 2, max(lats))
    weight = ' font-weight="bold"' if ring.role == "block" else ""
    return f'<text x="{x:g}" y="{max(9.0, y - 3):g}" text-anchor="middle"{weight}>{escape(ring.name[:60])}</text>'


def _step(span: float) -> float:
    """A round step that cuts the span into three to six."""
    rough = span / 4
    power: float = 10.0 ** floor(log10(rough))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= rough)


def _graticule(plan: Plan, at: object, width: float, height: float) -> list[str]:
    """Ticks on the frame with their degrees."""
    assert callable(at)
    parts = []
    step = _step(plan.box.east - plan.box.west)
    decimals = max(0, -floor(log10(step)))
    first = floor(plan.box.west / step) - 8
    for number in range(first, first + 40):
        x, _ = at(number * step, plan.box.south)
        if _FRAME + 12 < x < _FRAME + width - 12:
            parts.append(f'<path d="M{x:g} {height:g}v4" stroke="#222"/>')
            degrees = f"{number * step:.{decimals}f}° E"
            parts.append(f'<text x="{x:g}" y="{height + 13:g}" text-anchor="middle">{degrees}</text>')
    step = _step(plan.box.north - plan.box.south)
    decimals = max(0, -floor(log10(step)))
    first = floor(plan.box.south / step) - 8
    for number in range(first, first + 40):
        _, y = at(plan.box.west, number * step)
        if 12 < y < height - 12:
            parts.append(f'<path d="M{_FRAME:g} {y:g}h-4" stroke="#222"/>')
            turned = f'transform="rotate(-90 {_FRAME - 8:g} {y:g})"'
            degrees = f"{number * step:.{decimals}f}° N"
            parts.append(f'<text x="{_FRAME - 8:g}" y="{y:g}" text-anchor="middle" {turned}>{degrees}</text>')
    return parts


def _scale_bar(scale: float, height: float) -> list[str]:
    """`scale`: units of the drawing to a degree of latitude."""
    km = _step(WIDTH / 3 / scale * _KM_PER_DEGREE * 2)
    length = km / _KM_PER_DEGREE * scale
    x, y = _FRAME + 10, height - 12
    return [
        f'<rect x="{x - 5:g}" y="{y - 13:g}" width="{length + 10:g}" height="20" fill="#fff" fill-opacity="0.85"/>',
        f'<path d="M{x:g} {y - 3:g}v3h{length:g}v-3" fill="none" stroke="#222" stroke-width="1.2"/>',
        f'<text x="{x + length / 2:g}" y="{y - 5:g}" text-anchor="middle">{km:g} km</text>',
    ]


def _north() -> str:
    x, y = _FRAME + 16, 12
    return (
        f'<path d="M{x:g} {y:g}l5 14l-5 -4l-5 4Z" fill="#222"/>'
        f'<text x="{x:g}" y="{y + 24:g}" text-anchor="middle" font-weight="bold">N</text>'
    )


def _inset(plan: Plan) -> str:
    """India with a dot."""
    box = plan.country_box
    squeeze = cos(radians((box.south + box.north) / 2))
    scale = min(INSET / ((box.east - box.west) * squeeze), INSET / (box.north - box.south))
    width, height = (box.east - box.west) * squeeze * scale, (box.north - box.south) * scale
    left = WIDTH - width - 6

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round(left + (lon - box.west) * squeeze * scale, 1), round(6 + (box.north - lat) * scale, 1)

    outline = "".join(_path([at(*p) for p in ring]) for ring in plan.country)
    x, y = at(*plan.place)
    return (
        f'<rect x="{left - 3:g}" y="3" width="{width + 6:g}" height="{height + 6:g}" fill="#fff" stroke="#8a8f94"/>'
        f'<path d="{outline}" fill="#eceae2" stroke="#8a8f94" stroke-width="0.5"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="3.2" fill="#b3261e"/>'
    )
