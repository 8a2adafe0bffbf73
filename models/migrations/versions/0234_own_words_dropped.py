"""Drop the function of an index that migration 0225 has dropped; no statement calls it."""

from alembic import op

revision = "0234"
down_revision = "0233"
branch_labels = None
depends_on = None

#: As migration 0223 has it.
OWN_WORDS = """
CREATE FUNCTION own_words(owner_id bigint, title varchar, description text, location varchar, search_text text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY['owner ' || owner_id]) || to_tsvector(
        'pg_catalog.russian'::regconfig,
        coalesce(title, '') || ' ' || coalesce(description, '') || ' ' || coalesce(location, '') || ' ' || search_text
    )
$$
"""


def upgrade() -> None:
    op.execute("DROP FUNCTION own_words")


def downgrade() -> None:
    op.execute(OWN_WORDS)
