"""core tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: Versions and the writing transaction are the database's business: no write, by whatever hand, can forget them.
VERSION_TRIGGER = """
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.changed_in := (pg_current_xact_id()::text)::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER note_change BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE UPDATE ON properties FOR EACH ROW EXECUTE FUNCTION note_change();
"""


def upgrade() -> None:
    op.create_table(
        "idempotent_answers",
        sa.Column("caller", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotent_answers")),
    )
    op.create_table(
        "rates",
        sa.Column("base", sa.String(length=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.CheckConstraint("base <> currency", name=op.f("ck_rates_currencies_differ")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_rates_rate_is_positive")),
        sa.PrimaryKeyConstraint("base", "currency", "day", name=op.f("pk_rates")),
    )
    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_tokens")),
    )
    op.create_table(
        "text_models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.Column("texts", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_models")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "tenant",
                "landlord",
                "realtor",
                "developer",
                "agency",
                "admin",
                name="role_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("telegram_id", sa.String(length=64), nullable=True),
        sa.Column("telegram_username", sa.String(length=64), nullable=True),
        sa.Column("agency_name", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("token_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_users_phone_is_e164")),
        sa.CheckConstraint("deleted_at IS NULL OR NOT is_active", name=op.f("ck_users_deleted_is_inactive")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_is_lower_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(
        "ix_users_active_admins",
        "users",
        ["id"],
        unique=False,
        postgresql_where=sa.text("role = 'admin' AND is_active"),
    )
    op.create_index("uq_users_email", "users", ["email"], unique=True)
    op.create_index("uq_users_phone", "users", ["phone"], unique=True)
    op.create_index("uq_users_telegram_id", "users", ["telegram_id"], unique=True)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("deed", sa.String(length=50), nullable=False),
        sa.Column("table_name", sa.String(length=50), nullable=True),
        sa.Column("row_id", sa.String(length=50), nullable=True),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_log_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_actor", "audit_log", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_log_row", "audit_log", ["table_name", "row_id"], unique=False)
    op.create_table(
        "leads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "exchange",
                "tinder",
                "portal",
                "leadgen",
                "import",
                "demo",
                name="origin_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "ACTIVE",
                "ARCHIVED",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("client_name", sa.String(length=200), nullable=True),
        sa.Column("client_contacts", sa.String(length=500), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column("districts", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("metro_stations", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("budget_min", sa.Numeric(precision=17, scale=2), nullable=True),
        sa.Column("budget_max", sa.Numeric(precision=17, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("area_min", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("area_max", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("rooms", sa.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "property_type",
            sa.Enum(
                "APARTMENT",
                "HOUSE",
                "APARTMENTS",
                "TOWNHOUSE",
                "ROOM",
                "COMMERCIAL",
                name="property_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "property_class",
            sa.Enum(
                "ECONOMY",
                "COMFORT",
                "BUSINESS",
                "ELITE",
                name="property_class_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "condition",
            sa.Enum(
                "ROUGH",
                "PRE_FINISHING",
                "FINISHING",
                "DESIGN",
                name="condition_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("year_min", sa.SmallInteger(), nullable=True),
        sa.Column(
            "payment_method",
            sa.Enum(
                "CASH",
                "MORTGAGE",
                "EXCHANGE",
                name="payment_method_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("additional_requirements", sa.Text(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_leads_currency_is_iso_4217")),
        sa.CheckConstraint("area_min <= area_max", name=op.f("ck_leads_area_is_a_range")),
        sa.CheckConstraint("area_min >= 0 AND area_max >= 0", name=op.f("ck_leads_area_is_not_negative")),
        sa.CheckConstraint("budget_min <= budget_max", name=op.f("ck_leads_budget_is_a_range")),
        sa.CheckConstraint("budget_min >= 0 AND budget_max >= 0", name=op.f("ck_leads_budget_is_not_negative")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_leads_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index("ix_leads_changed", "leads", ["changed_in"], unique=False)
    op.create_index("ix_leads_market", "leads", ["city_key", "deal_type", "id"], unique=False)
    op.create_index("ix_leads_owner", "leads", ["owner_id", "id"], unique=False)
    op.create_index(
        "uq_leads_preference",
        "leads",
        ["owner_id"],
        unique=True,
        postgresql_where=sa.text("origin = 'tinder'"),
    )
    op.create_table(
        "markets",
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("text_model_id", sa.BigInteger(), nullable=True),
        sa.Column("generation", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["text_model_id"], ["text_models.id"], name=op.f("fk_markets_text_model_id")),
        sa.PrimaryKeyConstraint("city_key", "deal_type", name=op.f("pk_markets")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "NEW_MATCH",
                "CONTACT_SHARED",
                name="type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("user_id", "type", "subject", name="uq_notifications_once"),
    )
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notifications_user", "notifications", ["user_id", "id"], unique=False)
    op.create_table(
        "properties",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "exchange",
                "tinder",
                "portal",
                "leadgen",
                "import",
                "demo",
                name="origin_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "ACTIVE",
                "ARCHIVED",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column("district", sa.String(length=100), nullable=True),
        sa.Column("metro_station", sa.String(length=100), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=True),
        sa.Column("house_number", sa.String(length=50), nullable=True),
        sa.Column("location", sa.String(length=500), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "property_type",
            sa.Enum(
                "APARTMENT",
                "HOUSE",
                "APARTMENTS",
                "TOWNHOUSE",
                "ROOM",
                "COMMERCIAL",
                name="property_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "property_class",
            sa.Enum(
                "ECONOMY",
                "COMFORT",
                "BUSINESS",
                "ELITE",
                name="property_class_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "condition",
            sa.Enum(
                "ROUGH",
                "PRE_FINISHING",
                "FINISHING",
                "DESIGN",
                name="condition_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("price", sa.Numeric(precision=17, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("area", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("rooms", sa.SmallInteger(), nullable=True),
        sa.Column("floor", sa.SmallInteger(), nullable=True),
        sa.Column("total_floors", sa.SmallInteger(), nullable=True),
        sa.Column("year_built", sa.SmallInteger(), nullable=True),
        sa.Column("commission_share", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("photos", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("search_text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_properties_currency_is_iso_4217")),
        sa.CheckConstraint("area > 0", name=op.f("ck_properties_area_is_positive")),
        sa.CheckConstraint("commission_share BETWEEN 0 AND 100", name=op.f("ck_properties_commission_is_a_percentage")),
        sa.CheckConstraint("floor <= total_floors", name=op.f("ck_properties_floor_is_in_the_house")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_properties_price_is_not_negative")),
        sa.CheckConstraint("rooms BETWEEN 0 AND 100", name=op.f("ck_properties_rooms_are_sane")),
        sa.CheckConstraint("total_floors >= 1", name=op.f("ck_properties_total_floors_are_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_properties_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_properties")),
    )
    op.create_index(
        "ix_properties_active_newest",
        "properties",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )
    op.create_index("ix_properties_changed", "properties", ["changed_in"], unique=False)
    op.create_index("ix_properties_market", "properties", ["city_key", "deal_type", "id"], unique=False)
    op.create_index("ix_properties_owner", "properties", ["owner_id", "id"], unique=False)
    op.create_index("uq_properties_external", "properties", ["origin", "external_id"], unique=True)
    op.create_table(
        "rescoring_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "all",
                "stale",
                "market",
                name="scope_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("city_key", sa.String(length=110), nullable=True),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "succeeded",
                "failed",
                "cancelled",
                name="state_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.String(length=50), nullable=False),
        sa.Column("text_model_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(scope = 'market') = (city_key IS NOT NULL AND deal_type IS NOT NULL)",
            name=op.f("ck_rescoring_runs_market_scope_names_it"),
        ),
        sa.ForeignKeyConstraint(["text_model_id"], ["text_models.id"], name=op.f("fk_rescoring_runs_text_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescoring_runs")),
    )
    op.create_index(
        "ix_rescoring_runs_open",
        "rescoring_runs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("LEAD", "PROPERTY", name="side_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum("LIKE", "DISLIKE", name="kind_is_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("proposed_commission", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("proposed_commission BETWEEN 0 AND 100", name=op.f("ck_actions_commission_is_a_percentage")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_actions_lead_id")),
        sa.ForeignKeyConstraint(["property_id"], ["properties.id"], name=op.f("fk_actions_property_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("lead_id", "property_id", "side", name=op.f("uq_actions_lead_id_property_id_side")),
    )
    op.create_index("ix_actions_property_side", "actions", ["property_id", "side"], unique=False)
    op.create_table(
        "lead_recommendations",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("property_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("scores", sa.ARRAY(sa.REAL()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=True),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "cardinality(property_ids) = cardinality(scores)",
            name=op.f("ck_lead_recommendations_a_score_for_each_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_lead_recommendations_lead_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_recommendations")),
        info={"derived": True},
    )
    op.create_index(op.f("ix_lead_recommendations_changed_in"), "lead_recommendations", ["changed_in"], unique=False)
    op.create_index("ix_lead_recommendations_market", "lead_recommendations", ["city_key", "deal_type"], unique=False)
    op.create_table(
        "matches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "ACCEPTED",
                "REJECTED",
                "COMPLETED",
                name="status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "negotiation_status",
            sa.Enum(
                "PENDING",
                "AGREED",
                "REJECTED",
                name="negotiation_status_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by_lead", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("proposed_by_property", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("contact_shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'COMPLETED') = (completed_at IS NOT NULL)",
            name=op.f("ck_matches_completed_has_its_time"),
        ),
        sa.CheckConstraint(
            "contact_shared_at IS NULL OR negotiation_status <> 'PENDING'",
            name=op.f("ck_matches_contacts_need_agreement"),
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_matches_lead_id")),
        sa.ForeignKeyConstraint(["property_id"], ["properties.id"], name=op.f("fk_matches_property_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
        sa.UniqueConstraint("lead_id", "property_id", name=op.f("uq_matches_lead_id_property_id")),
    )
    op.create_index("ix_matches_property", "matches", ["property_id", "id"], unique=False)
    op.create_table(
        "property_recommendations",
        sa.Column("property_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("scores", sa.ARRAY(sa.REAL()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=True),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "cardinality(lead_ids) = cardinality(scores)",
            name=op.f("ck_property_recommendations_a_score_for_each_id"),
        ),
        sa.ForeignKeyConstraint(
            ["property_id"],
            ["properties.id"],
            name=op.f("fk_property_recommendations_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("property_id", name=op.f("pk_property_recommendations")),
        info={"derived": True},
    )
    op.create_index(
        op.f("ix_property_recommendations_changed_in"), "property_recommendations", ["changed_in"], unique=False
    )
    op.create_index(
        "ix_property_recommendations_market",
        "property_recommendations",
        ["city_key", "deal_type"],
        unique=False,
    )
    op.create_table(
        "rescoring_shards",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("city_key", sa.String(length=110), nullable=False),
        sa.Column(
            "deal_type",
            sa.Enum(
                "SALE",
                "RENT",
                name="deal_type_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("tile", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "succeeded",
                "failed",
                "cancelled",
                name="state_is_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("pairs_total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pairs_done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["rescoring_runs.id"], name=op.f("fk_rescoring_shards_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescoring_shards")),
    )
    op.create_index("ix_rescoring_shards_run", "rescoring_shards", ["run_id"], unique=False)
    op.create_index(
        "uq_rescoring_shards_open_market",
        "rescoring_shards",
        ["city_key", "deal_type", "tile"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.execute(VERSION_TRIGGER)


def downgrade() -> None:
    op.drop_index(
        "uq_rescoring_shards_open_market",
        table_name="rescoring_shards",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_index("ix_rescoring_shards_run", table_name="rescoring_shards")
    op.drop_table("rescoring_shards")
    op.drop_index(op.f("ix_property_recommendations_changed_in"), table_name="property_recommendations")
    op.drop_index("ix_property_recommendations_market", table_name="property_recommendations")
    op.drop_table("property_recommendations")
    op.drop_index("ix_matches_property", table_name="matches")
    op.drop_table("matches")
    op.drop_index(op.f("ix_lead_recommendations_changed_in"), table_name="lead_recommendations")
    op.drop_index("ix_lead_recommendations_market", table_name="lead_recommendations")
    op.drop_table("lead_recommendations")
    op.drop_index("ix_actions_property_side", table_name="actions")
    op.drop_table("actions")
    op.drop_index(
        "ix_rescoring_runs_open",
        table_name="rescoring_runs",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_table("rescoring_runs")
    op.drop_index("uq_properties_external", table_name="properties")
    op.drop_index("ix_properties_owner", table_name="properties")
    op.drop_index("ix_properties_market", table_name="properties")
    op.drop_index("ix_properties_changed", table_name="properties")
    op.drop_index("ix_properties_active_newest", table_name="properties", postgresql_where=sa.text("status = 'ACTIVE'"))
    op.drop_table("properties")
    op.drop_index("ix_notifications_user", table_name="notifications")
    op.drop_index("ix_notifications_unread", table_name="notifications", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_table("notifications")
    op.drop_table("markets")
    op.drop_index("uq_leads_preference", table_name="leads", postgresql_where=sa.text("origin = 'tinder'"))
    op.drop_index("ix_leads_owner", table_name="leads")
    op.drop_index("ix_leads_market", table_name="leads")
    op.drop_index("ix_leads_changed", table_name="leads")
    op.drop_table("leads")
    op.drop_index("ix_audit_log_row", table_name="audit_log")
    op.drop_index("ix_audit_log_actor", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index("uq_users_telegram_id", table_name="users")
    op.drop_index("uq_users_phone", table_name="users")
    op.drop_index("uq_users_email", table_name="users")
    op.drop_index(
        "ix_users_active_admins", table_name="users", postgresql_where=sa.text("role = 'admin' AND is_active")
    )
    op.drop_table("users")
    op.drop_table("text_models")
    op.drop_table("revoked_tokens")
    op.drop_table("rates")
    op.drop_table("idempotent_answers")
    op.execute("DROP FUNCTION note_change")
