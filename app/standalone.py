"""A map in one HTML file that needs no network: to be mailed, and opened years later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import folium
from branca.element import Element, Figure
from markupsafe import escape

from app.guards.headers import alone_policy, make_nonce
from app.languages import N_, find, language
from app.languages import gettext as _
from app.values import BBox

Feature = Mapping[str, Any]
_CREDIT = N_("State outlines: Natural Earth; DataMeet India community, CC BY 4.0; not a survey boundary")
_STYLES: Mapping[str, dict[str, Any]] = {
    "state": {"color": "#8a8f94", "weight": 1, "fillColor": "#f2efe6", "fillOpacity": 1},
    "neighbour": {"color": "#4a545c", "weight": 1.2, "fillColor": "#9aa5ad", "fillOpacity": 0.45},
    "block": {"color": "#3a2c00", "weight": 2.5, "fillColor": "#d9a300", "fillOpacity": 0.55},
}
_PAGE_STYLE = """
html, body { height: 100%; margin: 0; font: 15px/1.45 system-ui, sans-serif; }
body { display: flex; flex-direction: column; }
.about { padding: 0.6rem 1rem; border-bottom: 1px solid #ccc; }
.about h1 { margin: 0; font-size: 1.2rem; }
.about p { margin: 0.2rem 0 0; color: #444; }
.folium-map { flex: 1; min-height: 20rem; background: #dfe9ef; }
.leaflet-control-attribution { max-width: 90vw; }
"""


class Standalone(NamedTuple):
    """A document, and what it may load."""

    text: str
    policy: str


class Drawing:
    """What the map shows: features as GeoJSON, each with `name` and `about` among its properties."""

    def __init__(
        self, block: Feature, neighbours: Sequence[Feature], points: Sequence[Feature], states: Sequence[Feature]
    ):
        self.block, self.neighbours, self.points, self.states = block, neighbours, points, states


class _Bare(folium.Map):
    """folium's map without what it would fetch: the scripts and styles stand in the file."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (folium's own attribute)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


def make_standalone(
    title: str, lines: Sequence[str], drawing: Drawing, box: BBox, leaflet: Path, credit: str
) -> Standalone:
    """The whole document, its policy inside it as well. `leaflet`: folder with the library. `lines`: what stands above
    the map. `box`: what it shows.

    The same arguments give the same text.
    """
    made = _Bare(tiles=None, control_scale=True)
    made._id = "map"
    for number, (role, label, features) in enumerate(
        (
            ("state", _("States"), drawing.states),
            ("neighbour", _("Other blocks"), drawing.neighbours),
            ("block", title, [drawing.block]),
        )
    ):
        _add_areas(made, f"areas{number}", role, label, features)
    _add_points(made, drawing.points)
    control = folium.LayerControl(collapsed=False)
    control._id = "layers"
    control.add_to(made)
    made.fit_bounds([[box.south, box.west], [box.north, box.east]])
    for number, child in enumerate(made._children.values()):
        if child.get_name().startswith("fit_bounds"):
            child._id = f"fit{number}"
    # Stands for the nonce until the text is known, of which it is made: the same arguments give the same nonce, and
    # nobody can write one into a name, as the name would change it.
    mark = make_nonce()
    text = _document(made, title, lines, leaflet, credit, mark)
    nonce = hashlib.sha256(text.replace(mark, "").encode()).hexdigest()[:32]
    return Standalone(text.replace(mark, nonce), alone_policy(nonce))


def _add_areas(made: folium.Map, name: str, role: str, label: str, features: Sequence[Feature]) -> None:
    if not features:
        return
    style = _STYLES[role]

    def styled(feature: Feature) -> dict[str, Any]:
        return style | ({"dashArray": "6 4"} if feature["properties"].get("indicative") else {})

    collection = {"type": "FeatureCollection", "features": [dict(feature) for feature in features]}
    layer = folium.GeoJson(
        collection, name=str(escape(label)), style_function=styled, embed=True, control=role != "block"
    )
    layer._id = name
    if role != "state":
        tooltip = folium.GeoJsonTooltip(["name", "about"], labels=False, sticky=True)
        tooltip._id = f"{name}_tip"
        tooltip.add_to(layer)
    layer.add_to(made)


def _add_points(made: folium.Map, points: Sequence[Feature]) -> None:
    group = folium.FeatureGroup(name=_("Processing units and ports"))
    group._id = "points"
    for number, point in enumerate(points):
        lon, lat = point["geometry"]["coordinates"]
        text = escape(f"{point['properties']['name']}: {point['properties']['about']}")
        marker = folium.CircleMarker(
            [lat, lon], radius=6, color="#0b3d66", weight=2, fill=True, fill_color="#ffffff", fill_opacity=1
        )
        marker._id = f"point{number}"
        tip = folium.Tooltip(str(text))
        tip._id = f"point{number}_tip"
        tip.add_to(marker)
        marker.add_to(group)
    group.add_to(made)


def _document(made: folium.Map, title: str, lines: Sequence[str], leaflet: Path, credit: str, nonce: str) -> str:
    figure = cast(Figure, made.get_root())
    made.render()  # type: ignore[no-untyped-call]
    body, script = figure.html.render(), figure.script.render()
    style = (leaflet / "leaflet.css").read_text()
    library = (leaflet / "leaflet.js").read_text().partition("//# sourceMappingURL")[0]
    # Only markers of pictures use these, and there are none; the file asks for nothing outside itself.
    style = style.replace("url(images/", "url(data:,")
    about = "".join(f"<p>{escape(line)}</p>" for line in lines)
    header = "".join(part.render() for part in figure.header._children.values() if _is_own_style(part))
    for tag in ("<style", "<script"):
        header = header.replace(tag, f'{tag} nonce="{nonce}"')
    attribution = json.dumps(f"{find(_CREDIT)}. {credit}").replace("<", "\\u003c")
    return (
        f'<!doctype html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{alone_policy(nonce)}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f'<style nonce="{nonce}">{style}</style>\n{header}\n<style nonce="{nonce}">{_PAGE_STYLE}</style>\n'
        f'<script nonce="{nonce}">{library}</script>\n</head>\n<body>\n'
        f'<header class="about"><h1>{escape(title)}</h1>{about}</header>\n{body}\n'
        f'<script nonce="{nonce}">{script}\n'
        f"map_map.attributionControl.setPrefix(false).addAttribution({attribution});</script>\n"
        "</body>\n</html>\n"
    )


def _is_own_style(part: Element) -> bool:
    """The styles of this map's elements: what folium links to lies elsewhere."""
    text = part.render()
    return "<style" in text and "http" not in text and "src=" not in text
