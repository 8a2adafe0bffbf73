"""
Leads whose contacts were written and whose client keys this release has not computed: at first all of them, because it
reads contacts with one reader, where the release before had two.

The release before goes on beside it: it stores keys as its reader reads them, and the trigger adds these leads. The
worker computes their keys (`renew_keys`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0233"
down_revision = "0231"
branch_labels = None
depends_on = None

#: The conflict locks the row, so a worker that is computing the keys from the former contacts does not remove it.
ADD = """
CREATE FUNCTION add_unkeyed_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unkeyed_leads (lead_id) VALUES (NEW.id)
    ON CONFLICT (lead_id) DO UPDATE SET lead_id = excluded.lead_id;
    RETURN NULL;
END
$$
"""
TRIGGERS = {
    "unkeyed_new": "INSERT ON leads FOR EACH ROW WHEN (NEW.client_contacts <> '')",
    "unkeyed_written": """
        UPDATE OF client_contacts ON leads FOR EACH ROW
        WHEN (OLD.client_contacts IS DISTINCT FROM NEW.client_contacts)
    """,
}


def upgrade() -> None:
    op.create_table(
        "unkeyed_leads",
        sa.Column("lead_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_unkeyed_leads_lead_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_unkeyed_leads")),
    )
    op.execute(ADD)
    for name, event in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} AFTER {event} EXECUTE FUNCTION add_unkeyed_lead()")
    with op.get_context().autocommit_block():  # the lock of the triggers ends first
        op.execute(
            "INSERT INTO unkeyed_leads (lead_id) SELECT id FROM leads WHERE client_contacts <> ''"
            " ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON leads")
    op.execute("DROP FUNCTION add_unkeyed_lead")
    op.drop_table("unkeyed_leads")
