"""Finished Feature texts beside the tables of today.

Revision: 5b0e6c1d92a4, after d1f33f5fd8a6
"""

import sqlalchemy as sa
from alembic import op

revision = "5b0e6c1d92a4"
down_revision = "d1f33f5fd8a6"
branch_labels = None
depends_on = None

TABLES = (
    "state_text",
    "district_text",
    "block_text",
    "occurrence_text",
    "exploration_project_text",
    "processing_unit_text",
    "centre_of_excellence_text",
    "port_text",
    "global_asset_text",
    "coal_mine_closure_text",
    "constraint_area_text",
    "constraint_line_text",
)


def upgrade() -> None:
    for name in TABLES:
        op.create_table(
            name,
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("form", sa.Text(), nullable=False),
            sa.Column("feature", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
            # Read whole and often: to compress texts, or to move them out of the row, costs more than it saves.
            postgresql_with={"toast_tuple_target": 8160},
        )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
