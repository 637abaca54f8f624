"""Connections that are slow, silent or talk without end: each is bounded before it is a request.

uvicorn bounds only the pause between two requests. Here a connection has so long for the head of a request and for its
body, and a reader so long to take what was sent.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)

# Of the request line and all headers, in bytes; a little more than what is refused with a full answer.
MOST_HEAD_BYTES = 128 * 1024
HEAD_SECONDS = 10.0
# In all, and between two pieces.
BODY_SECONDS, BODY_PAUSE_SECONDS = 120.0, 20.0
# Until a full buffer, 64 kB, has been taken.
TAKE_SECONDS = 60.0
_PROBE_SECONDS = 60

_REFUSALS = {
    408: b"Request Timeout",
    414: b"URI Too Long",
    431: b"Request Header Fields Too Large",
}


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the bounds. The timers cost a request that comes in one piece nothing."""

    _timer: TimerHandle | None = None
    _taking: TimerHandle | None = None
    _in_head = True
    _reading = False
    _head_bytes = 0
    _body_until = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family != getattr(socket, "AF_UNIX", None):
            # Finds out about readers whose machine is gone.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE_SECONDS)
        self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._timer, self._taking):
            if timer is not None:
                timer.cancel()
        self._timer = self._taking = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reading:
            self._look(len(data))
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, received: int) -> None:
        """A request has begun and is not whole yet."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += received
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(431 if self.headers else 414)
            elif self._timer is None:
                self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)
            return
        if self._timer is not None:
            self._timer.cancel()
        now = self.loop.time()
        self._timer = self.loop.call_later(max(0, min(BODY_PAUSE_SECONDS, self._body_until - now)), self._too_slow)

    def on_message_begin(self) -> None:
        self._reading = self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._body_until = self.loop.time() + BODY_SECONDS
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._reading = False
        super().on_message_complete()

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._reading and not self._in_head:
            if self.flow.read_paused:  # it is the portal that takes its time
                self._body_until = self.loop.time() + BODY_SECONDS
                self._timer = self.loop.call_later(BODY_PAUSE_SECONDS, self._too_slow)
                return
            if self.cycle is not None and self.cycle.response_started:
                self._log("sent its body too slowly")
                self.transport.close()
                return
        if self._reading:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        self._log(f"was refused with {status}")
        phrase = _REFUSALS[status]
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"x-content-type-options: nosniff\r\nconnection: close\r\n\r\n%b" % (status, phrase, len(phrase), phrase)
        )
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(TAKE_SECONDS, self._not_taken)

    def resume_writing(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        super().resume_writing()

    def _not_taken(self) -> None:
        self._taking = None
        self._log("did not take what was sent")
        self.transport.abort()

    def _log(self, what: str) -> None:
        log.warning("A connection from %s %s.", self.client[0] if self.client else "unknown", what)


def server_options() -> dict[str, Any]:
    """How uvicorn is to run, in each process. Answers under way are finished at the end, within this time."""
    return {
        "http": GuardedProtocol,
        "ws": "none",
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 30,
        "proxy_headers": True,
    }
