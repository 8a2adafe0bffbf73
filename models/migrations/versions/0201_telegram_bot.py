"""The Telegram bot: linked accounts, codes, updates, calls, drafts; and notifications of new recommendations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0201"
down_revision = "0161"
branch_labels = None
depends_on = None

ADDED = "NEW_RECOMMENDATION"
RULE = "ck_notifications_type_is_known"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "bot_chats",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("telegram_id", sa.String(20), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bot_chats_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_bot_chats")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_bot_chats_telegram_id")),
    )
    op.create_table(
        "bot_codes",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bot_codes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_bot_codes")),
    )
    op.create_index("ix_bot_codes_user", "bot_codes", ["user_id"])
    op.create_table(
        "bot_updates",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB()),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_updates")),
    )
    op.create_index("ix_bot_updates_open", "bot_updates", ["id"], postgresql_where=sa.text("content IS NOT NULL"))
    op.create_index("ix_bot_updates_created", "bot_updates", ["created_at"])
    op.create_table(
        "bot_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("chat_id", sa.String(20), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("taken_at", moment),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_messages")),
    )
    op.create_index("ix_bot_messages_chat", "bot_messages", ["chat_id"])
    op.create_table(
        "bot_drafts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bot_drafts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_drafts")),
    )
    op.create_index("ix_bot_drafts_user", "bot_drafts", ["user_id"])
    _admit(_known() | {ADDED})
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def downgrade() -> None:
    for table in ("bot_drafts", "bot_messages", "bot_updates", "bot_codes", "bot_chats"):
        op.drop_table(table)
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
