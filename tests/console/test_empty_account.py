"""Every page of an empty account says what to do next, in words for the user's role."""

import pytest

from models.core.enums import Role
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_user

#: (role, page, texts on it, texts not on it)
EMPTY = [
    (Role.REALTOR, "/console/matches", ["No matches yet", 'href="/console/leads"'], ["matches.xlsx"]),
    (Role.REALTOR, "/console/leads", ["From a message", "From a file"], ["Save this view", 'role="search"']),
    (Role.REALTOR, "/console/properties", ["New property"], ["Save this view", 'role="search"']),
    (Role.REALTOR, "/console/inquiries", ["Inquiries from tenants who like your homes"], ["A like in the feed"]),
    (Role.LANDLORD, "/console/chats", ["A chat opens when you answer an inquiry"], ["Write to"]),
    (Role.LANDLORD, "/console/inquiries", ["Inquiries from tenants who like your homes"], ["A like in the feed"]),
    (Role.TENANT, "/console/inquiries", ["A like in the feed"], ["tenants who like your homes"]),
    (Role.TENANT, "/console/favorites", ["/console/feed"], []),
    (Role.TENANT, "/console/requests", ["/console/requests/new"], []),
]


@pytest.mark.parametrize(("role", "path", "expected", "left_out"), EMPTY, ids=lambda each: str(each)[:30])
def test_a_page_without_rows_says_how_they_come_to_be(app, db, role, path, expected, left_out):
    user = make_user(db, role=role, email="new@leadmatch.example", password_hash=PASSWORD_HASH)
    db.commit()
    client = app.test_client()
    enter(client, user)
    text = client.get(path, headers={"Accept-Language": "en"}).text

    assert [each for each in expected if each not in text] == []
    assert [each for each in left_out if each in text] == []


@pytest.mark.parametrize(
    ("role", "path", "ways"),
    [
        (Role.REALTOR, "leads", ["leads/new", "leads/paste", "sources"]),
        (Role.REALTOR, "properties", ["properties/new", "properties/paste", "sources"]),
        (Role.MARKETER, "leadgen", ["leadgen/new"]),
    ],
)
def test_an_empty_list_offers_each_way_to_begin_once(app, db, role, path, ways):
    user = make_user(db, role=role)
    db.commit()
    client = app.test_client()
    enter(client, user)
    text = client.get(f"/console/{path}").text

    assert [text.count(f'href="/console/{way}') for way in ways] == [1] * len(ways)


def test_what_is_known_of_an_account_stands_apart_from_its_name(app, town):
    client = app.test_client()
    enter(client, town.buyer)
    text = client.get("/console/account", headers={"Accept-Language": "en"}).text

    assert "Password</b> " in text and " is set</p>" in text


def test_an_empty_board_fits_on_a_phone(visit, db):
    user = make_user(db, role=Role.REALTOR)
    db.commit()
    page = visit(user, "/console/matches", viewport={"width": 390, "height": 844})
    box = page.get_by_role("link", name="My properties").bounding_box()

    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
