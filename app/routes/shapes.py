"""A reader's own file → one geometry to filter with."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.errors import BadParameter, TooLarge, UnsupportedType
from app.geojson import MEDIA_TYPE
from app.languages import N_, find
from app.languages import gettext as _
from app.params.places import parse_number
from app.routes.bodies import TOO_LARGE, UNSUPPORTED
from app.routes.common import STRICT, Lang, json_response
from app.schemas import Problem
from app.shapes.limits import MOST_BYTES
from app.shapes.running import read_shape
from app.wording import group_digits

ADDRESS = "/api/shapes"
_HALF_ROUND_KM = 20_100
_NAMELESS = N_("The file")
_LONGEST_NAME = 120
_CODE = re.compile(r"EPSG:[0-9]{4,6}", re.IGNORECASE)

_DOCUMENTED_TYPES = (
    "application/octet-stream",
    "application/geo+json",
    "application/vnd.google-earth.kml+xml",
    "application/vnd.google-earth.kmz",
    "application/gpx+xml",
    "application/zip",
    "application/geopackage+sqlite3",
)
# The format is told by the content. These say nothing else: what browsers and systems call such files, and curl's own.
_TAKEN_TYPES = frozenset(_DOCUMENTED_TYPES) | frozenset(
    "application/json application/vnd.geo+json application/xml text/xml text/plain application/gpx text/json "
    "application/x-zip-compressed application/x-zip application/vnd.sqlite3 application/x-sqlite3 "
    "application/geopackage+vnd.sqlite3 application/vnd.flatgeobuf application/flatgeobuf application/vnd.shp "
    "application/x-www-form-urlencoded binary/octet-stream application/vnd.google-earth.kml".split()
)


class ShapeQuery(BaseModel):
    """All that is asked of a file."""

    lang: Lang = None

    name: Annotated[
        str | None, Query(description="Name of the file, such as lease.zip: for messages, and to tell it by.")
    ] = None
    buffer_km: Annotated[
        str | None, Query(description="Geodesic distance from the shape that counts as near, kilometres.")
    ] = None
    crs: Annotated[
        str | None,
        Query(description="Reference system of a file that does not say it, by its code: EPSG:32645."),
    ] = None
    repair: Annotated[
        Literal["yes", "no"] | None,
        Query(description="yes: a shape that crosses itself is mended; no (taken where none is said): it is refused."),
    ] = None


class ShapeProperties(BaseModel):
    """What the file is and measures."""

    name: str
    format: Literal["GeoJSON", "KML", "KMZ", "GPX", "Shapefile", "GeoPackage", "FlatGeobuf"]
    source_crs: str
    features: int = Field(description="Features with a geometry")
    vertices: int
    area_ha: float | None = Field(description="Geodesic area, hectares; null for points and lines")
    length_km: float | None = Field(description="Geodesic length of its lines, kilometres; null without lines")
    buffer_km: float | None
    bbox: list[float] = Field(description="west, south, east, north in degrees")
    wkt: str = Field(description="The geometry as `intersects` takes it, of six decimals")
    travels: bool = Field(description="Whether it is short enough to stand in an address")
    notices: list[str] = Field(description="What was done to it, and what to mind")


class ShapeFeature(BaseModel):
    """All shapes of the file as one geometry in EPSG:4326, longitude first."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: ShapeProperties


class ShapeProblem(Problem):
    """Why a file is not used."""

    repaired: ShapeFeature | None = Field(None, description="The mended shape, where it crosses itself")


async def read_file_body(request: Request) -> bytes:
    """The body; its reading stops at the limit. Raises: TooLarge, UnsupportedType."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in _TAKEN_TYPES:
        raise UnsupportedType(
            _(
                "The body is “%(kind)s”; send the bytes of one file as they are, as %(types)s.",
                kind=kind[:60],
                types=", ".join(_DOCUMENTED_TYPES),
            )
        )
    too_large = TooLarge(
        _("The file has more than %(most)s bytes; at most so many are taken.", most=group_digits(f"{MOST_BYTES:,}")),
        parameter="body",
    )
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:20]) > MOST_BYTES:
        raise too_large
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise too_large
    return bytes(content)


router = APIRouter(tags=["Shapes"], dependencies=STRICT)


@router.post(
    ADDRESS,
    summary="A file of one's own as one geometry to filter with",
    responses={
        200: {"model": ShapeFeature, "content": {MEDIA_TYPE: {}}, "description": "The geometry and what it measures"},
        400: {
            "description": "Invalid or unknown parameter, or a file that cannot be used",
            "content": {"application/problem+json": {"schema": ShapeProblem.model_json_schema()}},
        },
        413: TOO_LARGE,
        415: UNSUPPORTED,
        503: {
            "description": "Many files are being read",
            "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
        },
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"The bytes of one file, at most {MOST_BYTES:,}: GeoJSON, KML, KMZ, GPX, a Shapefile as "
            "zip, GeoPackage or FlatGeobuf. It is read and forgotten.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _DOCUMENTED_TYPES},
        }
    },
)
def read_own_shape(
    asked: Annotated[ShapeQuery, Query()], content: Annotated[bytes, Depends(read_file_body)]
) -> Response:
    """The answer's `wkt` is what `intersects` takes, beside `buffer_km`, everywhere in the portal."""
    feature = read_shape(
        content,
        _shown(asked.name),
        crs=_parse_code(asked.crs),
        buffer_km=_parse_buffer(asked.buffer_km),
        repair=asked.repair == "yes",
    )
    return json_response(feature, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _shown(name: str | None) -> str:
    """The file's name without folders and without what cannot be shown."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return plain[-_LONGEST_NAME:] or find(_NAMELESS)


def _parse_code(text: str | None) -> str | None:
    if text is None or _CODE.fullmatch(text):
        return text.upper() if text else None
    raise BadParameter(
        _("crs: “%(text)s” is no code such as EPSG:32645 or EPSG:4326.", text=text[:60]), parameter="crs"
    )


def _parse_buffer(text: str | None) -> float | None:
    if text is None:
        return None
    distance = parse_number("buffer_km", text)
    if not 0 <= distance <= _HALF_ROUND_KM:
        raise BadParameter(
            _(
                "buffer_km: %(distance)s lies outside 0 to %(half_round_km)s (half round the earth).",
                distance=f"{distance:g}",
                half_round_km=_HALF_ROUND_KM,
            ),
            parameter="buffer_km",
        )
    return distance
