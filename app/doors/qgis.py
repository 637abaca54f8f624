"""QGIS layer definitions (.qlr): the portal's collections as layers of its API, dressed as on its map."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from app.catalogue import Collection
from app.doors.symbols import IMPRECISE, block_renderer, outline_renderer, point_renderer, qgis_colour
from app.facts import say_field
from app.maps import SYMBOLS

DEFINITION_TYPE = "application/x-qgis-layer-definition"
GROUP = "Khanij Atlas"

# From the top of the map downwards; those that are drawn from the start are named apart.
ORDER = (
    "processing-units",
    "centres-of-excellence",
    "ports",
    "exploration-projects",
    "occurrences",
    "coal-mine-closures",
    "global-assets",
    "blocks",
    "constraint-lines",
    "constraint-areas",
    "districts",
    "states",
)
SHOWN = ("processing-units", "blocks", "states")
_DOCTYPE = b"<!DOCTYPE qgis-layer-definition>\n"
_NOTES = {
    "blocks": (
        "A dashed outline is an indicative area: the block lies somewhere within it, and its size says how well its "
        "place is known, not how large the block is.",
        "A solid outline is the boundary printed in the tender, no cadastral survey. Blocks too small to see are dots.",
        "A status is as at the last event known, never “now”. The declared area stands beside the computed one; "
        "neither replaces the other.",
    ),
    "states": ("Outlines for a map of about 1 : 10,000,000; not a survey boundary.",),
    "districts": ("Outlines as the operator imported them.",),
    "constraint-areas": ("As the operator imported them: where nothing is drawn, nothing can be said of the ground.",),
    "constraint-lines": ("As the operator imported them: where nothing is drawn, nothing can be said of the ground.",),
}
_NOTE_OF_POINTS = (
    "A faint ring with a name is known to its district, state or region only: it stands for that, and is no site. "
    "The attribute position_accuracy says how well each place is known."
)


class QgisLayer(NamedTuple):
    """A collection to be opened, and the statuses that its records have; None where it has no status."""

    collection: Collection
    statuses: Sequence[str] | None = None


def make_layer_definition(base: str, layers: Sequence[QgisLayer], colours: Mapping[str, str]) -> bytes:
    """A layer definition of these collections, grouped where there are several. `base` is the portal's address."""
    document = ET.Element("qlr")
    tree = ET.SubElement(document, "layer-tree-group", name="", checked="Qt::Checked", expanded="1")
    if len(layers) > 1:
        tree = ET.SubElement(tree, "layer-tree-group", name=GROUP, checked="Qt::Checked", expanded="1")
    drawn = ET.SubElement(document, "maplayers")
    for layer in sorted(layers, key=lambda layer: ORDER.index(layer.collection.id)):
        name = layer.collection.id
        ET.SubElement(
            tree,
            "layer-tree-layer",
            id=_layer_id(name),
            name=layer.collection.title,
            providerKey="OAPIF",
            source=_source(base, name),
            checked="Qt::Checked" if len(layers) == 1 or name in SHOWN else "Qt::Unchecked",
            expanded="1" if name == "blocks" or len(layers) == 1 else "0",
        )
        drawn.append(_map_layer(base, layer, colours))
    ET.indent(document, " ")
    return _DOCTYPE + bytes(ET.tostring(document, encoding="utf-8"))


def _layer_id(name: str) -> str:
    return f"khanij_atlas_{name.replace('-', '_')}"


def _source(base: str, name: str) -> str:
    """Where the layer's features are, as QGIS writes it. Source: QgsWFSDataSourceURI."""
    return (
        f"pagingEnabled='true' restrictToRequestBBOX='1' typename='{name}' url='{base}/api' version='OGC_API_FEATURES'"
    )


def _map_layer(base: str, layer: QgisLayer, colours: Mapping[str, str]) -> ET.Element:
    collection = layer.collection
    is_point = collection.geometry_type == "Point"
    element = ET.Element(
        "maplayer",
        type="vector",
        geometry={"Point": "Point", "MultiLineString": "Line"}.get(collection.geometry_type, "Polygon"),
        wkbType=collection.geometry_type,
        readOnly="1",
        labelsEnabled="1" if is_point else "0",
        styleCategories="AllStyleCategories",
    )
    _add_texts(
        element,
        id=_layer_id(collection.id),
        datasource=_source(base, collection.id),
        layername=collection.title,
        provider="OAPIF",
        abstract=collection.description,
        previewExpression='"name"',
    )
    _add_system(element)
    ET.SubElement(element, "attribution", href=f"{base}/data").text = _credit(collection)
    _add_metadata(element, base, collection)
    ET.SubElement(element, "userNotes", value=_notes(collection))
    element.append(_renderer(layer, colours))
    if is_point:
        element.append(_labels(colours))
    aliases = ET.SubElement(element, "aliases")
    for index, name in enumerate(collection.properties):
        ET.SubElement(aliases, "alias", field=name, name=alias_of(name), index=str(index))
    return element


def _renderer(layer: QgisLayer, colours: Mapping[str, str]) -> ET.Element:
    collection = layer.collection
    if collection.id == "blocks":
        return block_renderer(colours)
    if collection.id in SYMBOLS:
        return point_renderer(SYMBOLS[collection.id].icon, collection.title, layer.statuses, colours)
    return outline_renderer(colours, is_line=collection.geometry_type == "MultiLineString")


def alias_of(name: str) -> str:
    """A field's name in plain words, with its unit."""
    return f"{say_field(name)}, ha" if name.endswith("_ha") else say_field(name)


def _credit(collection: Collection) -> str:
    return f"{GROUP}: {collection.attribution or 'compiled from public documents'}"


def _notes(collection: Collection) -> str:
    """What a reader must know of the layer, as HTML."""
    notes = _NOTES.get(collection.id, (_NOTE_OF_POINTS,))
    return "".join(f"<p>{escape(text)}</p>" for text in (collection.description, *notes))


def _add_texts(element: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(element, name).text = text


def _add_system(element: ET.Element) -> None:
    system = ET.SubElement(ET.SubElement(element, "srs"), "spatialrefsys")
    _add_texts(system, srid="4326", authid="EPSG:4326", description="WGS 84", geographicflag="true")


def _add_metadata(element: ET.Element, base: str, collection: Collection) -> None:
    metadata = ET.SubElement(element, "resourceMetadata")
    _add_texts(
        metadata,
        identifier=f"{base}/api/collections/{collection.id}",
        language="en",
        type="dataset",
        title=collection.title,
        abstract=collection.description,
        rights=_credit(collection),
        license=collection.licence,
    )
    ET.SubElement(
        ET.SubElement(metadata, "links"), "link", name=GROUP, type="WWW:LINK", url=f"{base}/data", description="Data"
    )


def _labels(colours: Mapping[str, str]) -> ET.Element:
    """The names of what is known to a district, state or region only: they stand for it, where a symbol would lie."""
    labelling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labelling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=f"if({IMPRECISE}, \"name\", '')",
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        textColor=qgis_colour(colours["quiet"]),
        textOpacity="1",
    )
    ET.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
        bufferColor=qgis_colour(colours["paper"]), bufferOpacity="1",
    )  # fmt: skip
    ET.SubElement(settings, "placement", placement="6", dist="1", distUnits="MM")
    ET.SubElement(settings, "rendering", scaleVisibility="1", scaleMin="1", scaleMax="4600000")
    return labelling
