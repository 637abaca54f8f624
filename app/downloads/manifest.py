"""What a file is: which question it answers, as of when, from where, under which terms."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Manifest:
    """Travels in each file's metadata, in a sheet or beside it in the archive."""

    title: str
    collection: str
    address: str  # asks the same question again
    parameters: dict[str, str]  # as asked
    row_count: int
    revision: int
    revision_at: datetime
    made_at: datetime
    crs: str  # URI
    licence: str
    attribution: str
    publisher: str = "Khanij Atlas"
    note: str = (
        "Empty means not published. Each row names its sources. Easting or longitude stands before northing or "
        "latitude. Where boundary_kind is indicative, the shape is the area within which the block is known to lie."
    )

    def as_dict(self) -> dict[str, Any]:
        """Its members as JSON has them."""
        times = {name: getattr(self, name).isoformat(timespec="seconds") for name in ("revision_at", "made_at")}
        return asdict(self) | times

    def as_texts(self) -> dict[str, str]:
        """The same as plain texts, for metadata that knows no other."""
        asked = "&".join(f"{name}={text}" for name, text in self.parameters.items()) or "everything"
        return {name: str(value) for name, value in self.as_dict().items()} | {"parameters": asked}

    def as_text(self) -> str:
        """A line for each member."""
        return "\n".join(f"{name.replace('_', ' ')}: {text}" for name, text in self.as_texts().items())
