"""A property entered twice by its owner is refused if that is certain, and causes a warning if it may be two homes."""

import pytest
from sqlalchemy.orm import Session

from models.core.enums import Role
from tests.factories import make_user, property_body, token_header

WORDS = "Светлая квартира с видом на парк, окна выходят на две стороны, рядом школа, метро и большой магазин во дворе."


@pytest.fixture
def post(client, engine):
    owners = {}

    def post(role=Role.REALTOR, **changes):
        if role not in owners:
            with Session(engine, expire_on_commit=False) as session:
                owners[role] = make_user(session, role)
                session.commit()
        return client.post("/properties/", json=property_body(**changes), headers=token_header(owners[role]))

    return post


def test_the_same_row_again_is_answered_with_what_is_there(post):
    first = post(description=WORDS).json["property_id"]
    again = post(description=WORDS)

    assert (again.status_code, str(again.json["facts"]["id"])) == (409, first)


def test_a_possible_second_unit_is_accepted_with_a_warning(post):
    for role, words in ((Role.REALTOR, "Двушка"), (Role.DEVELOPER, WORDS)):
        first = post(role, description=words).json["property_id"]
        again = post(role, description=words)

        assert again.status_code == 201
        assert [(each["code"], each["suggestions"]) for each in again.json["warnings"]] == [("already_there", [first])]


@pytest.mark.parametrize("changes", [{"floor": 6}, {"price": 12_600_000}, {"house_number": "7, кв. 2"}])
def test_another_home_is_accepted_without_a_warning(post, changes):
    post(description=WORDS)
    another = post(description=WORDS, **changes)

    assert another.status_code == 201
    assert "warnings" not in another.json
