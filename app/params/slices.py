"""Order and slice of an answer: text → values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.catalogue import Collection
from app.errors import BadParameter
from app.filters import kind_of
from app.languages import find
from app.languages import gettext as _
from app.params.asked import Slice
from app.params.paging import read_key_token
from app.queries.vocabulary import nearest
from app.values import DEFAULT_LIMIT, MAXIMUM_LIMIT, Page, SortKey

# PostgreSQL counts rows in eight bytes.
_GREATEST_OFFSET = 2**63 - 1
# Types of a key's values in JSON, by the kind of column.
_KINDS: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "boolean": (bool,),
    **dict.fromkeys(("text", "date", "instant"), (str,)),
}


def parse_slice(asked: Slice, collection: Collection, question: Mapping[str, str] | None = None) -> Page:
    """Limit, offset or token, and order; a limit above the maximum is served as the maximum.

    `question`: what a token must have been given for. Raises: BadParameter.
    Source: OGC API Features 1.0, /req/core/fc-limit-definition.
    """
    limit = _parse_whole("limit", asked.limit, least=1, default=DEFAULT_LIMIT)
    offset = _parse_whole("offset", asked.offset, least=0, default=0)
    if offset > _GREATEST_OFFSET:
        raise BadParameter(
            _(
                "offset: %(offset)s is more than the greatest, %(greatest_offset)s.",
                offset=asked.offset,
                greatest_offset=_GREATEST_OFFSET,
            ),
            parameter="offset",
        )
    sort = parse_sort(asked.sortby, collection)
    if asked.token is None or question is None:
        return Page(min(limit, MAXIMUM_LIMIT), offset, sort)
    if asked.offset is not None:
        raise BadParameter(_("token and offset do not go together: a token says where to begin."), parameter="offset")
    kinds = [_KINDS[kind_of(collection.table.c[name].type) or "text"] for name in (*(key.name for key in sort), "id")]
    key, backwards = read_key_token(asked.token, question, kinds)
    return Page(min(limit, MAXIMUM_LIMIT), 0, sort, key, backwards)


def _parse_whole(name: str, text: str | None, *, least: int, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,1000}", text) or int(text) < least:
        raise BadParameter(
            _("%(name)s: “%(text)s” is not a whole number from %(least)s on.", name=name, text=text, least=least),
            parameter=name,
        )
    return int(text)


def parse_sort(text: str | None, collection: Collection) -> tuple[SortKey, ...]:
    """`-area_ha,name`: properties by comma.

    Raises: BadParameter with the nearest names. Source: OGC API Features Part 8 (draft), Sorting.
    """
    if text is None:
        return ()
    keys = []
    for part in text.split(","):
        name = part.strip().removeprefix("-").removeprefix("+").strip()
        if name not in collection.sortables:
            raise BadParameter(
                _(
                    "sortby: %(title)s cannot be sorted by “%(name)s”; it has %(sortables)s.",
                    title=find(collection.title),
                    name=name,
                    sortables=", ".join(collection.sortables),
                ),
                parameter="sortby",
                suggestions=nearest(name, list(collection.sortables)),
            )
        keys.append(SortKey(name, part.strip().startswith("-")))
    return tuple(keys)
