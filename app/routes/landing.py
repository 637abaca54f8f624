"""The API's front door: landing page, conformance, the reader for the OpenAPI document."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from app.guards.headers import make_nonce, page_policy
from app.links import Link
from app.params import Format
from app.routes.common import PROBLEMS, STRICT, base_url, json_response
from app.routes.openapi import MEDIA_TYPE as OPENAPI_TYPE
from app.routes.openapi import rooted
from app.schemas import Conformance, LandingPage

router = APIRouter(tags=["API"], dependencies=STRICT, responses={400: PROBLEMS[400]})

TITLE = "Khanij Atlas"
DESCRIPTION = (
    "Critical-mineral blocks of India, their exploration status, and the processing units that could take their ore: "
    "every figure with its source, and what is not published said as such."
)
ATTRIBUTION = (
    "Khanij Atlas, from documents of the Ministry of Mines, MSTC, IBM, GSI and others named with each record. "
    "State outlines: Natural Earth; DataMeet India community (CC BY 4.0); not a survey boundary."
)
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
# Only what the tests prove is declared: standard → its conformance classes.
_PROVEN = {
    "ogcapi-common-1/1.0": "core landing-page json oas30",
    "ogcapi-common-2/1.0": "collections",
    "ogcapi-features-1/1.0": "core geojson oas30",
    "ogcapi-features-2/1.0": "crs",
    "ogcapi-features-3/1.0": "queryables queryables-query-parameters filter features-filter",
    # basic-spatial-operators is what QGIS before 3.44 looks for: the name that the draft had.
    "cql2/1.0": "cql2-text cql2-json basic-cql2 advanced-comparison-operators case-insensitive-comparison "
    "accent-insensitive-comparison basic-spatial-functions basic-spatial-operators basic-spatial-functions-plus "
    "spatial-functions temporal-functions array-functions property-property arithmetic",
    # Part 5 was published as Common Part 3; clients know either name.
    "ogcapi-features-5/1.0": "schemas returnables-and-receivables queryables sortables",
    "ogcapi-common-3/1.0": "schemas returnables-and-receivables queryables sortables",
    "ogcapi-features-8/0.0": "sorting features-sorting",
    "ogcapi-tiles-1/1.0": "core tileset tilesets-list geodata-tilesets mvt oas30",
}
CONFORMS_TO = tuple(
    f"http://www.opengis.net/spec/{standard}/conf/{name}"
    for standard, names in _PROVEN.items()
    for name in names.split()
)


@router.get("/api", response_model=LandingPage, summary="Landing page")
def landing(request: Request, f: Format = None) -> Response:
    base = base_url(request)
    links = [
        Link(f"{base}/api", "self", "application/json", "This document"),
        # First the one whose paths begin here: conformance suites take the first and look for /collections in it.
        Link(f"{base}/api/openapi-ogc.json", "service-desc", OPENAPI_TYPE, "The API, described for OGC clients"),
        Link(f"{base}/api/openapi.json", "service-desc", OPENAPI_TYPE, "The whole portal, described for programs"),
        Link(f"{base}/api/docs", "service-doc", "text/html", "The API, described for people"),
        Link(f"{base}/api/conformance", "conformance", "application/json", "Conformance classes"),
        Link(f"{base}/api/collections", "data", "application/json", "Collections"),
        Link(
            f"{base}/api/queryables", f"{_REL}/queryables", "application/schema+json", "Properties of all to filter by"
        ),
        Link(f"{base}/api/functions", f"{_REL}/functions", "application/json", "Functions of CQL2"),
        Link(f"{base}/api/tileMatrixSets", f"{_REL}/tiling-schemes", "application/json", "Tile matrix sets"),
        Link(f"{base}/api/processes", f"{_REL}/processes", "application/json", "What is computed on demand"),
        Link(f"{base}/", "alternate", "text/html", "The portal for people"),
    ]
    body = {
        "title": TITLE,
        "description": DESCRIPTION,
        "attribution": ATTRIBUTION,
        "links": [x.as_dict() for x in links],
    }
    return json_response(body, links)


@router.get("/api/conformance", response_model=Conformance, summary="Conformance classes")
def conformance(f: Format = None) -> Response:
    return json_response({"conformsTo": CONFORMS_TO})


@router.get("/api/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    """The whole portal: every address for programs, as it is seen from the portal's own."""
    document = {**request.app.openapi(), "servers": [{"url": base_url(request)}]}
    return json_response(document, media_type=OPENAPI_TYPE)


@router.get("/api/openapi-ogc.json", include_in_schema=False)
def openapi_ogc(request: Request) -> Response:
    """The same without what is no OGC API, its paths seen from the landing page."""
    return json_response(rooted(request.app.openapi(), base_url(request)), media_type=OPENAPI_TYPE)


@router.get("/api/docs", include_in_schema=False)
def docs() -> Response:
    """Swagger UI from the portal's own files; nothing comes from a CDN."""
    page = get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title=f"{TITLE}: API",
        swagger_js_url="/static/vendor/swagger-ui/swagger-ui-bundle.js",
        swagger_css_url="/static/vendor/swagger-ui/swagger-ui.css",
        swagger_favicon_url="/static/img/favicon.svg",
    )
    nonce = make_nonce()
    # Constants, all of it: FastAPI's page has no place for a nonce.
    text = bytes(page.body).decode().replace("<script", f'<script nonce="{nonce}"')
    return HTMLResponse(text, headers={"Content-Security-Policy": page_policy(nonce)})
