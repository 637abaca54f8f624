"""Synthetic blocks as records of the data files: `records.Block`, batch by batch, so that memory stays flat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from app.ingest.synth.belts import BELTS
from app.ingest.synth.events import make_histories
from app.ingest.synth.plan import Floats, Integers, Plan, SynthError, make_plan, read_json
from app.ingest.synth.shapes import Places, make_places
from app.ingest.synthetic import ID_PREFIX
from app.settings import PROJECT_ROOT
from app.values import BLOCK_ASSET_CLASSES, CONCESSIONS, STAGES

DATA_DIR = PROJECT_ROOT / "data" / "geojson"
BATCH = 20_000  # blocks drawn at once; part of what a seed means
SOURCES = [
    {
        "title": "Synthetic record, made up by khanij synth",
        "publisher": "Khanij Atlas (synthetic)",
        "date": None,
        "url": None,
    }
]
NOTES = ["Synthetic: made up to try the portal at scale. There is no such block."]
# Columns that hold lists and objects, as JSON text.
JSON_COLUMNS = frozenset(
    "aliases minerals exploration access notes field_sources contradictions events sources".split()
)
NUMBERS = frozenset("area_ha resource_mt premium_percent lon lat position_uncertainty_km".split())
COLUMNS = (
    "id name aliases state district locality offshore minerals asset_class concession stage stage_date agency "
    "exploration area_ha resource_mt resource_category resource_text grade preferred_bidder premium_percent lon lat "
    "position_accuracy position_uncertainty_km position_note boundary_note datum access notes field_sources "
    "contradictions events sources confidence"
).split()
GEOMETRY = "geometry"
SCHEMA = pa.schema(
    [
        *(
            pa.field(name, pa.bool_() if name == "offshore" else pa.float64() if name in NUMBERS else pa.string())
            for name in COLUMNS
        ),
        pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"}),
    ]
)
# Shares of asset classes, in the order of BLOCK_ASSET_CLASSES; none is offshore.
_CLASS_SHARES = (0.5, 0.36, 0.08, 0.0, 0.06)
_CONCESSION_SHARES = (0.6, 0.4, 0.0)  # in the order of CONCESSIONS, but for exploration licence blocks
_STAGE_SHARES = (0.5, 0.2, 0.12, 0.13, 0.05)  # unknown, then STAGES
_MINERAL_COUNTS = (0.55, 0.27, 0.13, 0.05)  # blocks with 1, 2, 3, 4 minerals
_OWN_SHARES = (0.6, 0.28, 0.12)  # how a belt's three minerals are split
_ZIPF = 1.1
_RESOURCE_CATEGORIES = (None, "inferred (333)", "indicated (332)", "measured (331)")


def blocks(count: int, seed: int, data_dir: Path = DATA_DIR) -> Iterator[list[dict[str, Any]]]:
    """Batches of features: `id`, `geometry` (a Shapely polygon, degrees, EPSG:4326), `properties` (`records.Block`).

    Raises: SynthError.
    """
    for batch in record_batches(count, seed, data_dir):
        geometries = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
        features = []
        for properties, geometry in zip(batch.drop_columns([GEOMETRY]).to_pylist(), geometries, strict=True):
            for name in JSON_COLUMNS:
                if properties[name] is not None:
                    properties[name] = json.loads(properties[name])
            features.append({"id": properties.pop("id"), "geometry": geometry, "properties": properties})
        yield features


def record_batches(
    count: int, seed: int, data_dir: Path = DATA_DIR, made: Callable[[int], object] = lambda _: None
) -> Iterator[pa.RecordBatch]:
    """The blocks as Arrow batches of SCHEMA; `made` is told how many a batch had once the next one is asked for.

    Raises: SynthError, at once and not when the first batch is drawn: a writer in C would lose the reason.
    """
    return _draw(make_plan(count, seed, data_dir), _mineral_order(data_dir), seed, made)


def _draw(plan: Plan, slugs: list[str], seed: int, made: Callable[[int], object]) -> Iterator[pa.RecordBatch]:
    count = len(plan.cell)
    for number, first in enumerate(range(0, count, BATCH), 1):
        rng = np.random.default_rng([seed, number])
        which = slice(first, min(first + BATCH, count))
        yield _record_batch(plan, slugs, which, rng)
        made(which.stop - first)


def _mineral_order(data_dir: Path) -> list[str]:
    """The vocabulary, the commonest first: what belts are known for, then the rest as the file has it."""
    known = [mineral["id"] for mineral in read_json(data_dir / "minerals.json", "minerals")]
    order = list(dict.fromkeys(belt.minerals[rank] for rank in range(3) for belt in BELTS))
    missing = [slug for slug in order if slug not in known]
    if missing:
        raise SynthError(f"the vocabulary lacks the minerals {', '.join(missing)}, of which belts are made.")
    return list(dict.fromkeys([*order, *known]))


def _record_batch(plan: Plan, slugs: list[str], which: slice, rng: np.random.Generator) -> pa.RecordBatch:
    places = make_places(plan, which, rng)
    count = len(places.lon)
    numbers = range(which.start + 1, which.stop + 1)
    columns: dict[str, Any] = {
        "id": [f"{ID_PREFIX}{number:06}" for number in numbers],
        "name": [f"Synthetic block {number:06}" for number in numbers],
        "state": [plan.states.names[place] for place in places.state.tolist()],
        "locality": [_LOCALITIES[place] for place in places.belt.tolist()],
        "offshore": [False] * count,
        "minerals": _minerals(rng, places.belt, slugs),
        "area_ha": places.area_ha,
        "lon": places.lon,
        "lat": places.lat,
        GEOMETRY: shapely.to_wkb(places.polygons, byte_order=1),
        **_facts(rng, places),
    }
    constants = {name: pa.repeat(pa.scalar(text, pa.string()), count) for name, text in _CONSTANTS.items()}
    arrays = [
        constants.get(field.name) if field.name in constants else pa.array(columns[field.name], type=field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


_LOCALITIES = [f"{belt.name} (synthetic belt)" for belt in BELTS]
_CONSTANTS = {
    "aliases": "[]",
    "district": None,
    "resource_text": None,
    "position_accuracy": "surveyed",
    "position_note": "made up",
    "boundary_note": "Made up by khanij synth; nobody surveyed it.",
    "datum": "WGS 84",
    "access": None,
    "notes": json.dumps(NOTES),
    "field_sources": "{}",
    "contradictions": "[]",
    "sources": json.dumps(SOURCES),
    "confidence": "low",
}


def _facts(rng: np.random.Generator, places: Places) -> dict[str, Any]:
    """Auction, exploration and resource; what is unknown is null."""
    count = len(places.lon)
    kind = rng.choice(len(BLOCK_ASSET_CLASSES), count, p=_CLASS_SHARES)
    concession = rng.choice(len(CONCESSIONS), count, p=_CONCESSION_SHARES)
    licensed = kind == BLOCK_ASSET_CLASSES.index("exploration_licence_block")
    concession[licensed] = CONCESSIONS.index("EL")
    central = kind == BLOCK_ASSET_CLASSES.index("central_auction_block")
    histories = make_histories(rng, concession, central | licensed)
    stage = rng.choice(len(STAGES) + 1, count, p=_STAGE_SHARES)
    # A mining lease needs G2 at least; unknown stays unknown.
    leased = (concession == CONCESSIONS.index("ML")) & (stage > 0)
    stage[leased] = np.maximum(stage[leased], STAGES.index("G2") + 1)
    explored = stage > 1
    years = [f"{year - back}" for year, back in zip(histories.first_year, rng.integers(1, 12, count), strict=True)]
    resource = np.where(explored, np.round(rng.lognormal(1.5, 1.5, count), 3), np.nan)
    bidders = rng.zipf(1.6, count) % 400 + 1
    return {
        "asset_class": [BLOCK_ASSET_CLASSES[place] for place in kind.tolist()],
        "concession": [CONCESSIONS[place] for place in concession.tolist()],
        "stage": [(None, *STAGES)[place] for place in stage.tolist()],
        "stage_date": _where(stage > 0, years),
        "agency": _where(stage > 0, [f"Synthetic survey {n}" for n in rng.integers(1, 9, count).tolist()]),
        "exploration": _where(explored, _explorations(rng, count)),
        "resource_mt": pa.array(resource, from_pandas=True),
        "resource_category": _where(explored, [_RESOURCE_CATEGORIES[max(s - 1, 0)] for s in stage.tolist()]),
        "grade": _where(explored, [f"{n:.2f} %" for n in rng.lognormal(1.0, 0.8, count).tolist()]),
        "preferred_bidder": _where(histories.has_bidder, [f"Synthetic bidder {n:03}" for n in bidders.tolist()]),
        "premium_percent": pa.array(
            np.where(histories.has_bidder, np.minimum(np.round(rng.lognormal(3.0, 1.0, count), 2), 835.0), np.nan),
            from_pandas=True,
        ),
        "position_uncertainty_km": pa.nulls(count, pa.float64()),
        "events": histories.events,
    }


def _explorations(rng: np.random.Generator, count: int) -> list[str]:
    holes = rng.integers(0, 60, count)
    metres = holes * rng.integers(40, 180, count)
    template = '{"agency":null,"boreholes":%d,"drilled_m":%d}'
    return [template % pair for pair in zip(holes.tolist(), metres.tolist(), strict=True)]


def _where(known: NDArray[np.bool_], values: list[Any]) -> list[Any]:
    return [value if there else None for there, value in zip(known.tolist(), values, strict=True)]


def _minerals(rng: np.random.Generator, belt: Integers, slugs: list[str]) -> list[str]:
    """One to four slugs as JSON, the primary first: half by what the belt is known for, half by Zipf over all."""
    shape = (len(belt), len(_MINERAL_COUNTS))
    own = np.array([[slugs.index(slug) for slug in belt.minerals] for belt in BELTS])
    ranked = _ranks(rng, shape, 1 / np.arange(1, len(slugs) + 1) ** _ZIPF)
    from_belt = own[belt[:, None], _ranks(rng, shape, np.array(_OWN_SHARES))]
    drawn = np.where(rng.random(shape) < 0.5, from_belt, ranked)
    wanted = 1 + _ranks(rng, (len(belt),), np.array(_MINERAL_COUNTS))
    quoted = [f'"{slug}"' for slug in slugs]
    return [
        f"[{','.join([quoted[place] for place in dict.fromkeys(row[:n])])}]"
        for row, n in zip(drawn.tolist(), wanted.tolist(), strict=True)
    ]


def _ranks(rng: np.random.Generator, shape: tuple[int, ...], weights: Floats) -> Integers:
    """Places in `weights`, each as often as it weighs."""
    steps = np.cumsum(weights)
    return np.asarray(np.searchsorted(steps, rng.random(shape) * steps[-1], side="right"), dtype=np.int64)
