"""Indexes that list the towns of one owner's leads, or properties, without reading all of the owner's rows."""

from alembic import op

revision = "0235"
down_revision = "0234"
branch_labels = None
depends_on = None

#: Name -> table.
INDEXES = {"ix_leads_own_towns": "leads", "ix_properties_own_towns": "properties"}


def upgrade() -> None:
    for name, table in INDEXES.items():
        with op.get_context().autocommit_block():
            op.create_index(
                name,
                table,
                ["owner_id", "city_key", "city"],
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    for name, table in INDEXES.items():
        with op.get_context().autocommit_block():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
