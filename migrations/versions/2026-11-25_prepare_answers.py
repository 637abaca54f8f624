"""What questions about very many records are answered from: made at publishing, read when a process starts.

Revision: 4be1a7c3d95f, after 5b0e6c1d92a4
"""

import sqlalchemy as sa
from alembic import op

revision = "4be1a7c3d95f"
down_revision = "5b0e6c1d92a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prepared",
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "kind", "part", name=op.f("pk_prepared")),
    )
    # It is packed already: PostgreSQL need not try.
    op.execute("ALTER TABLE prepared ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("prepared")
