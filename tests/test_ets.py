"""Every method of the OGC conformance suites has its test, or the reason why it has none."""

import csv

import pytest
import test_ets_core
import test_ets_crs
import test_ets_tiles
from conftest import SHARED
from ets import METHODS, Method

LIST = SHARED / "ogc" / "ets" / "ets_test_methods.csv"


def test_every_method_of_the_suites_has_its_test():
    assert test_ets_core and test_ets_crs and test_ets_tiles
    if not LIST.exists():
        pytest.skip(f"the list of the suites' methods is not there: {LIST}")
    with LIST.open(encoding="utf-8") as file:
        wanted = {Method(row["suite"], row["class"], row["method"]) for row in csv.DictReader(file)}
    assert len(wanted) == 96
    assert wanted == METHODS
