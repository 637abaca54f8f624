"""The project's own PostgreSQL with PostGIS: made, started, reused and stopped without a word from the user.

It listens on a unix socket in a private folder only, so it never meets a server on port 5432.
Standard library only, but for the inside of `create_database` and `drop_database`: `make clean` runs it with nothing
installed.
"""

from app.cluster.databases import create_database, drop_database
from app.cluster.places import ClusterError
from app.cluster.server import READER, database_url, ensure_running, is_running, location, remove, stop

__all__ = [
    "READER",
    "ClusterError",
    "create_database",
    "database_url",
    "drop_database",
    "ensure_running",
    "is_running",
    "location",
    "remove",
    "stop",
]
