"""Names of datums and reference systems → pyproj CRS."""

from __future__ import annotations

import re
from functools import lru_cache

from pyproj import CRS
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import UTMConversion
from pyproj.exceptions import CRSError

from app.ingest.read import LoadError

WGS84 = CRS.from_epsg(4326)

# As tender documents write them, without blanks and signs. Everest 1830 without a year is what the Survey of India
# used: Kalianpur 1975. “Indian 1975” is, by its EPSG name, Thailand's.
_NAMED = {
    "wgs84": 4326,
    "wgs1984": 4326,
    "worldgeodeticsystem1984": 4326,
    "everest": 4146,
    "everest1830": 4146,
    "everest18301975definition": 4146,
    "everestspheroid": 4146,
    "indian": 4146,
    "indiandatum": 4146,
    "kalianpur": 4146,
    "kalianpur1975": 4146,
    "kalianpur1880": 4243,
    "kalianpur1937": 4144,
    "kalianpur1962": 4145,
    "indian1954": 4239,
    "indian1960": 4131,
    "indian1975": 4240,
    "nad27": 4267,
    "nad83": 4269,
    "gda94": 4283,
    "gda2020": 7844,
    "etrs89": 4258,
    "itrf2008": 8999,
    "itrf2014": 9000,
}
_ZONE = re.compile(r"(?:utm)?\s*(?:zone)?\s*([0-9]{1,2})\s*([a-z]*)", re.IGNORECASE)


@lru_cache(maxsize=512)
def parse_crs(text: str) -> CRS:
    """A CRS by name, EPSG code or any text that PROJ knows.

    Raises: LoadError.
    """
    plain = re.sub(r"[^a-z0-9]", "", text.casefold().removesuffix(" datum"))
    if plain in _NAMED:
        return CRS.from_epsg(_NAMED[plain])
    zoned = re.fullmatch(r"(.*?)\s*/?\s*utm\s*(?:zone)?\s*([0-9]{1,2}\s*[a-z]?)", text.strip(), re.IGNORECASE)
    if zoned:
        return utm(zoned[2], parse_crs(zoned[1]) if zoned[1] else WGS84)
    try:
        return CRS.from_user_input(int(plain) if plain.isdigit() else text)
    except CRSError as error:
        raise LoadError(
            f"“{text}” is no reference system that is known: give an EPSG code such as EPSG:32645, "
            "or a name such as WGS 84, Everest 1830, Kalianpur 1975."
        ) from error


@lru_cache(maxsize=512)
def utm(zone: str, datum: CRS = WGS84) -> CRS:
    """The UTM zone (“44”, “44N”, “UTM 44 N”) on a geographic datum.

    Raises: LoadError.
    """
    found = _ZONE.fullmatch(zone.strip())
    number = int(found[1]) if found else 0
    letter = (found[2][:1].upper() if found else "") or "N"
    # Letters from C to M are bands of the southern hemisphere, S alone means the south.
    if not 1 <= number <= 60 or not (letter in "NS" or "C" <= letter <= "X"):
        raise LoadError(f"“{zone}” is no UTM zone such as 44N.")
    south = letter == "S" or letter < "N"
    if datum == WGS84:
        return CRS.from_epsg((32700 if south else 32600) + number)
    return ProjectedCRS(UTMConversion(str(number), "S" if south else "N"), geodetic_crs=datum)


@lru_cache(maxsize=512)
def name_of(crs: CRS) -> str:
    """EPSG:32645 where it has a code, else its name."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else str(crs.name)
