"""Sources of listings, what their imports did, and a listing's identity within its source.

What was imported so far goes into a source of its owner's, called as the command by which it came. Each of those rows
gets a new version by it, so that lists are made anew in the background; they stay as they are meanwhile.

The release before this one serves on, but for its own `import-listings`: it looked for the index that let one agency's
row overwrite another's, and fails without touching anything.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("address", sa.String(length=2000), nullable=True),
        sa.Column("file", sa.String(length=60), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("mapping", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_complete", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("state", _words("state_is_known", "active", "paused"), server_default="active", nullable=False),
        sa.Column("refresh_minutes", sa.Integer(), nullable=True),
        sa.Column("next_fetch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("etag", sa.String(length=500), nullable=True),
        sa.Column("last_modified", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("refresh_minutes BETWEEN 15 AND 10080", name=op.f("ck_sources_refresh_is_between_bounds")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_sources_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_index("uq_sources_owner_name", "sources", ["owner_id", "name"], unique=True)
    op.create_index(
        "ix_sources_due",
        "sources",
        ["next_fetch_at"],
        postgresql_where=sa.text("address IS NOT NULL AND state = 'active'"),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            _words("state_is_known", "queued", "running", "succeeded", "waiting", "unchanged", "failed"),
            nullable=False,
        ),
        sa.Column("is_dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asked_by", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("report", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("held_ids", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_imports_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_source", "imports", ["source_id", "id"])
    op.create_index("ix_imports_open", "imports", ["id"], postgresql_where=sa.text("state IN ('queued', 'running')"))
    for column in (
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(length=16), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("photo_kinds", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("stations", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("latitude", sa.Numeric(9, 7), nullable=True),
        sa.Column("longitude", sa.Numeric(10, 7), nullable=True),
        sa.Column("facts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    ):
        op.add_column("properties", column)
    op.create_foreign_key(
        op.f("fk_properties_source_id"), "properties", "sources", ["source_id"], ["id"], ondelete="SET NULL"
    )
    op.create_check_constraint(
        op.f("ck_properties_withdrawn_is_off_the_market"), "properties", "withdrawn_at IS NULL OR status = 'ARCHIVED'"
    )
    op.create_check_constraint(
        op.f("ck_properties_coordinates_are_a_place"),
        "properties",
        "(latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
    )
    op.execute(
        """
        INSERT INTO sources (owner_id, name, kind, is_complete)
        SELECT DISTINCT owner_id, 'import-listings', 'csv', false
        FROM properties WHERE origin = 'import' AND external_id IS NOT NULL
        """
    )
    op.execute(
        """
        UPDATE properties SET source_id = sources.id FROM sources
        WHERE sources.owner_id = properties.owner_id AND properties.origin = 'import'
          AND properties.external_id IS NOT NULL
        """
    )
    with op.get_context().autocommit_block():
        op.create_index(
            "uq_properties_source",
            "properties",
            ["source_id", "external_id"],
            unique=True,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.drop_index("uq_properties_external", "properties", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    # Listings of several sources may have one id: those that came later lose theirs.
    op.execute(
        """
        UPDATE properties SET external_id = NULL WHERE id IN (
            SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY origin, external_id ORDER BY id) AS place
                FROM properties WHERE external_id IS NOT NULL) AS numbered
            WHERE place > 1)
        """
    )
    op.create_index("uq_properties_external", "properties", ["origin", "external_id"], unique=True)
    op.drop_index("uq_properties_source", "properties")
    for name in ("withdrawn_is_off_the_market", "coordinates_are_a_place"):
        op.drop_constraint(op.f(f"ck_properties_{name}"), "properties", type_="check")
    op.drop_constraint(op.f("fk_properties_source_id"), "properties", type_="foreignkey")
    for column in (
        "source_id", "content_hash", "withdrawn_at", "photo_kinds", "stations", "latitude", "longitude", "facts",
    ):  # fmt: skip
        op.drop_column("properties", column)
    op.drop_table("imports")
    op.drop_table("sources")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
