"""Sample data of accounts, and that a sample never leaves the market of its user."""

import sqlalchemy as sa
from alembic import op

revision = "0222"
down_revision = "0214"
branch_labels = None
depends_on = None

KEEP = """
CREATE FUNCTION keep_sample_market() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.city_key := OLD.city_key;
    RETURN NEW;
END $$
"""
TABLES = ("leads", "properties")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "sample_sets",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sample_sets_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["users.id"], name=op.f("fk_sample_sets_partner_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_sets")),
        sa.UniqueConstraint("user_id", name=op.f("uq_sample_sets_user_id")),
        sa.UniqueConstraint("partner_id", name=op.f("uq_sample_sets_partner_id")),
    )
    op.execute(KEEP)
    for table in TABLES:
        # "%" stands for itself in what the driver is given without parameters.
        op.execute(
            f"CREATE TRIGGER keep_sample_market BEFORE UPDATE OF city_key ON {table} FOR EACH ROW"
            " WHEN (OLD.city_key LIKE 'sample:%' AND NEW.city_key IS DISTINCT FROM OLD.city_key)"
            " EXECUTE FUNCTION keep_sample_market()"
        )


def downgrade() -> None:
    # Without the trigger samples could come onto everybody's market, and the release before shows them to everybody.
    for table in TABLES:
        op.execute(f"DROP TRIGGER keep_sample_market ON {table}")
        samples = sa.table(table, sa.column("status"), sa.column("city_key"))
        op.execute(samples.update().where(samples.c.city_key.like("sample:%")).values(status="ARCHIVED"))
    op.execute("DROP FUNCTION keep_sample_market()")
    op.drop_table("sample_sets")
