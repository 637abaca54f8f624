"""What can be wrong with a reader's file."""

from __future__ import annotations

from typing import Any

from app.errors import PortalError


class BadFile(PortalError):
    """A file that is not used, and why; where it can be mended, with the mended shape as GeoJSON."""

    status, title = 400, "Unusable file"

    def __init__(self, detail: str, *, parameter: str | None = "body", repaired: dict[str, Any] | None = None) -> None:
        super().__init__(detail, parameter=parameter)
        self.repaired = repaired

    def as_problem(self) -> dict[str, object]:
        return super().as_problem() | ({"repaired": self.repaired} if self.repaired else {})
