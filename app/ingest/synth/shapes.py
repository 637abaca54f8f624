"""Outlines of synthetic blocks: stars around a centre, 4 to 40 corners, each inside its slot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from app.ingest.synth.plan import Floats, Integers, Plan, area_bounds, states_at

LEAST_CORNERS, MOST_CORNERS = 4, 40
MOVED = 0.003  # share of blocks pushed halfway into their neighbour's slot, so that some overlap
ROUNDED = 6  # decimals of a degree, about 0.1 m
_A, _E2 = 6_378_137.0, 0.006_694_379_990_14  # WGS 84: semi-major axis in metres, squared eccentricity


class Places(NamedTuple):
    """Where a batch of blocks lies: degrees, EPSG:4326; hectares."""

    lon: Floats
    lat: Floats
    area_ha: Floats
    belt: Integers
    state: Integers
    polygons: NDArray[np.object_]


class Stars(NamedTuple):
    """Outlines around their centres, one after the other: corners counter-clockwise, each star from `start` on."""

    x: Floats
    y: Floats
    owner: Integers
    start: Integers


def make_places(plan: Plan, which: slice, rng: np.random.Generator) -> Places:
    """The blocks `which` of the plan, one at least, drawn."""
    grid, cell, slot = plan.grid, plan.cell[which], plan.slot[which]
    splits = plan.splits[cell]
    width, height = grid.width[cell] / splits, grid.height[cell] / splits
    column, row = slot % splits, slot // splits
    west, south = grid.west[cell] + column * width, grid.south[cell] + row * height
    stars = _stars(rng, len(cell))
    metres = _metres_per_degree(south + height / 2)
    least, most = area_bounds(splits)
    stars = _sized(stars, least * (most / least) ** rng.random(len(cell)), metres, width, height)
    lon, lat = _placed(rng, stars, (west, south), (width, height))
    # Pushed towards the cell's middle, where a slot is: cells lie inside India, so the block stays there too.
    moved = (rng.random(len(cell)) < MOVED) * rng.uniform(0.4, 0.6, len(cell)) * (splits > 1)
    lon = np.round(lon + moved * width * np.where(column < splits / 2, 1, -1), ROUNDED)
    lat = np.round(lat, ROUNDED)
    x, y = np.round(lon[stars.owner] + stars.x, ROUNDED), np.round(lat[stars.owner] + stars.y, ROUNDED)
    polygons = _polygons(stars._replace(x=x, y=y))
    area = _areas(stars._replace(x=x - lon[stars.owner], y=y - lat[stars.owner])) * metres[0] * metres[1] / 1e4
    state = grid.state[cell].copy()
    unsure = state < 0
    state[unsure] = states_at(plan.states, lon[unsure], lat[unsure])
    return Places(lon, lat, np.round(area, 2), grid.belt[cell], state, polygons)


def _stars(rng: np.random.Generator, count: int) -> Stars:
    """Stars of radius 1 at most; most have few corners."""
    corners = LEAST_CORNERS - 1 + rng.geometric(0.2, count)
    corners = np.minimum(corners, MOST_CORNERS)
    owner = np.repeat(np.arange(count), corners)
    start = np.cumsum(corners) - corners
    # Steps of a turn differ, but stay under half a turn: the centre is inside, the outline never meets itself.
    turn = np.arange(len(owner)) - start[owner] + 0.55 * rng.random(len(owner)) + rng.random(count)[owner]
    angle = 2 * np.pi * turn / corners[owner]
    radius = 1 - 0.3 * rng.random(len(owner))
    return Stars(radius * np.cos(angle), radius * np.sin(angle), owner, start)


def _areas(stars: Stars) -> Floats:
    """By the shoelace formula, in the square of the stars' unit."""
    following = np.arange(1, len(stars.owner) + 1)
    following[np.append(stars.start[1:], len(stars.owner)) - 1] = stars.start
    doubled: Floats = np.add.reduceat(stars.x * stars.y[following] - stars.x[following] * stars.y, stars.start)
    return doubled / 2


def _sized(stars: Stars, area_ha: Floats, metres: tuple[Floats, Floats], width: Floats, height: Floats) -> Stars:
    """The stars in degrees: of the area wished for, or less where it would not fit its slot."""
    scale = np.sqrt(area_ha * 1e4 / _areas(stars))
    wide, high = (extent * scale / metre for extent, metre in zip(_extents(stars), metres, strict=True))
    scale *= np.minimum(1, 0.97 * np.minimum(width / wide, height / high))
    return stars._replace(x=stars.x * (scale / metres[0])[stars.owner], y=stars.y * (scale / metres[1])[stars.owner])


def _extents(stars: Stars) -> tuple[Floats, Floats]:
    spans = [np.maximum.reduceat(v, stars.start) - np.minimum.reduceat(v, stars.start) for v in (stars.x, stars.y)]
    return spans[0], spans[1]


def _placed(
    rng: np.random.Generator, stars: Stars, corner: tuple[Floats, Floats], size: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Centres such that each star lies somewhere in its slot, with a little room to every side."""
    centres = []
    for values, low, room, extent in zip((stars.x, stars.y), corner, size, _extents(stars), strict=True):
        least = np.minimum.reduceat(values, stars.start)
        margin = 0.01 * room
        centres.append(low + margin - least + rng.random(len(extent)) * (room - 2 * margin - extent))
    return centres[0], centres[1]


def _metres_per_degree(lat: Floats) -> tuple[Floats, Floats]:
    """East and north, on the WGS 84 ellipsoid."""
    phi = np.radians(lat)
    root = np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    return np.radians(_A / root * np.cos(phi)), np.radians(_A * (1 - _E2) / root**3)


def _polygons(stars: Stars) -> NDArray[np.object_]:
    """One polygon per star, its ring closed by its first corner."""
    corners = np.stack([stars.x, stars.y], axis=1)
    ends = np.append(stars.start[1:], len(stars.owner))
    corners = np.insert(corners, ends, corners[stars.start], axis=0)
    owner = np.insert(stars.owner, ends, np.arange(len(stars.start)))
    return np.asarray(shapely.polygons(shapely.linearrings(corners, indices=owner)), dtype=np.object_)
