"""Webhooks: endpoints, events, deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0120"
down_revision = "0052"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
PENDING = sa.text("state = 'pending'")
STATES = "'pending', 'delivered', 'failed'"
ERRORS = "'status', 'redirect', 'timeout', 'unreachable', 'no_host', 'private_address', 'tls', 'broken_answer'"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.String(40)), nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("old_secret", sa.String(100)),
        sa.Column("old_secret_until", moment),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_reason", sa.String(32)),
        sa.Column("failures", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("paused_until", moment),
        sa.Column("created_at", moment, server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "is_enabled = (disabled_reason IS NULL)", name=op.f("ck_webhook_endpoints_disabled_has_its_reason")
        ),
        sa.CheckConstraint(
            "(old_secret IS NULL) = (old_secret_until IS NULL)",
            name=op.f("ck_webhook_endpoints_old_secret_has_its_end"),
        ),
        sa.CheckConstraint(
            "disabled_reason IN ('owner', 'gone')", name=op.f("ck_webhook_endpoints_disabled_reason_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_webhook_endpoints_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index("ix_webhook_endpoints_owner", "webhook_endpoints", ["owner_id", "id"])
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", moment, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_webhook_events_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("message_id", name=op.f("uq_webhook_events_message_id")),
    )
    op.create_index("ix_webhook_events_owner", "webhook_events", ["owner_id"])
    op.create_index("ix_webhook_events_created", "webhook_events", ["created_at"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("state", sa.String(32), server_default="pending", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", moment, server_default=NOW, nullable=False),
        sa.Column("tried_since", moment, server_default=NOW, nullable=False),
        sa.Column("last_attempt_at", moment),
        sa.Column("last_status", sa.SmallInteger()),
        sa.Column("last_error", sa.String(32)),
        sa.Column("delivered_at", moment),
        sa.Column("created_at", moment, server_default=NOW, nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_webhook_deliveries_state_is_known")),
        sa.CheckConstraint(f"last_error IN ({ERRORS})", name=op.f("ck_webhook_deliveries_last_error_is_known")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_events.id"], name=op.f("fk_webhook_deliveries_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index("uq_webhook_deliveries_once", "webhook_deliveries", ["event_id", "endpoint_id"], unique=True)
    op.create_index("ix_webhook_deliveries_endpoint", "webhook_deliveries", ["endpoint_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_order",
        "webhook_deliveries",
        ["endpoint_id", "subject", "event_id"],
        postgresql_where=PENDING,
    )
    op.create_index(
        "ix_webhook_deliveries_pending", "webhook_deliveries", ["endpoint_id", "event_id"], postgresql_where=PENDING
    )
    op.create_index("ix_webhook_deliveries_created", "webhook_deliveries", ["created_at"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_events")
    op.drop_table("webhook_endpoints")
