"""Events → status, offers, periods."""

from datetime import date

import pytest

from app.ingest.history import STATUS_AFTER, offers_of, period_of, standing_after
from app.ingest.records import EVENT_KINDS, Event, Source
from app.values import BLOCK_STATUSES


def event(kind, when=None, tranche=None, note=None):
    event.seq = getattr(event, "seq", 0) + 1
    return Event(seq=event.seq, date=when, kind=kind, tranche=tranche, note=note, source=None)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("announced", "under_exploration"),
        ("offered", "offered"),
        ("re-offered", "offered"),
        ("annulled", "annulled"),
        ("preferred_bidder", "preferred_bidder_declared"),
        ("letter_of_intent", "letter_of_intent"),
        ("composite_licence_granted", "licence_granted"),
        ("licence_granted", "licence_granted"),
        ("lease_executed", "lease_executed"),
        ("producing", "producing"),
        ("cancelled", "cancelled"),
        ("on_hold", None),
        ("clearance", None),
    ],
)
def test_a_kind_sets_its_status(kind, status):
    assert standing_after([event(kind)]).status == status


def test_every_kind_is_known_and_every_status_is_the_contracts():
    assert set(STATUS_AFTER) | {"on_hold", "clearance"} == set(EVENT_KINDS)
    assert set(STATUS_AFTER.values()) < set(BLOCK_STATUSES)


def test_the_last_event_counts_not_the_latest_date():
    found = standing_after([event("preferred_bidder", "2025-06-24"), event("annulled", "2024-03")])
    assert (found.status, found.since) == ("annulled", "2024-03")


@pytest.mark.parametrize("kind", ["on_hold", "clearance"])
def test_a_halt_or_a_clearance_leaves_the_status(kind):
    found = standing_after([event("offered", "2024-01-02", "II"), event(kind, "2025-01-01")])
    assert (found.status, found.since) == ("offered", "2024-01-02")


def test_without_events_nothing_is_known():
    assert standing_after([]) == (None, None, [], None)


def test_attempts_are_null_where_no_offer_is_known():
    assert standing_after([event("preferred_bidder", "2023-05-01")]).attempts is None


def test_tranches_are_those_of_the_offers_each_once():
    events = [
        event("offered", tranche="I"),
        event("annulled", tranche="I"),
        event("re-offered", tranche="III"),
        event("re-offered", tranche="III"),
        event("preferred_bidder", tranche="IX"),
    ]
    found = standing_after(events)
    assert (found.tranches, found.attempts) == (["I", "III"], 3)


def test_a_status_without_a_date_has_no_since():
    assert standing_after([event("offered", "2024-01-01"), event("cancelled")]) == ("cancelled", None, [], 1)


def test_offers_end_where_the_next_begins():
    source = Source(title="Notice, Tranche I (2023)", publisher=None, date=None, url=None)
    other = Source(title="Results of Tranche II", publisher=None, date=None, url=None)
    events = [
        event("announced", "2022"),
        event("offered", "2023-11-29", "I"),
        event("clearance"),
        event("annulled", "2024-03-13", note="nil bids"),
        event("re-offered", "2024-03-14", "II"),
        event("on_hold"),
    ]
    first, second = offers_of(events, [source, other])
    assert first[:5] == (1, "I", "2023-11-29", "annulled", "2024-03-13")
    assert (first.note, first.documents) == ("nil bids", [source])
    assert second[:5] == (2, "II", "2024-03-14", None, None)
    assert second.documents == [other]


def test_an_offer_keeps_its_last_result():
    events = [event("offered", tranche="I"), event("preferred_bidder", "2024"), event("letter_of_intent", "2025")]
    (offer,) = offers_of(events, [])
    assert (offer.result, offer.result_on) == ("letter_of_intent", "2025")


def test_without_an_offer_there_are_no_offers():
    assert offers_of([event("preferred_bidder")], []) == []


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-03-23", date(2026, 3, 23), date(2026, 3, 23)),
    ],
)
def test_a_partial_date_is_its_days(text, first, last):
    assert period_of(text) == (first, last)


def test_an_unknown_date_is_no_period():
    assert period_of(None) is None


def test_a_day_that_is_not_is_refused():
    with pytest.raises(ValueError, match="day"):
        period_of("2026-02-30")
