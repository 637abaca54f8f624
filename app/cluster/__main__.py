"""`python -m app.cluster stop|remove`, for `make clean`: works without the virtual environment."""

import argparse
import sys
from pathlib import Path

from app.cluster import ClusterError, remove, stop


def main() -> int:
    """Stop the cluster of this clone, or remove it with its data."""
    parser = argparse.ArgumentParser(description="The private PostGIS cluster of this clone.")
    parser.add_argument("command", choices=["stop", "remove"])
    command = parser.parse_args().command
    root = Path(__file__).resolve().parents[2]
    try:
        stop(root) if command == "stop" else remove(root)
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
