"""What tests of imports share: the vocabulary and the outlines of the data files, and a run over a whole file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.ingest.checks import Duplicates, Finding, check_batch
from app.ingest.reading import Mapping, Record, open_source, to_records
from app.queries.vocabulary import MineralWord, StateWord, Vocabulary
from app.settings import PROJECT_ROOT

DATA = PROJECT_ROOT / "data/geojson"


@cache
def features(collection: str) -> list[dict[str, Any]]:
    return json.loads((DATA / f"{collection}.geojson").read_text())["features"]


@cache
def vocabulary() -> Vocabulary:
    """As the database has it once the data files are loaded."""
    minerals = json.loads((DATA / "minerals.json").read_text())["minerals"]
    terms = json.loads((DATA / "mineral-terms.json").read_text())["terms"]
    names = {t["term"].casefold(): t["mineral"] for t in terms if t["mineral"]}
    for mineral in minerals:
        symbol = [mineral["symbol"]] if mineral["symbol"] and len(mineral["symbol"]) <= 3 else []
        for name in (mineral["name"], mineral["id"].replace("-", " "), *mineral["aliases"], *symbol):
            names.setdefault(name.casefold(), mineral["id"])
    words = {m["id"]: MineralWord(m["id"], m["name"], m["critical"], (m["id"],), m["broader"]) for m in minerals}
    states = {f["id"]: StateWord(f["id"], f["properties"]["code"], f["properties"]["name"]) for f in features("states")}
    return Vocabulary(1, words, names, states, {})


@cache
def outlines() -> dict[str, BaseGeometry]:
    return {f["properties"]["name"]: shape(f["geometry"]) for f in features("states")}


class Outcome(NamedTuple):
    rows: int
    records: list[Record]
    findings: list[Finding]

    def errors(self) -> list[Finding]:
        return [f for f in self.findings if f.level == "error"]

    def of(self, rule: str) -> list[Finding]:
        return [f for f in self.findings if f.rule == rule]


def read_all(collection: str, path: Path, mapping: str | Path | None = None, size: int = 10_000, **options) -> Outcome:
    """A whole file, read, turned into records and checked, as an import does it."""
    chosen = (Mapping.from_file(mapping) if mapping else Mapping()).for_collection(collection)
    records: list[Record] = []
    findings: list[Finding] = []
    duplicates = Duplicates()
    rows = 0
    with open_source(path, mapping=chosen, **options) as source:
        findings += source.findings
        for batch in source.batches(size):
            rows += len(batch)
            made, found = to_records(chosen, source, vocabulary(), batch, outlines())
            findings += found + check_batch(collection, made, outlines())
            duplicates.feed(made)
            records += made
    return Outcome(rows, records, findings + duplicates.finish())
