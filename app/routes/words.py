"""The words of scripts in a reader's language."""

from __future__ import annotations

import hashlib
import json

from fastapi import APIRouter, Request, Response

from app.errors import NotFound
from app.languages import ENGLISH, LANGUAGES
from app.languages import gettext as _
from app.languages.catalogues import read_script_texts

router = APIRouter(include_in_schema=False)


@router.get("/languages/{code}.js", response_model=None)
def script_words(request: Request, code: str) -> Response:
    """English text → translation, for the scripts of a page; English itself needs none.

    Raises: NotFound.
    """
    if code not in LANGUAGES or code == ENGLISH:
        raise NotFound(_("There is no language “%(code)s” here.", code=code[:40]))
    text = json.dumps(read_script_texts(code), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "public, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(f"globalThis.khanijWords={text};", media_type="text/javascript", headers=headers)
