"""What can go wrong for a reader, and how it is said (RFC 9457 for programs, a page for people)."""

from __future__ import annotations

from collections.abc import Sequence

from app.languages import N_


class PortalError(Exception):
    """An error that is the reader's business; the status is on the class.

    Source: RFC 9457, Problem Details for HTTP APIs.
    """

    status = 400
    title = N_("Bad request")
    anchor = "bad-request"
    retry_after_seconds: int | None = None

    def __init__(self, detail: str, *, parameter: str | None = None, suggestions: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.parameter = parameter
        self.suggestions = tuple(suggestions)

    def as_problem(self) -> dict[str, object]:
        """The body of an `application/problem+json` answer."""
        problem: dict[str, object] = {
            "type": f"/about#error-{self.anchor}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.parameter:
            problem["parameter"] = self.parameter
        if self.suggestions:
            problem["suggestions"] = list(self.suggestions)
        return problem


class BadParameter(PortalError):
    """A query parameter that cannot be read, or that does not exist."""

    status, title, anchor = 400, N_("Invalid parameter"), "invalid-parameter"


class NotFound(PortalError):
    """No such collection, item, page."""

    status, title, anchor = 404, N_("Not found"), "not-found"


class NotAcceptable(PortalError):
    """A representation that is not on offer."""

    status, title, anchor = 406, N_("Not acceptable"), "not-acceptable"


class TooLarge(PortalError):
    """More than is taken at once."""

    status, title, anchor = 413, N_("Too large"), "too-large"


class AddressTooLong(PortalError):
    """An address beyond what is read."""

    status, title, anchor = 414, N_("Address too long"), "address-too-long"


class HeadersTooLarge(PortalError):
    """Headers beyond what is read."""

    status, title, anchor = 431, N_("Headers too large"), "headers-too-large"


class TooMany(PortalError):
    """More requests than one reader is granted."""

    status, title, anchor = 429, N_("Too many requests"), "too-many-requests"
    retry_after_seconds = 1


class Busy(PortalError):
    """As much heavy work as may be is under way."""

    status, title, anchor = 503, N_("Busy"), "busy"
    retry_after_seconds = 5


class TakesTooLong(PortalError):
    """The database would need longer for the answer than any question is given."""

    status, title, anchor = 503, N_("Takes too long"), "takes-too-long"
    retry_after_seconds = 30


class UnsupportedType(PortalError):
    """A body of a type that is not taken."""

    status, title, anchor = 415, N_("Unsupported media type"), "unsupported-type"


class DatabaseAway(PortalError):
    """PostgreSQL does not answer; it may be back in a moment."""

    status, title, anchor = 503, N_("Database away"), "database-away"
    retry_after_seconds = 5
