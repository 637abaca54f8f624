"""GPX: tracks, routes and waypoints, as receivers write them.

Read in Python, as a receiver's track often has stretches of one point, for which GDAL drops the whole track.
"""

from __future__ import annotations

from math import isfinite
from xml.parsers import expat

import shapely
from shapely.geometry.base import BaseGeometry

from app.languages import gettext as _
from app.shapes.faults import BadFile
from app.shapes.layer import Layer
from app.shapes.systems import WGS84
from app.wording import group_digits

_POSITIONS = ("wpt", "rtept", "trkpt")
_STRETCHES = ("rte", "trkseg")

Position = tuple[float, float]


def read_gpx(content: bytes, name: str) -> Layer:
    """One feature for each waypoint, route and track; a stretch of one point is a point. Raises: BadFile."""
    reader = _Reader(name)
    reader.parser.Parse(content, True)
    return Layer(name, reader.shapes, WGS84, has_heights=reader.has_heights)


class _Reader:
    """Follows the elements of a document that is known to be whole."""

    def __init__(self, name: str) -> None:
        self.name, self.has_heights = name, False
        self.shapes: list[BaseGeometry | None] = []
        self.stretches: list[list[Position]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def start(self, element: str, attributes: dict[str, str]) -> None:
        plain = element.rpartition(" ")[2]
        if plain in _STRETCHES:
            self.stretches.append([])
        elif plain == "ele":
            self.has_heights = True
        elif plain in _POSITIONS:
            position = self.position(attributes)
            if plain == "wpt":
                self.shapes.append(shapely.Point(position))
            elif self.stretches:
                self.stretches[-1].append(position)

    def end(self, element: str) -> None:
        if element.rpartition(" ")[2] in ("rte", "trk"):
            parts = [_stretch(positions) for positions in self.stretches if positions]
            self.shapes.append(shapely.GeometryCollection(parts) if parts else None)
            self.stretches = []

    def position(self, attributes: dict[str, str]) -> Position:
        try:
            found = float(attributes["lon"]), float(attributes["lat"])
            if all(map(isfinite, found)):
                return found
        except (KeyError, ValueError):
            pass
        line = self.parser.CurrentLineNumber
        raise BadFile(
            _(
                "%(name)s: the point in line %(line)s has no lon and lat that are numbers.",
                name=self.name,
                line=group_digits(f"{line:,}"),
            )
        )


def _stretch(positions: list[Position]) -> BaseGeometry:
    return shapely.LineString(positions) if len(positions) > 1 else shapely.Point(positions[0])
