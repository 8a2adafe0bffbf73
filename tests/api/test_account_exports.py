"""An export of all data about a user is created by a worker, answered to that user only, and erased with the user."""

import io
import json
import zipfile
from datetime import timedelta

from sqlalchemy import select, update

from models.accounts.account_exports import AccountExport, delete_old_exports, lost_exports
from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import Role
from tests.api.pictures import photo, saved
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_lead, make_user
from worker.jobs import account_exports


def made(session_of, person):
    """Request an export and create it as the worker's task does; returns its id."""
    answer = person("POST", "/users/me/exports")
    assert (answer.status_code, answer.json["is_ready"]) == (202, False)
    with session_of():
        account_exports.make_export(answer.json["id"])
        account_exports.make_export(answer.json["id"])  # as delivered twice
    return answer.json["id"]


def test_an_export_holds_what_is_stored_and_is_its_users_alone(person, database, new_worker_session):
    realtor, stranger = person(Role.REALTOR), person(Role.REALTOR)
    make_lead(database, database.get(User, realtor.id), client_name="Пётр Иванов")
    database.commit()
    before = realtor("POST", "/users/me/exports").json  # the next one joins it
    assert realtor("GET", f"/users/me/exports/{before['id']}/file").status_code == 409

    export_id = made(new_worker_session, realtor)

    assert export_id == before["id"]
    assert realtor("GET", f"/users/me/exports/{export_id}").json["is_ready"] is True
    answer = realtor("GET", f"/users/me/exports/{export_id}/file")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
        200,
        "application/zip",
        "no-store",
    )
    with zipfile.ZipFile(io.BytesIO(answer.data)) as bundle:
        stored = json.loads(bundle.read("data.json"))
    assert [lead["client_name"] for lead in stored["leads"]] == ["Пётр Иванов"]
    assert "password_hash" not in stored["user"]
    for path in (f"/users/me/exports/{export_id}", f"/users/me/exports/{export_id}/file"):
        assert stranger("GET", path).status_code == 404


def test_an_export_that_the_broker_lost_is_found_and_an_old_one_goes(session):
    user = make_user(session)
    new, lost, old = (AccountExport(user_id=user.id) for _ in range(3))
    session.add_all([new, lost, old])
    session.flush()
    for row, age in ((lost, timedelta(minutes=10)), (old, timedelta(days=8))):
        session.execute(
            update(AccountExport).where(AccountExport.id == row.id).values(created_at=AccountExport.created_at - age)
        )
    assert set(lost_exports(session)) == {lost.id, old.id}

    assert delete_old_exports(session) == 1
    assert set(session.scalars(select(AccountExport.id))) == {new.id, lost.id}


def test_the_page_keeps_the_profile_and_leaving_needs_the_word(client, database, new_worker_session):
    user = make_user(database, Role.LANDLORD, email="o@leadmatch.example", password_hash=PASSWORD_HASH)
    make_lead(database, user)
    database.commit()
    csrf = enter(client, user)
    form = {"csrf": csrf, "name": "Ольга Ким", "lang": "kk", "time_zone": "Asia/Almaty"}

    assert client.post("/console/account/profile", data=form | {"time_zone": "Mars/Olympus"}).status_code == 400
    assert client.post("/console/account/profile", data=form | {"name": " "}).status_code == 400
    client.post("/console/account/profile", data=form | {"avatar": (io.BytesIO(saved(photo(), "PNG")), "me.png")})

    database.expire_all()
    stored = database.get(User, user.id)
    assert (stored.name, stored.language, stored.time_zone) == ("Ольга Ким", "kk", "Asia/Almaty")
    assert "/media/" in stored.profile["avatar"]
    assert 'data-zone="Asia/Almaty"' in client.get("/console/account").text

    client.post("/console/account/data/export", data={"csrf": csrf})
    with new_worker_session():
        account_exports.make_export(database.scalars(select(AccountExport.id)).one())
    page = client.get("/console/account/data", headers={"Accept-Language": "ru"}).text
    assert "/console/account/data/exports/" in page and "1\u00a0лид" in page
    assert client.post("/console/account/data/erase", data={"csrf": csrf, "word": "да"}).status_code == 400
    database.expire_all()
    assert database.get(User, user.id).is_active

    left = client.post("/console/account/data/erase", data={"csrf": csrf, "word": "жою"})

    database.expire_all()
    assert left.status_code == 303 and database.get(User, user.id).deleted_at <= utc_now()
    assert database.scalars(select(AccountExport)).all() == []
