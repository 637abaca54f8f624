"""What an operator imports to screen blocks against: areas and lines, each with its dataset, date and licence."""

# ruff: noqa: F811 (a fixture that is imported stands again among the parameters)

import json

import pytest
from conftest import get_json
from shapely.geometry import box, mapping
from test_imports import Desk, desk, template  # noqa: F401 (fixtures)

MAPPING = """
title = "made-up forests"
collection = "{collection}"

[columns]
name = "title"

[defaults]
layer = "{layer}"
licence = "CC BY 4.0"
coverage = "Odisha"

[source]
title = "Made-up survey"
publisher = "Tests"
date = "2026-01-31"
"""
SQUARE = mapping(box(84.0, 20.0, 84.1, 20.1))
TRACK = {"type": "LineString", "coordinates": [[84.2, 19.0], [84.2, 21.0]]}


def write(folder, geometry, collection="constraint-areas", layer="forest"):
    mapping_file = folder / "mapping.toml"
    mapping_file.write_text(MAPPING.format(collection=collection, layer=layer))
    file = folder / "layer.geojson"
    feature = {"type": "Feature", "geometry": geometry, "properties": {"title": f"A {layer}"}}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return file, mapping_file


@pytest.mark.parametrize(
    ("collection", "layer", "geometry", "stored"),
    [("constraint-areas", "forest", SQUARE, "MultiPolygon"), ("constraint-lines", "rail", TRACK, "MultiLineString")],
)
def test_a_layer_is_imported_served_and_screened_against(desk: Desk, tmp_path, collection, layer, geometry, stored):
    file, mapping_file = write(tmp_path, geometry, collection, layer)
    answer = desk.run("import", collection, file, "--mapping", mapping_file)
    assert answer.code == 0 and "1 new" in answer.out, answer.out
    (feature,) = get_json(desk.client, f"/api/collections/{collection}/items?layer={layer}")["features"]
    assert feature["geometry"]["type"] == stored
    for ending in ("gpkg", "fgb", "kml", "shp.zip", "parquet", "csv", "xlsx", "geojson"):
        assert desk.client.get(f"/download/{collection}.{ending}").status_code == 200, ending
    assert desk.client.get(f"/api/collections/{collection}/tiles/WebMercatorQuad/5/14/23").status_code == 200
    own = mapping(box(84.05, 20.05, 84.15, 20.15))
    found = desk.client.post("/api/screening", json=own).json()
    (one,) = [one for one in found["layers"] if one["layer"] == layer]
    (record,) = one["records"]
    assert one["state"] == "found"
    assert record["dataset"] == {
        "title": "Made-up survey", "publisher": "Tests", "date": "2026-01-31", "licence": "CC BY 4.0",
        "coverage": "Odisha",
    }  # fmt: skip
    if layer == "forest":
        assert record["overlap_percent"] == pytest.approx(25, abs=0.1) and record["distance_km"] == 0
    else:
        assert record["overlap_ha"] is None
        assert record["distance_km"] == pytest.approx(5.23, abs=0.01) and record["wind"] == "E"
    others = [one for one in found["layers"] if one["layer"] in ("water", "road")]
    assert [one["state"] for one in others] == ["no_data", "no_data"]
    # The same file again is nothing to do.
    assert "othing to do" in desk.run("import", collection, file, "--mapping", mapping_file).out


def test_a_layer_that_is_none_is_refused(desk: Desk, tmp_path):
    file, mapping_file = write(tmp_path, SQUARE, layer="jungle")
    answer = desk.run("import", "constraint-areas", file, "--mapping", mapping_file)
    assert answer.code == 1 and "jungle" in answer.out + answer.err and desk.count("constraint-areas") == 0


def test_a_line_is_no_area(desk: Desk, tmp_path):
    file, mapping_file = write(tmp_path, TRACK)
    answer = desk.run("import", "constraint-areas", file, "--mapping", mapping_file)
    assert answer.code == 1 and "polygons" in answer.out + answer.err
