"""Tags of leads and properties, and words of archived properties in an index: what the own base is searched by."""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for one, many in (("lead", "leads"), ("property", "properties")):
        op.create_table(
            f"{one}_tags",
            sa.Column(f"{one}_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("tag", sa.String(40), nullable=False),
            sa.CheckConstraint("tag <> ''", name=op.f(f"ck_{one}_tags_tag_says_something")),
            sa.ForeignKeyConstraint(
                [f"{one}_id"], [f"{many}.id"], name=op.f(f"fk_{one}_tags_{one}_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint(f"{one}_id", "tag", name=op.f(f"pk_{one}_tags")),
        )
        op.create_index(f"ix_{one}_tags_tag", f"{one}_tags", ["tag"])
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_properties_search_archived",
            "properties",
            [sa.text("property_words(title, description, location, search_text)")],
            postgresql_using="gin",
            postgresql_where=sa.text("status = 'ARCHIVED'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_properties_search_archived", "properties", if_exists=True)
    op.drop_table("property_tags")
    op.drop_table("lead_tags")
