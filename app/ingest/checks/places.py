"""Whether shapes lie where the record says, and are as large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.ingest.checks.findings import Finding

if TYPE_CHECKING:
    from app.ingest.reading import Record

# Collections whose records lie in India.
INDIAN = frozenset(
    "blocks occurrences exploration-projects processing-units centres-of-excellence ports coal-mine-closures "
    "states districts constraint-areas constraint-lines".split()
)
# India with its islands and exclusive economic zone: west, south, east, north, degrees.
INDIA = (66.0, 3.0, 99.5, 38.0)
# States that were part of another; older files name the other. With the year.
SUCCESSORS = {
    "Andhra Pradesh": {"Telangana": 2014},
    "Bihar": {"Jharkhand": 2000},
    "Jammu and Kashmir": {"Ladakh": 2019},
    "Madhya Pradesh": {"Chhattisgarh": 2000},
    "Uttar Pradesh": {"Uttarakhand": 2000},
}
# The state outlines are off by up to a few kilometres: nearer than this is no finding, nearer than the next a warning.
_OUTLINE_ERROR_KM = 5.0
_FAR_KM = 50.0
# The same for a record whose position is known roughly: only what cannot be meant is an error.
_FAR_FOR_ROUGH_KM = 200.0
# The exclusive economic zone reaches 200 nautical miles.
_OFFSHORE_KM = 400.0
_KM_PER_DEGREE = 111.2
# Declared and computed areas that differ by more are worth a look.
_AREA_TOLERANCE = 0.02
# Factors that betray a unit: what a declared number in that unit would be, in hectares.
_UNITS = {"square kilometres": 100.0, "acres": 0.40469, "square metres": 0.0001}


def check_places(
    collection: str,
    records: Sequence[Record],
    geometries: NDArray[Any],
    sound: NDArray[np.bool_],
    states: Mapping[str, BaseGeometry],
) -> list[Finding]:
    """Swapped axes, places outside the named state, declared against computed area."""
    findings: list[Finding] = []
    if collection in INDIAN:
        findings += _swapped(records, geometries, sound)
        if collection != "states":
            findings += _outside(records, geometries, sound, states)
    if collection == "blocks":
        findings += _areas(records, geometries, sound)
    return findings


def _swapped(records: Sequence[Record], geometries: NDArray[Any], sound: NDArray[np.bool_]) -> list[Finding]:
    """Shapes that lie in India only when longitude and latitude change places; they are sound no more."""
    west, south, east, north = INDIA
    bounds = shapely.bounds(geometries)
    outside = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
    inside_when_swapped = (
        (bounds[:, 1] >= west) & (bounds[:, 0] >= south) & (bounds[:, 3] <= east) & (bounds[:, 2] <= north)
    )
    findings = []
    for place in np.flatnonzero(sound & outside & inside_when_swapped).tolist():
        x, y = bounds[place, :2]
        findings.append(
            Finding(
                records[place].number,
                records[place].id,
                "geometry",
                "error",
                "axes",
                f"Longitude {x:.5g} and latitude {y:.5g} lie in India only when they change places.",
                "Swap the columns of longitude and latitude (or the axes of the file).",
            )
        )
        sound[place] = False
    return findings


def _outside(
    records: Sequence[Record],
    geometries: NDArray[Any],
    sound: NDArray[np.bool_],
    states: Mapping[str, BaseGeometry],
) -> list[Finding]:
    """Shapes that lie outside the state that their record names."""
    by_state: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        state = record.properties.get("state")
        if sound[place] and isinstance(state, str) and state in states:
            by_state.setdefault(state, []).append(place)
    findings = []
    for state, places in by_state.items():
        outline = states[state]
        shapely.prepare(outline)
        at = np.array(places)
        for place in at[~shapely.intersects(outline, geometries[at])]:
            once_part = [states[name] for name in SUCCESSORS.get(state, ()) if name in states]
            distance_km = min(_distance_km(part, geometries[place]) for part in (outline, *once_part))
            finding = _outside_finding(records[place], state, distance_km)
            if finding:
                findings.append(finding)
    return findings


def _outside_finding(record: Record, state: str, distance_km: float) -> Finding | None:
    tolerated = _OFFSHORE_KM if record.properties.get("offshore") else _OUTLINE_ERROR_KM
    if distance_km <= tolerated:
        return None
    exact = record.properties.get("position_accuracy") in ("surveyed", "site", None)
    far = distance_km > max(_FAR_KM if exact else _FAR_FOR_ROUGH_KM, tolerated)
    return Finding(
        record.number,
        record.id,
        "state",
        "error" if far else "warning",
        "place",
        f"The shape lies {distance_km:.0f} km outside {state}.",
        "Its coordinates, its reference system (.prj) or its state is wrong."
        if far
        else "Look whether the state or the position is meant; the outlines here are good to a few kilometres.",
    )


def _distance_km(outline: BaseGeometry, shape: BaseGeometry) -> float:
    """Roughly: degrees of longitude shrink with the latitude."""
    near = shapely.shortest_line(outline, shape)
    (lon_1, lat_1), (lon_2, lat_2) = shapely.get_coordinates(near)
    narrowed = np.cos(np.radians((lat_1 + lat_2) / 2))
    return float(_KM_PER_DEGREE * sqrt(((lon_1 - lon_2) * narrowed) ** 2 + (lat_1 - lat_2) ** 2))


def _areas(records: Sequence[Record], geometries: NDArray[Any], sound: NDArray[np.bool_]) -> list[Finding]:
    """Declared areas that are not those of the shapes."""
    areal = shapely.get_dimensions(geometries) == 2
    places = [
        place
        for place in np.flatnonzero(sound & areal).tolist()
        if isinstance(records[place].properties.get("area_ha"), int | float)
    ]
    if not places:
        return []
    declared = np.array([records[place].properties["area_ha"] for place in places], dtype=np.float64)
    computed = areas_ha(geometries[places])
    findings = []
    with np.errstate(divide="ignore", invalid="ignore"):
        off = ~(np.abs(declared - computed) <= _AREA_TOLERANCE * computed)
    for at in np.flatnonzero(off).tolist():
        findings.append(_area_finding(records[places[at]], float(declared[at]), float(computed[at])))
    return findings


def _area_finding(record: Record, declared: float, computed: float) -> Finding:
    unit = next((u for u, hectares in _UNITS.items() if abs(declared * hectares / computed - 1) < 0.05), None)
    return Finding(
        record.number,
        record.id,
        "area_ha",
        "warning",
        "area",
        f"The declared area is {declared:,.6g} ha, the shape measures {computed:,.6g} ha "
        f"({(computed / declared - 1) * 100:+.1f} %)."
        if declared
        else f"The declared area is 0 ha, the shape measures {computed:,.6g} ha.",
        f"The declared number looks like {unit}: give hectares."
        if unit
        else "Compare with the document; where both stand, both are shown with their difference.",
    )


def areas_ha(geometries: NDArray[Any]) -> NDArray[np.float64]:
    """Areas on the WGS 84 spheroid, hectares, by Lambert's cylindrical equal-area projection.

    Sides are straight in the projection, not geodesics: for blocks the difference is below one in five thousand.
    Source: Snyder, Map Projections (1987), equations 3-12 and 10-15.
    """
    projected = shapely.transform(geometries, _equal_area_m)
    return np.asarray(shapely.area(projected) / 10_000.0, dtype=np.float64)


def _equal_area_m(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    a, e2 = 6_378_137.0, 0.006_694_379_990_141_3
    e = sqrt(e2)
    sine = np.sin(np.radians(degrees[:, 1]))
    q = (1 - e2) * (sine / (1 - e2 * sine * sine) + np.arctanh(e * sine) / e)
    return np.column_stack((a * np.radians(degrees[:, 0]), a * q / 2))
