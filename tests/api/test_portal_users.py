"""The portal's sign-in and users over HTTP: signing in, the profile, leaving, and what must not be revealed."""

import io

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from api.http.services import services_of
from models.accounts.audit import AuditEntry
from models.accounts.codes import digits_of
from models.accounts.phone_codes import PhoneCode
from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import Role, Status
from models.market.leads import Lead
from models.market.properties import Property
from tests.factories import SECRET, make_lead, make_property, make_user, token_header

PHONE = "+77011234567"
PERSON = {"phone": PHONE, "first_name": "Иван", "last_name": "Иванов", "role": "realtor"}


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def local(app_with):
    """A client of a local system, whose answers contain the codes."""
    return app_with(ENVIRONMENT="local").test_client()


@pytest.fixture
def user(db):
    user = make_user(db, phone=PHONE, phone_proven_at=utc_now())
    db.commit()
    return user


def jpeg() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "JPEG")
    out.seek(0)
    return out


def last_code(db) -> str:
    db.rollback()
    return digits_of(db.query(PhoneCode).order_by(PhoneCode.id.desc()).first(), SECRET)


@pytest.mark.parametrize(
    ("role", "stored", "label"),
    [
        ("user", Role.TENANT, "Пользователь"),
        ("realtor", Role.REALTOR, "Риелтор"),
        ("developer", Role.DEVELOPER, "Застройщик"),
        ("agency", Role.AGENCY, "Агентство"),
    ],
)
def test_registration_activation_token_profile(local, db, role, stored, label):
    made = local.post("/users/register/", json=PERSON | {"role": role})
    assert made.status_code == 201
    proof = {"phone": "8 (701) 123-45-67", "activation_code": made.json["code"]}
    assert local.post("/users/activate/", json=proof).json == {"message": "User activated successfully"}
    token = local.post("/users/token", json=proof).json["access_token"]

    me = local.get("/users/me/", headers={"Authorization": f"Bearer {token}"}).json
    assert (me["first_name"], me["last_name"], me["phone"], me["role"]) == ("Иван", "Иванов", PHONE, label)
    assert db.get(User, me["id"]).role is stored
    assert local.post("/users/token", json=proof).status_code == 401


def test_codes_are_in_answers_in_local_only(client, local):
    assert "code" not in client.post("/users/register", json=PERSON).json
    assert "code" not in client.post("/users/reset", json={"phone": PHONE}).json
    assert "code" in local.post("/users/reset", json={"phone": PHONE}).json


@pytest.mark.parametrize("role", ["admin", "landlord", "tenant", "", None, 1, ["user"]])
def test_nobody_registers_as_something_else(client, db, role):
    answer = client.post("/users/register", json=PERSON | {"role": role})

    assert answer.status_code == 400
    assert "role" in answer.json["errors"]["json"]
    assert db.query(PhoneCode).count() == 0


def test_answers_do_not_reveal_whether_a_phone_is_registered(client, user):
    strange = "+77017654321"
    for path, body in [
        ("/users/register", PERSON),
        ("/users/reset", {}),
        ("/users/token", {"activation_code": "000000"}),
        ("/users/activate", {"activation_code": "000000"}),
    ]:
        known, unknown = (client.post(path, json=body | {"phone": phone}) for phone in (PHONE, strange))
        assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
        assert set(known.headers.keys()) == set(unknown.headers.keys())


def test_registering_a_registered_phone_in_local_answers_a_code_that_does_not_work(local, user):
    code = local.post("/users/register", json=PERSON).json["code"]
    proof = {"phone": PHONE, "activation_code": code}

    assert local.post("/users/activate", json=proof).status_code == 401
    assert local.post("/users/token", json=proof).status_code == 401


def test_wrong_tries_count_although_they_are_answered_with_errors(client, db, user):
    client.post("/users/reset", json={"phone": PHONE})
    code = last_code(db)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert client.post("/users/token", json={"phone": PHONE, "activation_code": wrong}).status_code == 401

    assert client.post("/users/token", json={"phone": PHONE, "activation_code": code}).status_code == 401


def test_too_many_codes_are_answered_429_with_a_time(client, user):
    answers = [client.post("/users/reset", json={"phone": PHONE}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 600


def test_a_profile_comes_back_as_it_was_sent(client, user):
    sent = {
        "first_name": "Иван",
        "last_name": "Петров",
        "middle_name": "Ильич",
        "sex": "м",
        "city": "Астана",
        "email": "ivan@example.com",
        "user_type": "частный",
        "whatsapp": PHONE,
        "telegram": "@ivan",
        "viber": PHONE,
        "zoom": "ivan",
        "prop_city": "Астана",
        "prop_offer": "продажа",
        "prop_type": "квартира",
        "prop_state": "новая",
        "about": "20 лет на рынке",
    }
    flags = {
        f"notifications_{name}": "true" for name in ("all_messages", "new_matches", "responses", "contacts", "news")
    }
    form = (
        {"phone": PHONE}
        | sent
        | flags
        | {"avatar": (jpeg(), "a.jpg"), "licenses": [(jpeg(), "1.jpg"), (jpeg(), "2.jpg")]}
    )

    answer = client.put("/users/update/", data=form, headers=token_header(user))

    assert answer.json["message"] == "User updated successfully"
    me = client.get("/users/me", headers=token_header(user)).json
    assert answer.json["user"] == me
    assert {name: me[name] for name in sent} == sent
    assert all(me[name] is True for name in flags)
    assert len(me["licenses"]) == 2
    for url in (me["avatar"], *me["licenses"]):
        assert client.get(url).mimetype == "image/jpeg"


def test_a_new_profile_has_every_field_that_an_update_takes(client, user):
    me = client.get("/users/me", headers=token_header(user)).json

    form = client.get("/openapi.json").json["components"]["schemas"]["ProfileForm"]["properties"]
    assert set(form) <= set(me)
    assert (me["city"], me["telegram"], me["notifications_news"]) == (None, None, True)


def test_fields_missing_from_an_update_stay(client, user):
    for form in ({"city": "Астана"}, {"about": "риелтор"}):
        client.put("/users/update", data={"phone": PHONE} | form, headers=token_header(user))

    me = client.get("/users/me", headers=token_header(user)).json
    assert (me["city"], me["about"]) == ("Астана", "риелтор")


def test_a_new_avatar_replaces_the_old_file(client, user):
    def change() -> str:
        form = {"phone": PHONE, "avatar": (jpeg(), "a.jpg")}
        return client.put("/users/update", data=form, headers=token_header(user)).json["user"]["avatar"]

    old, new = change(), change()

    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"phone": "+77017654321"}, 403, None),
        ({}, 400, "phone"),
        ({"phone": "nonsense"}, 400, "phone"),
        ({"phone": PHONE, "email": "nonsense"}, 400, "email"),
        ({"phone": PHONE, "city": "я" * 101}, 400, "city"),
        ({"phone": PHONE, "city": "a\x00"}, 400, "city"),
        ({"phone": PHONE, "notifications_news": "maybe"}, 400, "notifications_news"),
        ({"phone": PHONE, "avatar": "text"}, 400, "avatar"),
        ({"phone": PHONE, "avatar": (io.BytesIO(b"<svg/>"), "a.jpg")}, 415, "avatar"),
        ({"phone": PHONE, "licenses": [(io.BytesIO(b"text"), "a.png")]}, 415, "licenses"),
    ],
)
def test_a_bad_update_is_refused_by_field_and_changes_nothing(client, app, db, user, form, status, field):
    answer = client.put(
        "/users/update",
        data={"city": "Астана"} | form,
        headers=token_header(user),
        content_type="multipart/form-data",
    )

    assert answer.status_code == status
    assert field is None or list(answer.json["errors"]["multipart"]) == [field]
    db.refresh(user)
    assert user.profile == {}
    assert services_of(app).storage.names() == []


@pytest.mark.parametrize(("field", "value"), [("role", "admin"), ("is_active", "false"), ("id", "1")])
def test_an_update_ignores_read_only_fields_and_does_not_change_them(client, db, user, field, value):
    before = user.role, user.is_active, user.id
    form = {"phone": PHONE, "city": "Астана", field: value}

    answer = client.put("/users/update", data=form, headers=token_header(user), content_type="multipart/form-data")

    assert answer.status_code == 200, answer.json
    db.refresh(user)
    assert (user.role, user.is_active, user.id) == before


def test_another_users_email_is_a_conflict(client, db, user):
    make_user(db, email="taken@example.com")
    db.commit()

    answer = client.put(
        "/users/update", data={"phone": PHONE, "email": "Taken@Example.com"}, headers=token_header(user)
    )

    assert answer.status_code == 409


def test_a_request_with_files_may_be_larger_than_others(client, user):
    noise = Image.effect_noise((1600, 1200), 100)
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert out.tell() > 1 << 20
    out.seek(0)

    answer = client.put("/users/update", data={"phone": PHONE, "avatar": (out, "a.png")}, headers=token_header(user))

    assert answer.status_code == 200


def test_leaving_erases_the_person_and_keeps_the_shape_of_what_others_did(client, db, user):
    url = client.put(
        "/users/update",
        data={"phone": PHONE, "city": "Астана", "email": "me@example.com", "avatar": (jpeg(), "a.jpg")},
        headers=token_header(user),
    ).json["user"]["avatar"]
    lead, found = (
        make_lead(db, user),
        make_property(db, user, title="Моя квартира", description="звоните Ивану"),
    )
    db.commit()
    header = token_header(user)

    answer = client.delete("/users/delete/", json={"phone": PHONE}, headers=header | {"Idempotency-Key": "once"})

    assert answer.json == {"message": "User deleted successfully"}
    assert client.get("/users/me", headers=header).status_code == 401
    assert client.get(url).status_code == 404
    db.expire_all()
    gone = db.get(User, user.id)
    assert (gone.name, gone.phone, gone.email, gone.telegram_id, gone.profile) == (None, None, None, None, {})
    assert gone.deleted_at is not None
    assert db.get(Lead, lead.id).client_contacts is None
    assert db.get(Lead, lead.id).status is db.get(Property, found.id).status is Status.ARCHIVED
    assert db.get(Property, found.id).description is None
    actions = db.query(AuditEntry).filter_by(actor_id=user.id).all()
    assert actions and {entry.address for entry in actions} == {None}


def test_a_phone_is_free_again_once_its_user_has_left(local, user):
    local.delete("/users/delete", json={"phone": PHONE}, headers=token_header(user))
    code = local.post("/users/register", json=PERSON).json["code"]

    assert local.post("/users/activate", json={"phone": PHONE, "activation_code": code}).status_code == 200


def test_nobody_deletes_another_and_it_does_not_show_who_exists(client, db, user):
    stranger = token_header(make_user(db))
    db.commit()

    answers = [
        client.delete("/users/delete", json={"phone": phone}, headers=stranger) for phone in (PHONE, "+77017654321")
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].data == answers[1].data
    assert client.get("/users/me", headers=token_header(user)).status_code == 200


def test_administrators_delete_others_but_not_the_last_of_themselves(client, db, user):
    admin = make_user(db, role=Role.ADMIN)
    db.commit()
    header = token_header(admin)

    assert client.delete("/users/delete", json={"phone": PHONE}, headers=header).status_code == 200
    assert client.delete("/users/delete", json={"phone": PHONE}, headers=header).status_code == 404
    assert client.delete("/users/delete", json={"phone": admin.phone}, headers=header).status_code == 409
    assert client.get("/users/me", headers=header).status_code == 200


def test_the_list_is_for_administrators_and_slides(client, db, user):
    admin = make_user(db, role=Role.ADMIN)
    db.commit()

    def ids(**args):
        return [row["id"] for row in client.get("/users/list/", query_string=args, headers=token_header(admin)).json]

    assert ids() == [user.id, admin.id]
    assert ids(skip=1) == [admin.id]
    assert ids(limit=1) == [user.id]
    assert client.get("/users/list", headers=token_header(user)).status_code == 403


@pytest.mark.parametrize(
    "args", [{"skip": -1}, {"limit": 0}, {"limit": 101}, {"skip": "x"}, {"page": 1}, {"skip": 2**63}]
)
def test_bad_slices_are_refused(client, db, args):
    admin = make_user(db, role=Role.ADMIN)
    db.commit()

    assert client.get("/users/list", query_string=args, headers=token_header(admin)).status_code == 400
