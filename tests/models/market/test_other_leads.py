"""A client's other leads are found by the client's contacts."""

import pytest

from models.core.enums import Status
from models.market.clients import other_lead_of_client
from tests.factories import make_lead, make_user


@pytest.fixture
def realtor(session):
    return make_user(session)


def test_the_oldest_other_lead_of_the_client_in_the_market_is_named(session, realtor):
    theirs = make_lead(session, make_user(session), client_contacts="+77010000001")
    archived = make_lead(session, realtor, client_contacts="+77010000001", status=Status.ARCHIVED)
    elsewhere = make_lead(session, realtor, client_contacts="+77010000001", city="Казань")
    first, second, third = (
        make_lead(session, realtor, client_contacts=contacts)
        for contacts in ("8 701 000 00 01", "+77010000001, +77010000002", "+77010000002")
    )

    assert [other_lead_of_client(session, lead) for lead in (first, second, third)] == [second.id, first.id, second.id]
    assert [other_lead_of_client(session, lead) for lead in (theirs, elsewhere)] == [None, None]
    assert other_lead_of_client(session, archived) == first.id
