"""The audit log's column `deed` becomes `action`.

Renaming a column rewrites no row. Processes of the release before this one still write `deed`: the column comes back,
nullable, and a trigger copies whichever of the two an INSERT names to the other. A later migration drops both.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

COPY_ACTION = """
CREATE FUNCTION copy_audit_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.action := coalesce(NEW.action, NEW.deed);
    NEW.deed := NEW.action;
    RETURN NEW;
END $$;
CREATE TRIGGER copy_audit_action BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION copy_audit_action();
"""


def upgrade() -> None:
    op.alter_column("audit_log", "deed", new_column_name="action")
    op.add_column("audit_log", sa.Column("deed", sa.String(length=50), nullable=True))
    op.execute(COPY_ACTION)


def downgrade() -> None:
    op.execute("DROP TRIGGER copy_audit_action ON audit_log; DROP FUNCTION copy_audit_action()")
    op.drop_column("audit_log", "deed")
    op.alter_column("audit_log", "action", new_column_name="deed")
