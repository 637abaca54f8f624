"""The whole of the quality page, read once for each revision."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.queries.quality import figures
from app.queries.quality.rules import OWN_RULES, PUBLISHED_RULES, Finding, check
from app.queries.vocabulary import Edition, get_edition


class Report(NamedTuple):
    """What can be said of the quality of the data."""

    own: list[Finding]
    published: list[Finding]
    shares: list[figures.Share]
    confidences: list[figures.Row]
    contradictions: Sequence[figures.Row]
    holes: figures.Holes
    tranches: Sequence[figures.Row]
    unlocated: Sequence[figures.Row]
    unsourced_events: Sequence[figures.Row]
    files: Sequence[figures.Row]
    publishers: Sequence[figures.Row]


_kept: dict[tuple[Engine, Edition], Report] = {}
_lock = Lock()
_MOST_KEPT = 4


def get_report(session: Session) -> Report:
    """The report of the present revision, made once for each revision and engine."""
    key = (session.get_bind().engine, get_edition(session))
    # One makes it, the others wait: some rules look at every outline, and all would make the same.
    with _lock:
        report = _kept.get(key)
        if report is None:
            report = _kept[key] = read_report(session)
            while len(_kept) > _MOST_KEPT:
                del _kept[next(iter(_kept))]
    return report


def read_report(session: Session) -> Report:
    """The report as `session` sees the data."""
    return Report(
        [check(session, rule) for rule in OWN_RULES],
        [check(session, rule) for rule in PUBLISHED_RULES],
        figures.list_shares(session),
        figures.list_confidences(session),
        figures.list_contradictions(session),
        figures.get_holes(session),
        figures.list_tranches(session),
        figures.list_unlocated(session),
        figures.list_unsourced_events(session),
        figures.list_files(session),
        figures.list_publishers(session),
    )
