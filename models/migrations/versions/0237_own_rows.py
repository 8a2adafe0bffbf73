"""
Indexes of one owner's leads and properties that hold what lists filter and sort them by, so that only the rows of the
page itself are read. They take the place of the indexes by owner.
"""

from typing import Any

from alembic import op

revision = "0237"
down_revision = "0236"
branch_labels = None
depends_on = None

COMMON = ["updated_at", "status", "deal_type", "rooms", "currency", "city_key", "source_id"]
#: Table -> the columns that its index stores.
STORED = {"leads": ["budget_min", "budget_max", *COMMON], "properties": ["price", *COMMON]}


def upgrade() -> None:
    for table, stored in STORED.items():
        _create(f"ix_{table}_own", table, postgresql_include=stored)
        _drop(f"ix_{table}_owner", table)


def downgrade() -> None:
    for table in STORED:
        _create(f"ix_{table}_owner", table)
        _drop(f"ix_{table}_own", table)


def _create(name: str, table: str, **options: Any) -> None:
    with op.get_context().autocommit_block():
        op.create_index(name, table, ["owner_id", "id"], postgresql_concurrently=True, if_not_exists=True, **options)


def _drop(name: str, table: str) -> None:
    with op.get_context().autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
