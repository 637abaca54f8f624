"""Turns the researched catalogue and the state outlines into the committed files of `data/geojson`."""
