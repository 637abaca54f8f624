"""Vector tiles, written by PostGIS: true shapes where there are few, else counts per cell.

Which of the two a tile holds follows from the selection and the zoom, and within a zoom only from the tile itself:

1. A selection of at most 3,000 records is drawn with true shapes at every zoom; each of its records is there, one that
   is too small to be seen as a square of one pixel.
2. A larger one is counts up to a zoom that follows from its number (`shapes_from`), and true shapes from there on.
3. From there on a tile that would hold more than 3,000 shapes, or 500 kB, holds counts.

A count is that of the records whose representative point, the middle of the record's box, lies in the cell. Cells are a
sixteenth of a tile wide. A point on an edge is in the cell to the east and south, on the edge of the world in the last
one: so each record is counted in one cell of one tile, and the counts of a zoom that is all counts add up to the number
matched (in WebMercatorQuad but for records beyond 85.0511° north and south, which it does not reach).
"""

from app.queries.tiles.counts import COUNTS_LAYER
from app.queries.tiles.making import MOST_SHAPES, RULE, Chosen, Rule, get_tile, shapes_from
from app.queries.tiles.shapes import fields_of

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

__all__ = [
    "COUNTS_LAYER",
    "MEDIA_TYPE",
    "MOST_SHAPES",
    "RULE",
    "Chosen",
    "Rule",
    "fields_of",
    "get_tile",
    "shapes_from",
]
