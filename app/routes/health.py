"""Whether the process is up, and whether it can answer."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db import SessionDep
from app.errors import DatabaseAway
from app.metrics import CONTENT_TYPE, Metrics
from app.queries.vocabulary import get_edition
from app.routes.common import PROBLEMS, STRICT, json_response
from app.schemas import Health

router = APIRouter(tags=["Health"], dependencies=STRICT)


@router.get("/favicon.ico", include_in_schema=False)
def favicon() -> Response:
    """Browsers ask here before they have read a page."""
    return RedirectResponse("/static/img/favicon.svg", 308)


@router.get("/healthz", response_model=Health, summary="The process is up")
def healthz() -> Response:
    return json_response({"status": "ok"})


@router.get("/readyz", response_model=Health, responses={503: PROBLEMS[503]}, summary="Database and data are there")
def readyz(session: SessionDep) -> Response:
    revision = get_edition(session).number
    if not revision:
        raise DatabaseAway("The database answers but holds no data yet; run `khanij load`.")
    return json_response({"status": "ok", "revision": revision})


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"description": "In Prometheus' text format"}},
)
def metrics(request: Request) -> Response:
    """Figures for Prometheus; while the database is away its revision is the one last seen."""
    figures: Metrics = request.app.state.metrics
    with suppress(SQLAlchemyError), Session(request.app.state.engine) as session:
        figures.revision.set(get_edition(session).number or 0)
    return Response(figures.expose(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
