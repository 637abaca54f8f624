"""Dates, areas and words as people read them."""

from datetime import UTC, date, datetime

import pytest

from app import wording


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2024-06-24", "24 June 2024"),
        (date(2024, 6, 4), "4 June 2024"),
        ("2026-03", "March 2026"),
        ("2026", "2026"),
        ("2020-2025", "2020-2025"),
        ("2026-13", "2026-13"),
        ("from 2024", "from 2024"),
        ("", "not published"),
        (None, "not published"),
    ],
)
def test_dates_keep_the_precision_they_have(value, words):
    assert wording.format_date(value) == words


def test_a_moment_names_its_zone():
    assert wording.format_time(datetime(2026, 11, 22, 13, 5, tzinfo=UTC)) == "22 November 2026, 13:05 UTC"
    assert wording.format_time(None) == "not published"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (20, "20"),
        (1234567, "1,234,567"),
        (85.05, "85.05"),
        (85.0, "85"),
        (0.004, "0.004"),
        (102.861, "102.861"),
        (29.1681, "29.1681"),
        (0.000012, "0.000012"),
        (None, "not published"),
    ],
)
def test_numbers(value, words):
    assert wording.format_number(value) == words


def test_computed_numbers_may_be_rounded():
    assert wording.format_number(50.4856, 2) == "50.49"
    assert wording.format_area(1219.0712, 2) == "1,219.07 ha (12.2 km²)"


@pytest.mark.parametrize(
    ("resource_mt", "words"),
    [
        (23.915, "23.915 million tonnes"),
        (65.728, "65.728 million tonnes"),
        (105, "105 million tonnes"),
        (0.0549, "54,900 tonnes"),
        (0.01616, "16,160 tonnes"),
        (0.142, "142,000 tonnes"),
    ],
)
def test_tonnages_keep_every_published_digit(resource_mt, words):
    assert wording.format_tonnage(resource_mt) == words


@pytest.mark.parametrize(
    ("percent", "words"),
    [(4.63, "4.6% more than declared"), (-0.71, "0.7% less than declared"), (0.01, "equal to the declared one")],
)
def test_differences(percent, words):
    assert wording.format_difference(percent) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(The Tribune (press), 2025-03-10)", "(The Tribune (press), 10 March 2025)"),
        ("in situ, 2022-06-01", "in situ, 1 June 2022"),
        ("The Hindu BusinessLine, 2023-12)", "The Hindu BusinessLine, December 2023)"),
        ("granted in 2023-24 and 2010-11", "granted in 2023-24 and 2010-11"),
        ("research/2024-01-02/x.csv", "research/2024-01-02/x.csv"),
        (None, ""),
    ],
)
def test_dates_in_prose_are_written_out(text, words):
    assert wording.plain_dates(text) == words


@pytest.mark.parametrize(
    ("tranches", "words"),
    [
        (["I"], "Tranche I"),
        (["I", "II", "IV"], "Tranches I, II and IV"),
        (["Odisha state auction 2021", "VII", "VIII"], "Odisha state auction 2021, Tranches VII and VIII"),
        (["EL-II"], "Exploration licence tranche II"),
        (["Offshore-I"], "Offshore tranche I"),
    ],
)
def test_tranches(tranches, words):
    assert wording.format_tranches(tranches) == words


def test_areas_show_square_kilometres_from_a_thousand_hectares():
    assert wording.format_area(19.5) == "19.5 ha"
    assert wording.format_area(999.99) == "999.99 ha"
    assert wording.format_area(20955.0) == "20,955 ha (209.6 km²)"
    assert wording.format_area(None) == "not published"


def test_slugs_and_statuses_become_words():
    assert wording.format_slug("rare-earth-elements") == "Rare earth elements"
    assert wording.format_slug("e-waste-recycling") == "E-waste recycling"
    assert wording.format_status("preferred_bidder_declared") == "Preferred bidder declared"
    assert wording.format_status("under construction") == "Under construction"
    assert wording.format_stage("G3") == "G3 preliminary exploration"
    assert wording.format_stage(None) == "not published"


def test_every_filter_takes_nothing_known():
    assert {name: turn(None) for name, turn in wording.FILTERS.items()} == dict.fromkeys(
        wording.FILTERS, "not published"
    )
