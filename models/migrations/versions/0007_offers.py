"""Notices of a new kind: an offer for a request."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NOTICES_BEFORE = ("NEW_MATCH", "CONTACT_SHARED", "NEW_INQUIRY", "INQUIRY_STATUS", "NEW_MESSAGE")


def upgrade() -> None:
    _allow_notices((*NOTICES_BEFORE, "NEW_OFFER"))


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE type = 'NEW_OFFER'")
    _allow_notices(NOTICES_BEFORE)


def _allow_notices(kinds: tuple[str, ...]) -> None:
    known = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_notifications_type_is_known"), "notifications", type_="check")
    op.create_check_constraint(op.f("ck_notifications_type_is_known"), "notifications", f"type IN ({known})")
