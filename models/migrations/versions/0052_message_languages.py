"""Codes by SMS and links by e-mail go out in the language of who asked, where their user never told one."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0130"
branch_labels = None
depends_on = None

TABLES = ("phone_codes", "one_time_links")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("language", sa.String(2)))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "language")
