"""Sources may bring clients' requests; a lead's identity is its source and its id there."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("content", sa.String(32), server_default="listings", nullable=False))
    op.create_check_constraint("content_is_known", "sources", "content IN ('listings', 'leads')")
    op.add_column("leads", sa.Column("source_id", sa.BigInteger()))
    op.add_column("leads", sa.Column("external_id", sa.String(100)))
    op.add_column("leads", sa.Column("content_hash", sa.LargeBinary(16)))
    # Checked for new rows at once, for those that are there without keeping anybody from writing: all are null.
    op.execute(
        "ALTER TABLE leads ADD CONSTRAINT fk_leads_source_id FOREIGN KEY (source_id) REFERENCES sources (id)"
        " ON DELETE SET NULL NOT VALID"
    )
    op.execute("ALTER TABLE leads VALIDATE CONSTRAINT fk_leads_source_id")
    with op.get_context().autocommit_block():
        op.create_index(
            "uq_leads_source", "leads", ["source_id", "external_id"], unique=True, postgresql_concurrently=True
        )


def downgrade() -> None:
    op.drop_index("uq_leads_source", "leads")
    op.drop_constraint("fk_leads_source_id", "leads", type_="foreignkey")
    for name in ("content_hash", "external_id", "source_id"):
        op.drop_column("leads", name)
    op.drop_constraint("content_is_known", "sources", type_="check")
    op.drop_column("sources", "content")
