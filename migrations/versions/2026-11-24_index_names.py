"""An index on the names of blocks: the order in which the explorer lists them.

Revision: 7c41d9e0a6b2, after 3539c8e23092
"""

from alembic import op

revision = "7c41d9e0a6b2"
down_revision = "3539c8e23092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_block_name", "block", ["name", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_block_name", table_name="block")
