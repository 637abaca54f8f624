"""The whole filtered selection as a file, in eight formats."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path as File
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from app.catalogue import COLLECTIONS, Collection
from app.crs import Crs
from app.db import SessionDep
from app.downloads import FORMATS, Batches, FileFormat, Manifest, Rows, WrongCount, write_csv, write_geojson
from app.errors import BadParameter, DatabaseAway, NotFound, TooLarge
from app.filters import where
from app.guards.leaving import stop_if_left
from app.links import Link, link_header
from app.params import Clocks, Filters, Systems, parse_crs, parse_moment, parse_selection
from app.params.asked import SortBy
from app.params.slices import parse_sort
from app.queries.counts import count_known
from app.queries.exports import columns_of, stream_features, stream_rows
from app.queries.moments import view_at
from app.queries.vocabulary import Vocabulary, nearest
from app.routes.bodies import TOO_LARGE
from app.routes.common import PROBLEMS, STRICT, VocabularyDep, base_url, content_crs
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.values import Moment

FOLDER_PREFIX = "khanij-download-"
# Of a file that is sent as it is made; a smaller one is whole before it is sent.
_FIRST_BYTES = 4_000_000
_CHANGED = "The data changed while the file was made; the same request may go through now."
router = APIRouter(prefix="/download", tags=["Downloads"], dependencies=STRICT, responses=PROBLEMS)

_MEDIA_TYPES = [kind.media_type.partition(";")[0] for kind in FORMATS.values()]
_FILES = {
    name: {"schema": {"type": "object"} if name.endswith("json") else {"type": "string", "format": "binary"}}
    for name in _MEDIA_TYPES
}


class DownloadQuery(Filters, Clocks, Systems):
    """All that a download takes: it is always the whole selection."""

    sortby: SortBy = None


@router.get(
    "/{file}",
    summary="The whole selection as a file",
    response_class=Response,
    responses={200: {"content": _FILES}, 413: TOO_LARGE},
)
def download(
    request: Request,
    session: SessionDep,
    vocabulary: VocabularyDep,
    file: Annotated[str, Path(description=f"Collection and ending: {', '.join(f'.{e}' for e in FORMATS)}.")],
    asked: Annotated[DownloadQuery, Query()],
) -> Response:
    collection, ending = _read_name(file)
    kind = FORMATS[ending]
    crs = parse_crs("crs", asked.crs)
    if kind.degrees_only and not crs.is_geographic:
        raise BadParameter(f"crs: {kind.title} has longitude and latitude only; leave crs out.", parameter="crs")
    selection = parse_selection(asked, collection, vocabulary)
    sort = parse_sort(asked.sortby, collection)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    view = view_at(collection, moment)
    condition = where(view, selection)
    count = count_known(session, view, condition, (vocabulary.edition, collection.id, moment, selection))
    if kind.most_rows and count > kind.most_rows:
        raise TooLarge(
            f"{count:,} rows are more than the {kind.most_rows:,} of {kind.title}; take gpkg, or filter further."
        )
    manifest = _manifest(request, collection, vocabulary, moment, crs, count)
    headers = cache_headers(etag, vocabulary.edition) | content_crs(crs) | _headers(file, ending, manifest)
    rows = Rows(collection, columns_of(view), count, partial(stream_rows, session, view, condition, sort, crs))
    if ending == "geojson":
        return _stream(write_geojson(stream_features(session, view, condition, sort, crs), manifest), kind, headers)
    if ending == "csv":
        return _stream(write_csv(rows), kind, headers)
    return _send_file(rows, manifest, crs, kind, file, headers)


def _read_name(file: str) -> tuple[Collection, str]:
    """Raises: NotFound, with what there is."""
    name, _, ending = file.partition(".")
    if name not in COLLECTIONS:
        raise NotFound(
            f"There is no collection “{name}”; there are {', '.join(COLLECTIONS)}.",
            suggestions=nearest(name, list(COLLECTIONS)),
        )
    if ending not in FORMATS:
        raise NotFound(
            f"There is no {name}.{ending}; the endings are {', '.join(FORMATS)}.",
            suggestions=[f"{name}.{close}" for close in nearest(ending, list(FORMATS))],
        )
    return COLLECTIONS[name], ending


def _manifest(
    request: Request, collection: Collection, vocabulary: Vocabulary, moment: Moment, crs: Crs, count: int
) -> Manifest:
    query = urlencode(list(request.query_params.items()))
    address = f"{base_url(request)}{request.url.path}"
    return Manifest(
        title=f"{collection.title} – Khanij Atlas",
        collection=collection.id,
        address=f"{address}?{query}" if query else address,
        parameters=dict(request.query_params),
        row_count=count,
        revision=moment.revision or vocabulary.revision,
        revision_at=vocabulary.edition.at,
        made_at=datetime.now(UTC),
        crs=crs.uri,
        licence=collection.licence,
        attribution=collection.attribution,
    )


def _headers(file: str, ending: str, manifest: Manifest) -> dict[str, str]:
    stem = re.sub(r"[^a-z0-9-]", "", file.removesuffix(f".{ending}"))
    name = f"{stem}-revision-{manifest.revision}.{ending}"
    items = manifest.address.replace(f"/download/{file}", f"/api/collections/{manifest.collection}/items")
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Row-Count": str(manifest.row_count),
        "X-Revision": str(manifest.revision),
        "X-Licence": manifest.licence.encode("latin-1", "replace").decode("latin-1"),
        **link_header([Link(items, "describedby", "application/geo+json")]),
    }


def _stream(chunks: Iterator[bytes], kind: FileFormat, headers: dict[str, str]) -> Response:
    """So much is made before the answer begins: what fails till then is an error's answer, no file that breaks off."""
    first: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            first.append(chunk)
            size += len(chunk)
            if size > _FIRST_BYTES:
                return StreamingResponse(chain(first, chunks), media_type=kind.media_type, headers=headers)
    except WrongCount as error:
        raise DatabaseAway(_CHANGED) from error
    return Response(b"".join(first), media_type=kind.media_type, headers=headers)


def _send_file(
    rows: Rows, manifest: Manifest, crs: Crs, kind: FileFormat, name: str, headers: dict[str, str]
) -> Response:
    """A file that is whole before its first byte is sent; it is removed once it is."""
    assert kind.write is not None
    folder = File(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    # GDAL takes rows through C, where an error of ours becomes one of its own: the first one is kept.
    failures: list[Exception] = []
    try:
        path = folder / name
        kind.write(replace(rows, read=lambda: _noting(rows, failures)), manifest, crs, path)
        if failures:
            raise failures[0]
        with path.open("rb") as made:
            digest = b64encode(hashlib.file_digest(made, "sha256").digest()).decode()
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if failures and isinstance(failures[0], WrongCount):
            raise DatabaseAway(_CHANGED) from error
        raise (failures[0] if failures else error) from None
    return FileResponse(
        path,
        media_type=kind.media_type,
        headers=headers | {"Content-Digest": f"sha-256=:{digest}:"},
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )


def _noting(rows: Rows, failures: list[Exception]) -> Batches:
    """The rows, counted; what goes wrong is noted on its way up."""
    try:
        for batch in rows.batches():
            stop_if_left()
            yield batch
    except Exception as error:
        failures.append(error)
        raise
