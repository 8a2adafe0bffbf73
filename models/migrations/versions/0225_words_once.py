"""
A listing's words are taken apart once: the archive gets a table of words, the owner is one more word of both tables,
and the three indexes that took the words apart again go.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0225"
down_revision = "0223"
branch_labels = None
depends_on = None

#: As migration 0219 has it, and the owner as a word that no text can hold: it has a blank.
HOME_WORDS = """
CREATE OR REPLACE FUNCTION home_words(listing properties) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY['owner ' || listing.owner_id]) || to_tsvector(
        'pg_catalog.russian'::regconfig,
        concat_ws(
            ' ', listing.title, listing.description,
            CASE WHEN listing.address_precision IS DISTINCT FROM 'DISTRICT' THEN listing.location END,
            listing.search_text, listing.city, listing.district, listing.metro_station,
            CASE WHEN listing.address_precision IS DISTINCT FROM 'DISTRICT' THEN listing.street END
        )
    )
$$
"""
HOME_WORDS_BEFORE = HOME_WORDS.replace("array_to_tsvector(ARRAY['owner ' || listing.owner_id]) || ", "")
KEEP_OWNER = """
CREATE TRIGGER keep_words_of_owner AFTER UPDATE OF owner_id ON properties FOR EACH ROW
WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id)
EXECUTE FUNCTION keep_listing_words()
"""

#: A listing that only leaves the market, or returns to it, takes its words along.
KEEP_WORDS = """
CREATE OR REPLACE FUNCTION keep_listing_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lexemes tsvector;
BEGIN
    IF TG_OP = 'UPDATE' AND (
        OLD.title, OLD.description, OLD.location, OLD.search_text, OLD.city, OLD.district, OLD.metro_station,
        OLD.street, OLD.address_precision, OLD.owner_id
    ) IS NOT DISTINCT FROM (
        NEW.title, NEW.description, NEW.location, NEW.search_text, NEW.city, NEW.district, NEW.metro_station,
        NEW.street, NEW.address_precision, NEW.owner_id
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

#: The owners of what is on the market, likewise.
FILL_OWNERS = """
WITH portion AS (
    SELECT property_id AS id FROM listing_words WHERE property_id > :last ORDER BY property_id LIMIT 2000
), kept AS (
    UPDATE listing_words SET words = words || array_to_tsvector(ARRAY['owner ' || owner_id])
    FROM portion JOIN properties USING (id) WHERE property_id = portion.id
)
SELECT max(id) FROM portion
"""

#: name -> (expression, the status whose rows it held)
ALL_WORDS = "property_words(title, description, location, search_text)"
FORMER = {
    "ix_properties_search": (ALL_WORDS, "ACTIVE"),
    "ix_properties_search_archived": (ALL_WORDS, "ARCHIVED"),
    "ix_properties_own_words": ("own_words(owner_id, title, description, location, search_text)", None),
}


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
    for statement in (HOME_WORDS, KEEP_WORDS, KEEP_OWNER):
        op.execute(statement)
    with op.get_context().autocommit_block():
        for fill in (FILL, FILL_OWNERS):
            last: int | None = 0
            while last is not None:
                last = op.get_bind().execute(sa.text(fill), {"last": last}).scalar()
        for name in FORMER:
            op.drop_index(name, "properties", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_words_of_owner ON properties")
    for statement in (BEFORE, HOME_WORDS_BEFORE):
        op.execute(statement)
    op.drop_table("archived_words")
    with op.get_context().autocommit_block():
        for name, (expression, status) in FORMER.items():
            op.create_index(
                name,
                "properties",
                [sa.text(expression)],
                postgresql_using="gin",
                postgresql_where=sa.text(f"status = '{status}'") if status else None,
                postgresql_concurrently=True,
                if_not_exists=True,
            )
