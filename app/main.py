"""The application: create_app(settings) puts engine, routes and error handlers together; nothing is read at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app import __version__
from app.db import make_reader, reading_address
from app.errors import BadParameter, DatabaseAway, NotFound, PortalError, TakesTooLong
from app.guards import admit, guard, watch
from app.kept import EditionLook, KeptAnswers
from app.languages import gettext as _
from app.metrics import Metrics
from app.packing import Packed
from app.routes import (
    collections,
    compare,
    comparisons,
    data,
    doors,
    dossier,
    downloads,
    explorer,
    facets,
    feeds,
    frame,
    health,
    history,
    insights,
    items,
    landing,
    offers,
    pages,
    printing,
    processes,
    queryables,
    schemas,
    screening,
    search,
    shapes,
    tiles,
    words,
)
from app.routes.head import HeadAsGet
from app.routes.openapi import amend
from app.routes.speaking import InLanguage
from app.search.warming import warm
from app.settings import Settings

# Below these addresses programs read; everywhere else people do.
_FOR_PROGRAMS = ("/api", "/download", "/feeds", "/healthz", "/readyz", "/metrics")
_SMALLEST_PACKED_BYTES = 500


def create_app(settings: Settings, database_url: str | None = None) -> FastAPI:
    """The portal; the database is connected when it starts to serve."""
    app = FastAPI(
        title=landing.TITLE,
        description=landing.DESCRIPTION,
        version=__version__,
        license_info={"name": "Apache-2.0"},
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.engine = make_reader(database_url or reading_address(settings), settings.processes)
    app.state.metrics = Metrics()
    app.state.declared_parameters = {}
    app.state.templates = frame.make_templates(settings)
    routers = [
        module.router
        for module in (
            landing,
            collections,
            schemas,
            queryables,
            items,
            facets,
            search,
            tiles,
            downloads,
            health,
            explorer,
            offers,
            dossier,
            printing,
            pages,
            history,
            comparisons,
            compare,
            insights,
            feeds,
            data,
            doors,
            shapes,
            screening,
            processes,
            words,
        )
    ]
    routers.append(screening.pages)
    for router in routers:
        app.include_router(router)
    app.state.routes = [route for router in routers for route in router.routes]
    app.mount("/static", StaticFiles(directory=settings.frontend_dir / "static"), name="static")
    guard(app, settings, answer)
    app.add_middleware(Packed, minimum_size=_SMALLEST_PACKED_BYTES)
    app.state.look = EditionLook(app.state.engine)
    app.add_middleware(KeptAnswers, look=app.state.look, room_bytes=settings.answers_mb * 1_000_000)
    admit(app, settings, answer)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST"],
        allow_headers=["*"],
        expose_headers=[
            "Link",
            "ETag",
            "Content-Crs",
            "Content-Disposition",
            "Content-Digest",
            "X-Revision",
            "X-Row-Count",
            "X-Request-Id",
            "Retry-After",
            "RateLimit-Limit",
            "RateLimit-Remaining",
            "RateLimit-Reset",
        ],
    )
    app.add_middleware(InLanguage)
    app.add_middleware(HeadAsGet)
    watch(app, settings)
    _add_error_handlers(app)
    # Made now: two first requests at once would both build it, and FastAPI does not stand that.
    amend(app.openapi())
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await run_in_threadpool(warm, app.state.engine)
    yield
    app.state.look.close()
    app.state.engine.dispose()


def _add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(PortalError, _answer_portal_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    # What goes past SQLAlchemy, as COPY does, comes as psycopg's own.
    for kind in (OperationalError, InterfaceError, ProgrammingError, PoolTimeout, psycopg.OperationalError):
        app.add_exception_handler(kind, _answer_database_error)
    app.add_exception_handler(DBAPIError, _answer_lost_connection)
    app.add_exception_handler(DataError, _answer_data_error)
    app.add_exception_handler(InternalError, _answer_projection_error)


def answer(request: Request, error: PortalError, status: int | None = None) -> Response:
    """The error as a problem document for programs, as a page for people."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after_seconds:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if any(request.url.path == prefix or request.url.path.startswith(f"{prefix}/") for prefix in _FOR_PROGRAMS):
        problem = error.as_problem() | ({"status": status} if status else {})
        return JSONResponse(problem, status or error.status, headers, media_type="application/problem+json")
    return frame.error_page(request, error, status or error.status, headers)


def _answer_portal_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PortalError)
    return answer(request, error)


def _answer_validation_error(request: Request, error: Exception) -> Response:
    """FastAPI's 422 as the 400 that OGC wants. Source: OGC API Features 1.0, /req/core/query-param-invalid."""
    assert isinstance(error, RequestValidationError)
    fault = error.errors()[0]
    name = str(fault["loc"][-1])
    if fault["type"] == "literal_error":
        wanted = fault["ctx"]["expected"].replace("'", "")
        return answer(
            request,
            BadParameter(
                _("%(name)s: “%(input)s” is not %(wanted)s.", name=name, input=fault["input"], wanted=wanted),
                parameter=name,
            ),
        )
    return answer(
        request,
        BadParameter(
            _("%(name)s: %(msg)s (it is “%(value)s”).", name=name, msg=fault["msg"], value=fault.get("input")),
            parameter=name,
        ),
    )


def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(request, NotFound(_("There is nothing at %(path)s.", path=request.url.path)))
    problem = PortalError(str(error.detail))
    problem.title = str(error.detail)
    response = answer(request, problem, error.status_code)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return response


def _methods_at(request: Request) -> set[str]:
    """What can be done at this address. Source: RFC 9110, section 10.2.1."""
    routes = [route for route in request.app.state.routes if route.matches(request.scope)[0] != Match.NONE]
    methods = {method for route in routes for method in getattr(route, "methods", None) or ()}
    return methods | {"HEAD"} if "GET" in methods else methods


def _answer_data_error(request: Request, error: Exception) -> Response:
    """A filter that reads well but cannot be worked out for some record, such as a power too large for a number."""
    if "filter" not in request.query_params:
        raise error
    return answer(
        request,
        BadParameter(
            _("filter: it cannot be worked out for every record: a number in it grows too large or too small."),
            parameter="filter",
        ),
    )


def _answer_projection_error(request: Request, error: Exception) -> Response:
    """A feature that the reference system asked for does not reach."""
    if "transform:" not in str(getattr(error, "orig", error)):
        return _answer_lost_connection(request, error)
    detail = _("crs: a feature of the answer lies where this reference system is not defined; ask for CRS84 or fewer.")
    return answer(request, BadParameter(detail, parameter="crs"))


def _answer_database_error(request: Request, error: Exception) -> Response:
    """Away, starting up, or without tables: it may be well in a moment, and nothing of it is the reader's fault."""
    if isinstance(getattr(error, "orig", error), QueryCanceled):
        # Its time was up, or its reader has left.
        return answer(
            request, TakesTooLong(_("The answer takes longer than a question is given; ask for less at once."))
        )
    if isinstance(error, ProgrammingError) and "does not exist" not in str(error.orig):
        raise error
    return answer(request, _away())


def _answer_lost_connection(request: Request, error: Exception) -> Response:
    """A server that ends says so in more ways than one; whatever else goes wrong in the database is our own fault."""
    if not getattr(error, "connection_invalidated", False):
        raise error
    return answer(request, _away())


def _away() -> DatabaseAway:
    return DatabaseAway(_("The database does not answer just now; the same request may go through in a moment."))
