"""`khanij load`: the data files into the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.common import console, open_current
from app.settings import Settings

if TYPE_CHECKING:
    from app.ingest.load import Report


def load(
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data files; default: DATA_DIR.")] = None,
    note: Annotated[str, typer.Option(help="What the revision is for.")] = "Data files loaded",
) -> None:
    """Read the data files into the database, in one transaction; say what came in and what was refused."""
    from app.ingest.load import load as load_files

    settings = Settings()
    report = load_files(open_current(settings), data_dir or settings.data_dir, note)
    print_report(report)
    if report.refused:
        raise typer.Exit(1)


def print_report(report: Report) -> None:
    """Say what became of each file, and why a record was refused."""
    table = Table(title="Data files", title_justify="left")
    table.add_column("file")
    for heading in ("new", "changed", "unchanged", "gone", "refused"):
        table.add_column(heading, justify="right")
    for file in report.files:
        table.add_row(file.file, *map(str, (file.new, file.changed, file.unchanged, file.gone, len(file.refused))))
    console.print(table)
    for refusal in report.refused:
        name = f" ({refusal.id})" if refusal.id else ""
        console.print(
            f"Refused: {refusal.file}, no. {refusal.number}{name}: {refusal.reason}",
            markup=False,
            style="red",
            soft_wrap=True,
        )
    console.print(
        f"Revision {report.revision} is published." if report.revision else "Nothing changed; no new revision."
    )
