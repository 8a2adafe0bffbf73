"""The generation of lists as one value: what a shard computes with, and the number that each list holds.

All columns may be null: rows of before do not know. Adding them rewrites no table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LISTS = ("lead_recommendations", "property_recommendations")


def upgrade() -> None:
    op.add_column("rescoring_shards", sa.Column("text_model_id", sa.BigInteger()))
    op.add_column("rescoring_shards", sa.Column("lists_compared", sa.BigInteger()))
    for table in LISTS:
        op.add_column(table, sa.Column("generation", sa.BigInteger()))


def downgrade() -> None:
    for table in LISTS:
        op.drop_column(table, "generation")
    op.drop_column("rescoring_shards", "lists_compared")
    op.drop_column("rescoring_shards", "text_model_id")
