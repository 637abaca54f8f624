"""Headers that keep a reader's browser safe, on every answer.

A page's inline scripts carry a nonce that is drawn anew for each answer (`make_nonce`), and its policy names it. How
that fits with conditional requests: the tag of a page is made of the page without its nonce, and is weak, as two
answers with the same tag differ in that one word. A 304 says nothing of the policy (its headers would replace those of
the stored answer: RFC 9111, section 3.2), so that a stored page keeps the policy, and the nonce, that it came with.
That a stored page is shown again with its nonce helps nobody: whatever could be slipped into a page changes its tag,
and with it the whole answer.
"""

from __future__ import annotations

import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The only other hosts that a page may ask for anything, and only once the reader picks their map.
TILE_HOSTS = ("https://tile.openstreetmap.org", "https://server.arcgisonline.com")

_POLICY = b"content-security-policy"
_BARE_POLICY = b"default-src 'none'; frame-ancestors 'none'"
# A policy would reach into the browser's own viewer of a document.
_FRAMES_ONLY = b"frame-ancestors 'none'"
_NOT_MODIFIED = 304

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        b"microphone=(), midi=(), payment=(), usb=(), browsing-topics=()",
    ),
    (b"x-frame-options", b"DENY"),
)
_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


def make_nonce() -> str:
    """A word that nobody can know beforehand: 128 bits."""
    return secrets.token_urlsafe(16)


def page_policy(nonce: str) -> str:
    """What a page may load: its own files, inline scripts and styles with the nonce, tiles of the base maps."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        f"img-src 'self' data: blob: {' '.join(TILE_HOSTS)}; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def alone_policy(nonce: str) -> str:
    """What a page may load that stands for itself, without a network: nothing that is not in it."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )


class SafeHeaders:
    """Adds the headers. HSTS goes out behind TLS only: the scheme is what the server, or a proxy it trusts, says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = scope["scheme"] == "https"

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                headers.extend(_ALWAYS)
                if secure:
                    headers.append(_TLS_ONLY)
                if message["status"] != _NOT_MODIFIED:
                    _add_policy(headers)
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_safe)


def _add_policy(headers: list[tuple[bytes, bytes]]) -> None:
    kind = b""
    for name, value in headers:
        if name == _POLICY:
            return
        if name == b"content-type":
            kind = value
    viewed = kind.startswith((b"application/pdf", b"image/"))
    headers.append((_POLICY, _FRAMES_ONLY if viewed else _BARE_POLICY))
