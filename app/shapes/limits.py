"""How much a reader's file may take, and the limits of the process that reads it."""

from __future__ import annotations

import resource

MIB = 1024**2
# Of the file as it is sent.
MOST_BYTES = 5_000_000
# Of what an archive unpacks to, and of its members.
MOST_UNPACKED_BYTES = 50_000_000
MOST_MEMBERS = 1_000

TIMEOUT_SECONDS = 10.0
_CPU_SECONDS = 8
_MEMORY_BYTES = 1024 * MIB
_WRITTEN_BYTES = 64 * MIB
_OPEN_FILES = 64


def apply() -> None:
    """Bind this process to the limits, for good. No core is dumped: a reader's data would be in it."""
    for kind, most in (
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, _WRITTEN_BYTES),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
