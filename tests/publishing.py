"""Blocks published as a load would, without reading all the other files."""

from shapely.geometry import shape
from sqlalchemy.orm import Session

from app.ingest.publish import count_changes, lock_writers, publish
from app.ingest.read import Accepted
from app.ingest.records import Block as BlockRecord
from app.ingest.sources import Context, block_row
from app.ingest.staging import Stage
from app.models import Block


def write_blocks(engine, features, note="Written by a test"):
    """Publish these blocks as all there are; the revision's number, None where there is nothing to do.

    The vocabulary has to be that of a folder of data files: graphite and Odisha.
    """
    context = Context(
        state_codes={"Odisha": "IN-OD"}, critical={"graphite": True}, mineral_words={"graphite": "graphite graphite"}
    )
    with Session(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        lock_writers(session)
        stage = Stage(session, Block, replaces=True)
        stage.add(
            block_row(Accepted(1, f["id"], BlockRecord(**f["properties"]), shape(f["geometry"])), context)
            for f in features
        )
        stage.close()
        return None if count_changes(stage).is_nothing else publish([stage], note, "test")
