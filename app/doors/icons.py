"""The map's symbols of points as SVG files of their own, for programs that have no style sheet.

The bodies are those of static/js/symbols.js; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping

BODIES = {
    "factory": '<rect class="body" x="2.5" y="2.5" width="19" height="19" rx="2"/>'
    '<path class="glyph" d="M6.5 17.5v-7l4 3v-3l4 3V6.5h3v11z"/>',
    "star": '<path class="body" d="M12 1.8l3 6.6 7.2.8-5.4 4.8 1.6 7.1L12 17.4l-6.4 3.7 1.6-7.1L1.8 9.2 9 8.4z"/>',
    "anchor": '<path class="body" d="M12 1.5l9.5 6.9-3.6 11.7H6.1L2.5 8.4z"/>'
    '<path class="glyph" d="M12 9v8.5M9.5 10.5h5M7.5 13.5c.5 2.7 2.2 4 4.5 4s4-1.3 4.5-4"/>'
    '<circle class="glyph" cx="12" cy="7.3" r="1.5"/>',
    "diamond": '<path class="body" d="M12 4.5l7.5 7.5-7.5 7.5L4.5 12z"/>',
    "drill": '<path class="body" d="M12 2l10.5 19h-21z"/><path class="glyph" d="M12 9.5v8.5M9 15l3 3 3-3"/>',
    "circle": '<circle class="body" cx="12" cy="12" r="7"/>',
    "shaft": '<path class="body" d="M3.5 21.5v-11L12 3l8.5 7.5v11z"/><path class="glyph" d="M12 9.5v8.5M8.5 13h7"/>',
}
CROSS = '<path class="cross" d="M2 2l20 20M22 2L2 22"/>'

# Left half and right half: what is being built.
_HALF = (
    '<defs><linearGradient id="half" gradientUnits="userSpaceOnUse" x1="0" x2="24" y1="0" y2="0">'
    '<stop offset="0.5" stop-color="{ink}"/><stop offset="0.5" stop-color="{raised}"/></linearGradient></defs>'
)


def draw_icon(icon: str, fill: str, colours: Mapping[str, str], status_colour: str | None = None) -> str:
    """A symbol as an SVG document.

    `fill` is filled, half, hollow, done, unverified, crossed or status, as on the map; `status_colour` is for the last.
    """
    ink, raised, quiet = colours["ink"], colours["raised"], colours["quiet"]
    body = {"filled": ink, "half": "url(#half)", "done": quiet, "status": status_colour or quiet}.get(fill, raised)
    faint = fill in ("unverified", "crossed")
    glyph = {"filled": raised, "half": quiet, "done": raised}.get(fill, quiet if faint else ink)
    edge = quiet if fill == "unverified" else ink
    dash = ' stroke-dasharray="3 2"' if fill == "unverified" else ""
    shapes = (
        BODIES[icon]
        .replace('class="body"', f'fill="{body}" stroke="{edge}" stroke-width="1.5"{dash}')
        .replace('class="glyph"', f'fill="none" stroke="{glyph}" stroke-width="1.8" stroke-linecap="round"')
    )
    cross = (
        CROSS.replace('class="cross"', f'fill="none" stroke="{ink}" stroke-width="2.2"') if fill == "crossed" else ""
    )
    half = _HALF.format(ink=ink, raised=raised) if fill == "half" else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">'
        f"{half}{shapes}{cross}</svg>"
    )
