"""The columns that pages count and order by, held in memory: of very many records, read once for each revision.

A selection of lists, ranges and a period is then a matter of comparing small numbers: a million records are counted in
milliseconds, where reading their rows takes a second. A box, a distance and a drawn shape are told from the boxes of
the records; PostGIS is asked about those alone that lie on the edge. Of what only PostgreSQL can tell (words, CQL2) it
is asked once which records are meant. What selections mean is said in `filters.where`; a test holds the two equal.

A publication writes the columns down beside the tables (`storing`); a process that finds them there reads them in a
moment, else it copies them from the tables (`copying`).
"""

from app.queries.columns.held import Coded, Columns, Mask
from app.queries.columns.kept import find_columns, forget_all, get_columns, peek_columns
from app.queries.columns.ordering import Places, find_places
from app.queries.columns.selecting import is_plain, select_few, select_records, select_some

__all__ = [
    "Coded",
    "Columns",
    "Mask",
    "Places",
    "find_columns",
    "find_places",
    "forget_all",
    "get_columns",
    "is_plain",
    "peek_columns",
    "select_few",
    "select_records",
    "select_some",
]
