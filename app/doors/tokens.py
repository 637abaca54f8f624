"""The colours of tokens.css, for what is drawn elsewhere than in a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_LIGHT = re.compile(r":root \{(.*?)\n\}", re.DOTALL)
_COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")


@cache
def read_colours(path: Path) -> Mapping[str, str]:
    """The light theme's colours by their names without dashes before: `status-offered` → `#0072b2`.

    Raises: ValueError where the file has no `:root` of its own.
    """
    light = _LIGHT.search(path.read_text(encoding="utf-8"))
    if light is None:
        raise ValueError(f"{path} holds no :root block with colours.")
    return MappingProxyType(dict(_COLOUR.findall(light[1])))


def status_token(status: str) -> str:
    """The name of a block status's colour."""
    return f"status-{status.removesuffix('_declared').replace('_', '-')}"
