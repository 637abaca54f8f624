"""Starts the process that reads a file, gives it the file, and ends it when it takes too long."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, NoReturn

import app
from app.errors import Busy, TooLarge
from app.filters.operands import MOST_VERTICES
from app.languages import gettext as _
from app.languages import language
from app.shapes.faults import BadFile
from app.shapes.kinds import tell_kind
from app.shapes.limits import TIMEOUT_SECONDS

log = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-B", "-m", "app.shapes.worker"]
FOLDER_PREFIX = "khanij-shape-"
# So many files are read at once, so many more wait for their turn, and so long at most: who waits holds a thread of the
# portal, and the map needs some as well.
_AT_ONCE = 2
_WAITING = 4
_WAIT_SECONDS = 20.0
_LOGGED_BYTES = 2_000
_SEATS = BoundedSemaphore(_AT_ONCE)
_PLACES = BoundedSemaphore(_AT_ONCE + _WAITING)
# Drivers of GDAL that would follow addresses, or other files, that a file names.
_SKIPPED = (
    "OGR_VRT WFS OAPIF OGCAPI CSW HTTP Carto AmigoCloud NGW PLSCENES Elasticsearch EEDA GDALG ADBC MVT PMTiles "
    "MBTiles LVBAG GTFS GML GeoRSS JML MapML SQLite OpenFileGDB ODS XLSX OSM CSV"
)
_OUT_OF_TIME = frozenset({-signal.SIGXCPU, -signal.SIGKILL})


def read_shape(
    content: bytes, name: str, *, crs: str | None = None, buffer_km: float | None = None, repair: bool = False
) -> dict[str, Any]:
    """A file as one GeoJSON Feature in EPSG:4326, with what it measures.

    Raises: BadFile, TooLarge, Busy.
    """
    tell_kind(content, name)
    asked = {
        "name": name,
        "crs": crs,
        "buffer_km": buffer_km,
        "repair": repair,
        "most_vertices": MOST_VERTICES,
        "language": language(),
    }
    answer = _ask(json.dumps(asked).encode() + b"\n" + content, name)
    if "feature" in answer:
        feature: dict[str, Any] = answer["feature"]
        return feature
    _refuse(answer)


def _refuse(answer: dict[str, Any]) -> NoReturn:
    if answer["status"] == TooLarge.status:
        raise TooLarge(answer["fault"], parameter=answer["parameter"])
    raise BadFile(answer["fault"], parameter=answer["parameter"], repaired=answer["repaired"])


@contextmanager
def _turn() -> Iterator[None]:
    """Waits until a file may be read. Raises: Busy."""
    busy = Busy(_("Many files are being read just now; the same request may go through in a moment."))
    if not _PLACES.acquire(blocking=False):
        raise busy
    try:
        if not _SEATS.acquire(timeout=_WAIT_SECONDS):
            raise busy
        try:
            yield
        finally:
            _SEATS.release()
    finally:
        _PLACES.release()


def _ask(question: bytes, name: str) -> dict[str, Any]:
    with _turn(), tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        code, said, errors = _run(question, name, folder)
    if code in _OUT_OF_TIME:
        raise _too_long(name)
    try:
        answer = json.loads(said)
    except ValueError:
        log.warning("The reading of a file ended with %s: %s", code, errors)
        raise BadFile(
            _(
                "%(name)s cannot be read: it is damaged, or asks for more memory than is given. Save it anew, or send "
                "a smaller part of it.",
                name=name,
            )
        ) from None
    assert isinstance(answer, dict)
    return answer


def _run(question: bytes, name: str, folder: str) -> tuple[int, bytes, str]:
    """The process's exit code, its output, and the end of what it said of errors.

    Raises: TooLarge, where it took too long; it is ended then.
    """
    with tempfile.TemporaryFile(dir=folder) as errors:
        process = subprocess.Popen(  # noqa: S603
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        with process:
            try:
                said, _none = process.communicate(question, timeout=TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                raise _too_long(name) from None
            finally:
                # Nothing happens to a process that has ended.
                process.kill()
        errors.seek(max(errors.seek(0, os.SEEK_END) - _LOGGED_BYTES, 0))
        return process.returncode, said, errors.read().decode(errors="replace")


def _environment(folder: str) -> dict[str, str]:
    """None of the portal's own, which may name a database; nothing is fetched, nothing written elsewhere."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(Path(app.__file__).resolve().parent.parent),
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        # Each thread's stack counts as memory.
        "OPENBLAS_NUM_THREADS": "1",
        "GDAL_NUM_THREADS": "1",
        "GDAL_CACHEMAX": "32",
        "PROJ_NETWORK": "OFF",
        "OGR_SKIP": ",".join(_SKIPPED.split()),
        "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE",
        "GDAL_PAM_ENABLED": "NO",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".nothing-is-fetched",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "SHAPE_RESTORE_SHX": "YES",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_SQLITE_PRAGMA": "trusted_schema=OFF",
    }


def _too_long(name: str) -> TooLarge:
    return TooLarge(
        _(
            "%(name)s takes more than %(seconds)s seconds to read; send a smaller or simpler part of it.",
            name=name,
            seconds=f"{TIMEOUT_SECONDS:g}",
        ),
        parameter="body",
    )
