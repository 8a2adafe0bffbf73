"""The generation of lists as one value; attempts at rescoring, so that those that kill their workers are bounded.

A shard stores what it computes with, and each list the number of its generation.

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

    op.create_table(
        "rescoring_attempts",
        sa.Column(
            "side",
            sa.Enum("LEAD", "PROPERTY", name="side_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("side", "entity_id", name=op.f("pk_rescoring_attempts")),
    )


def downgrade() -> None:
    op.drop_table("rescoring_attempts")
    for table in LISTS:
        op.drop_column(table, "generation")
    op.drop_column("rescoring_shards", "lists_compared")
    op.drop_column("rescoring_shards", "text_model_id")
