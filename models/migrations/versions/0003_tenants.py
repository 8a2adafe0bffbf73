"""Tables of tenants and buyers: feed, favourites, inquiries, chat; notices of new kinds, and when they were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOTICES_BEFORE = ("NEW_MATCH", "CONTACT_SHARED")
NOTICES = (*NOTICES_BEFORE, "NEW_INQUIRY", "INQUIRY_STATUS", "NEW_MESSAGE")

#: A function of its own, so that the index and every query name one expression. Russian stemming leaves English
#: words to PostgreSQL's English stemmer.
SEARCH_FUNCTION = """
CREATE FUNCTION property_words(title varchar, description text, location varchar, search_text text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector(
        'pg_catalog.russian'::regconfig,
        coalesce(title, '') || ' ' || coalesce(description, '') || ' ' || coalesce(location, '') || ' ' || search_text
    )
$$
"""


def upgrade() -> None:
    op.create_table(
        "favorites",
        _id(),
        _reference("user_id", "users", "fk_favorites_user_id"),
        _reference("property_id", "properties", "fk_favorites_property_id"),
        sa.Column("from_feed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favorites")),
        sa.UniqueConstraint("user_id", "property_id", name=op.f("uq_favorites_user_id_property_id")),
    )
    op.create_index("ix_favorites_property", "favorites", ["property_id"])
    op.create_table(
        "inquiries",
        _id(),
        _reference("tenant_id", "users", "fk_inquiries_tenant_id"),
        _reference("property_id", "properties", "fk_inquiries_property_id"),
        _reference("owner_id", "users", "fk_inquiries_owner_id"),
        sa.Column(
            "status",
            _words("status_is_known", "new", "in_progress", "closed"),
            server_default=sa.text("'new'"),
            nullable=False,
        ),
        sa.Column("from_feed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
        sa.UniqueConstraint("tenant_id", "property_id", name=op.f("uq_inquiries_tenant_id_property_id")),
    )
    op.create_index("ix_inquiries_owner", "inquiries", ["owner_id", "id"])
    op.create_index("ix_inquiries_tenant", "inquiries", ["tenant_id", "id"])
    op.create_index("ix_inquiries_property", "inquiries", ["property_id"])
    op.create_table(
        "feed_actions",
        _id(),
        _reference("user_id", "users", "fk_feed_actions_user_id"),
        _reference("property_id", "properties", "fk_feed_actions_property_id"),
        sa.Column("action", _words("action_is_known", "like", "dislike", "favorite"), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        _moment("created_at"),
        _moment("acted_at", "clock_timestamp()"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_actions")),
        sa.UniqueConstraint("user_id", "property_id", name=op.f("uq_feed_actions_user_id_property_id")),
    )
    op.create_index("ix_feed_actions_last", "feed_actions", ["user_id", "acted_at"])
    op.create_index("ix_feed_actions_property", "feed_actions", ["property_id"])
    _create_chats()
    op.add_column("notifications", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_notifications_unsent", "notifications", ["created_at"], postgresql_where=sa.text("sent_at IS NULL")
    )
    _allow_notices(NOTICES)
    op.execute(SEARCH_FUNCTION)
    op.create_index(
        "ix_properties_search",
        "properties",
        [sa.text("property_words(title, description, location, search_text)")],
        postgresql_using="gin",
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )


def downgrade() -> None:
    op.drop_index("ix_properties_search", table_name="properties")
    op.execute("DROP FUNCTION property_words")
    op.execute("DELETE FROM notifications WHERE type NOT IN ('NEW_MATCH', 'CONTACT_SHARED')")
    _allow_notices(NOTICES_BEFORE)
    op.drop_index("ix_notifications_unsent", table_name="notifications")
    op.drop_column("notifications", "sent_at")
    for table in ("chat_messages", "chats", "feed_actions", "inquiries", "favorites"):
        op.drop_table(table)


def _create_chats() -> None:
    op.create_table(
        "chats",
        _id(),
        _reference("buyer_id", "users", "fk_chats_buyer_id"),
        _reference("seller_id", "users", "fk_chats_seller_id"),
        _reference("property_id", "properties", "fk_chats_property_id"),
        sa.Column("last_message_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("buyer_read_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seller_read_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("buyer_id <> seller_id", name=op.f("ck_chats_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        sa.UniqueConstraint(
            "buyer_id", "seller_id", "property_id", name=op.f("uq_chats_buyer_id_seller_id_property_id")
        ),
    )
    op.create_index("ix_chats_seller", "chats", ["seller_id"])
    op.create_index("ix_chats_property", "chats", ["property_id"])
    op.create_table(
        "chat_messages",
        _id(),
        _reference("chat_id", "chats", "fk_chat_messages_chat_id"),
        _reference("sender_id", "users", "fk_chat_messages_sender_id"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
    )
    op.create_index("ix_chat_messages_chat", "chat_messages", ["chat_id", "id"])
    op.create_index(
        "uq_chat_messages_client",
        "chat_messages",
        ["chat_id", "sender_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )


def _allow_notices(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_notifications_type_is_known"), "notifications", type_="check")
    known = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_notifications_type_is_known"), "notifications", f"type IN ({known})")


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _reference(name: str, table: str, constraint: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id", name=op.f(constraint)), nullable=False)


def _moment(name: str, default: str = "now()") -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text(default), nullable=False)


def _words(name: str, *known: str) -> sa.Enum:
    return sa.Enum(*known, name=name, native_enum=False, create_constraint=True, length=32)
