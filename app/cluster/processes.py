"""The processes of a cluster, as Linux shows them: which are at work in its data folder, and ending what was left."""

import contextlib
import os
import signal
import time
from pathlib import Path

LEFTOVERS_END_WITHIN_SECONDS = 5
SERVER = frozenset({"postgres"})
MAKERS = frozenset({"initdb", "pg_ctl"})


def postmaster_pid(data: Path) -> int | None:
    """The server that runs in `data`; None where the pid file is missing or stale.

    The number alone proves nothing: after a crash it may be another program's, or a zombie's. So its working folder is
    compared too, which holds for a folder that was moved meanwhile.
    """
    lines = _pid_file_lines(data)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    return pid if _works_in(pid, data) else None


def is_ready(data: Path) -> bool:
    """Whether the pid file says that the server takes connections."""
    lines = _pid_file_lines(data)
    return len(lines) >= 8 and lines[7].startswith("ready")


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def _works_in(pid: int, folder: Path, names: frozenset[str] = SERVER) -> bool:
    """Whether process `pid` is one of PostgreSQL's programs `names`, at work in `folder`."""
    process = Path("/proc", str(pid))
    try:
        return (process / "comm").read_text().strip() in names and os.path.samefile(process / "cwd", folder)
    except OSError:  # it ended, is a zombie, or is another user's and so not ours
        return False


def list_processes(data: Path) -> list[int]:
    """All PostgreSQL processes at work in `data`."""
    return [pid for pid in _list_pids() if _works_in(pid, data)]


def _list_makers(data: Path) -> list[int]:
    """What makes or starts a cluster in `data`: these programs are run in the folder above it."""
    return [pid for pid in _list_pids() if _works_in(pid, data.parent, MAKERS)]


def _list_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def end_leftovers(data: Path) -> None:
    """Wait for processes whose server is gone; end by force what does not go by itself.

    They hold the shared memory, and no new server starts beside them. Nothing is lost: the log is replayed.
    """
    if _wait_until_gone(data):
        return
    for pid in list_processes(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _wait_until_gone(data)


def _wait_until_gone(data: Path) -> bool:
    deadline = time.monotonic() + LEFTOVERS_END_WITHIN_SECONDS
    while list_processes(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end_all(data: Path) -> None:
    """End every process at work in `data`, a running server first: for folders that are about to be removed.

    What still makes or starts a cluster there goes before all: it would go on writing, or start one more process.
    """
    for maker in _list_makers(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(maker, signal.SIGKILL)
    pid = postmaster_pid(data)
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
    end_leftovers(data)
