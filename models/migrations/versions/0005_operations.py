"""What operations and learning keep."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every column has a default or may be null: the release before this one goes on writing while this is rolled out.
    op.add_column("rescoring_shards", sa.Column("lists_total", sa.BigInteger()))
    op.add_column("rescoring_shards", sa.Column("lists_changed", sa.BigInteger()))
    op.add_column("rescoring_shards", sa.Column("mean_score_change", sa.Float()))
    op.add_column(
        "rescoring_shards",
        sa.Column(
            "skipped",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.create_table(
        "unscorable_entities",
        sa.Column(
            "side",
            sa.Enum("LEAD", "PROPERTY", name="side_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("side", "entity_id", name=op.f("pk_unscorable_entities")),
    )


def downgrade() -> None:
    op.drop_table("unscorable_entities")
    for name in ("skipped", "mean_score_change", "lists_changed", "lists_total"):
        op.drop_column("rescoring_shards", name)
