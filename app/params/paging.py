"""Paging by key: opaque tokens that are good for the question that they were given for, and for no other."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from app.errors import BadParameter

_DIGEST_BYTES = 9


def make_token(revision: int, record_id: str, asked: Mapping[str, str]) -> str:
    """A token that goes on after this key; `asked`: the parameters that it is bound to."""
    text = f"{revision} {record_id}".encode()
    return urlsafe_b64encode(_digest(text, asked) + text).decode().rstrip("=")


def read_token(token: str, asked: Mapping[str, str]) -> tuple[int, str]:
    """The key of a token.

    Raises: BadParameter where it is no token of the portal's, or was given for another question.
    """
    try:
        raw = urlsafe_b64decode((token + "=" * (-len(token) % 4)).encode("ascii"))
        digest, text = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        # Decoding is lenient; only the very text that was given out is taken.
        if digest != _digest(text, asked) or urlsafe_b64encode(raw).decode().rstrip("=") != token:
            raise ValueError(token)
        number, record_id = text.decode().split(" ", 1)
        return int(number), record_id
    except ValueError:
        raise BadParameter(
            "token: it is none of this address, or was given for other filters; follow the link to the next page as it "
            "is, or begin without it.",
            parameter="token",
        ) from None


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
        raise BadParameter(f"limit: “{text}” is not a whole number from 1 on.", parameter="limit")
    return min(int(text), maximum)
