"""The two clocks: text → a moment that the portal knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from app.catalogue import Collection
from app.errors import BadParameter
from app.languages import find
from app.languages import gettext as _
from app.queries.moments import find_revision, has_history_of_status
from app.queries.vocabulary import Vocabulary
from app.values import Moment

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_moment(
    asked: Mapping[str, str | None], collection: Collection, session: Session, vocabulary: Vocabulary
) -> Moment:
    """`revision` and `as_of` together.

    Raises: BadParameter.
    """
    revision, as_of = asked.get("revision"), asked.get("as_of")
    return Moment(
        parse_revision(revision, session, vocabulary) if revision is not None else None,
        parse_as_of(as_of, collection) if as_of is not None else None,
    )


def parse_revision(text: str, session: Session, vocabulary: Vocabulary) -> int:
    """The number of a revision there was; a time stands for the newest one made up to it.

    Raises: BadParameter.
    """
    newest = vocabulary.revision
    if re.fullmatch(r"[0-9]{1,9}", text):
        if not 1 <= int(text) <= newest:
            raise BadParameter(
                _("revision: there is no revision %(text)s; there are 1 to %(newest)s.", text=text, newest=newest),
                parameter="revision",
            )
        return int(text)
    number = find_revision(session, _parse_time(text))
    if number is None:
        raise BadParameter(_("revision: nothing was published yet at %(text)s.", text=text), parameter="revision")
    return number


def _parse_time(text: str) -> datetime:
    """A time with its zone, UTC where none is said; a day stands for its end."""
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        # A plus sign that was not quoted arrives as a blank.
        found = datetime.fromisoformat(text.replace(" ", "+").upper())
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadParameter(
            _("revision: “%(text)s” is neither a number nor a time such as 2026-11-22T12:00:00Z.", text=text),
            parameter="revision",
        ) from None


def parse_as_of(text: str, collection: Collection) -> date:
    """A day.

    Raises: BadParameter, also for a collection whose records have no events.
    """
    if not has_history_of_status(collection):
        raise BadParameter(
            _("as_of: %(title)s have no events to tell what was true on a day.", title=find(collection.title)),
            parameter="as_of",
        )
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise BadParameter(_("as_of: “%(text)s” is no day such as 2025-03-01.", text=text), parameter="as_of") from None
