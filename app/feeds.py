"""Changes → Atom (RFC 4287) and JSON Feed 1.1 documents."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from app import __version__
from app.catalogue import Collection
from app.facts import say_change, say_field, say_lines
from app.queries.changes import Change
from app.wording import format_status

ATOM_TYPE, JSON_TYPE = "application/atom+xml", "application/feed+json"
PORTAL = "Khanij Atlas"

_ATOM, _HISTORY = "http://www.w3.org/2005/Atom", "http://purl.org/syndication/history/1.0"
ET.register_namespace("", _ATOM)
ET.register_namespace("fh", _HISTORY)
# Source: XML 1.0, production 2 (Char).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What is said of a record that is new.
_SAID_OF_NEW = ("state", "country_name", "district", "minerals", "status", "stage", "area_ha", "operator")
_LONGEST_SUMMARY = 300


class Page(NamedTuple):
    """One document of a feed; addresses are absolute."""

    key: str  # tells this feed from others: collection and filters
    title: str
    subtitle: str
    here: str
    first: str
    next: str | None
    home: str
    is_archive: bool  # an older page: what it lists is so for ever
    updated: datetime
    rights: str


class Entry(NamedTuple):
    """A change as feeds tell it."""

    id: str
    title: str
    at: datetime
    link: str
    link_type: str
    lines: tuple[str, ...]
    sources: tuple[str, ...]
    kind: str
    data: Mapping[str, Any]  # the same for programs

    @property
    def summary(self) -> str:
        text = "; ".join(self.lines)
        return text if len(text) <= _LONGEST_SUMMARY else text[: _LONGEST_SUMMARY - 2].rsplit(" ", 1)[0] + " …"

    @property
    def html(self) -> str:
        note = f"<p>{escape(self.data['note'])}</p>" if self.data["note"] else ""
        return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in self.lines)}</ul>{note}"


def make_entry(change: Change, collection: Collection, base: str) -> Entry:
    """`base`: where the portal lies, without a slash at the end."""
    made, shown = change.made, change.shown
    # Numbers and ids alone would be the same in another portal's feed.
    name = f"{PORTAL}/{collection.id}/{change.id}/{made.number}/{made.at.astimezone(UTC).isoformat()}"
    link, link_type = _link_of(change, collection, base)
    sources = (source.get("url") or "" for source in shown.values["sources"])
    return Entry(
        f"urn:uuid:{uuid5(NAMESPACE_URL, name)}",
        f"{change.name}: {_headline(change)}",
        made.at,
        link,
        link_type,
        tuple(tell(change)),
        tuple(dict.fromkeys(url for url in sources if re.fullmatch(r"https?://\S+", url))),
        change.kind,
        {
            "collection": collection.id,
            "id": change.id,
            "revision": made.number,
            "kind": change.kind,
            "note": made.note,
            "changes": [
                {"field": c.field, "before": _plain(c.before), "after": _plain(c.after)} for c in change.fields
            ],
        },
    )


def _link_of(change: Change, collection: Collection, base: str) -> tuple[str, str]:
    """Where to read more, for ever: the history of a block, else the record's page or item as it was."""
    record = quote(change.id, safe="")
    number = change.made.number
    if collection.id == "blocks":
        return f"{base}/blocks/{record}/history#revision-{number}", "text/html"
    then = f"?revision={number - 1 if change.after is None else number}"
    if collection.page and collection.id != "states":
        return base + collection.page.format(id=record) + then, "text/html"
    return f"{base}/api/collections/{collection.id}/items/{record}{then}", "application/geo+json"


def _headline(change: Change) -> str:
    if change.renamed_to:
        return f"renamed to {change.renamed_to}"
    if change.kind != "changed":
        return {"new": "new", "gone": "no longer held"}[change.kind]
    status = next((c for c in change.fields if c.field == "status"), None)
    if status:
        return f"now {format_status(status.after).lower()}" if status.after else "status no longer known"
    names = [say_field(c.field).split(",")[0].lower() for c in change.fields]
    return f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''} changed" if names else "changed"


def tell(change: Change) -> list[str]:
    """What changed, a line for each field."""
    if change.renamed_to:
        return [f"Its id is now {change.renamed_to}; the old address leads to the new one."]
    if change.kind == "gone":
        return [f"No longer held since revision {change.made.number}; what it was is kept in its history."]
    if change.kind == "new":
        known = {name: value for name in _SAID_OF_NEW if (value := change.shown.values.get(name))}
        return ["New record", *(f"{say_field(n)}: {', '.join(say_lines(n, v))}" for n, v in known.items())]
    if not change.fields:
        return ["Nothing that is shown differs; only the words by which it is found"]
    return [say_change(*field) for field in change.fields]


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _stamp(at: datetime) -> str:
    """RFC 3339, UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def make_feed_id(page: Page) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{PORTAL}/changes/{page.key}')}"


def write_atom(page: Page, entries: Sequence[Entry]) -> bytes:
    """Source: RFC 4287; RFC 5005, sections 3 (next, first) and 4 (current, prev-archive)."""
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", make_feed_id(page))
    _add(feed, "title", page.title)
    _add(feed, "subtitle", page.subtitle)
    _add(feed, "updated", _stamp(page.updated))
    _add(_add(feed, "author"), "name", PORTAL)
    _add(feed, "generator", PORTAL, version=__version__)
    _add(feed, "rights", page.rights)
    _add(feed, "link", rel="self", type=ATOM_TYPE, href=page.here)
    _add(feed, "link", rel="alternate", type="text/html", href=page.home)
    _add(feed, "link", rel="first", type=ATOM_TYPE, href=page.first)
    if page.is_archive:
        _add(feed, "link", rel="current", type=ATOM_TYPE, href=page.first)
        ET.SubElement(feed, f"{{{_HISTORY}}}archive")
    if page.next:
        _add(feed, "link", rel="next", type=ATOM_TYPE, href=page.next)
        _add(feed, "link", rel="prev-archive", type=ATOM_TYPE, href=page.next)
    for entry in entries:
        _add_entry(feed, entry)
    text: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text


def _add_entry(feed: ET.Element, entry: Entry) -> None:
    element = _add(feed, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "updated", _stamp(entry.at))
    _add(element, "published", _stamp(entry.at))
    _add(element, "link", rel="alternate", type=entry.link_type, href=entry.link)
    for url in entry.sources:
        _add(element, "link", rel="via", href=url)
    _add(element, "category", term=entry.kind)
    _add(element, "summary", entry.summary)
    _add(element, "content", entry.html, type="html")


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """An element; characters that XML forbids are dropped."""
    clean = {name: _NOT_XML.sub("", value) for name, value in attributes.items()}
    element = ET.SubElement(parent, f"{{{_ATOM}}}{tag}", clean)
    if text is not None:
        element.text = _NOT_XML.sub("", text)
    return element


def write_json_feed(page: Page, entries: Sequence[Entry]) -> bytes:
    """Source: JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": page.title,
        "description": page.subtitle,
        "home_page_url": page.home,
        "feed_url": page.here,
        **({"next_url": page.next} if page.next else {}),
        "authors": [{"name": PORTAL, "url": page.home}],
        "language": "en",
        "items": [_json_item(entry) for entry in entries],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _json_item(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "content_text": "\n".join((*entry.lines, *((entry.data["note"],) if entry.data["note"] else ()))),
        "date_published": _stamp(entry.at),
        "date_modified": _stamp(entry.at),
        "authors": [{"name": PORTAL}],
        "tags": [entry.kind],
        "_khanij": {**entry.data, "sources": list(entry.sources)},
    }
