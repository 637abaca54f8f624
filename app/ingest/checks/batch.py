"""All checks of a batch of records; those that look at several records at once are in duplicates.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry.base import BaseGeometry

from app.ingest.checks.facts import check_facts
from app.ingest.checks.findings import Finding
from app.ingest.checks.places import check_places
from app.ingest.checks.shapes import check_shapes

if TYPE_CHECKING:
    from app.ingest.reading import Record


def check_batch(collection: str, records: Sequence[Record], states: Mapping[str, BaseGeometry]) -> list[Finding]:
    """Geometry, ranges, dates, transitions, areas and places. Geometries are in EPSG:4326; `states` by name."""
    if not records:
        return []
    geometries = np.array([record.geometry for record in records], dtype=object)
    findings, sound = check_shapes(collection, records, geometries)
    findings += check_places(collection, records, geometries, sound, states)
    findings += check_facts(collection, records)
    return findings
