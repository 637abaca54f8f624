"""Whether shapes are sound: finite, on the globe, valid, of some area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.ingest.checks.findings import Finding

if TYPE_CHECKING:
    from app.ingest.reading import Record

Flags = NDArray[np.bool_]
_AREAS = frozenset({"blocks", "states", "districts", "constraint-areas"})
_LINES = frozenset({"constraint-lines"})
# Nothing that is mined lies nearer to a pole than this, degrees.
_POLAR_LATITUDE = 89.0
# A shape that is wider has most likely been drawn the long way round the globe, degrees.
_WIDEST = 180.0

# Of the extent's area: corners on one slanted line have a little area by rounding, about 1e-14 of it.
_NO_AREA = 1e-9


def _extents(geometries: NDArray[Any]) -> NDArray[Any]:
    """Areas of the boxes round the shapes, in square degrees."""
    bounds = shapely.bounds(geometries)
    width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    return np.nan_to_num(width * height)


def check_shapes(collection: str, records: Sequence[Record], geometries: NDArray[Any]) -> tuple[list[Finding], Flags]:
    """Findings, and which shapes are sound enough to be measured and placed."""
    findings: list[Finding] = []
    sound = np.ones(len(records), dtype=bool)

    def refuse(faulty: Any, rule: str, message: str, mend: str) -> None:
        """An error for each shape that is faulty and was not refused before; {} is the shape's extent."""
        for place in np.flatnonzero(faulty & sound).tolist():
            extent = "{:.5g}, {:.5g} to {:.5g}, {:.5g}".format(*bounds[place])
            record = records[place]
            findings.append(Finding(record.number, record.id, "geometry", "error", rule, message.format(extent), mend))
        sound[faulty] = False

    bounds = shapely.bounds(geometries)
    refuse(~np.isfinite(bounds).all(axis=1), "geometry", "The position is empty.", "Give the shape its coordinates.")
    west, south, east, north = bounds.T
    refuse(
        (west < -180) | (east > 180) | (south < -90) | (north > 90),
        "range",
        "The shape reaches {}, which is no longitude and latitude.",
        "If these are metres, name the reference system, for instance --datum EPSG:32645; else correct the numbers.",
    )
    refuse(
        (np.maximum(np.abs(south), np.abs(north)) >= _POLAR_LATITUDE) | (east - west > _WIDEST),
        "geometry",
        "The shape reaches {}: over a pole, or more than half round the globe.",
        "Correct the corner that lies far away; cut a shape that crosses longitude 180 into two parts.",
    )
    refuse(
        ~np.isin(shapely.get_type_id(geometries), _type_ids(collection)),
        "geometry",
        "The shape is not of the kind that this collection holds.",
        f"Give {'polygons' if collection in _AREAS else 'lines' if collection in _LINES else 'points'}.",
    )
    _refuse_invalid(records, geometries, sound, findings)
    areal = shapely.get_dimensions(geometries) == 2
    refuse(
        areal & (shapely.area(geometries) <= _NO_AREA * _extents(geometries)),
        "geometry",
        "The shape at {} has no area.",
        "Give at least three corners that do not lie on one line.",
    )
    return findings, sound


def _type_ids(collection: str) -> list[int]:
    """Shapely's numbers of the kinds of shape: 0 point, 1 and 5 lines, 3 polygon, 6 multipolygon."""
    if collection == "blocks":
        return [0, 3, 6]
    if collection in _LINES:
        return [1, 5]
    return [3, 6] if collection in _AREAS else [0]


def _refuse_invalid(records: Sequence[Record], geometries: NDArray[Any], sound: Flags, findings: list[Finding]) -> None:
    """An error for each shape that is not valid, with the place of the fault."""
    for place in np.flatnonzero(sound & ~shapely.is_valid(geometries)).tolist():
        reason = shapely.is_valid_reason(geometries[place]).replace("[", " at lon lat ").rstrip("]")
        record = records[place]
        findings.append(
            Finding(
                record.number,
                record.id,
                "geometry",
                "error",
                "geometry",
                f"The shape is not valid: {reason}.",
                "Look at the order of the corners there; most desktop systems have a tool that mends shapes.",
            )
        )
        sound[place] = False
