"""How large a request may be; more is refused before anything of it is worked on."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AddressTooLong, HeadersTooLarge, PortalError, TooLarge, UnsupportedType
from app.languages import gettext as _
from app.wording import group_digits

MOST_ADDRESS_BYTES = 64_000
MOST_HEADER_BYTES = 32_768
MOST_HEADERS = 100
# No address takes more; most take less, and say so themselves.
MOST_BODY_BYTES = 5_000_000
# A header that asks for more parts is left out, which every server may do. Source: RFC 9110, section 14.2.
MOST_RANGES = 4
_LONGEST_RANGE = 100

Refuse = Callable[[Request, PortalError], Response]


class Bounds:
    """Refuses what is too long, too large or packed. `refuse`: an error as this portal answers it."""

    def __init__(self, app: ASGIApp, refuse: Refuse) -> None:
        self.app, self.refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fault = _find_fault(scope)
        if fault is not None:
            answer = self.refuse(Request(scope), fault)
            # What else of it is under way is not read.
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        await self.app(scope, _counted(receive), send)


def _find_fault(scope: Scope) -> PortalError | None:
    length = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    if length > MOST_ADDRESS_BYTES:
        return AddressTooLong(
            _(
                "The address has %(length)s bytes; at most %(most)s are taken. Longer questions go by POST, in the "
                "body.",
                length=group_digits(f"{length:,}"),
                most=group_digits(f"{MOST_ADDRESS_BYTES:,}"),
            )
        )
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS:
        return HeadersTooLarge(
            _(
                "The request has %(number)s header lines; at most %(most)s are taken.",
                number=len(headers),
                most=MOST_HEADERS,
            )
        )
    total = 0
    ranges = None
    for name, value in headers:
        total += len(name) + len(value)
        if name == b"content-length":
            if value.isdigit() and int(value[:20]) > MOST_BODY_BYTES:
                return TooLarge(
                    _(
                        "The body has more than %(most_bytes)s bytes; at most so many are taken.",
                        most_bytes=group_digits(f"{MOST_BODY_BYTES:,}"),
                    ),
                    parameter="body",
                )
        elif name == b"content-encoding":
            if value.strip().lower() not in (b"", b"identity"):
                return UnsupportedType(_("The body is packed (Content-Encoding); send it as it is."))
        elif name == b"range":
            ranges = value
    if total > MOST_HEADER_BYTES:
        return HeadersTooLarge(
            _(
                "The headers have %(total)s bytes; at most %(most)s are taken.",
                total=group_digits(f"{total:,}"),
                most=group_digits(f"{MOST_HEADER_BYTES:,}"),
            )
        )
    if ranges is not None and (len(ranges) > _LONGEST_RANGE or ranges.count(b",") >= MOST_RANGES):
        scope["headers"] = [(name, value) for name, value in headers if name != b"range"]
    return None


def _counted(receive: Receive) -> Receive:
    """The body, whose end comes at the bound: a length may be left unsaid, or be untrue."""
    left = MOST_BODY_BYTES

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                # Who reads bodies refuses at this size or below it; nobody reads on.
                return {**message, "more_body": False}
        return message

    return receive_bounded
