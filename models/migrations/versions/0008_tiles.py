"""Tiles of big markets: what part of a market a shard has, its partial lists; how long stages took; which rates a
market's lists were computed with."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BOUNDS = ("leads_from", "leads_below", "properties_from", "properties_below", "weights_id", "seen")


def upgrade() -> None:
    # Every column has a default or may be null: the release before this one goes on writing while this is rolled out.
    op.add_column("rescoring_shards", sa.Column("tiles", sa.Integer(), server_default=sa.text("0"), nullable=False))
    for name in BOUNDS:
        op.add_column("rescoring_shards", sa.Column(name, sa.BigInteger()))
    op.add_column(
        "rescoring_shards",
        sa.Column("stages", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "rescoring_runs",
        sa.Column("stages", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("markets", sa.Column("rates", sa.String()))
    op.create_table(
        "rescoring_partials",
        sa.Column("shard_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("LEAD", "PROPERTY", name="side_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("lists", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shard_id"],
            ["rescoring_shards.id"],
            name=op.f("fk_rescoring_partials_shard_id_rescoring_shards"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shard_id", "attempt", "side", "chunk", name=op.f("pk_rescoring_partials")),
    )
    # Numbers that hardly shrink: trying to compress them takes longer than writing them.
    op.execute("ALTER TABLE rescoring_partials ALTER COLUMN lists SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("rescoring_partials")
    op.drop_column("markets", "rates")
    op.drop_column("rescoring_runs", "stages")
    for name in ("stages", *reversed(BOUNDS), "tiles"):
        op.drop_column("rescoring_shards", name)
