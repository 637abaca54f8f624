"""`khanij import`: a file of any format into a collection, checked, compared and published."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace as replace_options
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.cli.common import console, fail, finish_texts, open_current
from app.settings import Settings

if TYPE_CHECKING:
    from app.ingest.imports import Outcome

_MOST_PRINTED = 200
# Made from other fields, which are shown.
_NOT_SHOWN = frozenset({"search", "standings", "status_period"})


def import_file(
    collection: Annotated[str, typer.Argument(help="Collection, such as blocks.")],
    file: Annotated[str, typer.Argument(help="File, or the address of an OGC API – Features.")],
    mapping: Annotated[str | None, typer.Option(help="TOML file, or the name of a ready mapping.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer, sheet or collection in the file.")] = None,
    datum: Annotated[str | None, typer.Option(help="CRS or datum of the coordinates, such as EPSG:32645.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; publish nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Write bad rows to a file, end with 1.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Records that are not in the file go.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the findings to FILE.html or FILE.json.")] = None,
    note: Annotated[str | None, typer.Option(help="What the revision is for.")] = None,
    who: Annotated[str, typer.Option(help="Who publishes it.")] = "",
) -> None:
    """Import a file into a collection: check every row, show what differs, publish it as one revision."""
    from app.ingest.checks import write_report
    from app.ingest.imports import Options
    from app.ingest.imports import import_file as run

    if report is not None:
        _check_report(report)
    engine = open_current(Settings())
    options = Options(mapping, layer, datum, dry_run, skip_bad, replace, note, who or getpass.getuser())
    options = replace_options(options, anew=report is not None)  # a report is of each row
    with _progress() as advance:
        outcome = run(engine, collection, file, options, advance)
    if report is not None:
        write_report(outcome.findings, report, f"Findings: {Path(file).name} into {collection}")
    _print_outcome(outcome, dry_run, skip_bad)
    if outcome.revision is not None:
        finish_texts(engine)
    if outcome.bad_rows:
        raise typer.Exit(1)


def _check_report(report: Path) -> None:
    """Before an import that may take long, whether its report can be written at all."""
    if report.suffix.lower() not in (".html", ".htm", ".json"):
        fail(f"a report is written as .html or .json; {report.name} is neither.")
    if not report.absolute().parent.is_dir() or report.is_dir():
        fail(f"the report cannot be written to {report}: there is no such folder, or it is one itself.")


class _Rate(ProgressColumn):
    """Rows a second, once that is known."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")


@contextmanager
def _progress() -> Iterator[Callable[[int, int | None], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, _Rate(), TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Reading and checking", total=None)

        def advance(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _print_outcome(outcome: Outcome, dry_run: bool, skip_bad: bool) -> None:
    from app.ingest.checks import rich_table

    if outcome.findings:
        console.print(rich_table(outcome.findings[:_MOST_PRINTED]))
        if len(outcome.findings) > _MOST_PRINTED:
            console.print(f"… and {len(outcome.findings) - _MOST_PRINTED} more; --report FILE.html has them all.")
    if outcome.bad_rows and not skip_bad:
        console.print(
            f"{len(outcome.bad_rows)} of {outcome.rows} rows have errors: nothing was published. "
            "Mend them, or leave them out with --skip-bad."
        )
        return
    counts = outcome.counts
    console.print(f"{counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged, {counts.gone} gone.")
    if dry_run:
        _print_plan(outcome)
    elif outcome.is_repeat:
        console.print("Nothing to do: this very file was imported before, and nothing was published since.")
    elif outcome.revision is None:
        console.print("Nothing to do; no new revision.")
    else:
        console.print(f"Revision {outcome.revision} is published.")
    if outcome.left_out:
        console.print(f"{len(outcome.bad_rows)} rows were left out; they are in {outcome.left_out}, with the reasons.")


def _print_plan(outcome: Outcome) -> None:
    """The first changes one by one: what is new, each field that changes, what would go."""
    table = Table(title="What would change", title_justify="left")
    for heading in ("record", "field", "now", "then"):
        table.add_column(heading, overflow="fold")
    for record_id, present, content in outcome.changes:
        if present is None:
            table.add_row(record_id, "(new)", "", str(content.get("name", "")))
            continue
        fields = [n for n, value in content.items() if n not in _NOT_SHOWN and present.get(n) != value]
        for name in fields or ["boundary"]:
            table.add_row(record_id, name, _short(present.get(name)), _short(content.get(name)))
    for record_id in outcome.gone:
        table.add_row(record_id, "(gone)", "", "")
    console.print(table)
    console.print("Nothing was published: this was a dry run.")


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
