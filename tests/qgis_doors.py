"""What QGIS makes of the portal's doors: run by the Python that QGIS brings, in a folder that holds them."""

import contextlib
import io
import json
import os
import re
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayerDefinition,
    QgsLayerNotesUtils,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsSymbolLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize

INDIA = QgsRectangle(68, 6, 98, 37)


def load(name):
    """The layers of a definition, from the top downwards, each with the group that it lies in."""
    root = QgsProject.instance().layerTreeRoot()
    before = {node.layerId() for node in root.findLayers()}
    done, message = QgsLayerDefinition.loadLayerDefinition(f"{name}.qlr", QgsProject.instance(), root)
    if not done:
        raise SystemExit(f"{name}: {message}")
    return [(node.layer(), node.parent().name()) for node in root.findLayers() if node.layerId() not in before]


def tell(layer, group):
    told = {
        "collection": re.search("typename='([^']+)'", layer.source())[1],
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "read_only": layer.readOnly(),
        "attribution": layer.attribution(),
        "notes": QgsLayerNotesUtils.layerNotes(layer),
        "group": group,
        "renderer": layer.renderer().type(),
        "aliases": layer.attributeAliases(),
    }
    if told["renderer"] == "categorizedSymbol":
        told["categories"] = {c.value(): c.label() for c in layer.renderer().categories()}
        told |= tell_symbols(layer)
    if told["renderer"] == "RuleRenderer":
        told["rules_met"] = count_rules(layer)
    return told


@contextlib.contextmanager
def rendering(layer):
    """A renderer at work and its context. Python must not hold a category's symbol: QGIS 3.22 then falls over."""
    context = QgsRenderContext()
    context.setExpressionContext(QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer)))
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    yield renderer, context
    renderer.stopRender(context)


def tell_symbols(layer):
    """Status → colour, and how many features are dashed and how many solid by the symbol's own expression."""
    colours, found = {}, {"dash": 0, "solid": 0}
    with rendering(layer) as (renderer, context):
        for feature in layer.getFeatures():
            context.expressionContext().setFeature(feature)
            symbol = renderer.originalSymbolForFeature(feature, context)
            colours[feature["status"]] = symbol.color().name()
            properties = symbol.symbolLayer(0).dataDefinedProperties()
            style, _ = properties.valueAsString(QgsSymbolLayer.PropertyStrokeStyle, context.expressionContext())
            found[style] += 1
    return {"status_colours": colours, "dashed": found["dash"], "solid": found["solid"]}


def count_rules(layer):
    """Every number of rules that any of the layer's features meets."""
    met = set()
    with rendering(layer) as (renderer, context):
        for feature in layer.getFeatures():
            context.expressionContext().setFeature(feature)
            met.add(len(renderer.originalSymbolsForFeature(feature, context)))
    return sorted(met)


def draw(layers, system="EPSG:4326", extent=INDIA):
    """The colours of the layers' picture."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setOutputSize(QSize(900, 900))
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(system))
    settings.setExtent(extent)
    scopes = [QgsExpressionContextUtils.globalScope(), QgsExpressionContextUtils.mapSettingsScope(settings)]
    context = QgsExpressionContext()
    context.appendScopes(scopes)
    settings.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def open_tiles(address):
    layer = QgsVectorTileLayer(f"type=xyz&url={address.strip()}&zmin=0&zmax=14", "tiles")
    extent = QgsRectangle(7_500_000, 600_000, 10_900_000, 4_500_000)
    return {"valid": layer.isValid(), "drawn": len(draw([layer], "EPSG:3857", extent)) > 1}


def run_console():
    said = io.StringIO()
    with open("console.py", encoding="utf-8") as file, contextlib.redirect_stdout(said):
        exec(file.read(), {})
    return said.getvalue().strip()


def main():
    application = QgsApplication([], False)
    application.initQgis()
    told, everything = {}, []
    for name in ("khanij-atlas", "ports"):
        loaded = load(name)
        told[name] = [tell(layer, group) for layer, group in loaded]
        everything += [layer for layer, _ in loaded]
    told["colours"] = sorted(draw(everything))
    told["without_project"] = [
        one.isValid() for one in QgsLayerDefinition.loadLayerDefinitionLayers("khanij-atlas.qlr")
    ]
    told["tiles"] = open_tiles(sys.argv[1])
    told["console"] = run_console()
    print(json.dumps(told, default=str))
    sys.stdout.flush()
    os._exit(0)  # QGIS takes its layers down in an order of its own, and may fall over itself


if __name__ == "__main__":
    main()
