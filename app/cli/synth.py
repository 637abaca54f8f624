"""`khanij synth`: a synthetic catalogue of any size, to try things at scale."""

from __future__ import annotations

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
    out: Annotated[Path, typer.Option(help="FlatGeobuf file to write (.fgb); one that is there is replaced.")],
    seed: Annotated[int, typer.Option(help="The same seed makes up the same blocks.")] = 1,
) -> None:
    """Make up blocks, plainly named as synthetic: the same for the same seed."""
    from app.ingest.synth import SynthError, write_flatgeobuf

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=console)
    task = progress.add_task("Making up blocks", total=blocks)

    def made(count: int) -> None:
        progress.start()  # only now: what is refused gets its sentence and no bar
        progress.advance(task, count)

    try:
        write_flatgeobuf(out, blocks, seed, made=made)
    except SynthError as error:
        fail(str(error))
    finally:
        if progress.live.is_started:
            progress.stop()
    console.print(f"{blocks:,} synthetic blocks are in {out}.", markup=False, soft_wrap=True)
