"""The process that reads a reader's file: question and bytes on its input, an answer in JSON on its output.

Started by `running`, in a private folder that is removed afterwards.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from app.errors import PortalError, TooLarge
from app.languages import gettext as _
from app.languages import speaking
from app.shapes import limits
from app.shapes.faults import BadFile
from app.shapes.kinds import misnamed, tell_kind
from app.wording import group_digits

if TYPE_CHECKING:
    from app.shapes.layer import Layer

# Their parts of the libraries are not used, and would take seconds to be imported where they are installed.
_NOT_NEEDED = ("geopandas", "pandas", "pyarrow")

_ENDINGS = {"KML": ".kml", "GeoPackage": ".gpkg", "FlatGeobuf": ".fgb"}


class Question(NamedTuple):
    """What is asked of a file."""

    name: str
    crs: str | None
    buffer_km: float | None
    repair: bool
    most_vertices: int
    language: str


class _Found(NamedTuple):
    """The layers of a file, and what it is."""

    layers: list[Layer]
    format: str
    notices: list[str]


def main() -> None:
    """Answer the one question; whatever is wrong with the file is an answer as well."""
    # What libraries print goes elsewhere than the answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limits.apply()
    sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]
    first, content = sys.stdin.buffer.readline(), sys.stdin.buffer.read()
    question = Question(**json.loads(first))
    with speaking(question.language):
        answer = _answer(question, content)
    answers.write(json.dumps(answer, ensure_ascii=False, allow_nan=False).encode())
    answers.flush()
    # Without the tidying of libraries, which a strange file may have left in disorder.
    os._exit(0)


def _answer(question: Question, content: bytes) -> dict[str, Any]:
    try:
        return {"feature": read(question, content, Path.cwd())}
    except PortalError as error:
        return _fault(error)
    except MemoryError:
        fault = _("%(name)s takes more memory to read than is given; send a smaller part of it.", name=question.name)
        return _fault(TooLarge(fault, parameter="body"))


def _fault(error: PortalError) -> dict[str, Any]:
    repaired = error.repaired if isinstance(error, BadFile) else None
    return {"fault": error.detail, "status": error.status, "parameter": error.parameter, "repaired": repaired}


def read(question: Question, content: bytes, folder: Path) -> dict[str, Any]:
    """The file as one Feature. Raises: BadFile, TooLarge."""
    from app.shapes.placing import place
    from app.shapes.systems import crs_of_code, name_of

    name = question.name
    found = _layers(content, name, folder)
    given = crs_of_code(question.crs, "crs", "crs") if question.crs else None
    placed = [place(layer, given, name, found.format) for layer in found.layers if layer.shapes]
    shapes = [shape for layer in placed for shape in layer.shapes]
    if not shapes:
        raise BadFile(_nothing(name, found.format))
    total = sum(len(layer.shapes) for layer in found.layers)
    notices = [*found.notices, *dict.fromkeys(notice for layer in placed for notice in layer.notices)]
    if note := misnamed(name, found.format):
        notices.insert(0, note)
    if len(shapes) < total:
        notices.append(
            _(
                "%(number)s of %(all)s features have no geometry and are left out.",
                number=group_digits(f"{total - len(shapes):,}"),
                all=group_digits(f"{total:,}"),
            )
        )
    used = [layer for layer in placed if layer.shapes]
    systems = ", ".join(dict.fromkeys(name_of(layer.crs) for layer in used))
    if len(used) > 1:
        notices.append(_("%(number)s layers are taken together.", number=group_digits(f"{len(used):,}")))

    def about(notices: list[str]) -> dict[str, Any]:
        return {
            "name": name,
            "format": found.format,
            "source_crs": systems,
            "features": len(shapes),
            "notices": notices,
        }

    return _one(shapes, question, about, notices)


def _one(
    shapes: list[tuple[int, Any]], question: Question, about: Callable[[list[str]], dict[str, Any]], notices: list[str]
) -> dict[str, Any]:
    """All shapes as one described geometry, mended where that is wanted. Raises: BadFile, TooLarge."""
    from app.shapes.describing import describe
    from app.shapes.joining import find_crossing, join

    def feature(shapes: list[tuple[int, Any]], notices: list[str]) -> dict[str, Any]:
        geometry = join([shape for _number, shape in shapes], question.name)
        _check_vertices(geometry, question)
        return describe(geometry, question.buffer_km, **about(notices))

    crossing = find_crossing(shapes)
    if crossing is None:
        return feature(shapes, notices)
    told = f"{crossing.sentence[0].upper()}{crossing.sentence[1:]}"
    rest = crossing.features - 1
    more = _(", and %(number)s more are faulty", number=group_digits(f"{rest:,}")) if rest else ""
    fault = f"{question.name}: {crossing.sentence}{more}"
    mended = _mended(shapes, fault, question)
    try:
        repaired = feature(mended, [*notices, _("%(fault)s: repaired.", fault=told + more)])
    except TooLarge:
        if question.repair:
            raise
        raise BadFile(_("%(fault)s; mend it there.", fault=fault)) from None
    if not question.repair:
        raise BadFile(
            _("%(fault)s. Mend it there, or take the repaired form that is given here (repair=yes).", fault=fault),
            repaired=repaired,
        )
    return repaired


def _mended(shapes: list[tuple[int, Any]], fault: str, question: Question) -> list[tuple[int, Any]]:
    """Raises: BadFile, where there is too much to mend, or nothing is left of it."""
    import shapely
    from shapely.errors import ShapelyError

    from app.shapes.joining import mend

    if shapely.get_num_coordinates([shape for _number, shape in shapes]).sum() > question.most_vertices:
        raise BadFile(_("%(fault)s; mend it there. It has too many vertices to be repaired here.", fault=fault))
    try:
        mended = mend(shapes)
    except ShapelyError:
        raise BadFile(_("%(fault)s; mend it there. It cannot be repaired here.", fault=fault)) from None
    if not mended:
        raise BadFile(_("%(fault)s; mend it there. Nothing of it is left when repaired.", fault=fault))
    return mended


def _layers(content: bytes, name: str, folder: Path) -> _Found:
    """Raises: BadFile, TooLarge."""
    from app.shapes.geojson import read_geojson
    from app.shapes.gpx import read_gpx
    from app.shapes.layers import read_layers
    from app.shapes.markup import tell_markup

    kind = tell_kind(content, name)
    if kind == "GeoJSON":
        return _Found([read_geojson(content, name)], kind, [])
    if kind == "archive":
        return _archived(content, name, folder)
    found = tell_markup(content, name) if kind == "markup" else kind
    if found == "GPX":
        return _Found([read_gpx(content, name)], found, [])
    path = folder / f"1{_ENDINGS[found]}"
    path.write_bytes(content)
    return _Found(read_layers(path, found, name), found, [])


def _archived(content: bytes, name: str, folder: Path) -> _Found:
    from app.shapes.archives import unpack
    from app.shapes.layers import read_layers
    from app.shapes.markup import tell_markup

    unpacked = unpack(content, name, folder)
    notices = []
    if unpacked.left:
        notices.append(
            _(
                "%(name)s is read; %(number)s other KML inside the archive are not.",
                name=unpacked.files[0][0],
                number=group_digits(f"{unpacked.left:,}"),
            )
        )
    layers = []
    for shown, path in unpacked.files:
        if unpacked.format == "KMZ" and tell_markup(path.read_bytes(), f"{name}/{shown}") != "KML":
            raise BadFile(_("%(name)s is no KML.", name=f"{name}/{shown}"))
        layers += read_layers(path, "KML" if unpacked.format == "KMZ" else "Shapefile", f"{name}/{shown}")
    return _Found(layers, unpacked.format, notices)


def _nothing(name: str, format_: str) -> str:
    if format_ == "GPX":
        return _("%(name)s holds no tracks, routes or waypoints.", name=name)
    return _("%(name)s holds no shape: there is no feature with a geometry in it.", name=name)


def _check_vertices(geometry: Any, question: Question) -> None:
    import shapely

    vertices = int(shapely.get_num_coordinates(geometry))
    if vertices > question.most_vertices:
        raise TooLarge(
            _(
                "%(name)s has %(vertices)s vertices; at most %(most)s are taken by the filter. Simplify it in your "
                "program, or send a part of it.",
                name=question.name,
                vertices=group_digits(f"{vertices:,}"),
                most=group_digits(f"{question.most_vertices:,}"),
            ),
            parameter="body",
        )


if __name__ == "__main__":
    main()
