"""
A listing's words are taken apart once: the archive gets a table of words, and the two indexes that took them apart
again go.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0225"
down_revision = "0214"
branch_labels = None
depends_on = None

#: A listing that only leaves the market, or returns to it, takes its words along.
KEEP_WORDS = """
CREATE OR REPLACE FUNCTION keep_listing_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lexemes tsvector;
BEGIN
    IF TG_OP = 'UPDATE' AND (
        OLD.title, OLD.description, OLD.location, OLD.search_text, OLD.city, OLD.district, OLD.metro_station,
        OLD.street, OLD.address_precision
    ) IS NOT DISTINCT FROM (
        NEW.title, NEW.description, NEW.location, NEW.search_text, NEW.city, NEW.district, NEW.metro_station,
        NEW.street, NEW.address_precision
    ) THEN
        IF NEW.status = 'ACTIVE' THEN
            DELETE FROM archived_words WHERE property_id = NEW.id RETURNING words INTO lexemes;
        ELSE
            DELETE FROM listing_words WHERE property_id = NEW.id RETURNING words INTO lexemes;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND NEW.status = 'ACTIVE' THEN
        DELETE FROM archived_words WHERE property_id = NEW.id;
    ELSIF TG_OP = 'UPDATE' THEN
        DELETE FROM listing_words WHERE property_id = NEW.id;
    END IF;
    lexemes := coalesce(lexemes, home_words(NEW));
    IF NEW.status = 'ACTIVE' THEN
        INSERT INTO listing_words (property_id, words) VALUES (NEW.id, lexemes)
        ON CONFLICT (property_id) DO UPDATE SET words = excluded.words;
    ELSE
        INSERT INTO archived_words (property_id, words) VALUES (NEW.id, lexemes)
        ON CONFLICT (property_id) DO UPDATE SET words = excluded.words;
    END IF;
    RETURN NULL;
END
$$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION keep_listing_words() RETURNS trigger LANGUAGE plpgsql AS $$
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

#: The words of what was archived before the trigger knew the table, in portions that each commit. A row that somebody
#: writes meanwhile is locked or read anew, so no words of a former state are stored.
FILL = """
WITH portion AS (
    SELECT id FROM properties WHERE id > :last AND status = 'ARCHIVED' ORDER BY id LIMIT 2000 FOR SHARE
), kept AS (
    INSERT INTO archived_words (property_id, words)
    SELECT id, home_words(properties) FROM properties JOIN portion USING (id) WHERE status = 'ARCHIVED'
    ON CONFLICT (property_id) DO NOTHING
)
SELECT max(id) FROM portion
"""

#: name -> the status whose rows it held.
FORMER = {"ix_properties_search": "ACTIVE", "ix_properties_search_archived": "ARCHIVED"}
EXPRESSION = "property_words(title, description, location, search_text)"


def upgrade() -> None:
    op.create_table(
        "archived_words",
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_archived_words_property_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("property_id", name=op.f("pk_archived_words")),
    )
    op.create_index("ix_archived_words_words", "archived_words", ["words"], postgresql_using="gin")
    op.execute(KEEP_WORDS)
    with op.get_context().autocommit_block():
        last: int | None = 0
        while last is not None:
            last = op.get_bind().execute(sa.text(FILL), {"last": last}).scalar()
        for name in FORMER:
            op.drop_index(name, "properties", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.execute(BEFORE)
    op.drop_table("archived_words")
    with op.get_context().autocommit_block():
        for name, status in FORMER.items():
            op.create_index(
                name,
                "properties",
                [sa.text(EXPRESSION)],
                postgresql_using="gin",
                postgresql_where=sa.text(f"status = '{status}'"),
                postgresql_concurrently=True,
                if_not_exists=True,
            )
