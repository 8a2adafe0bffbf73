"""How far a running import is."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("imports", sa.Column("progress", sa.Float()))


def downgrade() -> None:
    op.drop_column("imports", "progress")
