"""Blocks written column by column are, to the byte, what they are row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from app.ingest.block_lines import BlockLines
from app.ingest.converting import STORED_CRS
from app.ingest.read import Accepted
from app.ingest.reading import Record
from app.ingest.records import EVENT_KINDS
from app.ingest.records import Block as BlockRecord
from app.ingest.sources import Context, block_row
from app.ingest.staging import content_columns, lines_of
from app.ingest.synth.records import blocks
from app.models import Block

CONTEXT = Context(
    state_codes={"Odisha": "IN-OD", "Gujarat": "IN-GJ"},
    critical={"graphite": True, "bauxite": False},
    mineral_words={"graphite": "graphite कोयला", "bauxite": "bauxite aluminium"},
)
SOURCE = {"title": "NIT, Tranche II", "publisher": None, "date": "2024", "url": None}
PLAIN = {
    "name": "Akhar", "aliases": [], "state": "Odisha", "district": None, "locality": None, "offshore": False,
    "minerals": ["graphite"], "asset_class": "central_auction_block", "concession": "CL", "stage": None,
    "stage_date": None, "agency": None, "exploration": None, "area_ha": 12.5, "resource_mt": None,
    "resource_category": None, "resource_text": None, "grade": None, "preferred_bidder": None,
    "premium_percent": None, "lon": 84.5, "lat": 20.5, "position_accuracy": "surveyed",
    "position_uncertainty_km": None, "position_note": None, "boundary_note": None, "datum": None, "access": None,
    "notes": [], "field_sources": {}, "contradictions": [], "events": [], "sources": [SOURCE], "confidence": "high",
}  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12).filter(
    lambda text: text.strip()
)
dates = st.sampled_from([None, "2023", "2024-02", "2024-02-29", "2025-12-31", "2021-06"])
events = st.lists(
    st.fixed_dictionaries(
        {
            "date": dates,
            "kind": st.sampled_from(EVENT_KINDS),
            "tranche": st.sampled_from([None, "II", "III", " IV "]),
            "note": st.none() | texts,
            "source": st.sampled_from([None, SOURCE]),
        }
    ),
    max_size=6,
).map(lambda found: [{"seq": number, **event} for number, event in enumerate(found, 1)])
# As most are: on whole days, one after the other, and of the same kinds.
histories_of_days = st.lists(
    st.dates(min_value=date(2021, 1, 1), max_value=date(2021, 2, 9)), min_size=1, max_size=4, unique=True
).map(
    lambda days: [
        {"seq": seq, "date": day.isoformat(), "kind": EVENT_KINDS[seq % 3], "tranche": "III", "source": None}
        for seq, day in enumerate(sorted(days), 1)
    ]
)
records = st.fixed_dictionaries(
    {
        "name": texts,
        "aliases": st.lists(texts, max_size=3),
        "state": st.sampled_from(["Odisha", "Gujarat"]),
        "minerals": st.lists(st.sampled_from(["graphite", "bauxite"]), max_size=2),
        "offshore": st.booleans(),
        "area_ha": st.none() | st.integers(1, 9) | st.floats(0.01, 1e22),
        "lon": st.floats(-180, 180),
        "stage_date": dates,
        "agency": st.none() | texts,
        "access": st.none() | st.dictionaries(texts, st.integers(-5, 5) | texts | st.none(), max_size=3),
        "notes": st.lists(texts, max_size=2),
        "events": events,
    }
)


def as_records(rows: list[dict[str, Any]]) -> list[Record]:
    return [
        Record(number, f"block-{number}", PLAIN | row, box(84, 20, 84 + number / 100, 21), STORED_CRS)
        for number, row in enumerate(rows, 1)
    ]


def row_by_row(found: list[Record], context: Context = CONTEXT) -> str:
    rows = [
        block_row(Accepted(r.number, r.id, BlockRecord.model_validate(r.properties), r.geometry), context)
        for r in found
    ]
    return lines_of(content_columns(Block), rows, [r.number for r in found])


@settings(max_examples=60, deadline=None)
@given(st.lists(records, min_size=1, max_size=6))
def test_any_blocks_are_written_as_one_by_one(rows):
    found = as_records(rows)
    assert BlockLines(CONTEXT, STORED_CRS).lines(found) == row_by_row(found)


@settings(max_examples=60, deadline=None)
@given(st.lists(histories_of_days, min_size=1, max_size=8), st.sampled_from(["%", "%s", "7001-01-01", "a\\b", "plain"]))
def test_histories_that_differ_by_their_days_are_written_as_one_by_one(histories, note):
    rows = [{"events": [event | {"note": note} for event in events]} for events in histories]
    found = as_records(rows)
    writer = BlockLines(CONTEXT, STORED_CRS)
    assert writer.lines(found) == writer.lines(found) == row_by_row(found), "worked out, and from the pattern"


def test_a_pattern_keeps_no_day_of_the_block_that_it_was_made_of():
    kinds = ("offered", "annulled", "re-offered", "preferred_bidder")
    rows = [
        {
            "events": [
                {
                    "seq": n,
                    "date": f"20{20 + year}-0{n}-1{year}",
                    "kind": kind,
                    "tranche": "II",
                    "note": None,
                    "source": None,
                }
                for n, kind in enumerate(kinds, 1)
            ]
        }
        for year in range(4)
    ]
    writer = BlockLines(CONTEXT, STORED_CRS)
    each = [writer.lines(as_records([row])) for row in (*rows, *rows)]
    assert writer.patterns.find(("no", "such"), ()) is None and len(writer.patterns._known) == 1
    assert each == [row_by_row(as_records([row])) for row in (*rows, *rows)]


def test_synthetic_blocks_are_written_as_one_by_one():
    (features,) = blocks(400, 7)
    found = [
        Record(number, feature["id"], feature["properties"], feature["geometry"], STORED_CRS)
        for number, feature in enumerate(features, 1)
    ]
    context = Context()
    for record in found:
        context.state_codes[record.properties["state"]] = "IN-XX"
        context.critical.update(dict.fromkeys(record.properties["minerals"], True))
    writer = BlockLines(context, STORED_CRS)
    assert writer.lines(found) == writer.lines(found) == row_by_row(found, context)


@pytest.mark.parametrize(
    "odd",
    [
        {"state": "Orisa"},
        {"minerals": ["grafite"]},
        {"minerals": ["No slug"]},
        {"area_ha": -1.0},
        {"name": None},
        {"concession": "XX"},
        {"offshore": "maybe"},
        {"stage_date": "2024-13"},
        {"sources": []},
        {"more": 1},
        {"events": [{"seq": 1, "date": None, "kind": "sold", "tranche": None, "note": None, "source": None}]},
        {"events": [{"seq": 0, "date": None, "kind": "offered", "tranche": None, "note": None, "source": None}]},
        {"events": [{"seq": n, "date": None, "kind": "offered", "tranche": None, "note": None, "source": None}
                    for n in (2, 1)]},
    ],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_is_left_to_the_other_way(odd):
    assert BlockLines(CONTEXT, STORED_CRS).lines(as_records([{}, odd])) is None


def test_a_block_without_a_boundary_is_left_to_the_other_way():
    (record,) = as_records([{}])
    assert BlockLines(CONTEXT, STORED_CRS).lines([record._replace(geometry=Point(84, 20))]) is None
