"""What the readers of all formats give."""

from __future__ import annotations

from typing import NamedTuple

from pyproj import CRS
from shapely.geometry.base import BaseGeometry


class Layer(NamedTuple):
    """Shapes by feature, None where a feature has none, as the file has them."""

    name: str
    shapes: list[BaseGeometry | None]
    crs: CRS | None  # None: the file does not say
    assumed: bool = False  # the format's own system, which the file does not name
    has_heights: bool = False
