"""Paging by key: opaque tokens that are good for the question that they were given for, and for no other."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import BadParameter
from app.languages import gettext as _

_DIGEST_BYTES = 9
# Parameters that change how an answer is cut or written, not which records it has in which order.
_NOT_BOUND = frozenset({"limit", "offset", "token", "f"})


def question_of(path: str, asked: Mapping[str, str]) -> dict[str, str]:
    """What a token is bound to: the address and its parameters, but for those that only cut the answer."""
    return {"": path, **{name: text for name, text in asked.items() if name not in _NOT_BOUND}}


def seal(text: str, asked: Mapping[str, str]) -> str:
    """A token that holds `text`, for the question `asked`."""
    raw = text.encode()
    return urlsafe_b64encode(_digest(raw, asked) + raw).decode().rstrip("=")


def unseal(token: str, asked: Mapping[str, str]) -> str:
    """The text of a token.

    Raises: BadParameter where it is no token of the portal's, or was given for another question.
    """
    try:
        raw = urlsafe_b64decode((token + "=" * (-len(token) % 4)).encode("ascii"))
        digest, text = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        # Decoding is lenient; only the very text that was given out is taken.
        if digest != _digest(text, asked) or urlsafe_b64encode(raw).decode().rstrip("=") != token:
            raise ValueError(token)
        return text.decode()
    except ValueError:
        raise _foreign() from None


def _foreign() -> BadParameter:
    return BadParameter(
        _(
            "token: it is none of this address, or was given for other filters; follow the link to the "
            "next page as it is, or begin without it."
        ),
        parameter="token",
    )


def make_token(revision: int, record_id: str, asked: Mapping[str, str]) -> str:
    """A token that goes on after this change; `asked`: the parameters that it is bound to."""
    return seal(f"{revision} {record_id}", asked)


def read_token(token: str, asked: Mapping[str, str]) -> tuple[int, str]:
    """The change that `make_token` was given. Raises: BadParameter."""
    number, record_id = unseal(token, asked).split(" ", 1)
    return int(number), record_id


def make_key_token(key: str, asked: Mapping[str, str], *, backwards: bool) -> str:
    """A token for the page after, or before, the record with this key, a JSON list."""
    return seal(f"{'<' if backwards else '>'}{key}", asked)


def read_key_token(
    token: str, asked: Mapping[str, str], kinds: Sequence[tuple[type, ...]]
) -> tuple[tuple[Any, ...], bool]:
    """The key, and whether the page lies before it; `kinds`: of what type each of its values is, where not null.

    Raises: BadParameter.
    """
    text = unseal(token, asked)
    try:
        key = json.loads(text[1:])
        fits = len(key) == len(kinds) and all(
            value is None or type(value) in kind for value, kind in zip(key, kinds, strict=True)
        )
        if text[:1] not in "<>" or not fits or key[-1] is None:
            raise ValueError(text)
    except (ValueError, TypeError, RecursionError):
        raise _foreign() from None
    return tuple(key), text.startswith("<")


def _digest(text: bytes, asked: Mapping[str, str]) -> bytes:
    """Ties the key to its question; it keeps out mistakes, not attackers: a key is no secret."""
    question = repr(sorted(asked.items())).encode()
    return hashlib.blake2b(text + b"\n" + question, digest_size=_DIGEST_BYTES, person=b"khanij-page").digest()


def parse_limit(text: str | None, *, default: int, maximum: int) -> int:
    """A page's length; more than the maximum is served as the maximum.

    Raises: BadParameter.
    """
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,1000}", text) or int(text) < 1:
        raise BadParameter(_("limit: “%(text)s” is not a whole number from 1 on.", text=text), parameter="limit")
    return min(int(text), maximum)
