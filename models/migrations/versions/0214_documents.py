"""Private documents of leads and properties."""

import sqlalchemy as sa
from alembic import op

revision = "0214"
down_revision = "0215"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "documents",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.BigInteger()),
        sa.Column("property_id", sa.BigInteger()),
        sa.Column("upload_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("deleted_at", moment),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("(lead_id IS NULL) <> (property_id IS NULL)", name=op.f("ck_documents_belongs_to_one_row")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_documents_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_documents_property_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_documents_upload_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_documents_upload_id")),
    )
    op.create_index("ix_documents_lead", "documents", ["lead_id"], postgresql_where=sa.text("lead_id IS NOT NULL"))
    op.create_index(
        "ix_documents_property", "documents", ["property_id"], postgresql_where=sa.text("property_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("documents")
