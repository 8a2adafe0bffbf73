"""How much of a property's address strangers see, and may look for."""

import sqlalchemy as sa
from alembic import op

revision = "0219"
down_revision = "0213"
branch_labels = None
depends_on = None

RULE = "ck_properties_address_precision_is_known"

#: What a listing says of itself and of its places, as far as its owner lets strangers know them.
HOME_WORDS = """
CREATE OR REPLACE FUNCTION home_words(listing properties) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_tsvector(
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
BEFORE = """
CREATE OR REPLACE FUNCTION home_words(listing properties) RETURNS tsvector
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

KEEP_CHOICE = """
CREATE TRIGGER keep_words_of_choice AFTER UPDATE OF address_precision ON properties FOR EACH ROW
WHEN (OLD.address_precision IS DISTINCT FROM NEW.address_precision)
EXECUTE FUNCTION keep_listing_words()
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("properties", sa.Column("address_precision", sa.String(length=32)))
    # Every row is null: there is nothing to look through under the lock.
    op.execute(
        f"ALTER TABLE properties ADD CONSTRAINT {RULE}"
        " CHECK (address_precision IN ('EXACT', 'STREET', 'DISTRICT')) NOT VALID"
    )
    op.execute(f"ALTER TABLE properties VALIDATE CONSTRAINT {RULE}")
    op.execute(HOME_WORDS)
    op.execute(KEEP_CHOICE)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_words_of_choice ON properties")
    op.execute(BEFORE)
    # The words of those that were held back come back with their street.
    op.execute(
        "UPDATE listing_words SET words = home_words(properties) FROM properties"
        " WHERE properties.id = property_id AND address_precision = 'DISTRICT'"
    )
    op.execute(f"ALTER TABLE properties DROP CONSTRAINT {RULE}")
    op.drop_column("properties", "address_precision")
