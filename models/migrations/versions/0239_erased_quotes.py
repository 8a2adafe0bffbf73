"""Quotes of the texts of erased users, which the readings of their leads and properties kept."""

from alembic import op

revision = "0239"
down_revision = "0238"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("leads", "wishes"), ("properties", "read_facts")):
        op.execute(
            f"UPDATE {table} SET {column} = '[]' FROM users"  # noqa: S608 - the names are ours
            f" WHERE users.id = owner_id AND users.deleted_at IS NOT NULL AND {column} <> '[]'"
        )


def downgrade() -> None:
    """What was erased stays erased."""
