"""Several processes that answer on one socket; this one only watches over them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

_BETWEEN_STARTS_SECONDS = 0.5
_ENDING = (signal.SIGINT, signal.SIGTERM)


def run_workers(count: int, serve: Callable[[], None], announce: Callable[[], None]) -> None:
    """Run `serve` in `count` processes until a signal ends them all; one that dies is replaced.

    They are copies of this process: what is imported and made already is neither done nor kept in memory again. It runs
    no threads, as a copy made beside one could wait for a lock that the thread held; `announce` has a process too.
    Raises: SystemExit by the signal, so that what is to be done at the end is done.
    """
    stopped_by: list[int] = []
    pids: set[int] = set()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped_by.append(number)
        tell_all()

    def tell_all() -> None:
        for pid in pids:
            os.kill(pid, signal.SIGTERM)

    before = {number: signal.signal(number, stop) for number in _ENDING}
    # Nothing is ever written into it: its end is closed when this process is gone, however it went.
    lifeline = os.pipe()
    workers = {_start(serve, lifeline, pids) for _ in range(count)}
    _start(announce, lifeline, pids)
    while pids:
        if stopped_by:
            tell_all()  # also one that began while the signal came
        # A process that has ended is still there to be sent a signal until it is waited for.
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        pids.discard(ended.si_pid)
        os.waitpid(ended.si_pid, 0)
        if ended.si_pid in workers and not stopped_by:
            print(f"khanij: process {ended.si_pid} ended unasked; another takes its place.", file=sys.stderr)
            workers.discard(ended.si_pid)
            time.sleep(_BETWEEN_STARTS_SECONDS)
            if not stopped_by:
                workers.add(_start(serve, lifeline, pids))
    for number, handler in before.items():
        signal.signal(number, handler)
    end_by(stopped_by[0])


def end_by(number: int, frame: FrameType | None = None) -> NoReturn:
    """End this process in the way of its signal, and what was left for the end done."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _start(work: Callable[[], None], lifeline: tuple[int, int], pids: set[int]) -> int:
    # A signal for this process is not to be taken by the copy, which is to end no others.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    pid = os.fork()
    if not pid:
        _work(work, lifeline)
    pids.add(pid)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    return pid


def _work(work: Callable[[], None], lifeline: tuple[int, int]) -> NoReturn:
    code = 0
    try:
        # A signal ends the process at once, but while the server has its own handlers in place.
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        os.close(lifeline[1])
        threading.Thread(target=_end_with_parent, args=(lifeline[0],), daemon=True).start()
        work()
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def _end_with_parent(end: int) -> None:
    os.read(end, 1)
    os.kill(os.getpid(), signal.SIGTERM)
