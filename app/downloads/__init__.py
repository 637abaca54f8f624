"""Rows → files of the whole selection: each says what it is, none is ever half."""

from app.downloads.formats import FORMATS, FileFormat
from app.downloads.manifest import Manifest
from app.downloads.rows import Batches, Rows, WrongCount
from app.downloads.texts import write_csv, write_geojson

__all__ = ["FORMATS", "Batches", "FileFormat", "Manifest", "Rows", "WrongCount", "write_csv", "write_geojson"]
