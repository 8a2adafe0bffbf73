"""
Texts of leads and properties for the search of one's own, each stored as one text in lower case. New tables, kept by
triggers: the release before goes on beside them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0236"
down_revision = "0235"
branch_labels = None
depends_on = None

#: Table -> its row's name, and the columns whose words are searched.
SEARCHED = {
    "leads": (
        "lead",
        "client_name client_contacts city districts metro_stations notes private_notes additional_requirements"
        " external_id",
    ),
    "properties": (
        "property",
        "title city district metro_station street house_number location external_id",
    ),
}
ARRAYS = ("districts", "metro_stations")
#: Separators between a phone's digits; the last one is the non-breaking space.
SEPARATORS = " ()+-.\u00a0"

KEEP = """
CREATE FUNCTION keep_{name}_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {name}_texts VALUES ({values})
    ON CONFLICT ({name}_id) DO UPDATE SET {changes};
    RETURN NULL;
END
$$
"""

#: In portions that each commit. What somebody writes meanwhile has been stored by the trigger.
FILL = """
WITH portion AS (
    SELECT id FROM {table} WHERE id > :last ORDER BY id LIMIT 2000 FOR SHARE
), stored AS (
    INSERT INTO {name}_texts SELECT {values} FROM {table} AS owned JOIN portion USING (id)
    ON CONFLICT ({name}_id) DO NOTHING
)
SELECT max(id) FROM portion
"""


def upgrade() -> None:
    for table, (name, searched) in SEARCHED.items():
        _create_table(table, name)
        kept = ["owner_id", "text", *(["contacts"] if table == "leads" else [])]
        changes = ", ".join(f"{column} = excluded.{column}" for column in kept)
        op.execute(KEEP.format(name=name, values=_values(table, "NEW"), changes=changes))
        op.execute(
            f"CREATE TRIGGER keep_text_new AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{name}_text()"
        )
        watched = [*searched.split(), "owner_id"]
        old, new = (", ".join(f"{row}.{column}" for column in watched) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER keep_text_written AFTER UPDATE OF {', '.join(watched)} ON {table} FOR EACH ROW"
            f" WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION keep_{name}_text()"
        )
    with op.get_context().autocommit_block():  # the locks of the triggers end first
        for table, (name, _) in SEARCHED.items():
            fill = sa.text(FILL.format(table=table, name=name, values=_values(table, "owned")))
            last: int | None = 0
            while last is not None:
                last = op.get_bind().execute(fill, {"last": last}).scalar()
            op.execute(f"ANALYZE {name}_texts")


def _values(table: str, row: str) -> str:
    """The values of a row's text, in the order of the columns of its table."""
    joined = ", ".join(
        f"array_to_string({row}.{column}, ' ')" if column in ARRAYS else f"{row}.{column}"
        for column in SEARCHED[table][1].split()
    )
    values = [f"{row}.id", f"{row}.owner_id", f"replace(lower(concat_ws(' ', {joined}, {row}.id)), 'ё', 'е')"]
    if table == "leads":
        values.append(f"translate(coalesce({row}.client_contacts, ''), '{SEPARATORS}', '')")
    return ", ".join(values)


def _create_table(table: str, name: str) -> None:
    more = [sa.Column("contacts", sa.Text(), nullable=False)] if table == "leads" else []
    op.create_table(
        f"{name}_texts",
        sa.Column(f"{name}_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            [f"{name}_id"], [f"{table}.id"], name=op.f(f"fk_{name}_texts_{name}_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(f"{name}_id", name=op.f(f"pk_{name}_texts")),
    )
    op.create_index(f"ix_{name}_texts_owner", f"{name}_texts", ["owner_id"])


def downgrade() -> None:
    for table, (name, _) in SEARCHED.items():
        op.execute(f"DROP TRIGGER keep_text_new ON {table}")
        op.execute(f"DROP TRIGGER keep_text_written ON {table}")
        op.execute(f"DROP FUNCTION keep_{name}_text")
        op.drop_table(f"{name}_texts")
