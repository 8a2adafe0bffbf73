"""What users are notified of by which channel, and where their clock is.

Columns with constant defaults: no row is written, and the release before goes on without them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0190"
down_revision = "0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    empty = sa.text("'{}'")
    op.add_column("users", sa.Column("notification_switches", JSONB(), server_default=empty, nullable=False))
    op.add_column("users", sa.Column("time_zone", sa.String(64)))
    op.add_column("notifications", sa.Column("sent_by", ARRAY(sa.String(10)), server_default=empty, nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("notifications", "sent_by")
    op.drop_column("users", "time_zone")
    op.drop_column("users", "notification_switches")
