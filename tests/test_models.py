"""Tables: the migrations make what the models say, and back; located tables have indexes that questions use."""

import os

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import inspect, select, text

from app.catalogue import COLLECTIONS
from app.cluster import create_database, drop_database
from app.db import make_engine
from app.filters import has_word, in_bbox, near
from app.migrate import EXTENSIONS, is_current, migrate
from app.models import Base
from app.settings import PROJECT_ROOT
from app.values import BBox, Near

LOCATED = [collection.table for collection in COLLECTIONS.values()]


def differences(connection):
    """What a new migration would hold: nothing, where models and tables agree."""
    context = MigrationContext.configure(
        connection, opts={"include_object": alembic_helpers.include_object, "compare_type": True}
    )
    return compare_metadata(context, Base.metadata)


def test_models_match_migrations(engine):
    with engine.connect() as connection:
        assert differences(connection) == []
    assert is_current(engine)


@pytest.fixture
def scratch(server):
    """A database without anything."""
    name = f"khanij_test_scratch_{os.getpid()}"
    drop_database(server, name)
    engine = make_engine(create_database(server, name))
    yield engine
    engine.dispose()
    drop_database(server, name)


def test_migrations_go_down_to_nothing_and_up_again(scratch):
    assert not is_current(scratch)
    migrate(scratch)
    migrate(scratch)  # a second time changes nothing
    tables = set(inspect(scratch).get_table_names())
    assert {table.name for table in Base.metadata.sorted_tables} < tables
    config = Config(PROJECT_ROOT / "alembic.ini")
    with scratch.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(scratch).get_table_names()) <= {"alembic_version", "spatial_ref_sys"}
    migrate(scratch)
    assert set(inspect(scratch).get_table_names()) == tables
    with scratch.connect() as connection:
        assert differences(connection) == []


def test_every_extension_is_there(engine):
    with engine.connect() as connection:
        there = set(connection.scalars(text("SELECT extname FROM pg_extension")))
    assert {str(statement).rsplit(" ", 1)[1] for statement in EXTENSIONS} <= there


@pytest.mark.parametrize("table", LOCATED, ids=str)
def test_a_geometry_is_there_of_one_type_in_wgs_84(engine, table):
    column = {c["name"]: c for c in inspect(engine).get_columns(table.name)}["geom"]
    assert column["nullable"] is False
    assert (column["type"].srid, column["type"].geometry_type) == (4326, table.c.geom.type.geometry_type)


def plan_of(connection, statement):
    """The plan with its indexes, on a table too small for the planner to want one."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    compiled = statement.compile(connection.engine, compile_kwargs={"render_postcompile": True})
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)).scalars())


@pytest.mark.parametrize("table", LOCATED, ids=str)
def test_boxes_circles_and_words_go_by_an_index(engine, table):
    questions = {
        f"ix_{table.name}_geom": in_bbox(table.c.geom, BBox(84, 20, 85, 21)),
        f"ix_{table.name}_geography": near(table.c.geom, Near(84, 20, 50)),
        f"ix_{table.name}_search": has_word(table.c.search, "akha"),
    }
    with engine.connect() as connection:
        for index, question in questions.items():
            assert index in plan_of(connection, select(table.c.id).where(question)), index
