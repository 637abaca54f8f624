"""The catalogue as a folium map: a frame whose layers ask the API for their features. Holds no data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

import folium
from branca.element import Element, Figure, MacroElement
from folium.plugins import Fullscreen as FoliumFullscreen
from folium.template import Template
from markupsafe import Markup, escape

from app import wording
from app.catalogue import COLLECTIONS
from app.languages import N_, Words, find
from app.languages import gettext as _
from app.params.views import Place

INDIA = (68.0, 6.5, 97.5, 37.2)  # west, south, east, north, degrees
STATES_URL = "/api/collections/states/items?limit=100"
VENDOR = "/static/vendor"
# The first is on at the start. Nobody but the portal is asked for anything until a reader picks another.
BASE_MAPS = Words({"states": N_("States only"), "osm": N_("OpenStreetMap"), "imagery": N_("Esri World Imagery")})

# What a status does to the fill of a point's symbol; `status` takes the colour of the status itself.
FILL_OF_STATUS = {
    "operating": "filled",
    "ongoing": "filled",
    "reopened": "filled",
    "under construction": "half",
    "under construction or planned": "half",
    "construction": "half",
    "project_development": "half",
    "planned": "hollow",
    "proposed": "hollow",
    "approved": "hollow",
    "exploration": "hollow",
    "feasibility": "hollow",
    "pending-approval": "hollow",
    "identified": "hollow",
    "completed": "done",
    "closed": "crossed",
    "closure certificate": "crossed",
    "discontinued": "crossed",
    "care-and-maintenance": "crossed",
    "known_deposit": "status",
    "under_exploration": "status",
}


class Symbol(NamedTuple):
    """How a collection's points are drawn and what one of them is called."""

    icon: str
    one: str
    many: str


SYMBOLS = {
    "processing-units": Symbol("factory", N_("processing unit"), N_("processing units")),
    "centres-of-excellence": Symbol("star", N_("centre of excellence"), N_("centres of excellence")),
    "ports": Symbol("anchor", N_("port"), N_("ports")),
    "occurrences": Symbol("diamond", N_("occurrence"), N_("occurrences")),
    "exploration-projects": Symbol("drill", N_("exploration project"), N_("exploration projects")),
    "global-assets": Symbol("circle", N_("asset abroad"), N_("assets abroad")),
    "coal-mine-closures": Symbol("shaft", N_("coal mine"), N_("coal mines")),
}


class MapLayer(NamedTuple):
    """One layer: which collection, under which words, from which address, drawn how."""

    collection: str
    label: str
    url: str  # items address with its filters, on this portal: starts with /
    kind: Literal["blocks", "points", "outline"] = "points"
    shown: bool = True
    highlight: str | None = None  # id of the item that the page is about


class MapView(NamedTuple):
    """How an explorer's map begins: theme, place, open block, drawn shape, swipe; how many blocks there are, and of
    more than how many it draws tiles."""

    theme: str = "status"
    place: Place | None = None
    block: str | None = None
    matched: int = 0
    most_shapes: int | None = None
    shape: dict[str, Any] | None = None  # GeoJSON, EPSG:4326: what the blocks are asked to meet
    buffer_km: float = 0.0
    swipe: tuple[str, str] | None = None  # what stands left and right of the divider


PLAIN_VIEW = MapView()


class MapParts(NamedTuple):
    """A map in three pieces, each for a block of base.html; the script is what stands in a module."""

    header: Markup
    html: Markup
    script: Markup


class _Text(Element):
    """Finished text. Branca compiles what it is given as a template, and with it any `{{` that a visitor typed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **kwargs: Any) -> str:
        return self._text


class _Plain(MacroElement):
    """A folium element whose rendered macros go into the figure as finished text."""

    def render(self, **kwargs: Any) -> str:
        figure = self.get_root()
        macros = self._template.module.__dict__
        for part in ("header", "html", "script"):
            if part in macros:
                getattr(figure, part).add_child(_Text(macros[part](self, kwargs)), name=self.get_name())
        for child in list(self._children.values()):
            child.render(**kwargs)
        return ""  # all went into the figure


class PortalMap(folium.Map, _Plain):
    """folium's map without its CDNs, its viewport that forbids zooming and its styles for whole pages."""

    default_js = [  # noqa: RUF012 (folium's own attributes)
        ("leaflet", f"{VENDOR}/leaflet/leaflet.js"),
        ("fullscreen", f"{VENDOR}/fullscreen/fullscreen.js"),
    ]
    default_css = [  # noqa: RUF012
        ("map_css", "/static/built/map.css"),
    ]
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <a class="skip-map" href="#after_{{ this.get_name() }}">{{ this.skip }}</a>
        <div class="folium-map map" id="{{ this.get_name() }}" role="region" aria-label="{{ this.title|e }}">
          <noscript>{{ this.without|e }}</noscript>
        </div>
        <div id="after_{{ this.get_name() }}" tabindex="-1"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = portal.map("{{ this.get_name() }}", {{ this.config }});
        L.control.scale({imperial: false}).addTo({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, name: str, title: str, config: dict[str, Any]) -> None:
        super().__init__(tiles=None, control_scale=True)
        self._id = name
        self.title = title
        self.skip, self.without = (
            _("Skip the map"),
            _("The map needs JavaScript. The same records are listed on this page."),
        )
        self.config = to_script_json(config)


class Layer(folium.map.Layer, _Plain):
    """A layer or base map that the portal's own script draws: `portal.<call>(map, {…})`."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = portal.{{ this.call }}({{ this._parent.get_name() }}, {{ this.config }});
        {%- if this.shown %}
        {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {%- endif %}
        {% endmacro %}
        """
    )

    def __init__(self, name: str, call: str, label: str, config: dict[str, Any], *, base: bool, shown: bool) -> None:
        # Leaflet writes the label as HTML; `show` would make folium add a statement that is compiled anew each time.
        super().__init__(name=str(escape(label)), overlay=not base, show=False)
        self._name, self._id = "Layer", name
        self.call, self.shown, self.config = call, shown, to_script_json(config)


class LayerControl(folium.LayerControl, _Plain):
    """folium's layer control, its text kept as it is."""


class Fullscreen(_Plain, FoliumFullscreen):
    """folium's full-screen button, spelt as version 5 of its library has it; the two files come with the map's own."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        new L.Control.FullScreen({{ this.options|tojavascript }}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__(title=_("Full screen"), title_cancel=_("Leave full screen"))  # type: ignore[no-untyped-call]


class Tools(_Plain):
    """What the portal's script adds when every layer is declared: legend, coordinates, the word that all is there."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        await portal.turn();
        {% if this.legend %}
        portal.legend({{ this._parent.get_name() }});
        {% endif %}
        portal.coordinates({{ this._parent.get_name() }});
        portal.finish({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, *, legend: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.legend = legend


def draw_map(
    *,
    bounds: tuple[float, float, float, float] = INDIA,
    layers: Sequence[MapLayer],
    title: str,
    focus: str | None = None,
    name: str = "main",
    view: MapView = PLAIN_VIEW,
) -> MapParts:
    """Compose the map of a page.

    `bounds`: west, south, east, north, degrees, EPSG:4326. `focus`: slug of the state to stand out.
    `name`: tells two maps of one page apart. `view`: of a map whose state stands in the address.
    The same arguments give the same bytes.
    """
    config = {"bounds": bounds, "states": STATES_URL, "focus": focus, "words": words(), **view._asdict()}
    frame = PortalMap(name, title, config)
    for number, (base, label) in enumerate(BASE_MAPS.items()):
        frame.add_child(Layer(f"base_{base}", "baseMap", label, {"id": base}, base=True, shown=number == 0))
    for number, layer in enumerate(layers):
        frame.add_child(Layer(f"{number}", "layer", layer.label, layer_config(layer), base=False, shown=layer.shown))
    # The tools come last: they look at all that is there.
    for part in (Fullscreen(), LayerControl(), Tools()):
        part._id = name
        frame.add_child(part)
    return render(frame)


# The shades of a choropleth, the greatest number darkest.
SHADES = 5


def shades_of(numbers: Sequence[float]) -> list[tuple[int, int]]:
    """Least and greatest whole number of each shade, from the lightest; about as many places in each."""
    ordered = sorted(int(number) for number in numbers)
    if not ordered:
        return []
    ends = sorted({ordered[min(len(ordered) - 1, len(ordered) * part // SHADES)] for part in range(1, SHADES)})
    ends = [*(end for end in ends if end < ordered[-1]), ordered[-1]]
    starts = [ordered[0], *(end + 1 for end in ends[:-1])]
    return list(zip(starts, ends, strict=True))


def draw_choropleth(numbers: Mapping[str, int], title: str, one: str, name: str = "states") -> MapParts:
    """A map of India whose states are shaded by a number. `numbers`: slug of the state → number; a state that is not
    there keeps the colour of the land. `one`: what is counted, as a label of the layer.
    """
    shades = shades_of(list(numbers.values()))
    shade = {slug: next(i for i, (_, end) in enumerate(shades) if number <= end) for slug, number in numbers.items()}
    values = {slug: {"number": number, "shade": shade[slug]} for slug, number in numbers.items()}
    frame = PortalMap(name, title, {"bounds": INDIA, "states": STATES_URL, "focus": None, "words": words()})
    frame.add_child(Layer(f"base_{name}", "baseMap", BASE_MAPS["states"], {"id": "states"}, base=True, shown=True))
    config = {"label": one, "url": STATES_URL, "values": values}
    frame.add_child(Layer("0", "choropleth", one, config, base=False, shown=True))
    for part in (Fullscreen(), Tools(legend=False)):
        part._id = name
        frame.add_child(part)
    return render(frame)


def layer_config(layer: MapLayer) -> dict[str, Any]:
    """What the script must know of a layer; its words and symbol follow from its collection."""
    symbol = SYMBOLS.get(layer.collection)
    page = COLLECTIONS[layer.collection].page if layer.collection in COLLECTIONS else None
    return {
        "collection": layer.collection,
        "label": layer.label,
        "url": layer.url,
        "kind": layer.kind,
        "page": page,
        "highlight": layer.highlight,
        **({"icon": symbol.icon, "one": find(symbol.one), "many": find(symbol.many)} if symbol else {}),
    }


def words() -> dict[str, Any]:
    """The tables of words and fills that the script shares with the pages."""
    return {
        "status": dict(wording.STATUS_WORDS),
        "stage": dict(wording.STAGE_WORDS),
        "concession": dict(wording.CONCESSION_WORDS),
        "assetClass": dict(wording.ASSET_CLASS_WORDS),
        "position": dict(wording.POSITION_WORDS),
        "boundary": dict(wording.BOUNDARY_WORDS),
        "imprecise": wording.IMPRECISE_POSITIONS,
        "fill": FILL_OF_STATUS,
        "notPublished": wording.not_published(),
    }


def render(frame: PortalMap) -> MapParts:
    """The frame's header, element and script, for a page that has a head and a body of its own."""
    figure = cast(Figure, frame.get_root())
    frame.render()  # type: ignore[no-untyped-call]
    figure.header._children.pop("meta_http")  # the page declares its encoding itself
    header = figure.header.render().replace("<script src=", "<script defer src=")
    imports = 'import * as portal from "/static/built/portal.js";\nawait portal.firstPaint();'
    script = f"{imports}\n{squeeze(figure.script.render())}"
    # All three are made here from constants and from values escaped by `to_script_json` or `|e`.
    return MapParts(*(Markup(part) for part in (squeeze(header), squeeze(figure.html.render()), script)))  # noqa: S704


def squeeze(text: str) -> str:
    """The text without blank lines and indentation, which folium leaves behind."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def to_script_json(value: object) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028")
