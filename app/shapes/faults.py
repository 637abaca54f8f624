"""What can be wrong with a reader's file."""

from __future__ import annotations

from typing import Any

from app.errors import PortalError
from app.languages import N_
from app.languages import gettext as _
from app.wording import group_digits


class BadFile(PortalError):
    """A file that is not used, and why; where it can be mended, with the mended shape as GeoJSON."""

    status, title = 400, N_("Unusable file")

    def __init__(self, detail: str, *, parameter: str | None = "body", repaired: dict[str, Any] | None = None) -> None:
        super().__init__(detail, parameter=parameter)
        self.repaired = repaired

    def as_problem(self) -> dict[str, object]:
        return super().as_problem() | ({"repaired": self.repaired} if self.repaired else {})


def breaks_off(name: str, line: int) -> BadFile:
    """A text that ends too early."""
    return BadFile(
        _(
            "%(name)s breaks off in line %(line)s: it is cut short; save or send it anew.",
            name=name,
            line=group_digits(f"{line:,}"),
        )
    )


def unreadable_geometry(name: str, number: int, reason: str) -> BadFile:
    """A feature, counted from 1, whose geometry is not sound."""
    return BadFile(
        _(
            "%(name)s: the geometry of feature %(number)s cannot be read: %(reason)s.",
            name=name,
            number=group_digits(f"{number:,}"),
            reason=reason,
        )
    )
