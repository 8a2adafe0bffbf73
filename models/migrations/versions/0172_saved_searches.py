"""Saved searches, what was told of each, and the notification that tells of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0172"
down_revision = "0171"
branch_labels = None
depends_on = None

ADDED = "SEARCH_NEWS"
RULE = "ck_notifications_type_is_known"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("criteria", JSONB(), nullable=False),
        sa.Column(
            "pace",
            sa.Enum(
                "at_once", "daily", "never", name="pace_is_known", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("seed", sa.String(43), nullable=False),
        sa.Column("looked_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_searches_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("seed", name=op.f("uq_saved_searches_seed")),
    )
    op.create_index("ix_saved_searches_user", "saved_searches", ["user_id", "id"])
    op.create_index("ix_saved_searches_pace", "saved_searches", ["pace"], postgresql_where=sa.text("pace <> 'never'"))
    op.create_table(
        "told_homes",
        sa.Column("search_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("price", sa.Numeric(17, 2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("told_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_searches.id"], name=op.f("fk_told_homes_search_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_told_homes_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", "property_id", name=op.f("pk_told_homes")),
    )
    op.create_index("ix_told_homes_property", "told_homes", ["property_id"])
    _admit(_known() | {ADDED})
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def downgrade() -> None:
    op.drop_table("told_homes")
    op.drop_table("saved_searches")
    op.execute(sa.text("DELETE FROM notifications WHERE type = :added").bindparams(added=ADDED))
    _admit(_known() - {ADDED})
    op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def _known() -> set[str]:
    """The kinds that the rule admits: those of whichever migration came before."""
    rule = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name").bindparams(name=RULE)
    )
    return set(rule.split("'")[1::2])


def _admit(kinds: set[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    op.execute(f"ALTER TABLE notifications DROP CONSTRAINT {RULE}")
    op.execute(f"ALTER TABLE notifications ADD CONSTRAINT {RULE} CHECK (type IN ({listed})) NOT VALID")
