"""What QGIS draws of vector tiles: run by the Python that QGIS brings, with addresses and boxes as JSON."""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsProject,
    QgsRectangle,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

SIDE = 200
COLOURS = {"#ff0000": "areas", "#0000ff": "points", "#ffffff": "nothing"}


def style_of(geometry_type, symbol):
    style = QgsVectorTileBasicRendererStyle("", "", geometry_type)
    style.setSymbol(symbol)
    return style


def draw(question):
    """How many pixels of a map have the colour of areas, and of points."""
    address = question["tiles"].replace("{", "%7B").replace("}", "%7D")
    layer = QgsVectorTileLayer(f"type=xyz&url={address}&zmin=0&zmax=16", "tiles")
    if not layer.isValid():
        raise SystemExit(f"no layer of vector tiles: {layer.error().message()}")
    area = QgsFillSymbol.createSimple({"color": "255,0,0", "outline_style": "no"})
    point = QgsMarkerSymbol.createSimple({"color": "0,0,255", "outline_style": "no", "size": "3"})
    renderer = QgsVectorTileBasicRenderer()
    # A style of points is drawn at the corners of areas as well, so there is one at a time.
    styles = {"areas": (QgsWkbTypes.PolygonGeometry, area), "points": (QgsWkbTypes.PointGeometry, point)}
    renderer.setStyles([style_of(*styles[question["drawn"]])])
    layer.setRenderer(renderer)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    settings.setDestinationCrs(mercator)
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    there = QgsCoordinateTransform(degrees, mercator, QgsProject.instance())
    settings.setExtent(there.transformBoundingBox(QgsRectangle(*question["bbox"])))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    found = dict.fromkeys(COLOURS.values(), 0)
    for x in range(SIDE):
        for y in range(SIDE):
            name = COLOURS.get(image.pixelColor(x, y).name())
            found[name] = found.get(name, 0) + 1
    return {"areas": found["areas"], "points": found["points"], "errors": [error.message for error in job.errors()]}


def main():
    application = QgsApplication([], False)
    application.initQgis()
    print(json.dumps([draw(json.loads(question)) for question in sys.argv[1:]]))
    application.exitQgis()


if __name__ == "__main__":
    main()
