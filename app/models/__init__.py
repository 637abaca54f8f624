"""The tables. A record's sources and confidence are on the record; unknown is null.

Geometries are EPSG:4326 and NOT NULL; a record without a position lies in `unlocated_record`, not on the map.
"""

from app.models.base import Base, Json, JsonList, Located, Record, table_of
from app.models.blocks import Block
from app.models.constraints import ConstraintArea, ConstraintLine
from app.models.figures import Figure, InventoryRow, UnlocatedRecord
from app.models.past import PAST
from app.models.points import (
    CentreOfExcellence,
    CoalMineClosure,
    ExplorationProject,
    GlobalAsset,
    Occurrence,
    Port,
    ProcessingUnit,
)
from app.models.prepared import Prepared
from app.models.revisions import DataFile, Renaming, Revision
from app.models.texts import TEXTS
from app.models.vocabulary import District, Mineral, State

__all__ = [
    "PAST",
    "TEXTS",
    "Base",
    "Block",
    "CentreOfExcellence",
    "CoalMineClosure",
    "ConstraintArea",
    "ConstraintLine",
    "DataFile",
    "District",
    "ExplorationProject",
    "Figure",
    "GlobalAsset",
    "InventoryRow",
    "Json",
    "JsonList",
    "Located",
    "Mineral",
    "Occurrence",
    "Port",
    "Prepared",
    "ProcessingUnit",
    "Record",
    "Renaming",
    "Revision",
    "State",
    "UnlocatedRecord",
    "table_of",
]
