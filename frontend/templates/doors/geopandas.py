import geopandas

blocks = geopandas.read_file("{{ base }}/download/blocks.geojson?state=odisha")
print(blocks[["name", "status", "area_ha"]])

# An indicative shape is where the block may lie, not the block: measure only published ones
published = blocks[blocks["boundary_kind"] == "published"]
print(published[["name", "area_ha", "computed_area_ha"]])
