"""A load: many kept connections that ask in turn, each answer read whole and timed; loopback only."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_PATIENCE_SECONDS = 60.0


@dataclass
class Seen:
    """What a load saw: status → number, seconds of each answer, what hung or broke."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def ratio(self) -> float:
        """p99 over the median."""
        return self.quantile(0.99) / self.quantile(0.5)


class Wire:
    """One kept connection."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.reader: asyncio.StreamReader | None = None

    async def ask(self, target: str) -> int:
        """The status; the body is read whole. Raises: ConnectionError, asyncio.IncompleteReadError."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**20)
        self.writer.write(f"GET {target} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        await self._read_body(head, status)
        if "\r\nconnection: close" in head:
            await self.close()
        return status

    async def _read_body(self, head: str, status: int) -> None:
        assert self.reader is not None
        if "\r\ntransfer-encoding: chunked" in head:
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readexactly(2)
        elif "\r\ncontent-length:" in head and status not in (204, 304):
            await self.reader.readexactly(int(head.split("\r\ncontent-length:")[1].split("\r\n")[0]))

    async def close(self) -> None:
        if self.reader is not None:
            self.reader = None
            self.writer.close()


async def load(address: str, targets: Sequence[str], connections: int, seconds: float, seed: int = 1) -> Seen:
    """Ask for targets at random, from so many connections at once, for so long."""
    host, port = address.removeprefix("http://").split(":")
    seen, end = Seen(), time.monotonic() + seconds

    async def one(number: int) -> None:
        chance, wire = random.Random(seed * 1000 + number), Wire(host, int(port))
        while time.monotonic() < end:
            target = chance.choice(targets)
            began = time.perf_counter()
            try:
                status = await asyncio.wait_for(wire.ask(target), _PATIENCE_SECONDS)
            except TimeoutError:
                seen.hung.append(target)
                await wire.close()
            except (OSError, asyncio.IncompleteReadError) as error:
                seen.broken.append(f"{target}: {error!r}")
                await wire.close()
            else:
                seen.statuses[status] += 1
                seen.seconds.append(time.perf_counter() - began)
        await wire.close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    return seen
