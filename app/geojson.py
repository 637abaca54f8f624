"""Feature texts → GeoJSON documents; nothing parses them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from app.links import Link

MEDIA_TYPE = "application/geo+json"


def feature_collection(
    features: Sequence[str], *, number_matched: int, links: Sequence[Link], revision: int, attribution: str = ""
) -> bytes:
    """A FeatureCollection of finished Feature texts.

    Source: RFC 7946; OGC API Features 1.0, /req/core/fc-response.
    """
    members = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": number_matched,
        "numberReturned": len(features),
        "revision": revision,
        "links": [link.as_dict() for link in links],
    }
    if attribution:
        members["attribution"] = attribution
    head = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return "".join((head[:-1], ',"features":[', ",".join(features), "]}")).encode()


def feature(text: str, *, sources: str, links: Sequence[Link]) -> bytes:
    """A single Feature with its sources and links beside its properties."""
    link_text = json.dumps([link.as_dict() for link in links], ensure_ascii=False, separators=(",", ":"))
    return "".join((text[:-1], ',"sources":', sources, ',"links":', link_text, "}")).encode()
