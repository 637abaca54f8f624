"""Query parameters as typed, declared once for the OpenAPI document and for pages."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from app.crs import CRS84
from app.values import MAXIMUM_LIMIT


class Filters(BaseModel):
    """The filters of the contract, as typed; `parse_selection` makes values of them."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)  # what else is there may be a queryable

    mineral: Annotated[
        str | None,
        Query(description="Mineral slug or name; several by comma: any of them. A broader one finds the narrower."),
    ] = None
    state: Annotated[str | None, Query(description="State: slug, ISO 3166-2 code or name; several by comma.")] = None
    district: Annotated[str | None, Query(description="District name; several by comma.")] = None
    stage: Annotated[
        str | None, Query(description="Exploration stage G4, G3, G2, G1 or unknown; several by comma.")
    ] = None
    status: Annotated[str | None, Query(description="Status; several by comma.")] = None
    concession: Annotated[
        str | None,
        Query(description="CL composite licence, ML mining lease, EL exploration licence; several by comma."),
    ] = None
    asset_class: Annotated[str | None, Query(description="Class of block or deposit; several by comma.")] = None
    tranche: Annotated[
        str | None, Query(description="Tranche in which it was offered, such as VIII; several by comma.")
    ] = None
    position_accuracy: Annotated[
        str | None, Query(description="surveyed, site, locality, district, state, region; several by comma.")
    ] = None
    ids: Annotated[str | None, Query(description="Item ids; several by comma.")] = None
    area_min_ha: Annotated[str | None, Query(description="Least declared area, hectares.")] = None
    area_max_ha: Annotated[str | None, Query(description="Greatest declared area, hectares.")] = None
    premium_min_percent: Annotated[
        str | None, Query(description="Least premium, per cent of the value of mineral despatched.")
    ] = None
    premium_max_percent: Annotated[
        str | None, Query(description="Greatest premium, per cent of the value of mineral despatched.")
    ] = None
    q: Annotated[
        str | None, Query(description="Words: names, minerals, places, companies; small misspellings are forgiven.")
    ] = None
    bbox: Annotated[
        str | None,
        Query(description="west,south,east,north in degrees (six numbers with heights are read too).", pattern=None),
    ] = None
    near: Annotated[str | None, Query(description="lon,lat in degrees; wants within_km.")] = None
    within_km: Annotated[str | None, Query(description="Geodesic distance from near, kilometres.")] = None
    datetime: Annotated[
        str | None, Query(description="Date, date-time or interval (start/end, .. open) against status_since.")
    ] = None
    intersects: Annotated[
        str | None, Query(description="A shape that records meet: WKT or GeoJSON, longitude and latitude in degrees.")
    ] = None
    buffer_km: Annotated[str | None, Query(description="Geodesic distance from intersects, kilometres.")] = None
    filter: Annotated[
        str | None, Query(description="CQL2, such as area_ha > 100 AND S_INTERSECTS(geometry, BBOX(84,20,85,21)).")
    ] = None
    filter_lang: Annotated[
        str | None, Query(alias="filter-lang", description="cql2-text (taken where none is said) or cql2-json.")
    ] = None
    filter_crs: Annotated[
        str | None, Query(alias="filter-crs", description=f"System of the filter's coordinates; {CRS84} where none is.")
    ] = None


class Clocks(BaseModel):
    """Another moment, as typed."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    revision: Annotated[
        str | None,
        Query(description="What the portal said then: a revision's number, or a time such as 2026-11-22T12:00:00Z."),
    ] = None
    as_of: Annotated[
        str | None, Query(description="What was true on that day by the events known: a date such as 2025-03-01.")
    ] = None


Crs = Annotated[
    str | None, Query(description=f"Reference system of the answer, by its URI; {CRS84} where none is said.")
]


class Systems(BaseModel):
    """The coordinate reference systems of answer and box, by their URIs."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    crs: Crs = None
    bbox_crs: Annotated[
        str | None, Query(alias="bbox-crs", description=f"Reference system of bbox; {CRS84} where none is said.")
    ] = None


SortBy = Annotated[str | None, Query(description="Properties by comma; a leading - for descending.")]


class Slice(BaseModel):
    """Order and slice, as typed."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    sortby: SortBy = None
    limit: Annotated[
        str | None, Query(description=f"Features a page, 1 to {MAXIMUM_LIMIT}; more is served as {MAXIMUM_LIMIT}.")
    ] = None
    offset: Annotated[str | None, Query(description="Features to leave out at the beginning.")] = None
    token: Annotated[str | None, Query(description="Where the page begins, as the link of another page has it.")] = None


Format = Annotated[
    Literal["json", "geojson"] | None, Query(description="Representation: json or geojson, the same here.")
]


# As they stand in addresses.
FILTER_NAMES = tuple(field.alias or name for name, field in Filters.model_fields.items())


def given_filters(asked: Filters) -> dict[str, str]:
    """The filters that are there, by their names in addresses."""
    by_field = ((name, field.alias or name) for name, field in Filters.model_fields.items())
    return {shown: text for name, shown in by_field if (text := getattr(asked, name)) is not None}
