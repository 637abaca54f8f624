"""Rows that an import leaves out can be mended in their file and imported: also blocks that stand corner by corner."""

from __future__ import annotations

import csv
from pathlib import Path

from app.ingest.checks import Finding
from app.ingest.left_out import write_left_out
from app.ingest.reading import Mapping, open_source

HEAD = ["Block", "Corner", "Longitude", "Latitude"]
GOOD = [["Good", str(n), lon, lat] for n, (lon, lat) in enumerate([("84", "20"), ("84.1", "20"), ("84.1", "20.1")], 1)]
BAD = [
    ["Bad", "1", "85", "20"],
    ["Bad", "2", "85.1", "north"],
    ["Bad", "3", "85.1", "20.1"],
    ["Bad", "4", "85", "20.1"],
]


def test_a_bad_block_of_a_corner_table_goes_with_all_its_corners(tmp_path: Path) -> None:
    table = tmp_path / "corners.csv"
    # A block's corners need not stand together.
    rows = [GOOD[0], BAD[0], BAD[1], GOOD[1], BAD[2], GOOD[2], BAD[3]]
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    with open_source(table, mapping=Mapping()) as source:
        blocks = [row for batch in source.batches() for row in batch]
        faults = [row.fault for row in blocks if row.fault]
        assert len(blocks) == 2 and len(faults) == 1
        found: list[Finding] = list(faults)
        left = write_left_out(source, str(table), {fault.row for fault in found}, found)
    with left.open(newline="") as file:
        kept = list(csv.DictReader(file))
    assert [[row[name] for name in HEAD] for row in kept] == BAD
    assert sum(bool(row["why"]) for row in kept) == 1 and "geometry" not in kept[0]
    # Mended, it is a table of corners again.
    mended = tmp_path / "mended.csv"
    mended.write_text(left.read_text().replace("north", "20"))
    with open_source(mended, mapping=Mapping()) as source:
        again = [row for batch in source.batches() for row in batch]
    assert [row.fault for row in again] == [None] and again[0].geometry is not None
    assert abs(again[0].geometry.area - 0.01) < 1e-9
