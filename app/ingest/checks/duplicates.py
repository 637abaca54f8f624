"""Records that stand in a file twice: by id, by name and place, by shape.

A file may hold a million records, so ids and names are kept as hashes, extents as numbers and shapes on disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from app.ingest.checks.findings import Finding

if TYPE_CHECKING:
    from app.ingest.reading import Record

Pairs = NDArray[np.int64]  # shape (n, 2): places of the earlier and the later record

# Records of one name nearer than this in both directions stand at one place, degrees (about 1 km).
_NEAR = 0.01
# Of how many records of one name at one place each is compared with those before it.
_MOST_OF_A_NAME = 20
# Shapes whose extents are held by the search tree at a time.
_CHUNK = 50_000
# Pairs whose shapes are held at a time.
_COMPARED = 5_000
# Share of the smaller shape that two shapes have in common.
_OVERLAP = 0.9


class Seen(NamedTuple):
    """What records of a batch are compared with those of others by, in their order."""

    numbers: NDArray[np.int32]
    ids: bytes  # a line each
    id_hashes: NDArray[np.uint64]
    name_hashes: NDArray[np.uint64]
    bounds: NDArray[np.float32]  # to a metre, which is enough to find neighbours by
    areal: NDArray[np.bool_]
    lengths: NDArray[np.int32]  # of the shapes, bytes
    shapes: bytes  # as WKB, one after the other


def seen_in(batch: Sequence[Record]) -> Seen | None:
    """None where there are no records."""
    if not batch:
        return None
    geometries = np.array([record.geometry for record in batch], dtype=object)
    texts = shapely.to_wkb(geometries)
    return Seen(
        np.array([record.number for record in batch], dtype=np.int32),
        "\n".join(record.id for record in batch).encode(),
        _hashes(record.id for record in batch),
        _hashes(str(record.properties.get("name")).casefold() for record in batch),
        shapely.bounds(geometries).astype(np.float32),
        (shapely.get_dimensions(geometries) == 2) & shapely.is_valid(geometries),
        np.array([len(text) for text in texts], dtype=np.int32),
        b"".join(texts),
    )


class Duplicates:
    """Takes records batch by batch; says in the end which of them stand there twice."""

    def __init__(self) -> None:
        self._numbers: list[NDArray[np.int32]] = []
        self._ids: list[bytes] = []  # of a batch, a line each
        self._starts: list[int] = [0]  # place of each batch's first record
        self._id_hashes: list[NDArray[np.uint64]] = []
        self._name_hashes: list[NDArray[np.uint64]] = []
        self._bounds: list[NDArray[np.float32]] = []
        self._areal: list[NDArray[np.bool_]] = []
        self._shapes: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        self._lengths: list[NDArray[np.int32]] = []  # of the shapes on disk, bytes

    def feed(self, batch: Sequence[Record]) -> None:
        """Take note of a batch."""
        seen = seen_in(batch)
        if seen:
            self.take(seen)

    def take(self, seen: Seen) -> None:
        """Take note of a batch by what was seen in it."""
        self._numbers.append(seen.numbers)
        self._ids.append(seen.ids)
        self._starts.append(self._starts[-1] + len(seen.numbers))
        self._id_hashes.append(seen.id_hashes)
        self._name_hashes.append(seen.name_hashes)
        self._bounds.append(seen.bounds)
        self._areal.append(seen.areal)
        self._lengths.append(seen.lengths)
        self._shapes.write(seen.shapes)

    def finish(self) -> list[Finding]:
        """What was found in all batches; the shapes kept are let go."""
        if not self._numbers:
            return []
        findings = [self._same_id(*pair) for pair in _equal_pairs(_joined(self._id_hashes))]
        bounds = _joined(self._bounds)
        named = set(_near_and_alike(_joined(self._name_hashes), bounds))
        findings += [self._same_name(*pair) for pair in named]
        for earlier, later, share in self._overlaps(bounds):
            if (earlier, later) not in named:
                findings.append(self._overlap(earlier, later, share))
        self._shapes.close()
        return sorted(findings, key=lambda finding: finding.row)

    def _number(self, place: int) -> int:
        batch = int(np.searchsorted(self._starts, place, side="right")) - 1
        return int(self._numbers[batch][place - self._starts[batch]])

    def _id(self, place: int) -> str:
        batch = int(np.searchsorted(self._starts, place, side="right")) - 1
        return self._ids[batch].decode().split("\n")[place - self._starts[batch]]

    def _same_id(self, earlier: int, later: int) -> Finding:
        slug = self._id(later)
        message = f"The id “{slug}” stands in row {self._number(earlier)} already."
        mend = "Give each record an id of its own, or leave out the row that is not wanted."
        return Finding(self._number(later), slug, "id", "error", "duplicate", message, mend)

    def _same_name(self, earlier: int, later: int) -> Finding:
        message = f"It has the name and the place of the record in row {self._number(earlier)}."
        mend = "If it is the same thing, keep one; else make the names differ."
        return Finding(self._number(later), self._id(later), "name", "warning", "duplicate", message, mend)

    def _overlap(self, earlier: int, later: int, share: float) -> Finding:
        other = f"the shape in row {self._number(earlier)}"
        message = f"Its shape and {other} have {share * 100:.0f} % of the smaller one in common."
        mend = "If it is the same ground offered again, make it an event of one record; else correct the shape."
        return Finding(self._number(later), self._id(later), "geometry", "warning", "duplicate", message, mend)

    def _overlaps(self, bounds: NDArray[np.float32]) -> Iterator[tuple[int, int, float]]:
        """Pairs of shapes that have most of the smaller one in common, and how much."""
        areal = np.flatnonzero(_joined(self._areal))
        offsets = np.concatenate(([0], np.cumsum(_joined(self._lengths), dtype=np.int64)))
        self._shapes.flush()
        for pairs in _near_pairs(bounds, areal):
            for start in range(0, len(pairs), _COMPARED):
                part = pairs[start : start + _COMPARED]
                shapes = self._read_shapes(np.unique(part), offsets)
                first, second = (np.array([shapes[place] for place in side], dtype=object) for side in part.T.tolist())
                smaller = np.minimum(shapely.area(first), shapely.area(second))
                share = shapely.area(shapely.intersection(first, second)) / smaller
                for at in np.flatnonzero(share > _OVERLAP).tolist():
                    yield int(part[at, 0]), int(part[at, 1]), float(share[at])

    def _read_shapes(self, places: NDArray[np.int64], offsets: NDArray[np.int64]) -> dict[int, Any]:
        texts = []
        for place in places:
            self._shapes.seek(int(offsets[place]))
            texts.append(self._shapes.read(int(offsets[place + 1] - offsets[place])))
        return dict(zip(places.tolist(), shapely.from_wkb(texts), strict=True))


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """The parts as one, and let go."""
    joined = np.concatenate(parts)
    parts.clear()
    return joined


def _hashes(texts: Iterable[str]) -> NDArray[np.uint64]:
    """64 bits of each: of a million, two differing texts have the same hash once in 37 million files."""
    return np.frombuffer(b"".join(blake2b(text.encode(), digest_size=8).digest() for text in texts), dtype=np.uint64)


def _equal_pairs(hashes: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Each place whose hash stood earlier, after the last such place."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    for at in np.flatnonzero(ordered[1:] == ordered[:-1]).tolist():
        yield int(order[at]), int(order[at + 1])


def _near_and_alike(names: NDArray[np.uint64], bounds: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Places of records of one name (by its hash) and one place, the earlier first."""
    lon, lat = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    order = np.lexsort((lon, names))
    candidates = np.arange(len(order))
    for step in range(1, _MOST_OF_A_NAME + 1):
        candidates = candidates[candidates + step < len(order)]
        first, second = order[candidates], order[candidates + step]
        alike = (names[first] == names[second]) & (lon[second] - lon[first] <= _NEAR)
        candidates = candidates[alike]
        near = alike & (np.abs(lat[first] - lat[second]) <= _NEAR)
        for pair in zip(first[near].tolist(), second[near].tolist(), strict=True):
            yield min(pair), max(pair)


def _near_pairs(bounds: NDArray[np.float32], areal: NDArray[np.int64]) -> Iterator[Pairs]:
    """Pairs whose extents share most of the smaller one, found in strips from west to east."""
    order = areal[np.argsort(bounds[areal, 0], kind="stable")]
    carried = np.empty(0, dtype=np.int64)  # shapes of earlier strips that reach into the next
    for start in range(0, len(order), _CHUNK):
        chunk = order[start : start + _CHUNK]
        carried = carried[bounds[carried, 2] >= bounds[chunk[0], 0]]
        held = np.concatenate((carried, chunk))
        tree = shapely.STRtree(_boxes(bounds[chunk]))
        asked, found = tree.query(_boxes(bounds[held]))
        # A pair within the strip is found from both sides: keep one.
        once = asked < found + len(carried)
        pairs = np.column_stack((held[asked[once]], chunk[found[once]]))
        pairs = np.sort(pairs[_shared(bounds, pairs) > _OVERLAP * 0.5], axis=1)
        yield pairs
        carried = held


def _boxes(bounds: NDArray[np.float32]) -> Any:
    return shapely.box(*bounds.T)


def _shared(bounds: NDArray[np.float32], pairs: Pairs) -> NDArray[np.float64]:
    """Share of the smaller extent that the extents of each pair have in common."""
    a, b = bounds[pairs[:, 0]], bounds[pairs[:, 1]]
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    smaller = np.minimum(np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1))
    return np.asarray(common / np.maximum(smaller, 1e-18), dtype=np.float64)
