"""Who opened the page of a property. A new table: nothing that is there waits."""

import sqlalchemy as sa
from alembic import op

revision = "0160"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "home_views",
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("viewer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("property_id", "viewer_id", name=op.f("pk_home_views")),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_home_views_property_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["viewer_id"], ["users.id"], name=op.f("fk_home_views_viewer_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_home_views_viewer", "home_views", ["viewer_id"])


def downgrade() -> None:
    op.drop_table("home_views")
