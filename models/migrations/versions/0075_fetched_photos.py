"""Photos that were fetched from the addresses that listings name."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0120"
branch_labels = None
depends_on = None

FAULTS = (
    "no_answer", "not_there", "private", "too_large", "too_slow", "not_an_image", "damaged", "too_many_pixels",
    "no_room",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "fetched_photos",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("state", sa.String(32), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("upload_id", sa.BigInteger()),
        sa.Column("photo_hash", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'fetched', 'refused')", name=op.f("ck_fetched_photos_state_is_known")),
        sa.CheckConstraint(
            "reason IN ({})".format(", ".join(f"'{word}'" for word in FAULTS)),
            name=op.f("ck_fetched_photos_reason_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_fetched_photos_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_fetched_photos_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetched_photos")),
    )
    op.create_index("uq_fetched_photos_digest_owner", "fetched_photos", ["digest", "owner_id"], unique=True)
    op.create_index("ix_fetched_photos_owner", "fetched_photos", ["owner_id"])
    op.create_index(
        "ix_fetched_photos_due", "fetched_photos", ["next_try_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index("uq_fetched_photos_upload", "fetched_photos", ["upload_id"], unique=True)
    op.create_table(
        "photo_checks",
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_photo_checks_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("property_id", name=op.f("pk_photo_checks")),
        info={"derived": True},
    )


def downgrade() -> None:
    op.drop_table("photo_checks")
    op.drop_table("fetched_photos")
