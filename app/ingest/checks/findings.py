"""What was found in a file, row by row, and what would mend it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["error", "warning"]


class Finding(NamedTuple):
    """One thing found. `row` counts from 1 (in a table: the line of the file); 0 is the file as a whole."""

    row: int
    id: str | None
    column: str | None
    level: Level
    rule: str
    message: str
    mend: str


# Rules, in the order of a report, and what each is about.
RULES = {
    "file": "The file as a whole",
    "row": "Rows that do not fit their table",
    "encoding": "Characters that were lost or misread",
    "formula": "Formulas in cells",
    "value": "Values that cannot be read",
    "vocabulary": "Minerals, states and countries",
    "id": "Ids",
    "position": "Positions that cannot be read",
    "axes": "Longitude and latitude swapped",
    "range": "Values out of range",
    "geometry": "Shapes that are not valid",
    "place": "Places outside the state that is named",
    "area": "Declared against computed area",
    "date": "Dates",
    "transition": "Stages, concessions and statuses that do not follow",
    "duplicate": "Records that stand there twice",
}
