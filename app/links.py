"""Links of OGC API documents, and of pages of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from app.values import Page


class Link(NamedTuple):
    """A typed link; `href` is absolute."""

    href: str
    rel: str
    type: str
    title: str = ""

    def as_dict(self) -> dict[str, str]:
        found = {"href": self.href, "rel": self.rel, "type": self.type}
        return found | {"title": self.title} if self.title else found

    def as_header(self) -> str:
        """One entry of a `Link` header. Source: RFC 8288. The title is left to the body: headers are Latin-1."""
        return f'<{self.href}>; rel="{self.rel}"; type="{self.type}"'


def link_header(links: Sequence[Link]) -> dict[str, str]:
    return {"Link": ", ".join(link.as_header() for link in links)}


def address(base: str, *parts: str) -> str:
    """`base` and path segments, each quoted."""
    return "/".join((base.rstrip("/"), *(quote(part, safe="") for part in parts)))


def paging(here: str, asked: Mapping[str, str], page: Page, number_matched: int, media_type: str) -> list[Link]:
    """self, next and prev of a page of items at `here`, asked for with the parameters `asked`.

    The parameters are written anew, so that whatever a client sent is quoted in body and header.
    """

    def link(rel: str, title: str, **changes: int) -> Link:
        query = urlencode({**asked, **{name: str(value) for name, value in changes.items()}})
        return Link(f"{here}?{query}" if query else here, rel, media_type, title)

    links = [link("self", "This page")]
    if page.offset + page.limit < number_matched:
        links.append(link("next", "Next page", offset=page.offset + page.limit, limit=page.limit))
    if page.offset:
        links.append(link("prev", "Previous page", offset=max(0, page.offset - page.limit), limit=page.limit))
    return links
