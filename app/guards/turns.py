"""Turns for heavy work that all processes of one portal share: those who work hold a lock each, which the system frees
when they end, however they end."""

from __future__ import annotations

import asyncio
import fcntl
import tempfile
from collections import deque
from contextlib import suppress

# So many wait in one process for each turn there is, and so long, seconds.
WAITING_PER_TURN = 2
LONGEST_WAIT_SECONDS = 10.0
# So often whoever is next looks whether another process has given a turn back.
_LOOKS_EVERY_SECONDS = 0.05


class Turns:
    """Counts who works on this machine and who waits in this process, in the order in which they came.

    To be made before the processes part: each turn is a byte of a file that they have in common. Locks of this kind are
    a process's own, so what it holds itself is noted beside. For one event loop's thread.
    """

    def __init__(self, most: int) -> None:
        self.most, self.most_waiting = most, most * WAITING_PER_TURN
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the turns
        self._held: set[int] = set()
        self._waiting: deque[asyncio.Event] = deque()

    @property
    def running(self) -> int:
        """How many work in this process."""
        return len(self._held)

    async def take(self) -> int | None:
        """The turn, to be given back; None where too many wait, or none came in time."""
        if not self._waiting and (turn := self._find()) is not None:
            return turn
        if len(self._waiting) >= self.most_waiting:
            return None
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_WAIT_SECONDS
        mine = asyncio.Event()
        self._waiting.append(mine)
        try:
            while loop.time() < until:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOKS_EVERY_SECONDS):
                        await mine.wait()
                mine.clear()
                if self._waiting[0] is mine and (turn := self._find()) is not None:
                    return turn
            return None
        finally:
            self._waiting.remove(mine)
            self._wake()

    def give_back(self, turn: int) -> None:
        """The turn goes to whoever waits longest here, or to another process that looks before."""
        self._held.discard(turn)
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, turn)
        self._wake()

    def _find(self) -> int | None:
        for turn in range(self.most):
            if turn not in self._held:
                with suppress(BlockingIOError, PermissionError):
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, turn)
                    self._held.add(turn)
                    return turn
        return None

    def _wake(self) -> None:
        if self._waiting:
            self._waiting[0].set()
