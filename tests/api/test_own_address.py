"""Links that people share contain this site's address, whatever the Host header of a request."""

import re

import pytest

from models.core.enums import Role
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_lead, make_user, token_header

OURS, EVIL = "https://homes.example", "evil.example"


@pytest.fixture
def forged(app_with):
    """A client whose requests name another host; PUBLIC_URL and Telegram's bot are configured."""
    client = app_with(ENVIRONMENT="local", PUBLIC_URL=OURS, TELEGRAM_BOT_TOKEN="42:TEST").test_client()
    client.environ_base["HTTP_HOST"] = EVIL
    client.environ_base["HTTP_X_FORWARDED_HOST"] = EVIL
    return client


def test_no_link_names_the_host_of_the_request(forged, database):
    head = make_user(database, Role.REALTOR, email="head@example.com", password_hash=PASSWORD_HASH)
    admin, lead = make_user(database, Role.ADMIN), make_lead(database, head)
    database.commit()
    signing_in = forged.get("/console/sign-in").text
    csrf = enter(forged, head)
    forged.post("/console/team", data={"csrf": csrf, "name": "Дом"})
    invited = forged.post("/console/team/invitations", data={"csrf": csrf, "label": "Пётр"}).text
    answers = [
        signing_in,
        invited,
        forged.get("/console/account").text,
        forged.post("/calendar", headers=token_header(head)).text,
        forged.post("/admin/invitations", json={"role": "operator"}, headers=token_header(admin)).text,
        forged.post("/auth/email", json={"email": "head@example.com"}).text,
        forged.get(f"/console/leads/{lead.id}").text,
        forged.get("/properties/", headers=token_header(head)).text,
    ]

    assert [EVIL in answer for answer in answers] == [False] * len(answers)
    assert re.search(rf'value="{OURS}/console/team/join/[^"]+"', invited)
    assert "origin=https%3A%2F%2Fhomes.example&" in signing_in.replace("&amp;", "&")
