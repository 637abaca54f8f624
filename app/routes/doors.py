"""What other programs open the portal with: the page `/data`, files from a few filters, layer definitions for QGIS."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment
from sqlalchemy import true
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection
from app.crs import CRS84, SYSTEMS
from app.db import SessionDep
from app.doors import DEFINITION_TYPE, QgisLayer, make_layer_definition, read_colours
from app.downloads import FORMATS
from app.errors import BadParameter, NotFound
from app.filters import where
from app.languages import N_
from app.languages import gettext as _
from app.params import FILTER_NAMES, parse_crs, parse_leniently
from app.queries import records
from app.queries.items import count_features
from app.queries.moments import view_at
from app.queries.vocabulary import Vocabulary, nearest
from app.routes.common import VocabularyDep, base_url
from app.routes.frame import CLOCKS, common, notices_of, read_clocks, render
from app.values import STAGES, UNKNOWN, Moment
from app.wording import group_digits

router = APIRouter(include_in_schema=False)

# Extension → what people call it, and what it is good for.
FORMAT_WORDS = {
    "gpkg": ("GeoPackage", N_("QGIS, ArcGIS, GDAL")),
    "geojson": ("GeoJSON", N_("web maps, scripts")),
    "csv": ("CSV", N_("spreadsheets, databases; with lon, lat and WKT")),
    "xlsx": ("Excel", N_("spreadsheets")),
    "parquet": ("GeoParquet", N_("Python, R, DuckDB")),
    "fgb": ("FlatGeobuf", N_("GDAL, R, web maps")),
    "shp.zip": ("Shapefile", N_("older programs; names of columns have ten letters at most")),
    "kml": ("KML", N_("Google Earth")),
}
SYSTEM_WORDS = {
    CRS84: N_("WGS 84, lon and lat (usual)"),
    4326: N_("WGS 84, lat and lon, EPSG:4326"),
    3857: N_("Web Mercator, EPSG:3857"),
    7755: N_("India, Lambert conformal conic, EPSG:7755"),
}
PROGRAMS = {
    "qgis": "QGIS",
    "arcgis": "ArcGIS Pro",
    "gdal": "GDAL",
    "python": "Python",
    "r": "R",
    "excel": "Excel",
    "duckdb": "DuckDB",
    "leaflet": "Leaflet",
    "curl": "curl",
}
# What the form sends but the filters: which collection, in which dress.
_FORM_FIELDS = ("collection", "format", "crs")
_SHOWN_FILTERS = ("mineral", "state", "status", "stage")
ALL_LAYERS = "khanij-atlas"
# What may stand in a snippet without being taken for code; a Host header can hold anything.
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?")


class FileAsked(NamedTuple):
    """A file as asked for in the form: what could be read, and what was wrong with the rest."""

    collection: Collection
    typed: Mapping[str, str]
    kept: Mapping[str, str]
    problems: list[BadParameter]
    matched: int | None  # None where something could not be read
    notices: list[str]


@router.get("/data")
def data_page(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> HTMLResponse:
    """All collections with their files and addresses, a form for a file, snippets for other programs, licences."""
    return _page(request, session, vocabulary, _read_form(request, session, vocabulary))


@router.get("/data/get")
def get_file(request: Request, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """Lead from the form to the file; where anything cannot be read, back to the form, as a file that leaves a filter
    out would hold more than was asked for.
    """
    asked = _read_form(request, session, vocabulary)
    strange = notices_of(request, *_FORM_FIELDS, *FILTER_NAMES, *CLOCKS)
    if asked.problems or strange or "format" not in asked.kept:
        return _page(request, session, vocabulary, asked, code=400)
    parameters = {name: text for name, text in asked.kept.items() if name not in ("collection", "format")}
    address = f"/download/{asked.collection.id}.{asked.kept['format']}"
    return RedirectResponse(f"{address}?{urlencode(parameters, safe=',')}" if parameters else address, 303)


@router.get("/data/{name}.qlr")
def layer_definition(request: Request, name: str, session: SessionDep, vocabulary: VocabularyDep) -> Response:
    """A collection, or all that hold anything, as layers for QGIS.

    Raises: NotFound, BadParameter.
    """
    names = [ALL_LAYERS, *COLLECTIONS]
    if name not in names:
        raise NotFound(
            _("There is no layer definition “%(name)s.qlr”; there are %(names)s.", name=name, names=", ".join(names)),
            suggestions=[f"{one}.qlr" for one in nearest(name, names)],
        )
    for parameter in request.query_params:
        raise BadParameter(
            _("“%(parameter)s”: a layer definition takes no parameters.", parameter=parameter), parameter=parameter
        )
    wanted = [COLLECTIONS[name]] if name in COLLECTIONS else [c for c in COLLECTIONS.values() if _count(session, c)]
    layers = [QgisLayer(c, _statuses(c, vocabulary)) for c in wanted]
    content = make_layer_definition(_plain_base(request), layers, _colours(request))
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}.qlr"'
    return Response(content, media_type=DEFINITION_TYPE, headers=headers)


def _page(
    request: Request, session: Session, vocabulary: Vocabulary, asked: FileAsked, code: int = 200
) -> HTMLResponse:
    base = _plain_base(request)
    unread = [problem.detail for problem in asked.problems]
    if code == 400:
        notices = [_("No file was made. Mend the form and press “Get the file” again."), *unread, *asked.notices]
    else:
        left = (_("%(fault)s It was left out; the rest is applied.", fault=text) for text in unread)
        notices = [*left, *asked.notices]
    frame = common(session, vocabulary)
    words = {"base": base, "as_at": frame["as_at"], "revision": frame["revision"], "colours": _colours(request)}
    return render(
        request,
        "data.html",
        code,
        {"Cache-Control": "no-store"} if code == 400 else None,
        **frame,
        notices=notices,
        refused=code == 400,
        base=base,
        collections=[(c, _count(session, c)) for c in COLLECTIONS.values()],
        researched={f["name"]: f["as_of"] for f in records.list_data_files(session)},
        asked=asked,
        choices=_choices(vocabulary),
        formats=FORMAT_WORDS,
        programs=PROGRAMS,
        others=_other_filters(asked.typed),
        snippets=_snippets(request, words),
    )


def _read_form(request: Request, session: Session, vocabulary: Vocabulary) -> FileAsked:
    """What the form, or an address of the same words, asks for."""
    typed = {name: text for name, text in request.query_params.items() if text.strip()}
    problems: list[BadParameter] = []
    collection = COLLECTIONS.get(typed.get("collection", "blocks"))
    if collection is None:
        problems.append(_none_of("collection", typed["collection"], list(COLLECTIONS)))
        collection = COLLECTIONS["blocks"]
    selection, kept, unread = parse_leniently(typed, collection, vocabulary)
    problems += unread
    clocks = read_clocks(request, session, vocabulary, collection)
    problems += clocks.problems
    kept = {"collection": collection.id} | kept | clocks.kept | _read_dress(typed, problems)
    view = view_at(collection, clocks.moment)
    matched = None if problems else count_features(session, view, where(view, selection))
    if matched and "format" in kept and matched > (FORMATS[kept["format"]].most_rows or matched):
        many = _(
            "format: %(matched)s records are more than a file of %(format)s holds; take gpkg.",
            matched=group_digits(f"{matched:,}"),
            format=kept["format"],
        )
        problems.append(BadParameter(many, parameter="format"))
    notices = [*notices_of(request, *_FORM_FIELDS, *FILTER_NAMES, *CLOCKS), *clocks.notices]
    return FileAsked(collection, typed, kept, problems, matched, notices)


def _read_dress(typed: Mapping[str, str], problems: list[BadParameter]) -> dict[str, str]:
    """Format and reference system of the file; what cannot be read goes to `problems`."""
    kept = {}
    if "format" in typed:
        if typed["format"] in FORMATS:
            kept["format"] = typed["format"]
        else:
            problems.append(_none_of("format", typed["format"], list(FORMATS)))
    if typed.get("crs", CRS84) != CRS84:
        try:
            crs = parse_crs("crs", typed["crs"])
            if "format" in kept and FORMATS[kept["format"]].degrees_only and not crs.is_geographic:
                raise BadParameter(_("crs: KML has longitude and latitude only."), parameter="crs")
            kept["crs"] = crs.uri
        except BadParameter as problem:
            problems.append(problem)
    return kept


def _none_of(name: str, text: str, choices: list[str]) -> BadParameter:
    return BadParameter(
        _("%(name)s: “%(text)s” is none of %(choices)s.", name=name, text=text[:100], choices=", ".join(choices)),
        parameter=name,
    )


def _choices(vocabulary: Vocabulary) -> dict[str, Any]:
    """What the form's lists offer. A status belongs to its collections."""
    statuses = {c.title: _statuses(c, vocabulary) for c in COLLECTIONS.values()}
    return {
        "minerals": list(vocabulary.minerals.values()),
        "states": sorted(vocabulary.states.values(), key=lambda state: state.name),
        "statuses": {title: found for title, found in statuses.items() if found},
        "stages": (*STAGES, UNKNOWN),
        "systems": {
            uri: SYSTEM_WORDS.get(uri)
            or SYSTEM_WORDS.get(system.srid)
            or _("UTM zone %(zone)s N, EPSG:%(code)s", zone=system.srid - 32600, code=system.srid)
            for uri, system in SYSTEMS.items()
        },
    }


def _statuses(collection: Collection, vocabulary: Vocabulary) -> tuple[str, ...] | None:
    """The statuses in use; None where the collection has no status."""
    return vocabulary.choices.get((collection.id, "status"), ()) if collection.column("status") is not None else None


def _count(session: Session, collection: Collection) -> int:
    return count_features(session, view_at(collection, Moment()), true())


def _other_filters(typed: Mapping[str, str]) -> dict[str, str]:
    """Filters that the form has no list for, as they came with the address."""
    names = (*FILTER_NAMES, *CLOCKS)
    return {name: text for name, text in typed.items() if name in names and name not in _SHOWN_FILTERS}


def _snippets(request: Request, words: Mapping[str, Any]) -> dict[str, str]:
    """File name → a text for another program, with the portal's own address in it."""
    templates: Environment = request.app.state.templates
    names = templates.list_templates(filter_func=lambda name: name.startswith("doors/"))
    return {name.removeprefix("doors/"): templates.get_template(name).render(words).rstrip() for name in names}


def _colours(request: Request) -> Mapping[str, str]:
    return read_colours(request.app.state.settings.frontend_dir / "static" / "css" / "tokens.css")


def _plain_base(request: Request) -> str:
    """Where the portal lies, as it may stand in code that people copy.

    Raises: BadParameter where the request's Host is none.
    """
    base = base_url(request)
    if not _PLAIN_ADDRESS.fullmatch(base):
        raise BadParameter(_("Host: the header of the request names no host; send the portal's own name."))
    return base
