"""KML and GPX as texts: whether they are whole, and which of the two."""

from __future__ import annotations

from xml.parsers import expat

from app.shapes.faults import BadFile
from app.shapes.kinds import TAKEN


def tell_markup(content: bytes, name: str) -> str:
    """“KML” or “GPX”. Raises: BadFile where it is broken, or something else."""
    found = _Outline(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = found.start
    parser.StartDoctypeDeclHandler = found.refuse_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        short = what in ("no element found", "unclosed token", "unclosed CDATA section")
        if found.root == "html":
            raise found.stranger() from None
        raise BadFile(
            f"{name} breaks off in line {error.lineno:,}: it is cut short; save or send it anew."
            if short
            else f"{name} is damaged in line {error.lineno:,}, column {error.offset + 1:,} ({what})."
        ) from None
    except (ValueError, LookupError) as error:
        raise BadFile(f"{name} says an encoding that is not known ({str(error)[:80]}); save it as UTF-8.") from None
    if found.root not in ("kml", "gpx"):
        raise found.stranger()
    if found.root == "kml" and found.links and not found.placemarks:
        raise BadFile(f"{name} only links to another KML (NetworkLink), which is not fetched; give that file itself.")
    return found.root.upper()


class _Outline:
    """The root of a document, and how many of some elements it has."""

    def __init__(self, name: str) -> None:
        self.name, self.root, self.links, self.placemarks = name, "", 0, 0

    def start(self, element: str, _: dict[str, str]) -> None:
        plain = element.rpartition(" ")[2]
        self.root = self.root or plain.lower()
        self.links += plain == "NetworkLink"
        self.placemarks += plain == "Placemark"

    def refuse_doctype(self, doctype: str, *_: object) -> None:
        if doctype.lower() == "html":
            self.root = "html"
            raise self.stranger()
        raise BadFile(f"{self.name} declares a DOCTYPE, which no KML or GPX needs; save it without.")

    def stranger(self) -> BadFile:
        what = "a web page" if self.root == "html" else f"XML whose root is <{self.root[:40]}>, neither KML nor GPX"
        return BadFile(f"{self.name} is {what}; {TAKEN}.")
