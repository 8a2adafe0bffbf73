"""Notifications are stored as type and facts, and told in the language of their user."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0050"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns that may be left out, and defaults: each takes its lock for a moment and rewrites nothing. Processes of
    # the release before go on inserting title and message, and show a row of the new release by these defaults.
    op.add_column("notifications", sa.Column("facts", JSONB))
    op.alter_column("notifications", "title", server_default=sa.text("'Leadmatch'"))
    op.alter_column("notifications", "message", server_default=sa.text("''"))
    op.add_column("users", sa.Column("language", sa.String(2)))


def downgrade() -> None:
    op.drop_column("users", "language")
    op.alter_column("notifications", "message", server_default=None)
    op.alter_column("notifications", "title", server_default=None)
    op.drop_column("notifications", "facts")
