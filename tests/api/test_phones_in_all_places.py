"""Every operation with a phone refuses an impossible number, and stores nothing of the request."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.codes import PhoneCode
from models.accounts.users import User
from models.core.enums import Role
from models.leadgen.niches import create_niche
from models.leadgen.prospects import Prospect
from tests.console.conftest import PASSWORD_HASH, csrf_of, enter
from tests.factories import make_user

NO_PHONES = ["1234567", "8955824", "+44 12345"]


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def local(app_with):
    return app_with(ENVIRONMENT="local").test_client()


def stored(db):
    db.rollback()
    return [db.scalar(select(func.count()).select_from(table)) for table in (User, PhoneCode, Prospect)]


@pytest.mark.parametrize("phone", NO_PHONES)
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/console/sign-in/code", {}),
        ("/console/sign-in/code", {"code": "000000"}),
        ("/console/sign-up/phone", {"first_name": "A", "last_name": "B", "name": "A", "role": "realtor"}),
        ("/console/sign-up/phone", {"code": "000000"}),
    ],
)
def test_no_page_takes_one(local, db, path, form, phone):
    before = stored(db)
    csrf = csrf_of(local.get("/console/sign-in").text)

    assert local.post(path, data=form | {"phone": phone, "csrf": csrf}).status_code == 400
    assert stored(db) == before


@pytest.mark.parametrize("phone", NO_PHONES)
def test_lead_generation_takes_none(local, db, phone):
    before = stored(db)
    answer = local.post("/api/leads", json={"name": "A", "source": "olx", "phone": phone})

    assert answer.status_code == 400
    assert "phone" in answer.json["errors"]["json"]
    assert stored(db) == before


@pytest.mark.parametrize("phone", NO_PHONES)
def test_a_marketers_form_takes_none(local, db, phone):
    marketer = make_user(db, Role.MARKETER, email="m@example.com", password_hash=PASSWORD_HASH)
    niche_id = create_niche(db, {"name": "Ремонт", "category": "repair", "cpl_target": 100}).id
    db.commit()
    enter(local, marketer)
    csrf = csrf_of(local.get("/console/account").text)
    before = stored(db)

    form = {"name": "A", "source": "olx", "phone": phone, "csrf": csrf}
    assert local.post(f"/console/leadgen/{niche_id}/prospects/new", data=form).status_code == 400
    assert stored(db) == before


@pytest.mark.parametrize("phone", NO_PHONES)
def test_a_password_is_not_reset_by_one(local, db, phone):
    body = {"phone": phone, "activation_code": "000000", "password": "correct horse battery"}

    assert local.post("/auth/password/reset", json=body).status_code == 400
