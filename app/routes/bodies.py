"""Questions that are too long for an address: the body of a POST → the same parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from app.errors import BadParameter, TooLarge, UnsupportedType
from app.languages import gettext as _
from app.schemas import Problem
from app.wording import group_digits, join_words

MOST_BYTES = 2_000_000
_FORM = "application/x-www-form-urlencoded"
_JSON = ("application/json", "application/cql2+json")
_MOST_FIELDS = 200

_PROBLEM = {"application/problem+json": {"schema": Problem.model_json_schema()}}
TOO_LARGE: dict[str, Any] = {"description": "The body is too large", "content": _PROBLEM}
UNSUPPORTED: dict[str, Any] = {"description": "The body is of a type that is not taken", "content": _PROBLEM}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        _FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}},
        **{kind: {"schema": {"type": "object", "description": "A filter in CQL2 JSON"}} for kind in _JSON},
    },
}


class Sent(NamedTuple):
    """A body and its media type without parameters."""

    kind: str
    content: bytes


async def read_body(request: Request) -> Sent:
    """The body, up to its limit.

    Raises: TooLarge, UnsupportedType.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_FORM, *_JSON):
        raise UnsupportedType(
            _(
                "The body is “%(kind)s”; %(form)s, %(json)s are taken.",
                kind=kind[:60],
                form=_FORM,
                json=join_words(_JSON),
            )
        )
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise TooLarge(
                _(
                    "The body has more than %(most_bytes)s bytes; at most so many are taken.",
                    most_bytes=group_digits(f"{MOST_BYTES:,}"),
                )
            )
    return Sent(kind, content)


BodyDep = Annotated[Sent, Depends(read_body)]


def merge_body(request: Request, sent: Sent) -> dict[str, str]:
    """The parameters of the address and of the body together.

    Raises: BadParameter where one is there twice, or the body cannot be read.
    """
    given = dict(request.query_params)
    for name, text in _fields(sent, given).items():
        if name in given:
            raise BadParameter(
                _("%(name)s is given in the address and in the body; once is enough.", name=name), parameter=name
            )
        given[name] = text
    return given


def _fields(sent: Sent, given: Mapping[str, str]) -> dict[str, str]:
    try:
        text = sent.content.decode()
        if sent.kind != _FORM:
            return {"filter": text} | ({} if "filter-lang" in given else {"filter-lang": "cql2-json"})
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise BadParameter(_("The body cannot be read: %(error)s.", error=error), parameter="body") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise BadParameter(_("%(name)s is given twice; several values go by comma.", name=name), parameter=name)
        fields[name] = value
    return fields
