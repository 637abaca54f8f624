"""Synthetic blocks into a FlatGeobuf file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from app.ingest.synth.plan import SynthError
from app.ingest.synth.records import DATA_DIR, GEOMETRY, SCHEMA, record_batches


def write_flatgeobuf(
    path: Path, count: int, seed: int, data_dir: Path = DATA_DIR, made: Callable[[int], object] = lambda _: None
) -> None:
    """Write `count` synthetic blocks to `path`: all of them, or the file is as it was before.

    Lists and objects stand as JSON text. `made` is told how many blocks each batch had.
    Raises: SynthError.
    """
    if path.suffix.lower() != ".fgb":
        raise SynthError(f"{path} is no FlatGeobuf file: its name must end in .fgb.")
    stopped: list[BaseException] = []
    batches = _remembering(stopped, record_batches(count, seed, data_dir, made))
    try:
        # In the same folder, so that the finished file takes its place in one step.
        with tempfile.TemporaryDirectory(prefix=".khanij-synth-", dir=path.parent) as folder:
            part = Path(folder) / path.name
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(SCHEMA, batches),
                part,
                layer="blocks",  # the same in every file: its name is written into it
                driver="FlatGeobuf",
                geometry_name=GEOMETRY,
                geometry_type="Polygon",
                crs="EPSG:4326",
                SPATIAL_INDEX="YES" if count else "NO",
            )
            part.replace(path)
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.") from error
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise SynthError(f"{path} cannot be written: {error}") from error
    except RuntimeError as error:
        raise stopped[0] if stopped else error  # noqa: B904 - it is the cause


def _remembering(stopped: list[BaseException], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches; what ends them early (Ctrl-C) is kept, since the writer in C forgets it."""
    try:
        yield from batches
    except BaseException as error:
        stopped.append(error)
        raise
