"""Learnt weights: their versions, which of them a market's lists were computed with, and where in its list a pair stood
when it was acted on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "weight_sets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=True),
        sa.Column(
            "deal_type",
            sa.Enum("SALE", "RENT", name="deal_type_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actions", sa.Integer(), nullable=False),
        sa.Column("actions_said", sa.Integer(), nullable=False),
        sa.Column("present_loss", sa.Float(), nullable=False),
        sa.Column("fitted_loss", sa.Float(), nullable=False),
        sa.Column("standard_error", sa.Float(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(city_key IS NULL) = (deal_type IS NULL)", name=op.f("ck_weight_sets_a_market_has_both_names")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weight_sets")),
    )
    op.create_index(
        "uq_weight_sets_live",
        "weight_sets",
        ["city_key", "deal_type"],
        unique=True,
        postgresql_where=sa.text("is_live"),
        postgresql_nulls_not_distinct=True,
    )
    op.add_column("markets", sa.Column("weights_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_markets_weights_id_weight_sets"), "markets", "weight_sets", ["weights_id"], ["id"])
    op.add_column("actions", sa.Column("list_place", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_actions_list_place_counts_from_1"), "actions", "list_place >= 1")


def downgrade() -> None:
    op.drop_column("actions", "list_place")
    op.drop_column("markets", "weights_id")
    op.drop_table("weight_sets")
