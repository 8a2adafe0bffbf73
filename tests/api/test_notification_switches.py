"""A user's notification switches are the same in the API, on the page, and in the portal's flags."""

import pytest

from models.accounts.users import User
from models.core.enums import Role
from tests.console.conftest import PASSWORD_HASH, enter


def test_switches_are_changed_one_by_one(person):
    tenant = person()
    before = tenant("GET", "/notifications/switches").json

    changed = tenant("PATCH", "/notifications/switches", json={"switches": {"messages": {"email": True}}}).json

    assert before["channels"] == {"console": True, "telegram": False, "email": False, "sms": False}
    assert before["switches"]["messages"] == {"console": True, "telegram": True, "email": False, "sms": False}
    assert changed["switches"]["messages"] == before["switches"]["messages"] | {"email": True}
    assert changed["switches"]["inquiries"] == before["switches"]["inquiries"]
    assert tenant("GET", "/notifications/switches").json == changed


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"switches": {"weather": {}}},
        {"switches": {"messages": {"pigeon": True}}},
        {"switches": {"messages": {"sms": 7}}},
    ],
)
def test_an_invalid_switch_is_refused(person, body):
    tenant = person()
    before = tenant("GET", "/notifications/switches").json

    assert tenant("PATCH", "/notifications/switches", json=body).status_code == 400
    assert tenant("GET", "/notifications/switches").json == before


def test_the_portal_flag_and_the_switches_agree(person, database):
    tenant = person()
    phone = database.get(User, tenant.id).phone

    tenant("PUT", "/users/update", data={"phone": phone, "notifications_all_messages": "false"})
    assert tenant("GET", "/notifications/switches").json["switches"]["messages"]["telegram"] is False

    tenant("PATCH", "/notifications/switches", json={"switches": {"messages": {"telegram": True}}})
    assert tenant("GET", "/users/me").json["notifications_all_messages"] is True


def test_the_page_changes_what_reaches_the_visitor_and_nothing_else(client, database, app):
    from tests.factories import make_user

    user = make_user(
        database, Role.LANDLORD, email="o@leadmatch.example", password_hash=PASSWORD_HASH, telegram_id=None
    )
    database.commit()
    csrf = enter(client, user)
    page = client.get("/console/account/notifications").text
    assert 'name="messages.console"' in page and 'name="messages.telegram"' not in page

    client.post(
        "/console/account/notifications",
        data={"csrf": csrf, "messages.console": ["1", ""], "inquiries.console": "", "inquiries.sms": "1"},
    )

    database.expire_all()
    chosen = database.get(User, user.id).notification_switches
    assert chosen["messages"] == {"console": True} and chosen["inquiries"] == {"console": False}
