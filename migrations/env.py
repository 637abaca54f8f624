"""How Alembic reaches the database: DATABASE_URL, or the project's own cluster; a caller may hand over a connection."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, create_engine

from app.db import database_address, normalised_url
from app.models import Base
from app.settings import Settings

config = context.config


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(normalised_url(database_address(Settings()))).connect() as own:
        run(own)
