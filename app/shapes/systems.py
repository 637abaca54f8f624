"""Reference systems of readers' files."""

from __future__ import annotations

from pyproj import CRS
from pyproj.exceptions import CRSError

from app.shapes.faults import BadFile

WGS84 = CRS.from_epsg(4326)


def crs_of_code(code: str, name: str, parameter: str = "body") -> CRS:
    """The system of a code such as EPSG:32645. Raises: BadFile."""
    return _checked(code, f"{name}: {code} is no reference system that is known.", parameter)


def crs_of_file(text: str, name: str) -> CRS:
    """The system that a file names, as code or WKT. Raises: BadFile."""
    said = " ".join(text.split())[:80]
    return _checked(text, f"{name} names a reference system that is not known ({said}); save it as EPSG:4326.", "body")


def _checked(text: str, fault: str, parameter: str) -> CRS:
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise BadFile(fault, parameter=parameter) from None
    if not (crs.is_geographic or crs.is_projected):
        raise BadFile(f"{fault[:-1]} as one of places on the earth.", parameter=parameter)
    return crs


def name_of(crs: CRS) -> str:
    """EPSG:32645 where it has a code, else its name."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else str(crs.name)


def is_lon_lat(crs: CRS) -> bool:
    """True for WGS 84 in degrees, whichever order its definition gives to the axes: files put longitude first."""
    return crs.to_authority() in (("EPSG", "4326"), ("OGC", "CRS84")) or crs.equals(WGS84, ignore_axis_order=True)
