"""Ready-made doors: what other programs open the portal with, made from the catalogue and the map's own colours."""

from app.doors.qgis import DEFINITION_TYPE, QgisLayer, make_layer_definition
from app.doors.tokens import read_colours

__all__ = ["DEFINITION_TYPE", "QgisLayer", "make_layer_definition", "read_colours"]
