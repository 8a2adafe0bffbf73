"""Indexes that hold the orders of the public search."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0215"
down_revision = "0220"
branch_labels = None
depends_on = None

ACTIVE = sa.text("status = 'ACTIVE'")
INDEXES: dict[str, list[Any]] = {
    "ix_properties_by_price": ["city_key", "deal_type", "currency", "price"],
    "ix_properties_by_price_per_metre": ["city_key", "deal_type", "currency", sa.text("(price / area)")],
    "ix_properties_by_area": ["city_key", "deal_type", sa.text("area DESC NULLS LAST")],
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.create_index(
                name,
                "properties",
                columns,
                postgresql_where=ACTIVE,
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "properties", if_exists=True)
