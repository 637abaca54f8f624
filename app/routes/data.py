"""Pages about the data themselves: how good they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.catalogue import COLLECTIONS
from app.db import SessionDep
from app.dossier import tranche_order
from app.queries import quality
from app.routes.common import VocabularyDep
from app.routes.frame import common, notices_of, render

router = APIRouter(include_in_schema=False)

# So many failing records a rule shows by name.
MOST_SHOWN = 50


@router.get("/data/quality")
def quality_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """The rules and how they fare, what is known of how many, how fresh it is, what lacks."""
    report = quality.get_report(session)
    return render(
        request,
        "quality.html",
        notices=notices_of(request),
        **common(session, vocabulary),
        report=report,
        tranches=sorted(report.tranches, key=lambda row: tranche_order(row["tranche"])),
        collections=COLLECTIONS,
        most_shown=MOST_SHOWN,
        address_of=address_of,
        all_failing=all_failing,
    )


def address_of(record: dict[str, Any]) -> str:
    """The page of a record, or its address in the API where it has no page."""
    page = COLLECTIONS[record["collection"]].page or f"/api/collections/{record['collection']}/items/{{id}}"
    return page.format(id=quote(record["id"], safe=""))


def all_failing(finding: quality.Finding) -> list[tuple[str, int, str]]:
    """Where a program finds the failing records: (collection, how many, address in the API)."""
    if finding.rule.query:
        return [("blocks", finding.fails, _items("blocks", finding.rule.query))]
    ids: dict[str, list[str]] = {}
    for record in finding.failing:
        ids.setdefault(record["collection"], []).append(record["id"])
    queries = {name: urlencode({"ids": ",".join(found)}, safe=",") for name, found in ids.items()}
    return [(name, len(found), _items(name, queries[name])) for name, found in ids.items()]


def _items(collection: str, query: str) -> str:
    return f"/api/collections/{collection}/items?{query}&limit={quality.MOST_READ}"
