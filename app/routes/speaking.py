"""The language of a request: chosen before its route runs, named in the answer, kept by the links of a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.languages import LANGUAGES, speaking
from app.languages import gettext as _
from app.languages.choosing import Choice, choose

PARAMETER = "lang"
# What programs read is English; so is what says nothing.
_ENGLISH = re.compile(
    r"^/(api|download|feeds|static|languages)(/|$)|^/(healthz|readyz|metrics)$|\.(json|geojson|csv|qlr)$"
)
# But for these where their address names a language: the pages' scripts show their words as they come.
SHOWN_BY_SCRIPTS = ("/api/shapes", "/api/suggestions")
_SPEAKING = ("text/html", "application/pdf")
_STATE = "khanij.language"


def speaks(path: str) -> bool:
    """Whether what lies at this path is for people, and so in their language."""
    return _ENGLISH.search(path) is None


class InLanguage:
    """Routes run in the language that the reader asks for, and their pages and documents say which it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (speaks(scope["path"]) or scope["path"] in SHOWN_BY_SCRIPTS):
            await self.app(scope, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER)
        if scope["path"] in SHOWN_BY_SCRIPTS and not asked:
            await self.app(scope, receive, send)
            return
        choice = choose(asked[-1] if asked else None, Headers(scope=scope).get("accept-language", ""))
        scope[_STATE] = choice

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_words = headers.get("content-type", "").startswith(_SPEAKING)
                if message["status"] == 304 or is_words or scope["path"] in SHOWN_BY_SCRIPTS:
                    headers["Content-Language"] = choice.code
                    headers.add_vary_header("Accept-Language")
            await send(message)

        with speaking(choice.code):
            await self.app(scope, receive, send_named)


def choice_of(request: Request) -> Choice:
    found: Choice = request.scope.get(_STATE) or Choice()
    return found


def notices_of_language(request: Request) -> list[str]:
    """That the language asked for is none of ours."""
    unknown = choice_of(request).unknown
    if unknown is None:
        return []
    names = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
    return [
        _(
            "lang: “%(lang)s” is no language of this portal; the page is in English. There are %(names)s.",
            lang=unknown[:40],
            names=names,
        )
    ]


# A Host header can hold anything; what is no plain address is not written into a page.
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?")


class Alternate(NamedTuple):
    """The page in another language: `code` as BCP 47 has it, or x-default."""

    code: str
    name: str
    path: str
    href: str


def alternates(request: Request, base: str) -> list[Alternate]:
    """This page in each language; last, as the reader's browser asks for it."""
    plain = base if _PLAIN_ADDRESS.fullmatch(base) else ""
    rest = [(name, text) for name, text in request.query_params.multi_items() if name != PARAMETER]

    def alternate(code: str, name: str, pairs: Sequence[tuple[str, str]]) -> Alternate:
        path = request.url.path + (f"?{urlencode(pairs, safe=',/:')}" if pairs else "")
        return Alternate(code, name, path, plain + path)

    found = [alternate(code, name, [*rest, (PARAMETER, code)]) for code, name in LANGUAGES.items()]
    return [*found, alternate("x-default", "", rest)]


_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(/[^"#]*)(#[^"]*)?(")')
_FORM = re.compile(r'<form\b[^>]*\baction="/[^"]*"[^>]*>')


def keep_language(html: str, code: str) -> str:
    """The page with its own links and forms asking for the same language.

    Done on the finished page: so no link is forgotten, wherever its address was made.
    """

    def link(found: re.Match[str]) -> str:
        start, address, place, end = found.groups()
        path, _mark, query = address.partition("?")
        if not speaks(path) or re.search(rf"(^|[?&;]){PARAMETER}=", query):
            return found[0]
        return f"{start}{address}{'&amp;' if query else '?'}{PARAMETER}={code}{place or ''}{end}"

    def form(found: re.Match[str]) -> str:
        if 'method="post"' in found[0]:
            return re.sub(r'action="([^"?]*)"', rf'action="\1?{PARAMETER}={code}"', found[0])
        return f'{found[0]}<input type="hidden" name="{PARAMETER}" value="{code}">'

    return _FORM.sub(form, _LINK.sub(link, html))
