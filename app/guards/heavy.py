"""Turns for work that keeps a core or a connection busy for long: so many at once, so many waiting, the rest is told to
come back. Who waits here holds no thread and no connection."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Busy
from app.guards.bounds import Refuse
from app.guards.leaving import left_of
from app.guards.turns import Turns
from app.languages import gettext as _
from app.metrics import Metrics


class Heavy(NamedTuple):
    """A kind of heavy work, and what share of the turns it may have."""

    kind: str
    share: float = 1.0


# Typesetting keeps a core for itself: half of the turns.
DOWNLOAD, DOCUMENT, SCREENING = Heavy("download"), Heavy("document", 0.5), Heavy("screening")


def heavy_work_of(path: str) -> Heavy | None:
    """Whether an address is heavy; what is not in here is answered at once."""
    if path.startswith("/download/"):
        return DOWNLOAD
    if path.endswith((".pdf", ".map.html")):
        return DOCUMENT
    if path in ("/api/screening", "/screening"):
        return SCREENING
    return None


class HeavyWork:
    """Lets heavy requests through in turns. `at_once`: turns of each kind, of all processes together."""

    def __init__(self, app: ASGIApp, refuse: Refuse, at_once: int, metrics: Metrics) -> None:
        self.app, self.refuse, self.metrics = app, refuse, metrics
        self.turns = {work.kind: Turns(max(1, round(at_once * work.share))) for work in (DOWNLOAD, DOCUMENT, SCREENING)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = heavy_work_of(scope["path"]) if scope["type"] == "http" else None
        if work is None:
            await self.app(scope, receive, send)
            return
        turns = self.turns[work.kind]
        turn = await turns.take()
        if turn is None:
            busy = Busy(_("Much heavy work is under way just now; the same request may go through in a moment."))
            await self.refuse(Request(scope), busy)(scope, receive, send)
            return
        self.metrics.heavy_begins(work.kind)
        try:
            # Who left while waiting is not worked for.
            if not left_of(scope):
                await self.app(scope, receive, send)
        finally:
            self.metrics.heavy_ends(work.kind)
            turns.give_back(turn)
