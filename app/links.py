"""Links of OGC API documents, and of pages of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from app.values import Page


class Link(NamedTuple):
    """A typed link; `href` is absolute. `body`: what is to be sent there by POST."""

    href: str
    rel: str
    type: str
    title: str = ""
    body: str = ""

    def as_dict(self) -> dict[str, str]:
        found = {"href": self.href, "rel": self.rel, "type": self.type}
        if self.title:
            found["title"] = self.title
        return found | {"method": "POST", "body": self.body} if self.body else found

    def as_header(self) -> str:
        """One entry of a `Link` header. Source: RFC 8288. The title is left to the body: headers are Latin-1."""
        return f'<{self.href}>; rel="{self.rel}"; type="{self.type}"'


def link_header(links: Sequence[Link]) -> dict[str, str]:
    return {"Link": ", ".join(link.as_header() for link in links if not link.body)}


def address(base: str, *parts: str) -> str:
    """`base` and path segments, each quoted."""
    return "/".join((base.rstrip("/"), *(quote(part, safe="") for part in parts)))


class Ends(NamedTuple):
    """Tokens of the pages after and before one; None where there is none."""

    next: str | None = None
    prev: str | None = None


# An address that is longer than this is sent as the body of a POST.
_LONGEST_QUERY = 4_000


def paging(here: str, asked: Mapping[str, str], page: Page, ends: Ends, media_type: str) -> list[Link]:
    """self, first, next and prev of a page of items at `here`, asked for with the parameters `asked`.

    The parameters are written anew, so that whatever a client sent is quoted in body and header.
    """
    plain = {name: text for name, text in asked.items() if name not in ("token", "offset")}

    def link(rel: str, title: str, parameters: Mapping[str, str]) -> Link:
        query = urlencode(parameters)
        if len(query) > _LONGEST_QUERY:
            return Link(here, rel, media_type, title, query)
        return Link(f"{here}?{query}" if query else here, rel, media_type, title)

    links = [link("self", "This page", asked)]
    if page.key or page.offset:
        links.append(link("first", "First page", plain))
    for rel, title, token in (("next", "Next page", ends.next), ("prev", "Previous page", ends.prev)):
        if token:
            links.append(link(rel, title, {**plain, "limit": str(page.limit), "token": token}))
    return links
