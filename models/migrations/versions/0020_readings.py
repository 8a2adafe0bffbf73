"""What was read out of a lead's words and of a property's text, and how far from the wanted places a lead may live.

The columns are filled by workers, in the background, before they next score a row: no row is rewritten here.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("wishes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("grammar", sa.SmallInteger(), nullable=True),
        sa.Column("place_scope", sa.String(length=10), nullable=True),
        sa.Column("radius_km", sa.Numeric(6, 2), nullable=True),
        sa.Column("latitude", sa.Numeric(9, 7), nullable=True),
        sa.Column("longitude", sa.Numeric(10, 7), nullable=True),
    ):
        op.add_column("leads", column)
    op.create_check_constraint(op.f("ck_leads_place_scope_is_known"), "leads", "place_scope IN ('only', 'near')")
    op.create_check_constraint(op.f("ck_leads_radius_is_above_0"), "leads", "radius_km > 0")
    op.create_check_constraint(
        op.f("ck_leads_coordinates_are_a_place"),
        "leads",
        "(latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
    )
    op.add_column(
        "properties", sa.Column("read_facts", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("properties", sa.Column("grammar", sa.SmallInteger(), nullable=True))
    op.create_table(
        "closeness_models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column(
            "deal_type",
            sa.Enum("SALE", "RENT", name="deal_type_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.Column("properties", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closeness_models")),
    )
    op.create_index("ix_closeness_models_market", "closeness_models", ["city_key", "deal_type", "id"])
    for table in ("markets", "rescoring_shards"):
        op.add_column(table, sa.Column("closeness_id", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("engine", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for table in ("markets", "rescoring_shards"):
        op.drop_column(table, "engine")
        op.drop_column(table, "closeness_id")
    op.drop_table("closeness_models")
    for name in ("grammar", "read_facts"):
        op.drop_column("properties", name)
    for name in ("coordinates_are_a_place", "radius_is_above_0", "place_scope_is_known"):
        op.drop_constraint(op.f(f"ck_leads_{name}"), "leads", type_="check")
    for name in ("longitude", "latitude", "radius_km", "place_scope", "grammar", "wishes"):
        op.drop_column("leads", name)
