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


def downgrade() -> None:
    for name in ("grammar", "read_facts"):
        op.drop_column("properties", name)
    for name in ("coordinates_are_a_place", "radius_is_above_0", "place_scope_is_known"):
        op.drop_constraint(op.f(f"ck_leads_{name}"), "leads", type_="check")
    for name in ("longitude", "latitude", "radius_km", "place_scope", "grammar", "wishes"):
        op.drop_column("leads", name)
