"""Shapes of the API's answers, for the OpenAPI document and the tests; the hot path does not build them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class LinkShape(BaseModel):
    href: str
    rel: str
    type: str | None = None
    title: str | None = None


class LandingPage(BaseModel):
    title: str
    description: str
    attribution: str
    links: list[LinkShape]


class Conformance(BaseModel):
    conformsTo: list[str]


class SpatialExtent(BaseModel):
    bbox: list[list[float]]
    crs: str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


class TemporalExtent(BaseModel):
    interval: list[list[str | None]]
    trs: str = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


class Extent(BaseModel):
    spatial: SpatialExtent | None = None
    temporal: TemporalExtent | None = None


class CollectionShape(BaseModel):
    id: str
    title: str
    description: str
    attribution: str | None = None
    license: str
    links: list[LinkShape]
    extent: Extent | None = None
    itemType: Literal["feature"] = "feature"
    crs: list[str]
    geometryType: str
    itemCount: int


class Collections(BaseModel):
    links: list[LinkShape]
    collections: list[CollectionShape]


class FeatureShape(BaseModel):
    """A GeoJSON Feature; its properties are those that the collection lists."""

    model_config = ConfigDict(extra="allow")
    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any]
    properties: dict[str, Any]
    sources: list[dict[str, Any]] | None = Field(
        None, description="Where the record's facts are from; on a single item"
    )
    links: list[LinkShape] | None = None


class FeatureCollectionShape(BaseModel):
    """A page of features."""

    model_config = ConfigDict(extra="allow")
    type: Literal["FeatureCollection"]
    timeStamp: str
    numberMatched: int
    numberReturned: int
    revision: int
    links: list[LinkShape]
    features: list[FeatureShape]


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    parameter: str | None = None
    suggestions: list[str] | None = None


class Health(BaseModel):
    status: Literal["ok"]
    revision: int | None = None
