"""The language of notifications in the API and on pages, and how a user's language is determined."""

from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.core.enums import Role


def titles(person, **headers):
    return [each["title"] for each in person("GET", "/notifications", headers=headers).json["notifications"]]


def test_notifications_are_in_the_requested_language(person, database):
    seller = person(Role.LANDLORD)
    notify(database, seller.id, NotificationType.NEW_MATCH, "match:1", data={}, variant="agreed")
    database.commit()

    assert titles(seller, **{"Accept-Language": "en"}) == ["New match"]
    assert titles(seller, **{"Accept-Language": "ru"}) == ["Новый мэтч"]
    assert titles(seller, **{"Accept-Language": "kk-KZ, ru;q=0.5"}) == ["Жаңа мэтч"]


def test_without_a_wish_they_come_in_the_users_language(person, database):
    seller = person(Role.LANDLORD)
    notify(database, seller.id, NotificationType.NEW_MESSAGE, "chat:1:0", data={})
    database.commit()
    assert titles(seller) == ["Новое сообщение"]

    database.get(User, seller.id).language = "kk"
    database.commit()

    assert titles(seller) == ["Жаңа хабар"]


def test_a_users_language_is_that_of_the_first_sign_in(client, database):
    body = {"name": "Ира Ким", "email": "ira@example.com", "phone": "+77011234567", "role": "tenant"}
    body["password"] = "a long one"
    made = client.post("/auth/register", json=body, headers={"Accept-Language": "kk"})
    assert made.status_code == 200, made.json
    user = database.query(User).filter_by(email="ira@example.com").one()
    assert user.language == "kk"

    form = {"username": "ira@example.com", "password": "a long one"}
    assert client.post("/auth/login", data=form, headers={"Accept-Language": "en"}).status_code == 200

    database.expire_all()
    assert user.language == "kk"
