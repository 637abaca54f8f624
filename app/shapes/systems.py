"""Reference systems of readers' files."""

from __future__ import annotations

from pyproj import CRS
from pyproj.exceptions import CRSError

from app.languages import gettext as _
from app.shapes.faults import BadFile

WGS84 = CRS.from_epsg(4326)


def crs_of_code(code: str, name: str, parameter: str = "body") -> CRS:
    """The system of a code such as EPSG:32645. Raises: BadFile."""
    fault = BadFile(
        _("%(name)s: %(code)s is no reference system that is known.", name=name, code=code), parameter=parameter
    )
    return _checked(code, fault)


def crs_of_file(text: str, name: str) -> CRS:
    """The system that a file names, as code or WKT. Raises: BadFile."""
    said = " ".join(text.split())[:80]
    return _checked(text, unknown_system(name, said))


def unknown_system(name: str, said: str) -> BadFile:
    """A file that names a system which nobody knows."""
    return BadFile(
        _(
            "%(name)s names a reference system that is not known (%(said)s); save it as EPSG:4326.",
            name=name,
            said=said,
        )
    )


def _checked(text: str, fault: BadFile) -> CRS:
    """Raises: the fault, where it is no system, or none of places on the earth."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise fault from None
    if not (crs.is_geographic or crs.is_projected):
        told = _("%(fault)s It is no system of places on the earth.", fault=fault.detail)
        raise BadFile(told, parameter=fault.parameter)
    return crs


def name_of(crs: CRS) -> str:
    """EPSG:32645 where it has a code, else its name."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else str(crs.name)


def is_lon_lat(crs: CRS) -> bool:
    """True for WGS 84 in degrees, whichever order its definition gives to the axes: files put longitude first."""
    return crs.to_authority() in (("EPSG", "4326"), ("OGC", "CRS84")) or crs.equals(WGS84, ignore_axis_order=True)
