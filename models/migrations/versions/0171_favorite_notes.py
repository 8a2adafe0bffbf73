"""A private note beside a favourite."""

import sqlalchemy as sa
from alembic import op

revision = "0171"
down_revision = "0201"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("favorites", sa.Column("private_note", sa.String()))


def downgrade() -> None:
    op.drop_column("favorites", "private_note")
