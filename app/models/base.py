"""What all tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, ForeignKey, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


JsonList = list[dict[str, Any]]


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own spelling
        str: Text,
        datetime: DateTime(timezone=True),
        Json: JSONB(none_as_null=True),
        JsonList: JSONB(none_as_null=True),
        Any: JSONB(none_as_null=True),
        list[str]: ARRAY(Text),
    }


def table_of(model: type[Base]) -> Table:
    """The table of a model, typed as one."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def located_indexes(table: str, *more: str) -> tuple[Index, ...]:
    """Indexes of a located record: boxes in degrees, distances in metres on the spheroid, words; and `more` columns."""
    return (
        Index(f"ix_{table}_geom", "geom", postgresql_using="gist"),
        Index(f"ix_{table}_geography", text("geography(geom)"), postgresql_using="gist"),
        Index(f"ix_{table}_revision", "revision", "id"),
        Index(f"ix_{table}_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        *(
            Index(f"ix_{table}_{name}", name, postgresql_using="gin" if name in {"minerals", "tranches"} else "btree")
            for name in more
        ),
    )


class Record:
    """What every published record has."""

    id: Mapped[str] = mapped_column(primary_key=True)  # slug, stable for ever
    sources: Mapped[JsonList]  # [{title, publisher, date, url, via}]
    confidence: Mapped[str]  # high, medium, low
    digest: Mapped[str]  # SHA-256 of the row as loaded; a row with an equal one is left alone
    revision: Mapped[int] = mapped_column(Integer, ForeignKey("revision.number"))  # the one that wrote the row
    updated_at: Mapped[datetime]  # when that revision was made


class Located(Record):
    """A record that is a feature: it has a name, a place and words to be found by."""

    name: Mapped[str]
    source_crs: Mapped[str | None]  # of the file that it was imported from, where that was not EPSG:4326
    search: Mapped[str]  # names, aliases, minerals, places, companies: lower case, without accents
