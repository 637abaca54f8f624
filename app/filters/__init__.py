"""Values → one WHERE, which items, counts, tiles, downloads, feeds and pages share."""

from app.filters.as_cql import to_cql2
from app.filters.cql import check_cql, compile_cql
from app.filters.operands import GEOMETRY, kind_of, list_queryables, to_stored, unknown_property
from app.filters.where import LIST_COLUMNS, has_beginning, has_word, in_bbox, may_be_misspelled, near, where

__all__ = [
    "GEOMETRY",
    "LIST_COLUMNS",
    "check_cql",
    "compile_cql",
    "has_beginning",
    "has_word",
    "in_bbox",
    "kind_of",
    "list_queryables",
    "may_be_misspelled",
    "near",
    "to_cql2",
    "to_stored",
    "unknown_property",
    "where",
]
