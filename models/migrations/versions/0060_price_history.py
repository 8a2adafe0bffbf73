"""What properties cost before, adverts of one home, and dislikes that no price cut ends.

New tables, and columns with constant defaults: nothing is rewritten, and the code of before goes on beside it. A
trigger keeps the history, so imports and earlier releases write it too.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0070"
branch_labels = None
depends_on = None

#: The first change also keeps what the property cost from the beginning on: homes that never change have no rows.
KEEP_PRICE = """
CREATE FUNCTION keep_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM property_prices WHERE property_id = OLD.id) THEN
        INSERT INTO property_prices (property_id, price, currency, since)
        VALUES (OLD.id, OLD.price, OLD.currency, OLD.created_at);
    END IF;
    INSERT INTO property_prices (property_id, price, currency, since)
    VALUES (NEW.id, NEW.price, NEW.currency, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER keep_price AFTER UPDATE ON properties FOR EACH ROW
    WHEN ((OLD.price, OLD.currency) IS DISTINCT FROM (NEW.price, NEW.currency)) EXECUTE FUNCTION keep_price();
"""


def upgrade() -> None:
    op.create_table(
        "property_prices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.Numeric(precision=17, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_property_prices_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_property_prices")),
    )
    op.create_index("ix_property_prices_since", "property_prices", ["property_id", "since"])
    op.create_table(
        "advert_groups",
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_advert_groups_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("property_id", name=op.f("pk_advert_groups")),
    )
    op.create_index(op.f("ix_advert_groups_group_id"), "advert_groups", ["group_id"])
    op.create_table(
        "advert_keys",
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_advert_keys_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("property_id", name=op.f("pk_advert_keys")),
    )
    op.create_index("ix_advert_keys_keys", "advert_keys", ["keys"], postgresql_using="gin")
    for table in ("actions", "feed_actions"):
        op.add_column(
            table, sa.Column("holds_at_any_price", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    op.execute(KEEP_PRICE)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_price ON properties; DROP FUNCTION keep_price()")
    for table in ("feed_actions", "actions"):
        op.drop_column(table, "holds_at_any_price")
    op.drop_table("advert_keys")
    op.drop_table("advert_groups")
    op.drop_table("property_prices")
