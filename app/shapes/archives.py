"""Zip files of readers: the few members that are wanted, written under names of our own, within bounds."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from app.errors import TooLarge
from app.languages import gettext as _
from app.shapes.faults import BadFile
from app.shapes.limits import MIB, MOST_MEMBERS, MOST_UNPACKED_BYTES
from app.wording import group_digits

_SHAPEFILE = frozenset({".shp", ".shx", ".dbf", ".prj"})
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
_ENCRYPTED = 0x1


class Unpacked(NamedTuple):
    """What an archive held: its format, the main files as (shown name, path), and how many others were left."""

    format: str
    files: list[tuple[str, Path]]
    left: int


class _Member(NamedTuple):
    path: PurePosixPath
    info: zipfile.ZipInfo


def unpack(content: bytes, name: str, folder: Path) -> Unpacked:
    """The Shapefiles or the KML of an archive, in `folder`. Names inside the archive never become paths.

    Raises: BadFile, TooLarge.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _unpack(archive, name, folder)
    except _BROKEN as error:
        said = _("%(name)s cannot be unpacked: it is damaged or cut short (%(reason)s).", name=name, reason=error)
        raise BadFile(said) from error
    except OSError as error:
        said = _("%(name)s cannot be unpacked: %(reason)s.", name=name, reason=error.strerror or error)
        raise BadFile(said) from error


def _unpack(archive: zipfile.ZipFile, name: str, folder: Path) -> Unpacked:
    members = _list_members(archive, name)
    layers = [m for m in members if m.path.suffix.lower() == ".shp"]
    documents = [m for m in members if m.path.suffix.lower() == ".kml"]
    writer = _Writer(archive, name)
    if documents and (not layers or name.lower().endswith(".kmz")):
        # A KMZ is one document, in its root; the others are pieces that it links to.
        main = min(documents, key=lambda m: (len(m.path.parts), m.path.name.lower() != "doc.kml"))
        writer.write(main.info, folder / "1.kml")
        return Unpacked("KMZ", [(str(main.path), folder / "1.kml")], len(documents) - 1)
    if not layers:
        raise BadFile(
            _(
                "%(name)s holds neither a .shp nor a .kml file; pack the parts of one Shapefile, or give a KMZ.",
                name=name,
            )
        )
    files = []
    for number, layer in enumerate(layers, 1):
        for member in members:
            # Parts of a Shapefile have one name, often with different cases in the endings.
            if _stem(member) == _stem(layer) and member.path.suffix.lower() in _SHAPEFILE:
                writer.write(member.info, folder / f"{number}{member.path.suffix.lower()}")
        files.append((layer.path.name, folder / f"{number}.shp"))
    return Unpacked("Shapefile", files, 0)


def _stem(member: _Member) -> str:
    return str(member.path.with_suffix("")).casefold()


def _list_members(archive: zipfile.ZipFile, name: str) -> list[_Member]:
    """The members that may be read. Raises: BadFile, TooLarge, by what the archive's directory says."""
    items = archive.infolist()
    if len(items) > MOST_MEMBERS:
        raise TooLarge(
            _(
                "%(name)s holds %(number)s files; at most %(most)s are taken.",
                name=name,
                number=group_digits(f"{len(items):,}"),
                most=group_digits(f"{MOST_MEMBERS:,}"),
            ),
            parameter="body",
        )
    total = sum(item.file_size for item in items)
    if total > MOST_UNPACKED_BYTES:
        raise TooLarge(
            _(
                "%(name)s would unpack to %(total)s bytes; at most %(most)s are taken.",
                name=name,
                total=group_digits(f"{total:,}"),
                most=group_digits(f"{MOST_UNPACKED_BYTES:,}"),
            ),
            parameter="body",
        )
    members = [_Member(PurePosixPath(i.filename.replace("\\", "/")), i) for i in items if not i.is_dir()]
    return [m for m in members if "__MACOSX" not in m.path.parts and not m.path.name.startswith("._")]


class _Writer:
    """Writes members, and counts what they unpack to: an archive's directory may lie."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name, self.left = archive, name, MOST_UNPACKED_BYTES

    def write(self, item: zipfile.ZipInfo, target: Path) -> None:
        if item.flag_bits & _ENCRYPTED:
            raise BadFile(_("%(name)s is locked with a password; pack it without one.", name=self.name))
        if item.compress_type not in _METHODS:
            raise BadFile(
                _("%(name)s is packed by a method that is not read; pack it as a plain zip (deflate).", name=self.name)
            )
        if target.exists():
            raise BadFile(
                _(
                    "%(name)s holds two files named %(ending)s of one layer; pack each once.",
                    name=self.name,
                    ending=target.suffix,
                )
            )
        with self.archive.open(item) as packed, target.open("wb") as unpacked:
            while step := packed.read(MIB):
                self.left -= len(step)
                if self.left < 0:
                    raise TooLarge(
                        _(
                            "%(name)s unpacks to more than %(most)s bytes; at most so many are taken.",
                            name=self.name,
                            most=group_digits(f"{MOST_UNPACKED_BYTES:,}"),
                        ),
                        parameter="body",
                    )
                unpacked.write(step)
