"""KML and GPX as texts: whether they are whole, and which of the two."""

from __future__ import annotations

from xml.parsers import expat

from app.languages import gettext as _
from app.shapes.faults import BadFile, breaks_off
from app.shapes.kinds import stranger
from app.wording import group_digits


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
        if short:
            raise breaks_off(name, error.lineno) from None
        raise BadFile(
            _(
                "%(name)s is damaged in line %(line)s, column %(column)s (%(reason)s).",
                name=name,
                line=group_digits(f"{error.lineno:,}"),
                column=group_digits(f"{error.offset + 1:,}"),
                reason=what,
            )
        ) from None
    except (ValueError, LookupError) as error:
        said = _(
            "%(name)s says an encoding that is not known (%(reason)s); save it as UTF-8.",
            name=name,
            reason=str(error)[:80],
        )
        raise BadFile(said) from None
    if found.root not in ("kml", "gpx"):
        raise found.stranger()
    if found.root == "kml" and found.links and not found.placemarks:
        raise BadFile(
            _(
                "%(name)s only links to another KML (NetworkLink), which is not fetched; give that file itself.",
                name=name,
            )
        )
    return found.root.upper()


class _Outline:
    """The root of a document, and how many of some elements it has."""

    def __init__(self, name: str) -> None:
        self.name, self.root, self.links, self.placemarks = name, "", 0, 0

    def start(self, element: str, _attributes: dict[str, str]) -> None:
        plain = element.rpartition(" ")[2]
        self.root = self.root or plain.lower()
        self.links += plain == "NetworkLink"
        self.placemarks += plain == "Placemark"

    def refuse_doctype(self, doctype: str, *_rest: object) -> None:
        if doctype.lower() == "html":
            self.root = "html"
            raise self.stranger()
        raise BadFile(_("%(name)s declares a DOCTYPE, which no KML or GPX needs; save it without.", name=self.name))

    def stranger(self) -> BadFile:
        if self.root == "html":
            return stranger(self.name, _("a web page"))
        what = _("XML whose root is <%(root)s>, neither KML nor GPX", root=self.root[:40])
        return stranger(self.name, what)
