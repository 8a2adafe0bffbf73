"""The public search: the words of listings, what listings tell with a yes, a covering index, and the market's words."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0170"
down_revision = "0150"
branch_labels = None
depends_on = None

#: What a listing says of itself and of its places.
HOME_WORDS = """
CREATE FUNCTION home_words(listing properties) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_tsvector(
        'pg_catalog.russian'::regconfig,
        concat_ws(
            ' ', listing.title, listing.description, listing.location, listing.search_text,
            listing.city, listing.district, listing.metro_station, listing.street
        )
    )
$$
"""

KEEP_WORDS = """
CREATE FUNCTION keep_listing_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'ACTIVE' THEN
        INSERT INTO listing_words (property_id, words) VALUES (NEW.id, home_words(NEW))
        ON CONFLICT (property_id) DO UPDATE SET words = excluded.words;
    ELSE
        DELETE FROM listing_words WHERE property_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$
"""

KEEP_NEW = """
CREATE TRIGGER keep_words_of_new AFTER INSERT ON properties FOR EACH ROW EXECUTE FUNCTION keep_listing_words()
"""
KEEP_CHANGED = """
CREATE TRIGGER keep_words_of_changed AFTER UPDATE ON properties FOR EACH ROW
WHEN (
    (OLD.status, OLD.title, OLD.description, OLD.location, OLD.search_text, OLD.city, OLD.district, OLD.metro_station,
     OLD.street) IS DISTINCT FROM
    (NEW.status, NEW.title, NEW.description, NEW.location, NEW.search_text, NEW.city, NEW.district, NEW.metro_station,
     NEW.street)
)
EXECUTE FUNCTION keep_listing_words()
"""

#: The words of listings that were there before the triggers, in portions that each commit.
FILL = """
WITH portion AS (
    SELECT id FROM properties WHERE id > :last ORDER BY id LIMIT 2000
), kept AS (
    INSERT INTO listing_words (property_id, words)
    SELECT id, home_words(properties) FROM properties JOIN portion USING (id) WHERE status = 'ACTIVE'
    ON CONFLICT (property_id) DO NOTHING
)
SELECT max(id) FROM portion
"""

#: Kinds of facts that are told with a yes; what a field tells outweighs what was read of the same kind.
TOLD_FLAGS = """
CREATE FUNCTION told_flags(facts jsonb, read_facts jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT kind), '{}') FROM (
        SELECT key AS kind FROM jsonb_each(facts) WHERE value = 'true'::jsonb
        UNION ALL
        SELECT fact ->> 'kind' FROM jsonb_array_elements(read_facts) AS fact
        WHERE fact -> 'value' = 'true'::jsonb AND NOT facts ? (fact ->> 'kind')
    ) AS told
$$
"""

ACTIVE = sa.text("status = 'ACTIVE'")

#: name -> (columns or expressions, further arguments)
INDEXES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "ix_properties_public": (
        ["city_key", "deal_type", "id"],
        {
            "postgresql_include": [
                "owner_id",
                "property_type",
                "price",
                "currency",
                "area",
                "rooms",
                "floor",
                "total_floors",
                "district",
            ]
        },
    ),
    "ix_properties_told_flags": ([sa.text("told_flags(facts, read_facts)")], {"postgresql_using": "gin"}),
    "ix_properties_metro_station": (["metro_station"], {}),
    "ix_properties_stations": (
        ["stations"],
        {"postgresql_using": "gin", "postgresql_ops": {"stations": "jsonb_path_ops"}},
    ),
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(TOLD_FLAGS)
    op.create_table(
        "listing_words",
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_listing_words_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("property_id", name=op.f("pk_listing_words")),
    )
    op.create_index("ix_listing_words_words", "listing_words", ["words"], postgresql_using="gin")
    for statement in (HOME_WORDS, KEEP_WORDS, KEEP_NEW, KEEP_CHANGED):
        op.execute(statement)
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("letters", sa.Text(), nullable=False),
        sa.Column("listings", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(
        "ix_search_words_letters",
        "search_words",
        ["letters"],
        postgresql_using="gin",
        postgresql_ops={"letters": "gin_trgm_ops"},
    )
    with op.get_context().autocommit_block():
        last: int | None = 0
        while last is not None:
            last = op.get_bind().execute(sa.text(FILL), {"last": last}).scalar()
        op.create_index(
            "ix_users_inactive",
            "users",
            ["id"],
            postgresql_where=sa.text("NOT is_active"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        for name, (columns, arguments) in INDEXES.items():
            op.create_index(
                name,
                "properties",
                columns,
                postgresql_where=ACTIVE,
                postgresql_concurrently=True,
                if_not_exists=True,
                **arguments,
            )


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "properties", if_exists=True)
    op.drop_index("ix_users_inactive", "users", if_exists=True)
    op.drop_table("search_words")
    op.execute("DROP FUNCTION told_flags")
    op.execute("DROP TRIGGER keep_words_of_changed ON properties")
    op.execute("DROP TRIGGER keep_words_of_new ON properties")
    op.execute("DROP FUNCTION keep_listing_words")
    op.execute("DROP FUNCTION home_words")
    op.drop_table("listing_words")
    # The extension stays: others may use it.
