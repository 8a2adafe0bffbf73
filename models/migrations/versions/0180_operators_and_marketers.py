"""Two roles of our own, operator and marketer; API keys of one niche.

Rows that are there are held to the wider rules afterwards, without a lock that would keep writers out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0180"
down_revision = "0076"
branch_labels = None
depends_on = None

TABLES = ("users", "one_time_links")
ROLES = ("tenant", "landlord", "realtor", "developer", "agency", "admin")
ADDED = ("operator", "marketer")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("api_keys", sa.Column("niche_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_api_keys_niche_id_niches"), "api_keys", "niches", ["niche_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index("ix_api_keys_niche", "api_keys", ["niche_id"], postgresql_where=sa.text("niche_id IS NOT NULL"))
    for table in TABLES:
        _admit(table, ROLES + ADDED)
    with op.get_context().autocommit_block():
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_role_is_known")


def downgrade() -> None:
    """Operators and marketers become tenants, who hold no rights over others; keys of one niche end."""
    op.execute("UPDATE users SET role = 'tenant' WHERE role IN ('operator', 'marketer')")
    op.execute("DELETE FROM one_time_links WHERE role IN ('operator', 'marketer')")
    for table in TABLES:
        _admit(table, ROLES)
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_role_is_known")
    op.execute("DELETE FROM api_keys WHERE niche_id IS NOT NULL")
    op.drop_index("ix_api_keys_niche", "api_keys")
    op.drop_column("api_keys", "niche_id")


def _admit(table: str, roles: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{role}'" for role in roles)
    rule = f"ck_{table}_role_is_known"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {rule}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {rule} CHECK (role IN ({listed})) NOT VALID")
