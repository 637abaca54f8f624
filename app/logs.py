"""Logs as lines of JSON: each knows the request that it belongs to, and none holds a secret."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("app.requests")

HEADER = b"x-request-id"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_LONGEST_SHOWN = 300
# Refusals come in floods: of each status one line in so many seconds, with the number of those not told.
_REFUSED = frozenset((408, 413, 414, 415, 429, 431, 503))
_QUIET_SECONDS = 1.0
_MOST_WORDS = 1_000

# postgresql://name:secret@host, password=secret, "password": "secret", Authorization: secret
_SECRETS = (
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@]+@"), r"\1:***@"),
    (
        re.compile(
            r"(?i)\b(password|passwd|pwd|secret|token|api_?key|authorization)([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"
        ),
        r"\1\2***",
    ),
)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def without_secrets(text: str) -> str:
    """The text, each password and the like as ***."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


class PlainLines(logging.Formatter):
    """A line for a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what a call gives as `extra={"about": {…}}` are members of their own."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identity := request_id.get():
            told["request_id"] = identity
        told |= getattr(record, "about", {})
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps({name: _clean(value) for name, value in told.items()}, ensure_ascii=False, default=str)


def _clean(value: Any) -> Any:
    return without_secrets(value) if isinstance(value, str) else value


class Sparing(logging.Filter):
    """Of warnings with the same words one line a second: they come in floods."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno != logging.WARNING or record.name == log.name:
            return True
        key = (record.name, str(record.msg))
        if record.created - self._told.get(key, 0.0) < _QUIET_SECONDS:
            return False
        if len(self._told) > _MOST_WORDS:
            self._told.clear()
        self._told[key] = record.created
        return True


def logging_config(level: str, kind: str) -> dict[str, Any]:
    """For uvicorn, which sets it up in each of its processes. `kind`: json or text."""
    formatter = JsonLines if kind == "json" else PlainLines
    upper = level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": f"{formatter.__module__}.{formatter.__name__}"}},
        "filters": {"sparing": {"()": f"{Sparing.__module__}.{Sparing.__name__}"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "filters": ["sparing"],
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "app": {"level": upper},
            "uvicorn": {"level": upper},
            # Each request has a line of ours.
            "uvicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


class RequestLines:
    """Gives each request its id, accepted where well-formed, returned in any case; and a line at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._told: dict[int, float] = {}
        self._untold: dict[int, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identity = _identity(scope)
        token = request_id.set(identity.decode())
        began = time.perf_counter()
        status = sent = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, identity)]}
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except BaseException:
            status = status or 500
            raise
        finally:
            self._tell(scope, status, sent, time.perf_counter() - began)
            request_id.reset(token)

    def _tell(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        level = logging.ERROR if status in (0, 500) else logging.WARNING if status in _REFUSED else logging.INFO
        if status == 0:
            level = logging.INFO  # the reader left before there was an answer
        if not log.isEnabledFor(level):
            return
        about: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"][:_LONGEST_SHOWN],
            "status": status,
            "ms": round(seconds * 1000, 1),
            "bytes": sent,
            "client": (scope.get("client") or ("unknown",))[0],
        }
        if query := scope["query_string"]:
            about["query"] = query[:_LONGEST_SHOWN].decode("latin-1")
        if status in _REFUSED:
            now = time.monotonic()
            if now - self._told.get(status, -_QUIET_SECONDS) < _QUIET_SECONDS:
                self._untold[status] = self._untold.get(status, 0) + 1
                return
            self._told[status] = now
            if untold := self._untold.pop(status, 0):
                about["more_not_told"] = untold
        log.log(level, "%s %s %d", about["method"], about["path"], status, extra={"about": about})


def _identity(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == HEADER:
            given: bytes = value
            return given if _WELL_FORMED.fullmatch(given) else os.urandom(8).hex().encode()
    return os.urandom(8).hex().encode()
