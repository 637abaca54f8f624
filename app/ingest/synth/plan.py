"""How many blocks lie where: India's ore belts cut into square cells, each cell into equal slots, a block to a slot.

A block never leaves its slot (but for the few that are moved on purpose), which is what keeps blocks from overlapping.
"""

from __future__ import annotations

import json
from functools import lru_cache
from math import cos, erf, log, radians, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from app.ingest.synth.belts import BELTS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CELL_KM = 25.0
KM_PER_DEGREE = 111.2  # of latitude, near enough: cells need not be exact squares
# Share of its slot that the largest block of a slot covers; a star inside a square can cover little more.
FILL = 0.33
LEAST_HA, MOST_HA = 6.0, 20_000.0
MEDIAN_HA, SPREAD = 300.0, 1.2  # of the log-normal areas, while there is room; spread of the logarithm
MOST_SPLITS = int(sqrt(FILL * CELL_KM**2 * 100 / LEAST_HA))  # slots along a cell's side
OCCUPIED = 0.85  # of all slots at most
MAXIMUM_BLOCKS = 4_000_000  # more do not find room without overlapping


class SynthError(Exception):
    """What cannot be made, in one sentence."""


class Grid(NamedTuple):
    """The belts' cells, each wholly inside India: degrees, EPSG:4326; one entry per cell."""

    west: Floats
    south: Floats
    width: Floats
    height: Floats
    belt: Integers  # place in BELTS
    density: Floats
    state: Integers  # place in States; -1 where the cell touches several


class States(NamedTuple):
    """The states' names and outlines, in the file's order."""

    names: list[str]
    tree: shapely.STRtree


class Plan(NamedTuple):
    """Which slot each block takes."""

    grid: Grid
    states: States
    splits: Integers  # per cell: slots along each side
    cell: Integers  # per block
    slot: Integers  # per block: its number in the cell, row by row from the south-west


def make_plan(count: int, seed: int, data_dir: Path) -> Plan:
    """Places for `count` blocks, denser towards the middle of belts.

    The more blocks, the smaller they are, since India does not grow.
    Raises: SynthError where `count` is negative or does not fit, or the states cannot be read.
    """
    if not 0 <= count <= MAXIMUM_BLOCKS:
        raise SynthError(f"the number of blocks is {count:,}; it can be from 0 to {MAXIMUM_BLOCKS:,}.")
    if seed < 0:
        raise SynthError(f"the seed is {seed}; it can be 0 or any whole number above.")
    states, grid = _read_ground(data_dir)
    rng = np.random.default_rng([seed, 0])
    splits = _splits(count, rng.permutation(len(grid.west)))
    taken = _share_out(count, splits**2, grid.density * splits**2, rng)
    slot = [rng.permutation(size)[:used] for size, used in zip((splits**2).tolist(), taken.tolist(), strict=True)]
    order = rng.permutation(count)
    return Plan(grid, states, splits, np.repeat(np.arange(len(splits)), taken)[order], np.concatenate(slot)[order])


def area_bounds(splits: Integers) -> tuple[Floats, Floats]:
    """Least and greatest area of a block, hectares, in cells cut `splits` times."""
    whole = FILL * CELL_KM**2 * 100
    return np.maximum(whole / (splits + 1.0) ** 2, LEAST_HA), np.minimum(whole / splits**2.0, MOST_HA)


def _splits(count: int, order: Integers) -> Integers:
    """How finely to cut each cell, so that areas over all slots are log-normal and `count` blocks find room."""
    sizes = np.arange(1, MOST_SPLITS + 1)
    least, most = area_bounds(sizes)
    median = MEDIAN_HA
    while True:
        share = (_shares_below(most, median) - _shares_below(least, median)) / sizes**2
        bounds = np.round(np.cumsum(share / share.sum()) * len(order)).astype(np.int64)
        splits = sizes[np.searchsorted(bounds, np.arange(len(order)), side="right")][order]
        if count <= OCCUPIED * (splits**2).sum():
            return np.asarray(splits, dtype=np.int64)
        median *= 0.97


def _shares_below(area_ha: Floats, median_ha: float) -> Floats:
    """Share of all blocks that are smaller, by the log-normal law."""
    return np.array([(1 + erf(log(area / median_ha) / SPREAD / sqrt(2))) / 2 for area in area_ha.tolist()])


def _share_out(count: int, room: Integers, wish: Floats, rng: np.random.Generator) -> Integers:
    """`count` split in proportion to `wish`, nowhere beyond `room`."""
    low, high = 0.0, float((room / wish).max())
    for _ in range(100):
        middle = (low + high) / 2
        if np.minimum(room, middle * wish).sum() < count:
            low = middle
        else:
            high = middle
    expected = np.minimum(room, high * wish)
    # Rounded so that the sum is exact: whoever steps over a whole number of the running sum gets one.
    running = np.cumsum(expected * (count / max(expected.sum(), 1e-9)))
    reached = np.floor(running + rng.random()).astype(np.int64)
    reached[-1] = count
    return np.diff(reached, prepend=0)


@lru_cache(maxsize=2)
def _read_ground(data_dir: Path) -> tuple[States, Grid]:
    features = read_json(data_dir / "states.geojson", "features")
    outlines = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    states = States([feature["properties"]["name"] for feature in features], shapely.STRtree(outlines))
    return states, _make_grid(states)


def read_json(path: Path, member: str) -> list[dict[str, Any]]:
    """The list `member` of a data file. Raises: SynthError."""
    try:
        found: list[dict[str, Any]] = json.loads(path.read_bytes())[member]
    except (OSError, ValueError, KeyError) as error:
        raise SynthError(f"{path} cannot be used for synthetic blocks: {error}.") from error
    return found


def _make_grid(states: States) -> Grid:
    """All cells whose middle lies in a belt and that lie wholly inside India."""
    height = CELL_KM / KM_PER_DEGREE
    rows = []
    for south in np.arange(6.0, 37.5, height):
        width = height / cos(radians(south + height / 2))
        west = np.arange(68.0, 97.5, width)
        rows.append(np.stack([west, *(np.full(len(west), v) for v in (south, width, height))]))
    west, south, width, height_ = np.concatenate(rows, axis=1)
    density = _densities(west + width / 2, south + height_ / 2)
    cells = shapely.box(west, south, west + width, south + height_)
    india = shapely.union_all(states.tree.geometries)
    shapely.prepare(india)
    keep = (density.max(axis=0) > 0) & shapely.covers(india, cells)
    touching, touched = states.tree.query(cells[keep], predicate="intersects")
    state = np.full(keep.sum(), -1)
    state[touching] = touched
    state[np.bincount(touching, minlength=len(state)) != 1] = -1
    columns = (west[keep], south[keep], width[keep], height_[keep])
    return Grid(*columns, density[:, keep].argmax(axis=0), density[:, keep].max(axis=0), state)


def _densities(lon: Floats, lat: Floats) -> Floats:
    """How dense each belt is at each place: greatest in its middle, 0 outside."""
    rows = []
    for belt in BELTS:
        east = (lon - belt.lon) * KM_PER_DEGREE * cos(radians(belt.lat))
        north = (lat - belt.lat) * KM_PER_DEGREE
        sine, cosine = np.sin(radians(belt.azimuth)), np.cos(radians(belt.azimuth))
        along, across = east * sine + north * cosine, east * cosine - north * sine
        reach = (along / belt.long_km) ** 2 + (across / belt.short_km) ** 2
        rows.append(np.where(reach <= 1, belt.weight * np.exp(-2.5 * reach), 0))
    return np.stack(rows)


def states_at(states: States, lon: Floats, lat: Floats) -> Integers:
    """The place in `states` of the outline in which each point lies; the first where it lies on a border."""
    points, found = states.tree.query(shapely.points(lon, lat), predicate="intersects")
    place = np.full(len(lon), len(states.names))
    np.minimum.at(place, points, found)
    return place
