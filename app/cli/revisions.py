"""`khanij revisions`, `revert`, `rename`: what was published, and changing it without losing anything."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from rich.table import Table

from app.catalogue import COLLECTIONS
from app.cli.common import console, fail, open_current
from app.settings import Settings


def revisions(most: Annotated[int, typer.Option(help="How many, the newest first.")] = 20) -> None:
    """List what was published, the newest first."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from app.models import Revision

    table = Table(title="Revisions", title_justify="left")
    for heading in ("number", "time", "who", "note"):
        table.add_column(heading)
    with Session(open_current(Settings())) as session:
        for found in session.scalars(select(Revision).order_by(Revision.number.desc()).limit(most)):
            table.add_row(str(found.number), f"{found.at:%Y-%m-%d %H:%M:%S %Z}", found.who, found.note)
    console.print(table)


def revert(
    number: Annotated[int, typer.Argument(help="The revision to undo.")],
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    who: Annotated[str, typer.Option(help="Who publishes it.")] = "",
) -> None:
    """Undo a revision as a new one; nothing is lost."""
    from app.ingest.undo import revert as undo

    undone = undo(open_current(Settings()), number, who or getpass.getuser(), note)
    if undone.revision is None:
        console.print(f"Nothing to do: all records are as they were before revision {number}.")
        return
    console.print(
        f"Revision {undone.revision} undoes revision {number}: {undone.restored} records brought back, "
        f"{undone.removed} taken away."
    )


def rename(
    collection: Annotated[str, typer.Argument(help="Collection, such as blocks.")],
    old_id: Annotated[str, typer.Argument(help="The id that it has.")],
    new_id: Annotated[str, typer.Argument(help="The id that it gets.")],
    who: Annotated[str, typer.Option(help="Who publishes it.")] = "",
) -> None:
    """Give a record another id; the old address leads to the new one."""
    from app.ingest.undo import rename as give_id

    if collection not in COLLECTIONS:
        fail(f"there is no collection “{collection}”; there are {', '.join(COLLECTIONS)}.")
    number = give_id(open_current(Settings()), collection, old_id, new_id, who or getpass.getuser())
    console.print(f"Revision {number}: {old_id} is now {new_id}.")
