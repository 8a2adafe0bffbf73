"""Tables of lead generation: niches, campaigns, ads, prospects."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "niches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "research",
                "active",
                "paused",
                "completed",
                "rejected",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("cpl_target", sa.Numeric(precision=17, scale=2), nullable=True),
        sa.Column("roi_target", sa.Numeric(precision=17, scale=2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cpl_target >= 0", name=op.f("ck_niches_cpl_target_is_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_niches")),
    )
    op.create_index(
        "ix_niches_newest",
        "niches",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("niche_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "platform",
            sa.Enum(
                "olx",
                "kaspi",
                "telegram",
                "whatsapp",
                name="platform_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "active",
                "paused",
                "completed",
                "failed",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("budget", sa.Numeric(precision=17, scale=2), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("budget >= 0", name=op.f("ck_campaigns_budget_is_not_negative")),
        sa.CheckConstraint("start_date <= end_date", name=op.f("ck_campaigns_dates_are_a_range")),
        sa.ForeignKeyConstraint(["niche_id"], ["niches.id"], name=op.f("fk_campaigns_niche_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("id", "niche_id", name="uq_campaigns_id_niche"),
    )
    op.create_index("ix_campaigns_newest", "campaigns", ["created_at", "id"], unique=False)
    op.create_index("ix_campaigns_niche", "campaigns", ["niche_id", "created_at", "id"], unique=False)
    op.create_table(
        "quality_models",
        sa.Column("niche_id", sa.Uuid(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcomes", sa.Integer(), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["niche_id"], ["niches.id"], name=op.f("fk_quality_models_niche_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("niche_id", name=op.f("pk_quality_models")),
    )
    op.create_table(
        "ads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "active",
                "paused",
                "completed",
                "rejected",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_ads_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ads")),
        sa.UniqueConstraint("id", "campaign_id", name="uq_ads_id_campaign"),
    )
    op.create_index("ix_ads_campaign", "ads", ["campaign_id", "created_at", "id"], unique=False)
    op.create_table(
        "ad_spend",
        sa.Column("ad_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=17, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["ad_id"], ["ads.id"], name=op.f("fk_ad_spend_ad_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ad_id", "day", name=op.f("pk_ad_spend"), postgresql_include=["amount"]),
    )
    op.create_table(
        "prospects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ad_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("niche_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "olx",
                "kaspi",
                "telegram",
                "whatsapp",
                name="source_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("platform_user_id", sa.String(length=200), nullable=True),
        sa.Column("budget", sa.Numeric(precision=17, scale=2), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "contacted",
                "qualified",
                "hot",
                "won",
                "lost",
                "spam",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("revenue", sa.Numeric(precision=17, scale=2), nullable=True),
        sa.Column("quality_score", sa.SmallInteger(), nullable=True),
        sa.Column("quality_method", sa.String(length=10), nullable=True),
        sa.Column("quality_reasons", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("scored_version", sa.Integer(), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("budget >= 0 AND revenue >= 0", name=op.f("ck_prospects_money_is_not_negative")),
        sa.CheckConstraint(
            "num_nonnulls(ad_id, campaign_id, niche_id) IN (0, 3)", name=op.f("ck_prospects_origin_is_whole")
        ),
        sa.CheckConstraint("quality_score BETWEEN 0 AND 100", name=op.f("ck_prospects_quality_is_a_percentage")),
        sa.ForeignKeyConstraint(["ad_id", "campaign_id"], ["ads.id", "ads.campaign_id"], name="fk_prospects_ad"),
        sa.ForeignKeyConstraint(
            ["campaign_id", "niche_id"], ["campaigns.id", "campaigns.niche_id"], name="fk_prospects_campaign"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_prospects_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospects")),
    )
    op.create_index(
        "ix_prospects_campaign",
        "prospects",
        ["campaign_id", "created_at", "id"],
        unique=False,
        postgresql_include=["status"],
    )
    op.create_index("ix_prospects_newest", "prospects", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_prospects_niche",
        "prospects",
        ["niche_id", "created_at", "id"],
        unique=False,
        postgresql_include=["campaign_id", "status", "revenue"],
    )
    op.create_index("ix_prospects_source", "prospects", ["source", "created_at", "id"], unique=False)
    op.create_index("ix_prospects_status", "prospects", ["status", "created_at", "id"], unique=False)
    op.create_index(
        "ix_prospects_unscored",
        "prospects",
        ["id"],
        unique=False,
        postgresql_where=sa.text("scored_version IS DISTINCT FROM version"),
    )
    op.create_index("uq_prospects_lead", "prospects", ["lead_id"], unique=True)
    op.create_index("uq_prospects_phone", "prospects", ["niche_id", "phone"], unique=True)
    op.create_index("uq_prospects_platform_user", "prospects", ["niche_id", "source", "platform_user_id"], unique=True)
    op.create_table(
        "prospect_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "sender",
            sa.Enum(
                "bot", "lead", "human", name="sender_is_known", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "platform",
            sa.Enum(
                "olx",
                "kaspi",
                "telegram",
                "whatsapp",
                name="platform_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["prospect_id"], ["prospects.id"], name=op.f("fk_prospect_messages_prospect_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospect_messages")),
    )
    op.create_index(
        "ix_prospect_messages_prospect", "prospect_messages", ["prospect_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "prospect_touches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=False),
        sa.Column("ad_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "olx",
                "kaspi",
                "telegram",
                "whatsapp",
                name="source_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["ad_id"], ["ads.id"], name=op.f("fk_prospect_touches_ad_id")),
        sa.ForeignKeyConstraint(
            ["prospect_id"], ["prospects.id"], name=op.f("fk_prospect_touches_prospect_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospect_touches")),
    )
    op.create_index("ix_prospect_touches_prospect", "prospect_touches", ["prospect_id", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("prospect_touches")
    op.drop_table("prospect_messages")
    op.drop_table("prospects")
    op.drop_table("ad_spend")
    op.drop_table("quality_models")
    op.drop_table("ads")
    op.drop_table("campaigns")
    op.drop_table("niches")
