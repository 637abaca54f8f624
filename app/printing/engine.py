"""The typesetter: Typst with the portal's own fonts and nothing of the machine's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst
from fontTools.ttLib import TTFont

from app.errors import PortalError
from app.languages import N_
from app.languages import gettext as _

_FOLDER = Path(__file__).parent
_FONTS = ("NotoSans_400Regular.ttf", "NotoSans_700Bold.ttf")


class PrintFailed(PortalError):
    """The document could not be made; what it would show is on its page."""

    status, title, anchor = 503, N_("No document"), "no-document"
    retry_after_seconds = 10


@lru_cache(maxsize=2)
def _fonts(folder: Path) -> typst.Fonts:
    """Raises: PrintFailed where the fonts were not fetched."""
    files = [folder / name for name in _FONTS]
    if not all(file.exists() for file in files):
        raise PrintFailed(_("The document cannot be set: its fonts are not there. `make` fetches them."))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


@lru_cache(maxsize=2)
def _drawable(folder: Path) -> frozenset[int]:
    """The code points that the fonts have a glyph for."""
    return frozenset(code for file in folder.glob("*.ttf") for code in TTFont(file, lazy=True).getBestCmap())


def _spelled(value: Any, drawable: frozenset[int]) -> Any:
    """The value, each character that no font can draw as its code, [U+77F3]: Typst would leave it out silently."""
    if isinstance(value, str):
        return "".join(c if ord(c) in drawable or c.isspace() else f"[U+{ord(c):04X}]" for c in value)
    if isinstance(value, Mapping):
        return {name: _spelled(part, drawable) for name, part in value.items()}
    return [_spelled(part, drawable) for part in value] if isinstance(value, list | tuple) else value


def typeset(template: str, data: Mapping[str, Any], fonts: Path, made_at: datetime) -> bytes:
    """The template of that name (dossier) with the data, as PDF.

    `fonts`: folder with the static fonts. `made_at`: stands in the file as its date, so that the same data of the same
    revision give the same bytes.
    Raises: PrintFailed.
    """
    # How many are set at once is bounded before the route: app.guards.heavy.
    try:
        spelled = json.dumps(_spelled(data, _drawable(fonts)), ensure_ascii=False)
        made = _compile(template, spelled, fonts, made_at.replace(microsecond=0))
    except (typst.TypstError, RuntimeError, OSError) as error:
        raise PrintFailed(_("The document could not be set. What it would show stands on the block's page.")) from error
    if not isinstance(made, bytes):
        raise PrintFailed(_("The document could not be set. What it would show stands on the block's page."))
    return made


def _compile(template: str, data: str, fonts: Path, made_at: datetime) -> Any:
    """As PDF/UA, ISO 14289-1: tagged, so that it can be read aloud. That standard also wants every glyph to name its
    letter, which those of some ligatures in Indian fonts cannot; a document with one is tagged without its name.
    """

    def compile_as(standard: Literal["ua-1"] | None) -> Any:
        compiler = typst.Compiler(
            (_FOLDER / f"{template}.typ").read_bytes(),
            root=str(_FOLDER),
            font_paths=_fonts(fonts),
            ignore_system_fonts=True,
            sys_inputs={"data": data},
        )
        return compiler.compile(format="pdf", timestamp=made_at, pdf_standards=standard)

    try:
        return compile_as("ua-1")
    except typst.TypstError as error:
        if "missing codepoints" not in str(error):
            raise
        return compile_as(None)
