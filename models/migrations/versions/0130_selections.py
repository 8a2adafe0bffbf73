"""Selections: homes that a realtor sends to the client of a lead, and the client's answers.

New tables, and a kind of notification that tells of answers. The rows that are there are held to the new rule
afterwards, without a lock that would keep writers out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0130"
down_revision = "0110"
branch_labels = None
depends_on = None

ADDED = "SELECTION_ANSWERED"
RULE = "ck_notifications_type_is_known"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "selections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("words", sa.Text()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("answers_taken", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selections")),
        sa.UniqueConstraint("token", name=op.f("uq_selections_token")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_selections_lead_id"), ondelete="CASCADE"),
        sa.CheckConstraint("answers_taken BETWEEN 0 AND 300", name=op.f("ck_selections_answers_are_limited")),
    )
    op.create_index("ix_selections_lead", "selections", ["lead_id", "id"])
    op.create_table(
        "selection_homes",
        sa.Column("selection_id", sa.BigInteger(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.Text()),
        sa.Column("answer", sa.String(32)),
        sa.Column("question", sa.Text()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("put_aside_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("selection_id", "property_id", name=op.f("pk_selection_homes")),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selections.id"], name=op.f("fk_selection_homes_selection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["property_id"], ["properties.id"], name=op.f("fk_selection_homes_property_id")),
        sa.CheckConstraint("answer IN ('LIKE', 'DISLIKE')", name=op.f("ck_selection_homes_answer_is_known")),
        sa.CheckConstraint(
            "put_aside_at IS NULL OR answer = 'DISLIKE'", name=op.f("ck_selection_homes_put_aside_is_disliked")
        ),
        sa.CheckConstraint(
            "(answer IS NULL AND question IS NULL) OR answered_at IS NOT NULL",
            name=op.f("ck_selection_homes_answer_has_its_time"),
        ),
        sa.CheckConstraint(
            "char_length(question) BETWEEN 1 AND 500", name=op.f("ck_selection_homes_question_is_short")
        ),
    )
    op.create_index("ix_selection_homes_property", "selection_homes", ["property_id"])
    _admit(_known() | {ADDED})
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE notifications VALIDATE CONSTRAINT {RULE}")


def downgrade() -> None:
    op.drop_table("selection_homes")
    op.drop_table("selections")
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
