"""What makes an import quick in the database, within the transaction that publishes it."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_HAS_LZ4 = text("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
_LZ4 = text("SET LOCAL default_toast_compression = 'lz4'")


def compress_fast(session: Session) -> None:
    """Long values by LZ4 for the rest of the transaction, where the server was built with it: a third of the time."""
    if session.scalar(_HAS_LZ4):
        session.execute(_LZ4)
