"""`khanij synth`: a synthetic catalogue of any size, to try things at scale."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from app.cli.common import console, fail


class _Rate(ProgressColumn):
    """Blocks a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} blocks/s" if speed else "")


def synth(
    blocks: Annotated[int, typer.Option(help="How many blocks to make up.")],
    out: Annotated[
        Path | None, typer.Option(help="FlatGeobuf file to write (.fgb); one that is there is replaced.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(help="Database to fill instead; one that holds anything real is refused.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes up the same blocks.")] = 1,
) -> None:
    """Make up blocks, plainly named as synthetic: the same for the same seed; into a file or a database of its own."""
    from app.ingest.synth import SynthError

    if (out is None) == (database_url is None):
        fail("synth wants either --out FILE.fgb or --database-url URL.")
    with _progress(blocks) as made:
        try:
            said = _write(out, blocks, seed, made) if out else _fill(str(database_url), blocks, seed, made)
        except SynthError as error:
            fail(str(error))
    console.print(said, markup=False, soft_wrap=True)


def _write(out: Path, blocks: int, seed: int, made: Callable[[int], None]) -> str:
    from app.ingest.synth import write_flatgeobuf

    write_flatgeobuf(out, blocks, seed, made=made)
    return f"{blocks:,} synthetic blocks are in {out}."


def _fill(url: str, blocks: int, seed: int, made: Callable[[int], None]) -> str:
    from app.ingest.synth.database import fill_database

    revision = fill_database(url, blocks, seed, getpass.getuser(), made)
    if revision is None:
        return "Nothing to do: the database holds just these blocks."
    return f"{blocks:,} synthetic blocks are in the database, as revision {revision}."


@contextmanager
def _progress(blocks: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=console)
    task = progress.add_task("Making up blocks", total=blocks)

    def made(count: int) -> None:
        progress.start()  # only now: what is refused gets its sentence and no bar
        progress.advance(task, count)

    try:
        yield made
    finally:
        if progress.live.is_started:
            progress.stop()
