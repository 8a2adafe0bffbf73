"""An index of replies to prospects that are still to be sent, by which those that the broker lost are found."""

import sqlalchemy as sa
from alembic import op

revision = "0238"
down_revision = "0237"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_prospect_messages_queued", "prospect_messages"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            NAME,
            TABLE,
            ["created_at"],
            postgresql_where=sa.text("delivery = 'queued'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(NAME, TABLE, postgresql_concurrently=True, if_exists=True)
