"""Why an import failed or waits: a code with its facts; sentences that stand there stay readable."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0051"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("imports", sa.Column("reason_facts", JSONB()))


def downgrade() -> None:
    op.drop_column("imports", "reason_facts")
