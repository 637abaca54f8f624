"""Conditional requests: an answer that a reader has already is not made again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime

from fastapi import Request, Response

from app import __version__
from app.languages import language
from app.queries.vocabulary import Edition


def make_etag(request: Request, edition: Edition, given: Mapping[str, str] | None = None) -> str:
    """A weak tag of the data's revision and its time, the query in any order, and the code that writes the answer.

    `given`: the parameters, where they are not those of the address alone. Weak, because the time stamp in the body is
    not part of it. Source: RFC 9110, section 8.8.3.
    """
    request.state.edition = edition  # what the answer is made from: it may be kept for as long as that is the newest
    items = request.query_params.multi_items() if given is None else given.items()
    query = "&".join(sorted(f"{name}={value}" for name, value in items))
    address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{query}"
    content = f"{__version__} {edition.at.isoformat()} {language()} {address}"
    return f'W/"{edition.number}-{hashlib.sha256(content.encode()).hexdigest()[:20]}"'


def cache_headers(etag: str, edition: Edition) -> dict[str, str]:
    """Anybody may keep the answer and asks each time whether it still holds: a revision is there for all at once."""
    modified = format_datetime(edition.at.astimezone(UTC), usegmt=True)
    return {"ETag": etag, "Cache-Control": "public, no-cache", "Last-Modified": modified}


def not_modified(request: Request, etag: str, edition: Edition) -> Response | None:
    """304 where the reader's copy is still true; None where an answer has to be made.

    Source: RFC 9110, section 13.1.2.
    """
    known = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=cache_headers(etag, edition) | {"Vary": "Accept, Accept-Encoding"})
    return None
