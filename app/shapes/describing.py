"""One geometry → the Feature that is answered, with what it measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shapely
from pyproj import Geod
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from app.languages import gettext as _

_GEOD = Geod(ellps="WGS84")
_M2_PER_HA = 10_000
# More corners make an address too long for some programs and mails; the shape then goes in a body.
MOST_TRAVELLING = 200
_DECIMALS = (6, 9, 12)
# Where India's records lie, with its seas and neighbours; degrees: west, south, east, north.
_NEAR_INDIA = (60.0, 0.0, 105.0, 42.0)


def describe(geometry: BaseGeometry, buffer_km: float | None, **about: Any) -> dict[str, Any]:
    """A GeoJSON Feature. `about`: what is known of the file, by the names of the answer's properties."""
    parts = list(shapely.get_parts(geometry))
    areas = [part for part in parts if part.geom_type == "Polygon"]
    lines = [part for part in parts if part.geom_type in ("LineString", "LinearRing")]
    vertices = int(shapely.get_num_coordinates(geometry))
    notices = [*about.pop("notices"), *_notices(geometry, bool(areas), buffer_km)]
    properties = about | {
        "vertices": vertices,
        "area_ha": round(sum(map(area_m2, areas)) / _M2_PER_HA, 4) if areas else None,
        "length_km": round(sum(map(_GEOD.geometry_length, lines)) / 1000, 4) if lines else None,
        "buffer_km": buffer_km,
        "bbox": list(geometry.bounds),
        "wkt": to_wkt(geometry),
        "travels": vertices <= MOST_TRAVELLING,
        "notices": notices,
    }
    return {"type": "Feature", "geometry": mapping(geometry), "properties": properties}


def area_m2(polygon: BaseGeometry) -> float:
    """Geodesic, on WGS 84."""
    return abs(float(_GEOD.geometry_area_perimeter(polygon)[0]))


def to_wkt(geometry: BaseGeometry) -> str:
    """WKT of six decimals (0.1 m), without blanks that say nothing.

    More decimals where a fine shape would cross itself by rounding.
    """
    for decimals in _DECIMALS:
        text = shapely.to_wkt(geometry, rounding_precision=decimals)
        if shapely.from_wkt(text).is_valid:
            break
    else:
        text = shapely.to_wkt(geometry, rounding_precision=-1)
    return text.replace(" (", "(").replace(", ", ",")


def _notices(geometry: BaseGeometry, has_area: bool, buffer_km: float | None) -> Sequence[str]:
    found = []
    if not has_area and not buffer_km:
        found.append(
            _(
                "Points and lines have no area, so hardly anything meets them: say how near is near with buffer_km, "
                "for instance buffer_km=5."
            )
        )
    west, south, east, north = geometry.bounds
    least_lon, least_lat, most_lon, most_lat = _NEAR_INDIA
    if east < least_lon or west > most_lon or north < least_lat or south > most_lat:
        swapped = south >= least_lon and north <= most_lon and west >= least_lat and east <= most_lat
        far = _(
            "It lies far from India, at %(lon)s, %(lat)s (longitude, latitude).",
            lon=f"{(west + east) / 2:.3f}",
            lat=f"{(south + north) / 2:.3f}",
        )
        found.append(far + (_(" With longitude and latitude exchanged it would lie there.") if swapped else ""))
    return found
