"""Khanij Atlas: critical-mineral blocks, their exploration status and processing units, from PostGIS to the map."""

__version__ = "0.1.0"
