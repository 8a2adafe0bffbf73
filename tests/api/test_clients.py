"""Several leads of one client: their realtor gets a warning, and owners of properties see the client once."""

import pytest

from models.core.enums import DealType
from tests.factories import lead_body, make_lead, make_property, make_user, token_header
from worker.lists import rescore

PHONE = "+7 (701) 222-33-44"


def posted(client, realtor, **changes):
    return client.post("/leads/", json=lead_body(**changes), headers=token_header(realtor)).json


@pytest.fixture
def realtors(app, engine):
    from sqlalchemy.orm import Session

    with Session(engine, expire_on_commit=False) as session:
        found = [make_user(session) for _ in range(2)]
        session.commit()
    return found


def test_a_realtor_is_warned_that_a_client_has_a_lead_already(client, realtors):
    mine, another = realtors
    first = posted(client, mine, client_contacts=PHONE)
    again = posted(client, mine, client_contacts="звонить: 8 701 222 33 44", client_name="П.")

    assert "warnings" not in first
    [warning] = again["warnings"]
    assert (warning["code"], warning["suggestions"]) == ("duplicate_of", [first["lead_id"]])
    assert "warnings" not in posted(client, mine, client_contacts="+77012223345")
    assert "warnings" not in posted(client, another, client_contacts=PHONE)


def test_changed_contacts_are_of_another_client(client, realtors):
    mine, _ = realtors
    first = posted(client, mine, client_contacts=PHONE)["lead_id"]
    client.put(f"/leads/{first}", json=lead_body(client_contacts="a@mail.kz"), headers=token_header(mine))

    assert "warnings" not in posted(client, mine, client_contacts=PHONE)
    assert "warnings" in posted(client, mine, client_contacts="A@mail.kz")


@pytest.fixture
def ranks(new_worker_session, client):
    """A property, leads of one client by two realtors, and a lead of another client of the first realtor."""

    class Ranks:
        def __init__(self, session):
            self.session = session
            self.seller, self.one, self.two = (make_user(session) for _ in range(3))
            self.home = make_property(session, self.seller)
            self.first = make_lead(session, self.one, client_contacts=PHONE, budget_max=12_600_000)
            self.second = make_lead(session, self.two, client_contacts="87012223344")
            self.third = make_lead(session, self.one, client_contacts="+77010000009", rooms=[])
            session.commit()
            rescore.rebuild_market(session, (self.home.city_key, DealType.SALE))
            session.commit()
            self.path = f"/properties/{self.home.id}/lead-recommendations"

        def shown(self):
            answer = client.get(self.path, headers=token_header(self.seller)).json
            assert answer["total"] == len(answer["recommendations"])
            return [int(entry["lead_id"]) for entry in answer["recommendations"]]

    with new_worker_session() as session:
        yield Ranks(session)


def test_an_owner_sees_a_client_of_two_realtors_once_by_the_better_lead(ranks):
    assert ranks.shown() == [ranks.second.id, ranks.third.id]


def test_what_an_owner_says_of_a_client_holds_for_the_other_realtors_lead(ranks, client):
    client.post(
        f"{ranks.path}/{ranks.second.id}/action", json={"action": "DISLIKE"}, headers=token_header(ranks.seller)
    )

    assert ranks.shown() == [ranks.third.id]


def test_each_realtor_still_has_the_home_in_their_own_list(ranks, client):
    for realtor, lead in ((ranks.one, ranks.first), (ranks.two, ranks.second)):
        answer = client.get(f"/leads/{lead.id}/property-recommendations", headers=token_header(realtor)).json
        assert [entry["property_id"] for entry in answer["recommendations"]] == [str(ranks.home.id)]
