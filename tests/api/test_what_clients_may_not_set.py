"""Clients cannot set owners, states, counters and rights: a body with them is refused, or they are ignored."""

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Role
from models.leadgen.campaigns import Campaign
from models.leadgen.niches import create_niche
from models.leadgen.prospects import Prospect
from models.market.leads import Lead
from models.market.properties import Property
from tests.factories import lead_body, make_user, property_body, token_header

PHONE = "+77011112233"
LISTING = {"title": "x", "city": "Москва", "deal_type": "rent", "property_type": "flat", "price": 1}


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


#: An id that no row has, however many rows were created before.
NOT_OURS = 1_999_999_999
#: Fields that no client may set. The ids are another user's, or nobody's.
OURS = {
    "id": NOT_OURS, "owner_id": 999, "owner": {"id": 999}, "user_id": 999, "tenant_id": 999, "property_id": 999,
    "lead_id": 999, "version": 99, "match_count": 99, "group_id": 9, "source_id": 9, "external_id": "9",
    "created_at": "2000-01-01T00:00:00Z", "updated_at": "2000-01-01T00:00:00Z", "role": "admin", "is_admin": True,
    "token_version": 9, "phone_proven_at": "2000-01-01T00:00:00Z", "email_proven_at": "2000-01-01T00:00:00Z",
    "password_hash": "x", "grammar": 99, "changed_in": 9, "origin": "PORTAL", "sample_set_id": 9, "city_key": "geo:1",
}  # fmt: skip


def differing(rows) -> set[str]:
    """The columns in which rows differ from the first one, except those that always differ."""
    first, *others = [{each.key: getattr(row, each.key) for each in inspect(row).mapper.column_attrs} for row in rows]
    found = {name for row in others for name, value in row.items() if value != first[name]}
    return found - {"id", "created_at", "updated_at", "changed_in", "entered_at", "search_text", "read_facts"}


@pytest.mark.parametrize(
    ("path", "body", "role", "table"),
    [
        ("/properties", property_body(), Role.REALTOR, Property),
        ("/leads", lead_body(), Role.REALTOR, Lead),
        ("/listings", LISTING, Role.LANDLORD, Property),
    ],
)
def test_a_row_is_what_its_body_may_say(client, db, path, body, role, table):
    user = make_user(db, role)
    db.commit()
    assert client.post(path, json=body, headers=token_header(user)).status_code in (200, 201)

    for name, value in OURS.items():
        answer = client.post(path, json=body | {name: value}, headers=token_header(user))
        assert answer.status_code in (200, 201, 400), (name, answer.json)

    rows = db.scalars(select(table).order_by(table.id)).all()
    assert differing(rows) == set()
    assert NOT_OURS not in {row.id for row in rows}
    assert all(row.created_at.year > 2000 for row in rows)


@pytest.mark.parametrize("role", ["admin", "operator", "marketer", "ADMIN", " admin", "Admin"])
def test_nobody_registers_with_rights_over_others(client, db, role):
    for path, body in (
        ("/auth/register", {"name": "A", "email": "a@example.com", "password": "correct horse", "phone": PHONE}),
        ("/users/register", {"first_name": "A", "last_name": "B", "phone": PHONE}),
    ):
        assert client.post(path, json=body | {"role": role}).status_code == 400, path
    assert db.scalar(select(func.count()).select_from(User)) == 0
    # The exchange's registration answers a role, so a role that is sent back is ignored.
    client.post("/auth/register", json={"telegram_id": "42", "phone": PHONE, "role": role})
    assert db.scalars(select(User.role)).all() == [Role.REALTOR]


@pytest.mark.parametrize("name", ["role", "is_active", "id", "created_at", "token_version", "phone_proven_at"])
def test_a_profile_changes_in_what_is_a_profile(client, db, name):
    user = make_user(db, phone=PHONE)
    db.commit()
    value = {"role": "admin", "is_active": "false", "id": "999", "token_version": "9"}.get(name, "2000-01-01T00:00:00Z")

    form = {"phone": PHONE, name: value}
    client.put("/users/update", data=form, content_type="multipart/form-data", headers=token_header(user))

    before = (user.id, user.role, user.is_active, user.created_at, user.token_version, user.phone_proven_at)
    db.rollback()
    fresh = db.get(User, user.id, populate_existing=True)
    assert (
        fresh.id, fresh.role, fresh.is_active, fresh.created_at, fresh.token_version, fresh.phone_proven_at
    ) == before  # fmt: skip


@pytest.mark.parametrize(
    ("path", "table"), [("/api/leads", Prospect), ("/api/campaigns", Campaign)], ids=["prospect", "campaign"]
)
def test_lead_generation_counts_for_itself(app_with, db, path, table):
    client = app_with(ENVIRONMENT="local").test_client()
    niche_id = str(create_niche(db, {"name": "Ремонт", "category": "repair", "cpl_target": 100}).id)
    db.commit()
    body = {"name": "A", "source": "olx"} if table is Prospect else {"name": "A", "platform": "olx", "budget": 5}
    body |= {"niche_id": niche_id} if table is Campaign else {}
    ours = {
        "id": niche_id, "status": "won" if table is Prospect else "active", "quality_score": 99, "spent": 5,
        "quality_method": "model", "scored_version": 9, "version": 9, "ads_count": 5, "leads_count": 5, "clicks": 5,
        "impressions": 5, "created_at": "2000-01-01T00:00:00Z", "user_id": 1, "touches": 5, "cpl": 1,
    }  # fmt: skip
    for fields in ({}, *({name: value} for name, value in ours.items())):
        assert client.post(path, json=body | fields).status_code in (201, 400), fields

    rows = db.scalars(select(table).order_by(table.created_at)).all()
    assert len(rows) > 2
    assert differing(rows) == set()
    assert all(row.created_at.year > 2000 for row in rows)
    assert niche_id not in {str(row.id) for row in rows}
