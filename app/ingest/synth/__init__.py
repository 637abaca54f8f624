"""A synthetic catalogue of any size: made up, plainly named so, and the same for the same seed.

It is there to try imports, clients, pages and benchmarks at scale. Nothing of it is a fact.
"""

from __future__ import annotations

from app.ingest.synth.plan import MAXIMUM_BLOCKS, SynthError
from app.ingest.synth.records import blocks
from app.ingest.synth.write import write_flatgeobuf

__all__ = ["MAXIMUM_BLOCKS", "SynthError", "blocks", "write_flatgeobuf"]
