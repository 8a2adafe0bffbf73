"""Which deliveries are claimed, and in which order."""

from collections import Counter

import pytest

from models.core.enums import Role
from models.webhooks.deliveries import AT_ONCE, claim_due
from models.webhooks.endpoints import add_endpoint
from models.webhooks.events import record_events
from models.webhooks.tables import EventType
from tests.factories import make_user


@pytest.fixture
def endpoint_with(session):
    """A function that creates an endpoint with deliveries about different subjects; returns its id."""

    def make(count):
        owner = make_user(session, Role.REALTOR)
        fields = {"url": "https://receiver.example", "types": [EventType.MATCH_CREATED]}
        endpoint = add_endpoint(session, owner, fields)
        new_events = [(f"match:{number}", {}) for number in range(count)]
        record_events(session, EventType.MATCH_CREATED, new_events, owners=[owner.id])
        return endpoint.id

    return make


def test_deliveries_that_are_being_sent_count_against_the_number_at_once(session, endpoint_with):
    endpoint_id = endpoint_with(10)

    assert len(claim_due(session, 16, {endpoint_id: AT_ONCE - 1})) == 1
    assert claim_due(session, 16, {endpoint_id: AT_ONCE}) == []
    assert len(claim_due(session, 16, {endpoint_id + 1: AT_ONCE})) == AT_ONCE


def test_endpoints_with_many_deliveries_do_not_keep_the_others_waiting(session, endpoint_with):
    endpoints = {endpoint_with(100) for _ in range(6)}

    claimed = Counter(claim_due(session, 1)[0].endpoint_id for _ in range(100))

    assert set(claimed) == endpoints
