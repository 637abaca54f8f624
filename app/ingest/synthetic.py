"""What marks a record as made up, and a database as one of made-up records."""

from __future__ import annotations

from sqlalchemy import Engine, select

from app.models import Block

ID_PREFIX = "synthetic-"


def is_synthetic(engine: Engine) -> bool:
    """Whether all blocks of the database are synthetic: nothing real may come in beside them."""
    with engine.connect() as connection:
        found = select(Block.id).where(Block.id.startswith(ID_PREFIX)).limit(1)
        return connection.scalar(found) is not None and find_real(engine) is None


def find_real(engine: Engine) -> str | None:
    """The id of a block that is not synthetic; None where there is none."""
    with engine.connect() as connection:
        real = select(Block.id).where(~Block.id.startswith(ID_PREFIX)).order_by(Block.id).limit(1)
        return connection.scalar(real)
