"""Finished answers kept in memory, for as long as the data are those that they were made from.

Nothing is served on trust: each request waits for a look at the newest revision that began after it came. Requests that
come together share one look, and one answer where none is kept yet.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.queries.vocabulary import Edition, read_edition
from app.traces import UNTRACED

# Where the same question has the same answer within a revision: what `make_etag` says.
_KEPT_BELOW = ("/api/collections/", "/api/suggestions")
# Of the request, what an answer may depend on beside its address.
_VARY = (b"host", b"accept", b"accept-language")
# A request with one of these is answered by the routes.
_NOT_OURS = {b"range", b"authorization", b"cookie", b"cache-control"}
_GREATEST_SHARE = 16  # no answer takes more than this part of the room
_OVERHEAD_BYTES = 1_000
_LONGEST_LOOK_SECONDS = 2.0
# So long one connection looks: where there are several servers, another may have come back or fallen behind.
_MOST_SECONDS_WITH_ONE = 20.0
_IN_ANSWERS_TO_304 = {b"etag", b"cache-control", b"last-modified", b"vary"}

Headers = list[tuple[bytes, bytes]]
Key = tuple[bytes | str, ...]


class Answer(NamedTuple):
    """A finished answer and the edition of the data that it was made from."""

    edition: Edition
    etag: bytes
    status: int
    headers: Headers
    body: bytes
    route: Any  # for whoever counts answers by route
    weight: int


class EditionLook:
    """The newest revision, as the database has it now; askers that come while it is being read share the next look."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._until = 0.0
        # One thread: the connection is used by one look at a time.
        self._thread = ThreadPoolExecutor(1, "edition")
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: asyncio.Task[Edition | None] | None = None
        self._next: asyncio.Task[Edition | None] | None = None

    async def read(self) -> Edition | None:
        """The edition that a look which begins from now on finds; None where the database does not answer in time."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._under_way, self._next = loop, None, None
        if self._next is not None:
            look = self._next
        elif self._under_way is None or self._under_way.done():
            look = self._under_way = loop.create_task(self._look())
        else:
            look = self._next = loop.create_task(self._look_after(self._under_way))
        # One asker who leaves does not end the look of the others.
        return await asyncio.shield(look)

    async def _look_after(self, earlier: asyncio.Task[Edition | None]) -> Edition | None:
        await asyncio.wait({earlier})
        self._under_way, self._next = self._next, None
        return await self._look()

    async def _look(self) -> Edition | None:
        try:
            async with asyncio.timeout(_LONGEST_LOOK_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        except TimeoutError:
            return None

    def _ask(self) -> Edition | None:
        with self._lock:
            try:
                if self._connection is None or time.monotonic() > self._until:
                    self._connect()
                assert self._connection is not None
                return read_edition(self._connection)
            except SQLAlchemyError:
                if self._connection is not None:
                    self._connection.invalidate()
                    self._let_go()
                return None

    def _connect(self) -> None:
        self._let_go()
        # Each statement sees what was committed before it began.
        # A look is for many requests: it belongs to the trace of none.
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", UNTRACED: True}
        self._connection = self._engine.connect().execution_options(**options)
        self._until = time.monotonic() + _MOST_SECONDS_WITH_ONE

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def close(self) -> None:
        """At the end: a look that is under way is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._lock.acquire(timeout=_LONGEST_LOOK_SECONDS):
            self._let_go()
            self._lock.release()


class KeptAnswers:
    """Middleware that answers what was answered before, and tells a reader that the reader's copy still holds.

    It lies outside the compression, so that bodies are kept as they are sent, and inside what counts and bounds
    requests, so that nothing of one reader is told to another. `room_bytes`: 0 keeps nothing.
    """

    def __init__(self, app: ASGIApp, look: EditionLook, room_bytes: int) -> None:
        self.app = app
        self._look = look
        self._room = room_bytes
        self._weight = 0
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._being_made: dict[tuple[asyncio.AbstractEventLoop, Key], asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        edition = await self._look.read()
        if edition is None:
            await self.app(scope, receive, send)
            return
        answer = self._find(key, edition)
        # What another event loop makes cannot be waited for here.
        here = asyncio.get_running_loop(), key
        if answer is None and (made := self._being_made.get(here)) is not None:
            await made.wait()
            answer = self._find(key, edition)
        if answer is not None:
            await _send(answer, scope, send)
        elif here in self._being_made:
            await self.app(scope, receive, send)
        else:
            await self._make(key, scope, receive, send)

    def _key(self, scope: Scope) -> Key | None:
        if not self._room or scope["type"] != "http" or scope["method"] != "GET":
            return None
        path: str = scope["path"]
        if not path.startswith(_KEPT_BELOW):
            return None
        varying: dict[bytes, bytes] = {}
        gzip = b""
        for name, value in scope["headers"]:
            if name in _NOT_OURS:
                return None
            if name in _VARY:
                varying[name] = varying.get(name, b"") + b"," + value
            elif name == b"accept-encoding" and b"gzip" in value:
                gzip = b"gzip"
        parts = (varying.get(name, b"") for name in _VARY)
        return (scope["scheme"], scope.get("root_path", ""), path, scope["query_string"], gzip, *parts)

    def _find(self, key: Key, edition: Edition) -> Answer | None:
        answer = self._answers.get(key)
        if answer is None or answer.edition != edition:
            return None
        self._answers.move_to_end(key)
        return answer

    async def _make(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the routes answer, and keep the answer where it says which edition it was made from."""
        here = asyncio.get_running_loop(), key
        made = self._being_made[here] = asyncio.Event()
        state = scope.setdefault("state", {})
        head: Message = {}
        parts: list[bytes] | None = []
        held = 0

        async def keep(message: Message) -> None:
            nonlocal head, parts, held
            if message["type"] == "http.response.start":
                # A copy: what lies further out adds headers of its own to the list.
                head = {**message, "headers": list(message["headers"])}
            elif message["type"] == "http.response.body" and parts is not None:
                body = message.get("body", b"")
                held += len(body)
                if held > self._room // _GREATEST_SHARE:
                    parts = None
                    made.set()
                else:
                    parts.append(body)
                    if not message.get("more_body", False):
                        self._keep(key, state.get("edition"), head, b"".join(parts), scope.get("route"))
                        made.set()
            await send(message)

        try:
            await self.app(scope, receive, keep)
        finally:
            del self._being_made[here]
            made.set()

    def _keep(self, key: Key, edition: Edition | None, head: Message, body: bytes, route: Any) -> None:
        headers: Headers = [(bytes(name).lower(), bytes(value)) for name, value in head.get("headers", ())]
        known = dict(headers)
        if edition is None or head["status"] not in (200, 204) or b"etag" not in known or b"set-cookie" in known:
            return
        weight = len(body) + sum(map(len, key)) + sum(len(name) + len(value) for name, value in headers)
        answer = Answer(edition, known[b"etag"], head["status"], headers, body, route, weight + _OVERHEAD_BYTES)
        if (old := self._answers.pop(key, None)) is not None:
            self._weight -= old.weight
        self._answers[key] = answer
        self._weight += answer.weight
        while self._weight > self._room:
            _, gone = self._answers.popitem(last=False)
            self._weight -= gone.weight


async def _send(answer: Answer, scope: Scope, send: Send) -> None:
    """The answer, or 304 where the reader has it. Source: RFC 9110, section 13.1.2."""
    status, headers, body = answer.status, answer.headers, answer.body
    scope["route"] = answer.route
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            tags = [tag.strip() for tag in value.split(b",")]
            if answer.etag in tags or b"*" in tags:
                status, body = 304, b""
                headers = [header for header in headers if header[0] in _IN_ANSWERS_TO_304]
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": body})
