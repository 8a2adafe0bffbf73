"""The order in which a market's lists are read, and the shifts by which a balanced one departs from scores.

New columns have defaults and the table is new: the code of before goes on beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "markets",
        sa.Column(
            "list_order",
            sa.Enum(
                "score", "balanced", name="list_order_is_known", native_enum=False, create_constraint=True, length=32
            ),
            server_default="score",
            nullable=False,
        ),
    )
    op.add_column("markets", sa.Column("ordered_generation", sa.BigInteger(), nullable=True))
    op.create_table(
        "score_shifts",
        sa.Column(
            "side",
            sa.Enum("LEAD", "PROPERTY", name="side_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("entity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE", "RENT", name="deal_type_is_known", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("shift", sa.REAL(), nullable=False),
        sa.PrimaryKeyConstraint("side", "entity_id", name=op.f("pk_score_shifts")),
    )
    op.create_index("ix_score_shifts_market", "score_shifts", ["city_key", "deal_type"])


def downgrade() -> None:
    op.drop_table("score_shifts")
    op.drop_column("markets", "ordered_generation")
    op.drop_column("markets", "list_order")
