"""QGIS symbols and renderers as XML: blocks by status, points as the map draws them, outlines.

Source: what QGIS 3.22 writes (QgsSymbolLayerUtils, QgsCategorizedSymbolRenderer, QgsRuleBasedRenderer). Settings stand
twice, as `Option` and as `prop`: QGIS before 3.20 reads only the second.
"""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.doors.icons import draw_icon
from app.doors.tokens import status_token
from app.maps import FILL_OF_STATUS
from app.values import BLOCK_STATUSES
from app.wording import IMPRECISE_POSITIONS, STATUS_WORDS, format_status

Colours = Mapping[str, str]

_INDICATIVE = "\"boundary_kind\" = 'indicative'"
IMPRECISE = f'"position_accuracy" IN ({", ".join(repr(word) for word in IMPRECISE_POSITIONS)})'
# Millimetres on the screen below which a block is a dot, as on the portal's map.
_SMALLEST_MM = 3.7
_MM_A_DEGREE = 111_320_000
_IS_SMALL = f"max(bounds_width($geometry), bounds_height($geometry)) * {_MM_A_DEGREE} / @map_scale < {_SMALLEST_MM}"
# Zoom 11 and 7 of the portal's map.
_NEAR_SCALE, _FAR_SCALE = 290_000, 4_600_000
_AREA_ALPHA, _DOT_ALPHA = 46, 115


@dataclass(frozen=True)
class Drawn:
    """One layer of a symbol; `expressions` give a setting by feature, `marker` is drawn by a layer that holds one."""

    kind: str
    settings: Mapping[str, str]
    expressions: Mapping[str, str] = field(default_factory=dict)
    marker: Drawn | None = None


def block_renderer(colours: Colours) -> ET.Element:
    """Blocks by status; an indicative boundary is dashed and nearly without fill."""
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", attr="status", symbollevels="0", forceraster="0")
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    statuses = [status for status in STATUS_WORDS if status in BLOCK_STATUSES]
    for number, status in enumerate((*statuses, "")):
        words = STATUS_WORDS[status] if status else "Status not published"
        ET.SubElement(categories, "category", value=status, symbol=str(number), label=words, render="true")
        _add_symbol(symbols, str(number), "fill", _block_symbol(status, colours))
    return renderer


def point_renderer(icon: str, title: str, statuses: Sequence[str] | None, colours: Colours) -> ET.Element:
    """Points as the map has them: a symbol that the status fills, or a faint ring where only the district, state or
    region is known. `statuses` are those in use; None where the collection has none.
    """
    renderer = ET.Element("renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    rules, symbols = ET.SubElement(renderer, "rules", key="all"), ET.SubElement(renderer, "symbols")

    def add(label: str, condition: str, layers: Sequence[Drawn]) -> None:
        number = str(len(symbols))
        ET.SubElement(rules, "rule", key=f"rule{number}", symbol=number, label=label, filter=condition)
        _add_symbol(symbols, number, "marker", layers)

    for status in statuses or ():
        condition = f'NOT {IMPRECISE} AND "status" = {_quoted(status)}'
        add(format_status(status), condition, [_icon(icon, FILL_OF_STATUS.get(status, "unverified"), colours, status)])
    if statuses is None:
        add(title, f"NOT {IMPRECISE}", [_icon(icon, "filled", colours)])
    else:
        add("Status not published", f'NOT {IMPRECISE} AND "status" IS NULL', [_icon(icon, "unverified", colours)])
    add("Known to its district, state or region only: no site", IMPRECISE, [_ring(colours)])
    return renderer


def outline_renderer(colours: Colours, *, is_line: bool = False) -> ET.Element:
    """Outlines without a fill, or lines."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
    if is_line:
        colour = {"line_color": qgis_colour(colours["border"]), "line_width": "0.4", "line_width_unit": "MM"}
        _add_symbol(ET.SubElement(renderer, "symbols"), "0", "line", [Drawn("SimpleLine", colour)])
        return renderer
    line = Drawn("SimpleFill", {"style": "no", **_edge(colours["border"], 0.3)})
    _add_symbol(ET.SubElement(renderer, "symbols"), "0", "fill", [line])
    return renderer


def _block_symbol(status: str, colours: Colours) -> list[Drawn]:
    """Fill and edge, or a dot where the block would be too small to see."""
    colour = colours[status_token(status)] if status else colours["pattern-ground"]
    edge = colours["edge"]
    if status == "cancelled":
        colour, edge = colours["pattern-ground"], colour
    shapes = [_area(colour if status != "annulled" else colours["pattern-ground"], edge)]
    if status == "annulled":
        shapes.append(_area(colour, edge, style="b_diag"))
    if status == "producing":
        shapes.append(_area(colours["pattern-dot"], edge, style="dense6"))
    dot = Drawn(
        "SimpleMarker",
        {"name": "circle", "color": qgis_colour(colour), "size": "3.2", "size_unit": "MM", **_edge(edge)},
        {"outlineStyle": _dashed(), "fillColor": _faint(colour, _DOT_ALPHA)},
    )
    centre = {"point_on_surface": "1", "point_on_all_parts": "0"}
    return [*shapes, Drawn("CentroidFill", centre, {"enabled": _IS_SMALL}, marker=dot)]


def _area(colour: str, edge: str, style: str = "solid") -> Drawn:
    faint = f"CASE WHEN @map_scale < {_NEAR_SCALE} AND {_INDICATIVE} THEN {_quoted(qgis_colour(colour, 0))} ELSE "
    return Drawn(
        "SimpleFill",
        {"color": qgis_colour(colour), "style": style, **_edge(edge)},
        {"outlineStyle": _dashed(), "fillColor": f"{faint}{_faint(colour, _AREA_ALPHA)} END"},
    )


def _icon(icon: str, fill: str, colours: Colours, status: str = "") -> Drawn:
    drawing = draw_icon(icon, fill, colours, colours.get(status_token(status)))
    embedded = base64.b64encode(drawing.encode()).decode()
    settings = {"name": f"base64:{embedded}", "size": "5", "size_unit": "MM", "fixedAspectRatio": "0"}
    return Drawn("SvgMarker", settings, {"size": f"if(@map_scale > {_FAR_SCALE}, 3, 5)"})


def _ring(colours: Colours) -> Drawn:
    settings = {"name": "circle", "color": qgis_colour(colours["raised"], 0), "size": "2.4", "size_unit": "MM"}
    return Drawn("SimpleMarker", settings | _edge(colours["quiet"]) | {"outline_style": "dot"})


def _edge(colour: str, width_mm: float = 0.26) -> dict[str, str]:
    return {
        "outline_color": qgis_colour(colour),
        "outline_style": "solid",
        "outline_width": str(width_mm),
        "outline_width_unit": "MM",
    }


def _dashed() -> str:
    return f"if({_INDICATIVE}, 'dash', 'solid')"


def _faint(colour: str, alpha: int) -> str:
    return f"if({_INDICATIVE}, {_quoted(qgis_colour(colour, alpha))}, {_quoted(qgis_colour(colour))})"


def _quoted(text: str) -> str:
    """A text in an expression of QGIS."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def qgis_colour(colour: str, alpha: int = 255) -> str:
    """`#0072b2` → `0,114,178,255`"""
    return ",".join(str(part) for part in (*bytes.fromhex(colour.removeprefix("#")), alpha))


def _add_symbol(parent: ET.Element, name: str, kind: str, layers: Sequence[Drawn]) -> None:
    symbol = ET.SubElement(
        parent, "symbol", name=name, type=kind, alpha="1", force_rhr="0", clip_to_extent="1" if kind == "fill" else "0"
    )
    for number, drawn in enumerate(layers):
        layer = ET.SubElement(symbol, "layer", {"class": drawn.kind, "enabled": "1", "locked": "0", "pass": "0"})
        options = ET.SubElement(layer, "Option", type="Map")
        for key, value in drawn.settings.items():
            ET.SubElement(options, "Option", name=key, value=value, type="QString")
        for key, value in drawn.settings.items():
            ET.SubElement(layer, "prop", k=key, v=value)
        if drawn.expressions:
            _add_expressions(layer, drawn.expressions)
        if drawn.marker:
            _add_symbol(layer, f"@{name}@{number}", "marker", [drawn.marker])


def _add_expressions(layer: ET.Element, expressions: Mapping[str, str]) -> None:
    """Settings that an expression gives; type 3 is an expression."""
    collection = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    ET.SubElement(collection, "Option", name="name", value="", type="QString")
    properties = ET.SubElement(collection, "Option", name="properties", type="Map")
    for key, expression in expressions.items():
        one = ET.SubElement(properties, "Option", name=key, type="Map")
        ET.SubElement(one, "Option", name="active", value="true", type="bool")
        ET.SubElement(one, "Option", name="expression", value=expression, type="QString")
        ET.SubElement(one, "Option", name="type", value="3", type="int")
    ET.SubElement(collection, "Option", name="type", value="collection", type="QString")
