"""The collections, each declared once; API, search, maps and pages follow from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, FromClause, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from app import models, values
from app.languages import N_
from app.models import table_of

# Columns that are the house's own and no property of a feature.
_INTERNAL = frozenset(
    "id name geom search digest revision sources status_period field_sources contradictions exploration access "
    "boundary_note datum stage_date source_crs events offers standings".split()
)

CATALOGUE_LICENCE = N_("Facts compiled from public documents; each source keeps the rights in its own text")


@dataclass(frozen=True)
class Collection:
    """A dataset: what it is called, which table holds it, what of it is shown."""

    id: str
    model: type[models.Base]
    title: str
    description: str
    geometry_type: str
    attribution: str = ""
    licence: str = CATALOGUE_LICENCE
    page: str | None = None  # address of an item's page, {id} to be filled in
    first: tuple[str, ...] = ()  # order of the properties, where the contract fixes one
    closed_lists: dict[str, tuple[str, ...]] = field(default_factory=dict)  # filter → all values that it may take

    @property
    def table(self) -> Table:
        return table_of(self.model)

    @cached_property
    def properties(self) -> tuple[str, ...]:
        """Names of a feature's properties, in their order."""
        return self.first or ("id", "name", *(c.name for c in self.table.columns if c.name not in _INTERNAL))

    @cached_property
    def sortables(self) -> tuple[str, ...]:
        """Properties that have an order: neither lists nor objects."""
        return tuple(n for n in self.properties if not isinstance(self.table.c[n].type, ARRAY | JSONB))

    def column(self, name: str) -> ColumnElement[object] | None:
        """The column of that name, or None where the collection has none."""
        return self.table.c.get(name)


@dataclass(frozen=True)
class View:
    """A collection's rows as a FROM clause: its table of today, or what stands for it at another moment."""

    collection: Collection
    rows: FromClause

    @property
    def c(self) -> ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]:
        return self.rows.c


def view_of(collection: Collection) -> View:
    """The rows of today."""
    return View(collection, collection.table)


_BLOCK_PROPERTIES = tuple(
    "id name aliases state state_code district locality minerals primary_mineral asset_class concession stage status "
    "status_since tranches latest_tranche attempts area_ha computed_area_ha boundary_kind position_accuracy offshore "
    "lon lat resource_mt resource_category grade preferred_bidder premium_percent agency confidence updated_at "
    "critical".split()
)

COLLECTIONS: dict[str, Collection] = {
    c.id: c
    for c in (
        Collection(
            "blocks",
            models.Block,
            N_("Mineral blocks"),
            N_(
                "Blocks offered by the Centre and the States: boundary or indicative area, exploration stage and "
                "status. boundary_kind tells a published boundary from the area within which a block is known to lie."
            ),
            "MultiPolygon",
            page="/blocks/{id}",
            first=_BLOCK_PROPERTIES,
            closed_lists={
                "status": values.BLOCK_STATUSES,
                "stage": values.STAGES,
                "concession": values.CONCESSIONS,
                "asset_class": values.BLOCK_ASSET_CLASSES,
                "position_accuracy": values.POSITION_ACCURACIES,
            },
        ),
        Collection(
            "occurrences",
            models.Occurrence,
            N_("Occurrences"),
            N_("Known deposits, exploration targets and beach-sand deposits; points are mostly approximate."),
            "Point",
        ),
        Collection(
            "exploration-projects",
            models.ExplorationProject,
            N_("Exploration projects"),
            N_(
                "Named exploration projects found in public pages; a sample, no register. "
                "Points of position_accuracy district are labels shared by several projects, not sites."
            ),
            "Point",
            closed_lists={"stage": values.STAGES},
        ),
        Collection(
            "processing-units",
            models.ProcessingUnit,
            N_("Processing units"),
            N_(
                "Plants and parks that take, or are to take, critical minerals. "
                "Points of position_accuracy state are labels: no site is announced."
            ),
            "Point",
            page="/processing-units/{id}",
        ),
        Collection(
            "centres-of-excellence",
            models.CentreOfExcellence,
            N_("Centres of excellence"),
            N_("Institutes recognised under the National Critical Mineral Mission."),
            "Point",
        ),
        Collection(
            "ports",
            models.Port,
            N_("Ports"),
            N_("Sea ports of India, with class and capacity where published."),
            "Point",
        ),
        Collection(
            "global-assets",
            models.GlobalAsset,
            N_("Global assets"),
            N_(
                "Mines, projects, refineries and smelters abroad. Without as_of the status is not verified. "
                "Points of position_accuracy region are labels, not mines."
            ),
            "Point",
            attribution=N_(
                "Positions of Australian records: © Commonwealth of Australia (Geoscience Australia) 2023, CC BY 4.0"
            ),
        ),
        Collection(
            "coal-mine-closures",
            models.CoalMineClosure,
            N_("Coal mines closed or to be closed"),
            N_("The named mines found in published lists; the full list of 143 (or 147) was not found."),
            "Point",
        ),
        Collection(
            "states",
            models.State,
            N_("States and union territories"),
            N_("Outlines for a national map, about 1 : 10,000,000; not a survey boundary."),
            "MultiPolygon",
            attribution=N_("Natural Earth (public domain); DataMeet India community (CC BY 4.0)"),
            licence=N_("CC BY 4.0"),
            page="/states/{id}",
        ),
        Collection(
            "districts",
            models.District,
            N_("Districts"),
            N_("District outlines, empty until the operator imports them."),
            "MultiPolygon",
        ),
        Collection(
            "constraint-areas",
            models.ConstraintArea,
            N_("Land and environment: areas"),
            N_(
                "Forests, protected areas, eco-sensitive zones, tiger corridors, waters and settlements that the "
                "operator imports, each with its dataset and licence. Empty says nothing about the ground."
            ),
            "MultiPolygon",
            licence=N_("As each record's licence says"),
            closed_lists={"layer": values.AREA_LAYERS},
        ),
        Collection(
            "constraint-lines",
            models.ConstraintLine,
            N_("Land and environment: lines"),
            N_(
                "Railways, roads and power lines that the operator imports, each with its dataset and licence. Empty "
                "says nothing about the ground."
            ),
            "MultiLineString",
            licence=N_("As each record's licence says"),
            closed_lists={"layer": values.LINE_LAYERS},
        ),
    )
}
