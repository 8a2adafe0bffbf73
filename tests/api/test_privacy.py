"""What other users see of private persons, of a realtor's clients and of a realtor's notes."""

import pytest
from sqlalchemy.orm import Session

from models.accounts.users import normal_phone
from models.core.enums import Origin, Role
from models.core.errors import InvalidValueError
from models.market.leads import create_lead
from tests.factories import lead_body, make_lead, make_property, make_user, token_header
from worker.lists import rescore

CONTACTS, NOTES, SHARED = "+77011112233", "скуповат, торгуется", "нужна ипотека"


@pytest.fixture
def db(engine, clean_database, new_worker_session):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def pair(db, client):
    """
    A function that creates a property and a lead in each other's lists: (lead's owner, seller, both ids).
    """

    def make(role=Role.REALTOR, **lead_fields):
        owner, seller = make_user(db, role=role, name="Анна Мария Петрова"), make_user(db, name="Иван Ким")
        lead, found = make_lead(db, owner, **lead_fields), make_property(db, seller)
        db.commit()
        rescore.rebuild_market(db, (lead.city_key, lead.deal_type), None)
        db.commit()
        return owner, seller, lead.id, found.id

    return make


def like(client, who, path):
    assert client.post(f"{path}/action", json={"action": "LIKE"}, headers=token_header(who)).status_code < 300


def listed(client, seller, property_id) -> dict:
    path = f"/properties/{property_id}/lead-recommendations"
    [entry] = client.get(path, headers=token_header(seller)).json["recommendations"]
    return entry


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.TENANT, "Анна П."),
        (Role.LANDLORD, "Анна П."),
        (Role.REALTOR, "Анна Мария Петрова"),
        (Role.AGENCY, "Анна Мария Петрова"),
    ],
)
def test_private_persons_are_named_in_short_in_lists_of_leads(client, pair, role, shown):
    _, seller, _, property_id = pair(role)

    assert listed(client, seller, property_id)["realtor_info"]["name"] == shown
    page = client.get(f"/properties/{property_id}/lead-recommendations?explain=true", headers=token_header(seller))
    assert page.json["recommendations"][0]["realtor_info"]["name"] == shown


def test_a_client_is_named_in_short_until_the_match_shares_contacts(client, pair):
    owner, seller, lead_id, property_id = pair(client_name="Пётр Ильич Чайковский")
    assert listed(client, seller, property_id)["lead_data"]["client_name"] == "Пётр Ч."

    like(client, owner, f"/leads/{lead_id}/property-recommendations/{property_id}")
    [match] = client.get(f"/properties/{property_id}/matches", headers=token_header(seller)).json["matches"]
    assert match["lead"]["client_name"] == "Пётр Ч."

    like(client, seller, f"/properties/{property_id}/lead-recommendations/{lead_id}")
    [match] = client.get(f"/properties/{property_id}/matches", headers=token_header(seller)).json["matches"]
    assert match["lead"]["client_name"] == "Пётр Ильич Чайковский"


@pytest.mark.parametrize(("sharing", "seen"), [("after_agreement", CONTACTS), ("never", None)])
def test_a_client_may_be_kept_out_of_the_exchange(client, pair, sharing, seen):
    owner, seller, lead_id, property_id = pair(client_contacts=CONTACTS, client_contacts_shared=sharing)
    like(client, owner, f"/leads/{lead_id}/property-recommendations/{property_id}")
    like(client, seller, f"/properties/{property_id}/lead-recommendations/{lead_id}")

    [match] = client.get(f"/properties/{property_id}/matches", headers=token_header(seller)).json["matches"]
    assert match["lead"]["client_contacts"] == seen
    assert match["realtor_info"]["phone"] == owner.phone  # the two realtors are in contact either way


def test_the_owner_alone_reads_private_notes(client, pair):
    owner, seller, lead_id, property_id = pair(notes=SHARED, private_notes=NOTES, client_contacts_shared="never")
    mine = client.get(f"/leads/{lead_id}", headers=token_header(owner)).json
    assert (mine["private_notes"], mine["client_contacts_shared"]) == (NOTES, "never")

    admin, recommended = make_user_admin(client), f"/properties/{property_id}/lead-recommendations"

    def shown(*paths: str) -> str:
        """What the seller and an administrator read at these paths."""
        return "".join(
            client.get(path, headers=token_header(who)).get_data(as_text=True)
            for who in (seller, admin)
            for path in paths
        )

    before = shown(recommended, f"{recommended}?explain=true")
    assert before.count(SHARED) == 2 and NOTES not in before
    like(client, owner, f"/leads/{lead_id}/property-recommendations/{property_id}")
    like(client, seller, f"{recommended}/{lead_id}")
    after = shown(f"/properties/{property_id}/matches", f"/leads/{lead_id}", "/notifications?all=true")
    assert '"match_id"' in after and NOTES not in after


def make_user_admin(client):
    from api.http.services import services_of

    with Session(services_of(client.application).engine, expire_on_commit=False) as session:
        admin = make_user(session, role=Role.ADMIN)
        session.commit()
        return admin


def test_the_answer_of_get_for_a_lead_can_be_sent_with_put(client, db):
    owner = make_user(db)
    db.commit()
    body = lead_body(private_notes=NOTES, client_contacts_shared="never")
    made = client.post(
        "/leads", json=body | {"private_notes": NOTES, "client_contacts_shared": "never"}, headers=token_header(owner)
    )
    lead_id = made.json["lead_id"]

    shown = client.get(f"/leads/{lead_id}", headers=token_header(owner)).json
    assert (shown["private_notes"], shown["client_contacts_shared"]) == (NOTES, "never")
    client.put(f"/leads/{lead_id}", json=lead_body(), headers=token_header(owner))  # PUT replaces
    shown = client.get(f"/leads/{lead_id}", headers=token_header(owner)).json
    assert (shown["private_notes"], shown["client_contacts_shared"]) == (None, "after_agreement")


@pytest.mark.parametrize("word", ["sometimes", "", 1])
def test_contacts_are_shared_in_one_of_two_ways(client, db, word):
    owner = make_user(db)
    db.commit()
    body = lead_body() | {"client_contacts_shared": word}

    assert client.post("/leads", json=body, headers=token_header(owner)).status_code == 400


# -- Phones ------------------------------------------------------------------------------------------------------------

#: Numbers that may not be real: too short except for a local call, in no country's plan, or only possible.
NO_PHONES = ["1234567", "8955824", "+44 12345", "+1 555 0100", "+7 000 000 00 00", "+49 30 12", "112", "+999 1234567"]


@pytest.mark.parametrize("raw", NO_PHONES)
def test_a_number_that_nobody_can_have_is_no_phone(raw):
    with pytest.raises(InvalidValueError):
        normal_phone(raw)


@pytest.mark.parametrize(
    ("raw", "phone"),
    [
        ("8 (701) 123-45-67", "+77011234567"),
        ("+44 20 7946 0958", "+442079460958"),
        ("9161234567", "+79161234567"),
        ("8 800 555 35 35", "+78005553535"),
    ],
)
def test_a_number_in_any_usual_spelling_is_one(raw, phone):
    assert normal_phone(raw) == phone


@pytest.mark.parametrize("raw", NO_PHONES[:3])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users/register", {"first_name": "A", "last_name": "B", "role": "user"}),
        ("/users/reset", {}),
        ("/users/token", {"activation_code": "000000"}),
        ("/users/activate", {"activation_code": "000000"}),
        ("/auth/register", {"telegram_id": "42"}),
        ("/auth/register", {"role": "agent", "name": "A", "email": "a@example.com", "password": "correct horse"}),
    ],
)
def test_no_sign_in_method_accepts_an_impossible_number(client, path, body, raw):
    answer = client.post(path, json=body | {"phone": raw})

    assert answer.status_code == 400
    assert "phone" in answer.json["errors"]["json"]


def test_neither_do_lead_generation_nor_the_bot_take_one(app_with):
    local = app_with(ENVIRONMENT="local").test_client()
    for path, body in (
        ("/api/leads", {"name": "A", "source": "web", "phone": "1234567"}),
        ("/auth/telegram/login-or-register", {"telegram_id": "42", "phone": "1234567", "name": "A", "role": "agent"}),
    ):
        assert local.post(path, json=body).status_code == 400


def test_a_tenants_preference_has_neither_contacts_nor_notes_of_a_realtor(db):
    lead = create_lead(db, make_user(db, role=Role.TENANT), Origin.TINDER, {"city": "Москва", "deal_type": "RENT"})
    db.flush()
    db.refresh(lead)

    assert (lead.client_contacts_shared, lead.private_notes) == ("after_agreement", None)
