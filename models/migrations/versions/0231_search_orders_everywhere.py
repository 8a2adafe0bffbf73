"""Indexes that hold the orders of the public search without a town, with what such a search reads of a row."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0231"
down_revision = "0230"
branch_labels = None
depends_on = None

ACTIVE = sa.text("status = 'ACTIVE'")
#: Name -> (columns, further columns that are stored in the index).
INDEXES: dict[str, tuple[list[Any], list[str]]] = {
    "ix_properties_newest": (["id"], ["city_key", "deal_type", "owner_id", "currency", "price", "area"]),
    "ix_properties_everywhere_by_price": (["deal_type", "currency", "price"], ["id", "owner_id", "city_key"]),
    "ix_properties_everywhere_by_price_per_metre": (
        ["deal_type", "currency", sa.text("(price / area)")],
        ["id", "owner_id", "city_key", "price", "area"],
    ),
    "ix_properties_everywhere_by_area": (
        ["deal_type", sa.text("area DESC NULLS LAST")],
        ["id", "owner_id", "city_key"],
    ),
}
#: The former index, which ix_properties_newest replaces.
FORMER = "ix_properties_active_newest"


def upgrade() -> None:
    for name, (columns, stored) in INDEXES.items():
        _create(name, columns, postgresql_include=stored)
    _drop(FORMER)


def downgrade() -> None:
    _create(FORMER, ["id"])
    for name in INDEXES:
        _drop(name)


def _create(name: str, columns: list[Any], **options: Any) -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            name,
            "properties",
            columns,
            postgresql_where=ACTIVE,
            postgresql_concurrently=True,
            if_not_exists=True,
            **options,
        )


def _drop(name: str) -> None:
    with op.get_context().autocommit_block():
        op.drop_index(name, "properties", postgresql_concurrently=True, if_exists=True)
