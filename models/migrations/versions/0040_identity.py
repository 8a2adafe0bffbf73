"""Identifiers are claimed or proven; what an account that became its prover's had before is suspended.

What was proven so far stands in the audit log. An account that began by a mere claim (`signed_up`) and was entered by a
proof later is treated as the rule would have treated it then: its tokens end, and its password and what it has not
proven are suspended. Administrators were made by a command or another administrator, which vouches for their e-mail
address.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0030"
branch_labels = None
depends_on = None

#: Column, its proof's time, and which entries of the audit log tell that it was proven.
PROOFS = (
    ("phone", "phone_proven_at", "(deed = 'activated' OR deed = 'signed_in' AND detail ->> 'by' = 'sms')"),
    ("telegram_id", "telegram_proven_at", "(deed = 'signed_in' AND detail ->> 'by' IN ('telegram', 'bot'))"),
)
IDENTIFIERS = (
    ("phone", "phone", "phone_proven_at"),
    ("email", "email", "email_proven_at"),
    ("telegram", "telegram_id", "telegram_proven_at"),
)
#: Accounts that began by a claim and were entered by a proof, but for administrators.
HANDED_OVER = """
    users.role <> 'admin' AND coalesce(phone_proven_at, telegram_proven_at) IS NOT NULL AND EXISTS (
        SELECT FROM audit_log
        WHERE deed = 'signed_up' AND table_name = 'users' AND row_id = users.id::text)
"""


def upgrade() -> None:
    op.create_table(
        "suspended_claims",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "phone",
                "email",
                "telegram",
                "password",
                name="kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.String(length=256), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_suspended_claims_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_suspended_claims")),
    )
    op.create_index("ix_suspended_claims_suspended_at", "suspended_claims", ["suspended_at"])
    op.create_table(
        "one_time_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "tenant",
                "landlord",
                "realtor",
                "developer",
                "agency",
                "admin",
                name="role_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("network", postgresql.INET(), nullable=True),
        sa.Column("is_known", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_sendable", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("seed", sa.LargeBinary(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "delivery",
            sa.Enum(
                "queued",
                "sending",
                "sent",
                "failed",
                name="delivery_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_one_time_links_made_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_links")),
    )
    op.create_index("ix_one_time_links_email", "one_time_links", ["email", "made_at"])
    op.create_index("ix_one_time_links_network", "one_time_links", ["network", "made_at"])
    op.create_index("ix_one_time_links_made_at", "one_time_links", ["made_at"])
    op.create_table(
        "account_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("network", sa.String(length=50), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_account_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_sessions")),
        sa.UniqueConstraint("jti", name=op.f("uq_account_sessions_jti")),
    )
    op.create_index("ix_account_sessions_user", "account_sessions", ["user_id", "id"])
    op.create_index("ix_account_sessions_created_at", "account_sessions", ["created_at"])
    # The network that asked for a code has its tries apart from everybody else's; a known one its sends as well.
    op.add_column("phone_codes", sa.Column("other_tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("phone_codes", sa.Column("is_known", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(
        "leads",
        sa.Column(
            "client_contacts_shared",
            sa.Enum(
                "after_agreement",
                "never",
                name="client_contacts_shared_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="after_agreement",
            nullable=False,
        ),
    )
    op.add_column("leads", sa.Column("private_notes", sa.Text()))
    for column in ("phone_proven_at", "email_proven_at", "telegram_proven_at"):
        op.add_column("users", sa.Column(column, sa.DateTime(timezone=True)))
    for column, proven_at, deeds in PROOFS:
        op.execute(
            f"UPDATE users SET {proven_at} = first.at FROM ("  # noqa: S608 - of constants above
            "    SELECT row_id, min(created_at) AS at FROM audit_log"
            f"   WHERE table_name = 'users' AND {deeds} GROUP BY row_id"
            f") AS first WHERE first.row_id = users.id::text AND {column} IS NOT NULL"
        )
    op.execute("UPDATE users SET email_proven_at = created_at WHERE role = 'admin' AND email IS NOT NULL")
    for kind, column, proven_at in IDENTIFIERS:
        op.execute(
            "INSERT INTO suspended_claims (user_id, kind, value) "  # noqa: S608 - of constants above
            f"SELECT id, '{kind}', {column} FROM users"
            f" WHERE {HANDED_OVER} AND {column} IS NOT NULL AND {proven_at} IS NULL"
        )
    op.execute(
        "INSERT INTO suspended_claims (user_id, kind, value) "  # noqa: S608 - of constants above
        f"SELECT id, 'password', password_hash FROM users WHERE {HANDED_OVER} AND password_hash IS NOT NULL"
    )
    op.execute(
        "UPDATE users SET password_hash = NULL, token_version = token_version + 1,"  # noqa: S608 - of constants above
        "    phone = CASE WHEN phone_proven_at IS NOT NULL THEN phone END,"
        "    email = CASE WHEN email_proven_at IS NOT NULL THEN email END,"
        "    telegram_id = CASE WHEN telegram_proven_at IS NOT NULL THEN telegram_id END,"
        "    telegram_username = CASE WHEN telegram_proven_at IS NOT NULL THEN telegram_username END"
        f" WHERE {HANDED_OVER}"
    )


def downgrade() -> None:
    op.drop_column("leads", "private_notes")
    op.drop_column("leads", "client_contacts_shared")
    # What is suspended comes back where it is still free; before this revision a claim was as good as a proof.
    op.execute(
        "UPDATE users SET password_hash = value FROM suspended_claims"
        " WHERE user_id = users.id AND kind = 'password' AND password_hash IS NULL"
    )
    for kind, column, _ in IDENTIFIERS:
        op.execute(
            f"UPDATE users SET {column} = value FROM suspended_claims AS own"  # noqa: S608 - of constants above
            f" WHERE own.user_id = users.id AND own.kind = '{kind}' AND users.{column} IS NULL"
            f" AND NOT EXISTS (SELECT FROM users AS other WHERE other.{column} = own.value)"
            "  AND NOT EXISTS (SELECT FROM suspended_claims AS earlier WHERE earlier.kind = own.kind"
            "      AND earlier.value = own.value AND earlier.user_id < own.user_id)"
        )
    for column in ("telegram_proven_at", "email_proven_at", "phone_proven_at"):
        op.drop_column("users", column)
    op.drop_table("suspended_claims")
    op.drop_column("phone_codes", "is_known")
    op.drop_column("phone_codes", "other_tries")
    op.drop_table("account_sessions")
    op.drop_table("one_time_links")
