"""Vector tiles of every collection, their tilesets and the tile matrix sets. Source: OGC API Tiles 1.0 (20-057)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from app.db import SessionDep
from app.errors import BadParameter
from app.filters import where
from app.links import Link
from app.params import Clocks, Filters, Format, Systems, parse_moment, parse_selection
from app.params.systems import parse_crs
from app.queries.columns import find_columns, is_plain
from app.queries.items import get_extent
from app.queries.moments import view_at
from app.queries.tiles import MEDIA_TYPE, Chosen, get_tile
from app.routes.common import PROBLEMS, STRICT, CollectionDep, VocabularyDep, base_url, json_response
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.schemas import TileMatrixSetShape, TileMatrixSetsShape, TileSetShape, TileSetsShape
from app.tilesets import TILEJSON_SET, Held, describe_tileset, list_matrix_sets, list_tilesets, tilejson
from app.tiling import TileMatrixSet, find_tile_matrix_set, parse_tile

router = APIRouter(prefix="/api", tags=["Tiles"], dependencies=STRICT, responses=PROBLEMS)

_WHOLE = {"type": "integer", "minimum": 0}
MatrixSetId = Annotated[str, Path(alias="tileMatrixSetId", description="WebMercatorQuad or WorldCRS84Quad")]
TileMatrix = Annotated[str, Path(alias="tileMatrix", description="Zoom: the id of a level of the tile matrix set")]
TileRow = Annotated[str, Path(alias="tileRow", description="Row, from the north", json_schema_extra=_WHOLE)]
TileCol = Annotated[str, Path(alias="tileCol", description="Column, from the west", json_schema_extra=_WHOLE)]


class TilesetQuery(Filters, Clocks, Systems):
    """All that a tileset takes: its tiles are asked for with the same."""

    f: Annotated[Literal["json", "tilejson"] | None, Query(description="json, or tilejson for map libraries.")] = None


class TileQuery(Filters, Clocks, Systems):
    """All that a tile takes."""

    f: Annotated[Literal["mvt"] | None, Query(description="Representation: mvt, the only one.")] = None


@router.get("/tileMatrixSets", response_model=TileMatrixSetsShape, summary="Tile matrix sets")
def read_tile_matrix_sets(request: Request, f: Format = None) -> Response:
    return json_response(list_matrix_sets(base_url(request)))


@router.get("/tileMatrixSets/{tileMatrixSetId}", response_model=TileMatrixSetShape, summary="One tile matrix set")
def read_tile_matrix_set(request: Request, matrix_set_id: MatrixSetId, f: Format = None) -> Response:
    matrix_set = find_tile_matrix_set(matrix_set_id)
    link = Link(f"{base_url(request)}/api/tileMatrixSets/{matrix_set.id}", "self", "application/json", "This document")
    return json_response(matrix_set.definition() | {"links": [link.as_dict()]}, [link])


@router.get(
    "/collections/{collection_id}/tiles",
    response_model=TileSetsShape,
    summary="Tilesets of a collection",
    operation_id="any.collection.vector.getTileSetsList",
)
def read_tilesets(request: Request, collection: CollectionDep, f: Format = None) -> Response:
    return json_response(list_tilesets(collection, base_url(request)))


@router.get(
    "/collections/{collection_id}/tiles/{tileMatrixSetId}",
    response_model=TileSetShape,
    summary="One tileset, or its TileJSON",
    operation_id="any.collection.vector.getTileSet",
)
def read_tileset(
    request: Request,
    session: SessionDep,
    collection: CollectionDep,
    vocabulary: VocabularyDep,
    matrix_set_id: MatrixSetId,
    asked: Annotated[TilesetQuery, Query()],
) -> Response:
    matrix_set = find_tile_matrix_set(matrix_set_id)
    if asked.f == "tilejson" and matrix_set.id != TILEJSON_SET:
        raise BadParameter(f"f: TileJSON knows only the tiles of {TILEJSON_SET}; ask for json.", parameter="f")
    _check_crs(asked, matrix_set)
    selection = parse_selection(asked, collection, vocabulary)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    view = view_at(collection, moment)
    kept = {name: text for name, text in request.query_params.items() if name != "f"}
    held = Held(kept, get_extent(session, view, where(view, selection)), moment.revision or vocabulary.revision)
    write = tilejson if asked.f == "tilejson" else describe_tileset
    body = write(collection, matrix_set, base_url(request), held)
    return json_response(body, headers=cache_headers(etag, vocabulary.edition))


@router.get(
    "/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    summary="A vector tile",
    operation_id="any.collection.vector.getTile",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        204: {"description": "Nothing lies in the tile"},
    },
)
def read_tile(
    request: Request,
    session: SessionDep,
    collection: CollectionDep,
    vocabulary: VocabularyDep,
    matrix_set_id: MatrixSetId,
    zoom: TileMatrix,
    row: TileRow,
    col: TileCol,
    asked: Annotated[TileQuery, Query()],
) -> Response:
    matrix_set = find_tile_matrix_set(matrix_set_id)
    tile = parse_tile(matrix_set, zoom, row, col)
    _check_crs(asked, matrix_set)
    selection = parse_selection(asked, collection, vocabulary)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    view = view_at(collection, moment)
    question = (vocabulary.edition, collection.id, moment, selection)
    columns = find_columns(session, view, question[:3]) if is_plain(selection) else None
    chosen = Chosen(columns, columns.select(selection)) if columns else None
    content = get_tile(session, view, where(view, selection), tile, question, chosen=chosen)
    headers = cache_headers(etag, vocabulary.edition) | {"Vary": "Accept"}
    if not content:
        return Response(status_code=204, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def _check_crs(asked: Systems, matrix_set: TileMatrixSet) -> None:
    """Raises: BadParameter where another system is asked for than the tile matrix set's."""
    if asked.crs is not None and parse_crs("crs", asked.crs) != matrix_set.crs:
        raise BadParameter(
            f"crs: tiles of {matrix_set.id} are in {matrix_set.crs.uri}; leave crs out.", parameter="crs"
        )
