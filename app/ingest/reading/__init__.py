"""Files of any format → raw rows → records as the data files have them."""

from app.ingest.reading.mapping import Mapping, ready_names
from app.ingest.reading.opening import open_source
from app.ingest.reading.records import to_records
from app.ingest.reading.source import RawRow, Record, Source

__all__ = ["Mapping", "RawRow", "Record", "Source", "open_source", "ready_names", "to_records"]
