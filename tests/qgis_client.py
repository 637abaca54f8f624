"""What QGIS reads from a portal: run by the Python that QGIS brings, with questions and answers as JSON."""

import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer, QgsWkbTypes


def open_layer(root, collection):
    """A collection as a layer of the provider for OGC API Features."""
    uri = f"url='{root}' typename='{collection}' version='OGC_API_FEATURES' pagingEnabled='default'"
    layer = QgsVectorLayer(uri, collection, "OAPIF")
    if not layer.isValid():
        raise SystemExit(f"{collection}: {layer.error().message()}")
    return layer


def ids_of(layer, request=None):
    return [feature["id"] for feature in layer.getFeatures(request or QgsFeatureRequest())]


def read(root, question):
    """A layer's description, then the ids and one column that a box, or a subset string, leaves."""
    layer = open_layer(root, question["collection"])
    if "bbox" in question:
        request = QgsFeatureRequest().setFilterRect(QgsRectangle(*question["bbox"]))
        # The provider gives whatever meets the box of a feature; a user's selection is by shape.
        return {"ids": ids_of(layer, request.setFlags(QgsFeatureRequest.ExactIntersect))}
    if "subset" in question and not layer.setSubsetString(question["subset"]):
        raise SystemExit(f"the subset string is refused: {question['subset']}")
    names = [field.name() for field in layer.fields()]
    features = list(layer.getFeatures())
    return {
        "geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "crs": layer.crs().authid(),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "count": layer.featureCount(),
        "ids": [feature["id"] for feature in features],
        "shown": {
            name: [feature[name] or None for feature in features] for name in question.get("show", ()) if name in names
        },
    }


def main():
    root, *questions = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    answers = [read(root, json.loads(question)) for question in questions]
    print(json.dumps(answers, default=str))
    application.exitQgis()


if __name__ == "__main__":
    main()
