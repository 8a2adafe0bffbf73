"""What realtors plan and what happened to their leads: tasks, changes of leads, shortlists, time zones and calendars.

New tables, and a kind of notification that reminds of tasks. A trigger keeps what changes in a lead, whoever writes it;
it fires only where one of the fields that people change does.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0150"
down_revision = "0160"
branch_labels = None
depends_on = None

ADDED = "TASK_DUE"
RULE = "ck_notifications_type_is_known"

#: Fields whose values are kept, and those of which only the change is.
KEPT = (
    "status", "owner_id", "deal_type", "city", "districts", "metro_stations", "place_scope", "radius_km", "budget_min",
    "budget_max", "currency", "area_min", "area_max", "rooms", "property_type", "property_class", "condition",
    "year_min", "payment_method",
)  # fmt: skip
NOTED = (
    "client_name",
    "client_contacts",
    "client_contacts_shared",
    "notes",
    "private_notes",
    "additional_requirements",
)

KEEP_CHANGE = f"""
CREATE FUNCTION keep_lead_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept CONSTANT text[] := '{{{",".join(KEPT)}}}';
    noted CONSTANT text[] := '{{{",".join(NOTED)}}}';
BEGIN
    INSERT INTO lead_changes (lead_id, fields)
    SELECT NEW.id, jsonb_object_agg(
        before.key,
        CASE WHEN before.key = ANY (kept) THEN jsonb_build_array(before.value, after.value) ELSE 'null'::jsonb END)
    FROM jsonb_each(to_jsonb(OLD)) AS before JOIN jsonb_each(to_jsonb(NEW)) AS after USING (key)
    WHERE before.value IS DISTINCT FROM after.value AND before.key = ANY (kept || noted);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_lead_change AFTER UPDATE ON leads FOR EACH ROW
    WHEN (({", ".join(f"OLD.{name}" for name in KEPT + NOTED)})
          IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in KEPT + NOTED)}))
    EXECUTE FUNCTION keep_lead_change();
"""  # noqa: S608 - of constants above


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "lead_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("property_id", sa.BigInteger()),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("remind_minutes", sa.SmallInteger()),
        sa.Column("remind_at", moment),
        sa.Column("reminded_at", moment),
        sa.Column("done_at", moment),
        sa.Column("deleted_at", moment),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_tasks")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_tasks_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_lead_tasks_property_id"), ondelete="SET NULL"
        ),
        sa.CheckConstraint("kind IN ('CALL', 'SHOWING', 'TASK')", name=op.f("ck_lead_tasks_kind_is_known")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_lead_tasks_title_says_something")),
        sa.CheckConstraint("remind_minutes BETWEEN 0 AND 10080", name=op.f("ck_lead_tasks_reminder_is_near")),
        sa.CheckConstraint(
            "(remind_minutes IS NULL) = (remind_at IS NULL)", name=op.f("ck_lead_tasks_reminder_has_its_time")
        ),
    )
    op.create_index("ix_lead_tasks_lead", "lead_tasks", ["lead_id", "due_at"])
    op.create_index(
        "ix_lead_tasks_property", "lead_tasks", ["property_id"], postgresql_where=sa.text("property_id IS NOT NULL")
    )
    op.create_index(
        "ix_lead_tasks_reminders",
        "lead_tasks",
        ["remind_at"],
        postgresql_where=sa.text(
            "remind_at IS NOT NULL AND reminded_at IS NULL AND done_at IS NULL AND deleted_at IS NULL"
        ),
    )
    op.create_table(
        "lead_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_changes")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_changes_lead_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_lead_changes_lead", "lead_changes", ["lead_id", "at"])
    op.create_table(
        "shortlisted_homes",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "property_id", name=op.f("pk_shortlisted_homes")),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_shortlisted_homes_lead_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["property_id"], ["properties.id"], name=op.f("fk_shortlisted_homes_property_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_shortlisted_homes_property", "shortlisted_homes", ["property_id"])
    op.create_table(
        "agenda_settings",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("calendar_token", sa.String(43)),
        sa.Column("digest_at", moment),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_agenda_settings")),
        sa.UniqueConstraint("calendar_token", name=op.f("uq_agenda_settings_calendar_token")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_agenda_settings_user_id"), ondelete="CASCADE"),
    )
    op.execute(KEEP_CHANGE)
    _admit(_known() | {ADDED})
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_lead_change ON leads; DROP FUNCTION keep_lead_change()")
    for table in ("agenda_settings", "shortlisted_homes", "lead_changes", "lead_tasks"):
        op.drop_table(table)
    op.execute(sa.text("DELETE FROM notifications WHERE type = :added").bindparams(added=ADDED))
    _admit(_known() - {ADDED})
    op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def _known() -> set[str]:
    """The kinds that the rule admits: those of whichever migration came before."""
    rule = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name").bindparams(name=RULE)
    )
    return set(rule.split("'")[1::2])


def _admit(kinds: set[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    op.execute(f"ALTER TABLE notifications DROP CONSTRAINT {RULE}")
    op.execute(f"ALTER TABLE notifications ADD CONSTRAINT {RULE} CHECK (type IN ({listed})) NOT VALID")
