"""State outlines: slivers mended, simplified so that shared borders stay shared. CRS: EPSG:4326, degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from .records import CatalogueError, Json, Record, feature, slug
from .shapes import to_rings

PRESENT_CODES = {"IN-OR": "IN-OD", "IN-CT": "IN-CG", "IN-TG": "IN-TS", "IN-UT": "IN-UK"}
UNION_TERRITORIES = {"IN-AN", "IN-CH", "IN-DH", "IN-DL", "IN-JK", "IN-LA", "IN-LD", "IN-PY"}
GRID_DEG = 1e-5  # the resolution of the source, about 1 m; the result keeps to it, so rounding moves nothing
TOLERANCE_DEG = 0.01  # square root of the area of triangles that may go; borders move by 2.1 km at most, 99 % under 0.6
ISLAND_DEG2 = 0.1  # smaller parts that touch no neighbour keep every corner, about 1,200 km²


def make_states(document: Json) -> list[Json]:
    """36 features. Raises CatalogueError unless the outlines form a valid coverage."""
    rows = [Record("state", item["properties"]) for item in document["features"]]
    named = [(row.take("name"), row.take("iso_3166_2")) for row in rows]
    for row in rows:
        row.close()
    mended = mend([shape(item["geometry"]) for item in document["features"]])
    outlines = simplify(mended)
    if not shapely.coverage_is_valid(np.array(outlines)) or not all(outline.is_valid for outline in outlines):
        raise CatalogueError("states: the simplified outlines are no valid coverage")
    return [_make_state(*pair, outline) for pair, outline in zip(named, outlines, strict=True)]


def _make_state(name: str, code: str, outline: MultiPolygon) -> Json:
    code = PRESENT_CODES.get(code, code)
    geometry = {"type": "MultiPolygon", "coordinates": [to_rings(part) for part in outline.geoms]}
    kind = "union territory" if code in UNION_TERRITORIES else "state"
    return feature(slug(name), geometry, {"name": name, "code": code, "kind": kind})


def mend(outlines: list[BaseGeometry]) -> list[MultiPolygon]:
    """Cut all outlines along all borders, then give each face to one state: no gaps, no overlaps, shared vertices.

    A face that several states claim goes to the first; one inside the country that none claims goes to the
    neighbour with which it shares the longest border.
    """
    lines = shapely.union_all([outline.boundary for outline in outlines], grid_size=GRID_DEG)
    faces = list(shapely.get_parts(shapely.polygonize([lines])))
    owners = [_find_owner(face, outlines) for face in faces]
    claimed = _merge_faces(faces, owners, len(outlines))
    for index, face in enumerate(faces):
        if owners[index] is None:
            shared = [shapely.length(face.boundary.intersection(part.boundary)) for part in claimed]
            owners[index] = int(np.argmax(shared))
    return _merge_faces(faces, owners, len(outlines))


def _merge_faces(faces: list[Polygon], owners: list[int | None], count: int) -> list[MultiPolygon]:
    merged = [
        shapely.coverage_union_all([face for face, owner in zip(faces, owners, strict=True) if owner == index])
        for index in range(count)
    ]
    return [_as_multipolygon(part) for part in merged]


def _find_owner(face: Polygon, outlines: list[BaseGeometry]) -> int | None:
    inside = face.representative_point()
    return next((index for index, outline in enumerate(outlines) if outline.contains(inside)), None)


def simplify(outlines: list[MultiPolygon]) -> list[MultiPolygon]:
    """Simplify the mainland as one coverage; islands stay as they are, so that none vanishes or turns a triangle."""
    country = shapely.union_all(np.array(outlines))
    islands = [part for part in country.geoms if part.area < ISLAND_DEG2]
    split = [_split_islands(outline, islands) for outline in outlines]
    mainland = [index for index, (rest, _) in enumerate(split) if rest]
    simpler: Any = shapely.coverage_simplify(
        np.array([MultiPolygon(split[index][0]) for index in mainland]), TOLERANCE_DEG
    )
    parts = [list(kept) for _, kept in split]
    for index, geometry in zip(mainland, simpler, strict=True):
        parts[index] += list(_as_multipolygon(geometry).geoms)
    return [MultiPolygon(sorted(part, key=lambda p: (-p.area, p.bounds))) for part in parts]


def _split_islands(outline: MultiPolygon, islands: list[Polygon]) -> tuple[list[Polygon], list[Polygon]]:
    """Parts on the mainland, and islands that belong to this state alone."""
    alone = [part for part in outline.geoms if any(part.equals(island) for island in islands)]
    return [part for part in outline.geoms if part not in alone], alone


def _as_multipolygon(geometry: BaseGeometry) -> MultiPolygon:
    return geometry if isinstance(geometry, MultiPolygon) else MultiPolygon([geometry])
