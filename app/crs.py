"""The coordinate reference systems in which answers are given and boxes are asked for."""

from __future__ import annotations

from typing import NamedTuple


class Crs(NamedTuple):
    """A reference system as clients name it and as PostGIS knows it."""

    uri: str
    srid: int
    latitude_first: bool  # its own axis order; PostGIS always has x before y
    decimals: int  # of a coordinate in an answer: about 0.1 m, for metres 0.01 m
    is_geographic: bool  # degrees, else metres


CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"


def _projected(srid: int) -> Crs:
    return Crs(_EPSG.format(srid), srid, latitude_first=False, decimals=2, is_geographic=False)


# Web Mercator, UTM zones of India and its seas, India's Lambert conformal conic. Axis orders are those of EPSG.
SYSTEMS: dict[str, Crs] = {
    crs.uri: crs
    for crs in (
        Crs(CRS84, 4326, latitude_first=False, decimals=6, is_geographic=True),
        Crs(_EPSG.format(4326), 4326, latitude_first=True, decimals=6, is_geographic=True),
        _projected(3857),
        *(_projected(srid) for srid in range(32642, 32648)),
        _projected(7755),
    )
}
