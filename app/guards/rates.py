"""How often one reader may ask, where the operator sets it (RATE_LIMIT)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, parse_many
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import TooMany
from app.guards.bounds import Refuse
from app.languages import gettext as _

log = logging.getLogger(__name__)

# Asked by machines that watch, and by browsers for each page.
_FREE = ("/healthz", "/readyz", "/metrics")
_FREE_UNDER = "/static/"
_IN_MEMORY = "memory://"


class Rates:
    """Counts requests by reader. `limits`: as “300/minute; 20/second”. `store`: memory:// or redis://…"""

    def __init__(self, app: ASGIApp, refuse: Refuse, limits: str, store: str) -> None:
        self.app, self.refuse = app, refuse
        self.items: Sequence[RateLimitItem] = parse_many(limits)
        self.window = MovingWindowRateLimiter(storage_from_string(store))
        self.waits = not store.startswith(_IN_MEMORY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _FREE or scope["path"].startswith(_FREE_UNDER):
            await self.app(scope, receive, send)
            return
        reader = reader_of(scope)
        # Another machine is asked from a thread: the loop serves everybody.
        found = await asyncio.to_thread(self._count, reader) if self.waits else self._count(reader)
        if found is None:
            await self.app(scope, receive, send)
            return
        allowed, item, remaining, reset_seconds = found
        headers = [
            (b"ratelimit-limit", str(item.amount).encode()),
            (b"ratelimit-remaining", str(remaining).encode()),
            (b"ratelimit-reset", str(reset_seconds).encode()),
        ]

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        if allowed:
            await self.app(scope, receive, send_with)
            return
        error = TooMany(
            _(
                "More than %(amount)s requests in %(period)s s came from your address; ask again in %(seconds)s s.",
                amount=item.amount,
                period=item.get_expiry(),
                seconds=reset_seconds,
            )
        )
        error.retry_after_seconds = reset_seconds
        await self.refuse(Request(scope), error)(scope, receive, send_with)

    def _count(self, reader: str) -> tuple[bool, RateLimitItem, int, int] | None:
        """Whether this request may pass, and how the tightest limit stands; None where the store does not answer."""
        try:
            hit = [self.window.hit(item, reader) for item in self.items]
            stats = [self.window.get_window_stats(item, reader) for item in self.items]
        except Exception as error:
            # A portal without its counter is better than none.
            log.warning("Requests are not counted: %s", type(error).__name__)
            return None
        # The limit that was hit; else the one with the least left.
        which = min(range(len(hit)), key=lambda i: (hit[i], stats[i].remaining))
        wait = max(1, round(stats[which].reset_time - time.time() + 0.5))
        return all(hit), self.items[which], stats[which].remaining, wait


def reader_of(scope: Scope) -> str:
    """The address that a request is from; one household of IPv6 is one reader."""
    host = (scope.get("client") or ("unknown", 0))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)
