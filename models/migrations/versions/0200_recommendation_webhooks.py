"""Webhooks of new recommendations: from which score on an endpoint is told, and the pairs that it was told of."""

import sqlalchemy as sa
from alembic import op

revision = "0200"
down_revision = "0180"
branch_labels = None
depends_on = None

RULE = "min_score BETWEEN 0 AND 100"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("webhook_endpoints", sa.Column("min_score", sa.SmallInteger(), server_default="85", nullable=False))
    op.create_check_constraint(op.f("ck_webhook_endpoints_min_score_is_a_score"), "webhook_endpoints", RULE)
    op.create_table(
        "webhook_told_pairs",
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('LEAD', 'PROPERTY')", name=op.f("ck_webhook_told_pairs_side_is_known")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_told_pairs_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "side", "lead_id", "property_id", name=op.f("pk_webhook_told_pairs")),
    )


def downgrade() -> None:
    op.drop_table("webhook_told_pairs")
    op.drop_constraint(op.f("ck_webhook_endpoints_min_score_is_a_score"), "webhook_endpoints")
    op.drop_column("webhook_endpoints", "min_score")
