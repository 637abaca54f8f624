"""CQL2 as typed → a checked tree. What is too long, too deep or too large is refused before it is parsed.

The parser recurses: some thousand operators inside each other end the process, not the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.catalogue import Collection, view_of
from app.crs import CRS84, SYSTEMS
from app.errors import BadParameter
from app.filters import check_cql
from app.languages import gettext as _
from app.params.parsing import parse_text
from app.values import Cql
from app.wording import group_digits
from app.words import nearest

LANGUAGES = ("cql2-text", "cql2-json")
MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 60
MOST_NODES = 100_000
# Operators that may make the tree deeper by one each, in a text.
MOST_OPERATORS = 600

_WKT = r"(?:POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION|BBOX)"
# Texts in quotation marks, numbers of geometries, and what nests.
_TOKENS = re.compile(
    r"'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|(?P<place>\b" + _WKT + r"\s*Z?\s*\([-+0-9.eE,\s()]*\))"
    r"|(?P<nest>[(\[])|(?P<close>[)\]])|(?P<operator>\bNOT\b|\bDIV\b|[-+*/%^])",
    re.IGNORECASE,
)


def parse_cql(given: Mapping[str, str], collection: Collection) -> Cql:
    """`filter` with its language and its reference system.

    Raises: BadParameter, naming the one that is wrong. Source: OGC API Features Part 3, /req/filter.
    """
    language = _choose("filter-lang", given.get("filter-lang", LANGUAGES[0]), LANGUAGES)
    crs = _choose("filter-crs", given.get("filter-crs", CRS84), tuple(SYSTEMS))
    text = given.get("filter")
    if text is None:
        other = next(name for name in ("filter-lang", "filter-crs") if name in given)
        raise BadParameter(_("%(other)s wants filter, the condition in CQL2.", other=other), parameter=other)
    tree = read_text(text) if language == "cql2-text" else read_json(text)
    found = Cql(json.dumps(tree, ensure_ascii=False, separators=(",", ":")), crs)
    check_cql(view_of(collection), found)
    return found


def _choose(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        close = nearest(text, list(allowed))
        raise BadParameter(
            _("%(name)s: “%(text)s” is none of %(allowed)s.", name=name, text=text[:80], allowed=", ".join(allowed)),
            parameter=name,
            suggestions=close,
        )
    return text


def read_text(text: str) -> Any:
    """CQL2 text as a tree.

    Raises: BadParameter with the place of the fault.
    """
    _check_length(text)
    _check_nesting(text)
    try:
        tree = parse_text(text)
    except ValueError as error:
        raise _bad(_("it is no CQL2: %(reason)s.", reason=_reason(error))) from None
    check_size(tree)
    return tree


def read_json(text: str) -> Any:
    """CQL2 JSON as a tree.

    Raises: BadParameter with the place of the fault.
    """
    _check_length(text)
    try:
        tree = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _bad(_("it is no JSON: %(reason)s.", reason=_reason(error))) from None
    check_size(tree)
    return tree


def check_size(tree: Any) -> None:
    """Raises: BadParameter where the tree is too deep or has too many parts."""
    level, depth, nodes = [tree], 0, 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MOST_DEPTH * 2:  # an operator and its list of arguments are two levels
            raise _too_deep()
        if nodes > MOST_NODES:
            raise _bad(
                _("it has more than %(most)s parts; at most so many are taken.", most=group_digits(f"{MOST_NODES:,}"))
            )
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        ]


def _check_length(text: str) -> None:
    if "\0" in text:
        raise _bad(_("it holds a NUL character; leave it out."))
    if len(text) > MOST_CHARACTERS:
        raise _bad(
            _(
                "it has %(number)s characters; at most %(most)s are taken.",
                number=group_digits(f"{len(text):,}"),
                most=group_digits(f"{MOST_CHARACTERS:,}"),
            )
        )
    if not text.strip():
        raise _bad(_("it is empty; give a condition such as area_ha > 100, or leave it out."))


def _check_nesting(text: str) -> None:
    """Depth of parentheses and number of operators that nest, outside of texts and of coordinates."""
    depth = operators = at = 0
    while token := _TOKENS.search(text, at):
        at = token.end()
        if token["place"]:
            # Only the balanced beginning is a geometry.
            at = token.start() + _balanced_length(token["place"])
        elif token["nest"]:
            depth += 1
            if depth > MOST_DEPTH:
                raise _too_deep()
        elif token["close"]:
            depth -= 1
        elif token["operator"]:
            operators += 1
            if operators > MOST_OPERATORS:
                raise _bad(_("it has more than %(most)s of NOT, +, -, *, /, %%, ^, DIV.", most=MOST_OPERATORS))


def _balanced_length(text: str) -> int:
    """How long the text is up to where its first parenthesis closes."""
    depth = 0
    for match in re.finditer(r"[()]", text):
        depth += 1 if match[0] == "(" else -1
        if depth > 8:
            raise _too_deep()
        if depth == 0:
            return match.end()
    return len(text)


def _too_deep() -> BadParameter:
    return _bad(_("it is nested more than %(most)s deep.", most=MOST_DEPTH))


def _no_constant(name: str) -> Any:
    raise ValueError(_("%(name)s is no number of JSON", name=name))


def _reason(error: Exception) -> str:
    """The parser's own words on one line: it draws an arrow under the place."""
    text = " ".join(re.sub(r"[-=|>^]{2,}|[|^]", " ", str(error)).split())
    return text.rstrip(".")[:300] or type(error).__name__


def _bad(detail: str) -> BadParameter:
    return BadParameter(_("filter: %(detail)s", detail=detail), parameter="filter")
