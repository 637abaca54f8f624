"""Small data files, made record by record, and what a load made of them."""

import json

from sqlalchemy import select, text

from app.ingest.sources import DATASETS, TERMS_FILE
from app.models import Base

SOURCE = {"title": "Made up for a test", "publisher": "Tests", "date": None, "url": None}
SQUARE = [[84.0, 20.0], [84.02, 20.0], [84.02, 20.02], [84.0, 20.02], [84.0, 20.0]]
BOW_TIE = [[84.0, 20.0], [84.02, 20.02], [84.02, 20.0], [84.0, 20.02], [84.0, 20.0]]
STATE = [[80.0, 15.0], [88.0, 15.0], [88.0, 23.0], [80.0, 23.0], [80.0, 15.0]]


def a_feature(slug, geometry, properties):
    return {"type": "Feature", "id": slug, "geometry": geometry, "properties": properties}


def polygon(ring):
    return {"type": "Polygon", "coordinates": [ring]}


def point(lon, lat):
    return {"type": "Point", "coordinates": [lon, lat]}


def an_event(seq, kind, when=None, tranche=None):
    return {"seq": seq, "date": when, "kind": kind, "tranche": tranche, "note": None, "source": None}


def a_block(slug="akhar", geometry=None, **facts):
    lon, lat = facts.get("lon", 84.01), facts.get("lat", 20.01)
    nothing = dict.fromkeys(
        "district locality concession stage stage_date agency exploration area_ha resource_mt resource_category "
        "resource_text grade preferred_bidder premium_percent position_uncertainty_km position_note boundary_note "
        "datum access".split()
    )
    properties = nothing | {
        "name": slug.title(), "aliases": [], "state": "Odisha", "offshore": False, "minerals": ["graphite"],
        "asset_class": "central_auction_block", "lon": lon, "lat": lat, "position_accuracy": "surveyed", "notes": [],
        "field_sources": {}, "contradictions": [], "events": [an_event(1, "offered", "2024-06-24", "I")],
        "sources": [SOURCE], "confidence": "high",
    } | facts  # fmt: skip
    return a_feature(slug, geometry or polygon(SQUARE), properties)


def a_port(slug="paradip", lon=86.67, lat=20.26, **facts):
    nothing = dict.fromkeys("port_class district operator unlocode capacity_mt_per_year status expected note".split())
    known = {"name": slug.title(), "state": "Odisha", "position_accuracy": "site", "sources": [SOURCE]}
    return a_feature(slug, point(lon, lat), nothing | known | {"confidence": "high"} | facts)


def a_mineral(slug="graphite", **facts):
    nothing = dict.fromkeys(["symbol", "group", "uses", "broader", "part_d", "part_d_name", "note"])
    known = {"id": slug, "name": slug.title(), "critical": True, "in_30_list": True, "aliases": []}
    return nothing | known | {"sources": [SOURCE], "confidence": "high"} | facts


def a_state():
    return a_feature("odisha", polygon(STATE), {"name": "Odisha", "code": "IN-OD", "kind": "state"})


class Folder:
    """A folder of data files; those not named are there and empty."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self.write(TERMS_FILE, "terms", [])
        for dataset in DATASETS:
            self.write(dataset.file, dataset.members, [])
        self.write("minerals.json", "minerals", [a_mineral()])
        self.features("states", [a_state()])

    def write(self, name, members, records):
        document = {"title": name, "as_of": "2026-11-22", members: records}
        (self.path / name).write_text(json.dumps(document))

    def features(self, collection, records):
        self.write(f"{collection}.geojson", "features", records)


def dump(engine):
    """All rows of all tables but `data_file`."""
    with engine.connect() as connection:
        return {
            table.name: sorted(connection.scalars(text(f'SELECT t::text FROM "{table.name}" t')))
            for table in Base.metadata.sorted_tables
            if table.name != "data_file"
        }


def ids_of(engine, model):
    with engine.connect() as connection:
        return set(connection.scalars(select(model.id)))


def stamps_of(engine, model):
    with engine.connect() as connection:
        rows = connection.execute(select(model.id, model.revision, model.updated_at))
        return {row.id: (row.revision, row.updated_at) for row in rows}


def one(engine, column, slug="akhar"):
    with engine.connect() as connection:
        return connection.scalar(select(column).where(column.class_.id == slug))
