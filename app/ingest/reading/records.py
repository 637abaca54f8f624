"""Raw rows → records as the data files have them, a batch at a time, column by column."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.ingest.checks.findings import Finding
from app.ingest.checks.places import SUCCESSORS
from app.ingest.reading.cells import CellError, CellFault, Column
from app.ingest.reading.geometries import Placed, place
from app.ingest.reading.mapping import Mapping
from app.ingest.reading.plan import Plan
from app.ingest.reading.source import RawRow, Record, Source, file_finding, no_collection
from app.ingest.reading.vocabulary import MineralNames
from app.queries.vocabulary import Vocabulary

# A state is taken from the position where the outline, good to a few kilometres, is not farther, degrees
# (positions of older lists are good to a tenth of one).
_NEAR_A_STATE = 0.2


def to_records(
    mapping: Mapping,
    source: Source,
    vocabulary: Vocabulary,
    batch: list[RawRow],
    states: MappingOf[str, BaseGeometry] | None = None,
) -> tuple[list[Record], list[Finding]]:
    """The records of a batch, and what was found; a row with an error makes no record.

    `mapping` is one made for the collection. `states`, by name, tell the state of rows that do not name it.
    Raises: LoadError where a column is not there that the mapping names or the collection needs.
    """
    plan = source.plan
    if not isinstance(plan, Plan) or plan.mapping is not mapping:
        plan = source.plan = Plan(mapping, source, vocabulary)
    findings, plan.findings = plan.findings, []
    findings += plan.unmapped(batch)
    findings += [row.fault for row in batch if row.fault]
    sound = [row for row in batch if row.fault is None]
    rows = plan.chosen(sound)
    if len(rows) < len(sound):
        findings.append(_left_out(mapping, sound, len(sound) - len(rows)))
    if not rows:
        return [], findings
    with no_collection():
        placed = place(source, mapping.collection, rows, plan.position)
        work = _Batch(plan, rows, placed, states or {})
        work.fill()
        return work.records(), findings + work.findings


def _left_out(mapping: Mapping, rows: list[RawRow], count: int) -> Finding:
    rule = " and ".join(f"{column} is {' or '.join(values)}" for column, values in mapping.where.items())
    message = f"{count:,} of the rows {rows[0].number:,} to {rows[-1].number:,} are left out: taken is where {rule}."
    return file_finding(message, "Nothing, if that is wanted; else change “where” in the mapping.")


class _Batch:
    """A batch on its way from columns to records."""

    def __init__(self, plan: Plan, rows: list[RawRow], placed: Placed, states: MappingOf[str, BaseGeometry]) -> None:
        self.plan, self.rows, self.shapes, self.crs_names = plan, rows, placed.shapes, placed.crs_names
        self.states = states
        self.ids: list[str] = []
        self.columns: dict[str, list[Any]] = {}
        self.refused: set[int] = set()
        self.findings: list[Finding] = []
        self._note_ids()
        by_number = dict(zip((row.number for row in rows), self.ids, strict=True))
        self.findings += [finding._replace(id=by_number.get(finding.row)) for finding in placed.findings]

    def _note_ids(self) -> None:
        for number, (slug, fault) in enumerate(self.plan.ids(self.rows)):
            self.ids.append(slug)
            if fault:
                self.tell(number, "id", fault)

    def tell(self, number: int, name: str, fault: CellFault) -> None:
        """A finding of a row; an error keeps it from becoming a record."""
        column = next(iter(self.plan.columns.get(name, ())), name)
        if fault.level == "error":
            self.refused.add(number)
        level = "error" if fault.level == "error" else "warning"
        given = self.ids[number] if number < len(self.ids) else None
        self.findings.append(
            Finding(self.rows[number].number, given or None, column, level, fault.rule, fault.message, fault.mend)  # type: ignore[arg-type]
        )

    def fill(self) -> None:
        """All columns, those first that others rest on."""
        for name in self.plan.properties:
            if name == "minerals":
                self._fill_minerals()
            else:
                column = self.plan.column(name, self.rows)
                for number, fault in column.faults.items():
                    self.tell(number, name, fault)
                self.columns[name] = column.values
        if "state" in self.columns and self.plan.mapping.collection != "states":
            self._fill_states()
        if "country" in self.columns:
            self._fill_countries()
        self._keep_unknown()
        self._derive()
        self._check_required()

    def _fill_minerals(self) -> None:
        plan = self.plan
        found: Column = plan.minerals.column(plan.raw("minerals", self.rows), MineralNames([], []))
        kept = plan.mapping.unknown_minerals_to
        self.unknown: dict[int, list[str]] = {}
        for number, fault in found.faults.items():
            self.tell(number, "minerals", fault)
        for number, names in enumerate(found.values):
            if not names.unknown:
                continue
            fault = plan.names.mineral_error(names.unknown).fault if not kept else _kept_fault(names.unknown, kept)
            self.tell(number, "minerals", fault)
            self.unknown[number] = names.unknown
        default = plan.defaults.get("minerals", [])
        self.columns["minerals"] = [names.slugs or default for names in found.values]

    def _keep_unknown(self) -> None:
        """Names of minerals that the vocabulary lacks stay with the record as text."""
        kept = self.plan.mapping.unknown_minerals_to
        if not kept:
            return
        column = self.columns[kept] = list(self.columns[kept])
        for number, names in self.unknown.items():
            text = f"Also named by the source: {', '.join(names)}."
            before = column[number]
            if self.plan.properties[kept].kind == "texts":
                column[number] = [*(before or ()), text]
            else:
                column[number] = f"{before} {text}" if before else text

    def _fill_states(self) -> None:
        names: dict[str, tuple[str, str | None] | CellFault] = {}
        column = self.columns["state"] = list(self.columns["state"])
        for number, text in enumerate(column):
            if text is None:
                if self.plan.properties["state"].required and self.states and self.shapes[number] is not None:
                    column[number] = self._state_here(number)
                continue
            if text not in names:
                try:
                    names[text] = self.plan.names.state(text)
                except CellError as error:
                    names[text] = error.fault
            found = names[text]
            if isinstance(found, CellFault):
                self.tell(number, "state", found)
                continue
            column[number] = self._present_state(number, found[0])
            if found[1] and "district" in self.columns and self.columns["district"][number] is None:
                self.columns["district"][number] = found[1]

    def _state_here(self, number: int) -> str | None:
        """The state that a row lies in, or next to."""
        shape = self.shapes[number]
        distances = {name: shapely.distance(outline, shape) for name, outline in self._near_states(shape).items()}
        name = min(distances, key=lambda n: distances[n], default=None)
        if name is None or distances[name] > _NEAR_A_STATE:
            return None
        message = f"The row names no state; by its position it is {name}."
        self.tell(number, "state", CellFault("warning", "place", message, "Name the state in the file."))
        return name

    def _present_state(self, number: int, name: str) -> str:
        """The state named, or the one that was carved out of it and in which the row lies."""
        shape = self.shapes[number]
        if name not in SUCCESSORS or shape is None or name not in self.states:
            return name
        if self.states[name].intersects(shape):
            return name
        for successor, year in SUCCESSORS[name].items():
            if successor in self.states and self.states[successor].intersects(shape):
                message = f"{name} is named; the place lies in {successor}, a state of its own since {year}."
                fault = CellFault(
                    "warning", "place", f"{message} It is taken as {successor}.", "Name the present state."
                )
                self.tell(number, "state", fault)
                return successor
        return name

    def _near_states(self, shape: BaseGeometry) -> dict[str, BaseGeometry]:
        west, south, east, north = shape.bounds
        margin = _NEAR_A_STATE
        return {
            name: outline
            for name, outline in self.states.items()
            if outline.bounds[0] - margin <= east
            and outline.bounds[2] + margin >= west
            and outline.bounds[1] - margin <= north
            and outline.bounds[3] + margin >= south
        }

    def _fill_countries(self) -> None:
        given = self.columns["country"]
        codes: list[str | None] = [None] * len(given)
        known: dict[str, str | CellFault] = {}
        for number, text in enumerate(given):
            if text is None:
                continue
            if text not in known:
                try:
                    known[text] = self.plan.names.country(text)
                except CellError as error:
                    known[text] = error.fault
            found = known[text]
            if isinstance(found, CellFault):
                self.tell(number, "country", found)
            else:
                codes[number] = found
        self.columns["country"] = codes
        self.columns["country_name"] = [
            name or (self.plan.country_name(code, text) if code else None)
            for name, code, text in zip(self.columns["country_name"], codes, given, strict=True)
        ]

    def _derive(self) -> None:
        """What follows from the rest of the record where the file does not say it."""
        columns, rows = self.columns, self.rows
        if "sources" in columns:
            columns["sources"] = [v or self.plan.source_of(r) for v, r in zip(columns["sources"], rows, strict=True)]
        if "critical" in columns:
            critical = {slug for slug, word in self.plan.names.vocabulary.minerals.items() if word.critical}
            columns["critical"] = [
                v if v is not None else not critical.isdisjoint(m)
                for v, m in zip(columns["critical"], columns["minerals"], strict=True)
            ]
        areal = shapely.get_dimensions(self.shapes) == 2
        if "position_accuracy" in columns:
            columns["position_accuracy"] = [
                v or ("surveyed" if area else "locality")
                for v, area in zip(columns["position_accuracy"], areal.tolist(), strict=True)
            ]
        if "lon" in columns and (None in columns["lon"] or None in columns["lat"]):
            centres = shapely.centroid(self.shapes)
            for name, axis in (("lon", shapely.get_x(centres)), ("lat", shapely.get_y(centres))):
                columns[name] = [
                    round(c, 6) if v is None else v for v, c in zip(columns[name], axis.tolist(), strict=True)
                ]

    def _check_required(self) -> None:
        """An error for each empty cell that may not be so."""
        for name, p in self.plan.properties.items():
            column = self.columns[name]
            # A column that is not there may be known of a record that is.
            lacking = self.plan.has_own_ids and not self.plan.columns[name]
            if not p.required or lacking or None not in column:
                continue
            told = {(f.row, f.column) for f in self.findings if f.level == "error"}
            shown = next(iter(self.plan.columns[name]), name)
            for number, value in enumerate(column):
                if value is None and (self.rows[number].number, shown) not in told:
                    self.tell(number, name, CellFault("error", "value", f"The {name} is empty.", "Fill it in."))

    def records(self) -> list[Record]:
        """A record of each row that has a shape and no error."""
        names = tuple(self.plan.properties)
        return [
            Record(row.number, slug, dict(zip(names, values, strict=True)), shape, crs)
            for number, (row, slug, shape, crs, values) in enumerate(
                zip(
                    self.rows,
                    self.ids,
                    self.shapes,
                    self.crs_names,
                    zip(*(self.columns[name] for name in names), strict=True),
                    strict=True,
                )
            )
            if shape is not None and number not in self.refused
        ]


def _kept_fault(unknown: list[str], kept: str) -> CellFault:
    names = ", ".join(unknown)
    return CellFault(
        "warning",
        "vocabulary",
        f"Not in the vocabulary of minerals, kept as text in {kept}: {names[:200]}.",
        "Add them to the vocabulary if they should be found by filters.",
    )
