"""Which exchange rates a tile was scored with: tiles of one market are merged only if they agree.

The column may be null: what the release before this one leaves without it is scored again before it is merged.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rescoring_shards", sa.Column("rates", sa.String()))


def downgrade() -> None:
    op.drop_column("rescoring_shards", "rates")
