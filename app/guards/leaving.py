"""What is still being asked of the database for a reader who has left is cancelled.

A route runs in a thread and cannot look at the connection itself. A watcher does, once an answer takes longer than a
moment, and cancels what PostgreSQL does for that request. Which connections those are is noted as they are taken from
the pool and given back: the request's context reaches its threads.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import PortalError

log = logging.getLogger(__name__)

# A quick answer, which most are, pays for no watcher.
LOOKS_AFTER_SECONDS = 0.25
_CANCEL_SECONDS = 5.0
# A download is one statement from its first row to its last.
_LONG = "/download/"
_KEY = "khanij.visit"
_HOLDER = "khanij_visit"


class Visit:
    """A request and the database connections that work for it."""

    def __init__(self, *, long: bool = False) -> None:
        self.left = False
        self.long = long
        self._lock = threading.Lock()
        self._connections: list[Any] = []
        self._cancelled: list[Any] = []

    def take(self, connection: Any) -> None:
        with self._lock:
            self._connections.append(connection)

    def give_back(self, connection: Any) -> bool:
        """Whether it was cancelled: such a one is not used again, as the word may reach it late."""
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
            return connection in self._cancelled

    def cancel(self) -> None:
        """End what runs for this visit. Under the lock, so that a connection is not given to another meanwhile."""
        with self._lock:
            for connection in self._connections:
                self._cancelled.append(connection)
                try:
                    connection.cancel_safe(timeout=_CANCEL_SECONDS)
                except Exception as error:
                    log.warning("A query could not be cancelled: %s", type(error).__name__)


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


def left_of(scope: Scope) -> bool:
    """Whether the reader of this request is known to have left."""
    visit = scope.get(_KEY)
    return visit is not None and visit.left


class ReaderLeft(PortalError):
    """Ends work that nobody waits for any more; nobody reads its answer either."""

    status, title, anchor = 503, "Reader left", "busy"


def stop_if_left() -> None:
    """To be asked between the pieces of long work, where no query may be running that could be cancelled.

    Raises: ReaderLeft.
    """
    visit = _visit.get()
    if visit is not None and visit.left:
        raise ReaderLeft("The reader left.")


class Leaving:
    """Watches for readers who leave."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = scope[_KEY] = Visit(long=scope["path"].startswith(_LONG))
        watch = _Watch(visit, receive, has_body=_has_body(scope))
        token = _visit.set(visit)
        timer = asyncio.get_running_loop().call_later(LOOKS_AFTER_SECONDS, watch.begin)
        try:
            await self.app(scope, watch.receive, watch.sending(send))
        except ClientDisconnect:
            # In the middle of the body: nobody is there to be answered.
            visit.left = True
        finally:
            timer.cancel()
            watch.end()
            _visit.reset(token)


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


class _Watch:
    """Stands between server and route: both ask the server for messages, and it may be asked by one at a time."""

    def __init__(self, visit: Visit, receive: Receive, *, has_body: bool) -> None:
        self._visit, self._receive = visit, receive
        # The body is the route's to read; only after it can nothing but the word of leaving come.
        self._read_whole = not has_body
        self._given_empty = has_body
        self._due = self._answered = False
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Watch from now on, or as soon as the body is read."""
        self._due = True
        if self._read_whole and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def sending(self, send: Send) -> Send:
        """`send`, after whose last piece leaving is no news: servers say so at the end of each answer."""

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self._answered = True
            await send(message)

        return send_noting

    async def receive(self) -> Message:
        """What a route, or the sending of a stream, asks for."""
        if not self._read_whole:
            message = await self._receive()
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                self._read_whole = True
                if self._due:
                    self.begin()
            return message
        if not self._given_empty:
            self._given_empty = True
            return {"type": "http.request", "body": b"", "more_body": False}
        self.begin()
        assert self._task is not None
        await asyncio.shield(self._task)
        return {"type": "http.disconnect"}

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._answered:
            return
        self._visit.left = True
        await asyncio.get_running_loop().run_in_executor(None, self._visit.cancel)


def watch_connections(engine: Engine, statement_seconds: float, download_seconds: float) -> None:
    """Note which connection works for which visit; bound each statement of this engine's connections in time."""
    longer = f"SET LOCAL statement_timeout = {round(download_seconds * 1000)}"

    @event.listens_for(engine, "begin")
    def lengthen(connection: Connection) -> None:
        visit = _visit.get()
        if visit is not None and visit.long:
            connection.exec_driver_sql(longer)

    @event.listens_for(engine, "do_connect")
    def bound(dialect: Any, record: Any, cargs: Any, cparams: dict[str, Any]) -> None:
        milliseconds = round(statement_seconds * 1000)
        cparams["options"] = f"{cparams.get('options', '')} -c statement_timeout={milliseconds}"

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, proxy: Any) -> None:
        visit = _visit.get()
        if visit is not None:
            record.info[_HOLDER] = visit
            visit.take(connection)

    @event.listens_for(engine, "checkin")
    def given_back(connection: Any, record: Any) -> None:
        visit = record.info.pop(_HOLDER, None)
        if visit is not None and visit.give_back(connection) and connection is not None:
            record.invalidate()
