"""An index over the words of properties owner by owner, so that the search of one's own reads nobody else's rows."""

import sqlalchemy as sa
from alembic import op

revision = "0223"
down_revision = "0222"
branch_labels = None
depends_on = None

#: The words of `property_words`, and the owner as one more that no text can hold: it has a blank.
OWN_WORDS = """
CREATE FUNCTION own_words(owner_id bigint, title varchar, description text, location varchar, search_text text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY['owner ' || owner_id]) || to_tsvector(
        'pg_catalog.russian'::regconfig,
        coalesce(title, '') || ' ' || coalesce(description, '') || ' ' || coalesce(location, '') || ' ' || search_text
    )
$$
"""
INDEX = "ix_properties_own_words"


def upgrade() -> None:
    op.execute(OWN_WORDS)
    with op.get_context().autocommit_block():
        op.create_index(
            INDEX,
            "properties",
            [sa.text("own_words(owner_id, title, description, location, search_text)")],
            postgresql_using="gin",
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index(INDEX, "properties", if_exists=True)
    op.execute("DROP FUNCTION own_words")
