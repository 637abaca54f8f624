"""Processes that convert the batches of a large file side by side, while this one hands their lines to the database.

They descend from a Python of their own, not from this process: they inherit no connection to the database, and are
told all they need through pipes, with which they end. So none outlives this process, however that ends.
"""

from __future__ import annotations

import gc
import os
import pickle  # nosec B403 - between processes of our own
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, NamedTuple, NoReturn

from app.ingest.converting import Converted, Converter, Recipe
from app.ingest.read import LoadError
from app.ingest.reading.source import Packed

# More would not be quicker: the database, and this process, work beside them; and each takes some 100 MB.
_MOST_WORKERS = 2
_START = "from app.ingest.workers import main; main()"
_ENDED = "A process that reads the rows ended before it was done; perhaps memory is short. Nothing was published."


def worker_count() -> int:
    """How many processes are of use here; one is none."""
    return min(len(os.sched_getaffinity(0)), _MOST_WORKERS)


class _Worker(NamedTuple):
    """This side's ends of the two pipes to a worker."""

    given: IO[bytes]
    made: IO[bytes]


class Workers:
    """Converts batches in their order."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        pipes = [(*os.pipe(), *os.pipe()) for _ in range(count)]
        self._workers = [_Worker(os.fdopen(given, "wb"), os.fdopen(made, "rb")) for _, given, made, _ in pipes]
        theirs = [(read, write) for read, _, _, write in pipes]
        ends = [str(end) for pair in theirs for end in pair]
        # What can be imported here can be imported there; what computes side by side here are processes.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - this program, and numbers
            [sys.executable, "-c", _START, *ends],
            stdin=subprocess.PIPE,
            pass_fds=[end for pair in theirs for end in pair],
            env=environment,
        )
        for pair in theirs:
            for end in pair:
                os.close(end)
        try:
            assert self._process.stdin is not None
            _send(self._process.stdin, recipe.portable())
        except BaseException:
            self.close()
            raise

    def convert(self, batches: Iterator[Packed]) -> Iterator[Converted]:
        """The batches converted, in their order; so many are under way as there are workers.

        A worker is given a batch only when it has handed over the one before, so that neither side waits for the other
        to read.
        """
        free, busy = deque(self._workers), deque[_Worker]()
        for batch in batches:
            if free:
                worker = free.popleft()
                _send(worker.given, batch)
                busy.append(worker)
                continue
            worker = busy.popleft()
            converted = _receive(worker.made)
            _send(worker.given, batch)
            busy.append(worker)
            yield converted
        while busy:
            yield _receive(busy.popleft().made)

    def close(self) -> None:
        """End the processes, whatever they are at: each ends where its pipe does."""
        for end in (end for worker in self._workers for end in worker):
            with suppress(OSError):
                end.close()
        self._process.kill()
        with suppress(OSError):
            self._process.communicate()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _send(pipe: IO[bytes], what: Any) -> None:
    try:
        pickle.dump(what, pipe, protocol=pickle.HIGHEST_PROTOCOL)
        pipe.flush()
    except BrokenPipeError as error:
        raise LoadError(_ENDED) from error


def _receive(pipe: IO[bytes]) -> Converted:
    """What a worker made, or the exception that stopped it, raised here."""
    try:
        found = pickle.load(pipe)  # noqa: S301 # nosec B301 - from a process of our own
    except (EOFError, pickle.UnpicklingError) as error:
        raise LoadError(_ENDED) from error
    if isinstance(found, BaseException):
        raise found
    assert isinstance(found, Converted)
    return found


def main() -> None:
    """What the first worker does: read what all need to know, split off the others, and work like them."""
    # Ctrl-C reaches all processes of a terminal: the one that was started by a person tells these when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recipe: Recipe = pickle.load(sys.stdin.buffer)  # noqa: S301 # nosec B301 - from the process that started this one
    converter = Converter(recipe)
    converter.say_nothing_of_file()
    # What was loaded so far is then held once for all.
    gc.collect()
    gc.freeze()
    ends = list(map(int, sys.argv[1:]))
    while len(ends) > 2:
        if os.fork() == 0:
            _work(converter, ends[0], ends[1], ends[2:])
        for end in ends[:2]:
            os.close(end)
        ends = ends[2:]
    _work(converter, ends[0], ends[1], [])


def _work(converter: Converter, given: int, made: int, others: list[int]) -> NoReturn:
    """Convert what comes until nothing comes any more; `others` are the ends of other workers' pipes."""
    for end in others:
        os.close(end)
    try:
        with os.fdopen(given, "rb") as given_, os.fdopen(made, "wb") as made_:
            while True:
                packed: Packed = pickle.load(given_)  # noqa: S301 # nosec B301
                try:
                    converted: Any = converter.convert(packed.rows())
                except Exception as error:
                    converted = error
                _send(made_, converted)
    except (EOFError, OSError, LoadError, pickle.UnpicklingError):
        os._exit(0)  # nobody is there any more who would be told
