"""The same as test_speed, in less time and so less certain: for comparing before and after a change."""

from __future__ import annotations

from measuring import Length
from test_speed import run


def test_quick(tmp_path):
    run(tmp_path, Length(seconds=2, rounds=3, cold_seconds=3, downloads=("geojson",)))
