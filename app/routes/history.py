"""The page of a block's history: every change that the portal published of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app import facts
from app.catalogue import COLLECTIONS, view_of
from app.db import SessionDep
from app.languages import gettext as _
from app.queries.changes import get_history
from app.queries.moments import find_renamed
from app.routes.common import VocabularyDep
from app.routes.frame import common, notices_of, render

router = APIRouter(include_in_schema=False)

# A value longer than this is folded away.
LONGEST_SHOWN = 160


@router.get("/blocks/{block_id}/history", response_model=None)
def history_page(request: Request, block_id: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """What changed of a block, field by field, the newest first; also of one that is no longer held."""
    collection = COLLECTIONS["blocks"]
    if renamed := find_renamed(session, view_of(collection), block_id):
        return RedirectResponse(str(request.url.replace(path=f"/blocks/{renamed}/history")), 308)
    changes = get_history(session, collection, block_id)
    notices = notices_of(request)
    gone = changes[0].after is None
    if gone:
        notices.append(
            _(
                "%(name)s is no longer held since revision %(number)s. What it was is kept here.",
                name=changes[0].name,
                number=changes[0].made.number,
            )
        )
    return render(
        request,
        "history.html",
        notices=notices,
        **common(session, vocabulary),
        changes=changes,
        block_id=block_id,
        is_gone=gone,
        say_field=facts.say_field,
        say_lines=facts.say_lines,
        lines_apart=facts.lines_apart,
        longest_shown=LONGEST_SHOWN,
    )
