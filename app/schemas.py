"""Shapes of the API's answers, for the OpenAPI document and the tests; the hot path does not build them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel


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


class TileMatrixSetShape(BaseModel):
    """A pyramid of tiles, as OGC's standard of tile matrix sets has it."""

    model_config = ConfigDict(extra="allow")
    id: str
    title: str
    uri: str
    crs: str
    orderedAxes: list[str]
    wellKnownScaleSet: str
    tileMatrices: list[dict[str, Any]]
    links: list[LinkShape]


class TileMatrixSetItem(BaseModel):
    id: str
    title: str
    uri: str
    crs: str
    links: list[LinkShape]


class TileMatrixSetsShape(BaseModel):
    links: list[LinkShape]
    tileMatrixSets: list[TileMatrixSetItem]


class TileLinkShape(LinkShape):
    templated: bool | None = None


class TileSetItem(BaseModel):
    title: str
    dataType: Literal["vector"]
    crs: str
    tileMatrixSetURI: str
    links: list[TileLinkShape]


class TileSetsShape(BaseModel):
    links: list[LinkShape]
    tilesets: list[TileSetItem]


class TileSetDescription(TileSetItem):
    """A collection's tiles in one tile matrix set."""

    model_config = ConfigDict(extra="allow")
    description: str
    layers: list[dict[str, Any]]
    boundingBox: dict[str, Any] | None = None


class TileJson(BaseModel):
    """TileJSON 3.0.0."""

    model_config = ConfigDict(extra="allow")
    tilejson: Literal["3.0.0"]
    tiles: list[str]
    vector_layers: list[dict[str, Any]]


class TileSetShape(RootModel[TileSetDescription | TileJson]):
    """A tileset, or with f=tilejson its TileJSON."""


class FacetChoice(BaseModel):
    """One choice of a facet; `count` is what the answer has with it alone in its facet, all other filters as asked."""

    value: str
    title: str
    count: int
    selected: bool


class FacetHistogram(BaseModel):
    """`counts[i]` lie from `edges[i - 1]` up to, not including, `edges[i]`; what is not published is `unknown`."""

    edges: list[float]
    counts: list[int]
    unknown: int


class FacetsShape(BaseModel):
    """How many records each choice of each filter would find."""

    numberMatched: int
    facets: dict[str, list[FacetChoice]]
    histograms: dict[str, FacetHistogram]
    links: list[LinkShape]


class ScreenedShape(BaseModel):
    """What was screened. `approximate`: it is an area within which the block lies, not its boundary."""

    kind: Literal["block", "shape"]
    id: str | None
    name: str | None
    boundary_kind: str | None
    approximate: bool
    area_ha: float | None
    length_km: float | None


class RecordDataset(BaseModel):
    """The dataset that an imported record is from."""

    title: str | None
    publisher: str | None
    date: str | None
    licence: str
    coverage: str | None


class ScreenedRecord(BaseModel):
    """A record on the shape (distance 0) or near it."""

    id: str
    name: str
    overlap_ha: float | None
    overlap_percent: float | None
    distance_km: float
    bearing_degrees: float | None
    wind: str | None
    properties: dict[str, Any]
    dataset: RecordDataset | None
    href: str


class ScreenedDataset(BaseModel):
    """Where a layer is from."""

    title: str
    date: str | None
    licence: str
    attribution: str | None
    href: str


class ScreenedLayer(BaseModel):
    """A layer's answer. `no_data` says nothing about the ground; `none_found` speaks of what the portal holds."""

    layer: str
    title: str
    state: Literal["found", "none_found", "no_data"]
    said: str
    within_km: float | None
    more: bool
    dataset: ScreenedDataset
    records: list[ScreenedRecord]


class ScreeningShape(BaseModel):
    """What a shape meets and what lies near it, layer by layer."""

    shape: ScreenedShape
    minerals: list[str]
    revision: int
    as_of: str | None
    notes: list[str]
    layers: list[ScreenedLayer]
