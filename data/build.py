"""Build the committed data files: python data/build.py CATALOGUE_DIR BOUNDARIES_DIR [OUT_DIR=data/geojson].

The same input gives the same bytes. Whatever the catalogue holds must have a place here: an unknown key,
mineral, event kind or block id stops the build with its name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from builder.outputs import build_all

if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    catalogue, boundaries, *rest = map(Path, sys.argv[1:])
    out = rest[0] if rest else Path(__file__).parent / "geojson"
    for name, count in build_all(catalogue, boundaries, out):
        print(f"{name:34} {count:5} records {(out / name).stat().st_size / 1000:8.1f} kB")
