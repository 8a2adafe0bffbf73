"""Completing a deal and undoing the completion: models.deals.completion."""

from datetime import timedelta

import pytest
from sqlalchemy import func, update

from models.accounts.notifications import NotificationType
from models.core.enums import ActionKind, NegotiationStatus, Side, Status
from models.core.errors import ConflictError, NotAllowedError, NotFoundError
from models.deals.completion import SLIP_TIME, complete, object_to_completion, undo_own_completion
from models.deals.match_table import OBJECTION_TIME, Match
from models.deals.matches import act
from models.market.leads import archive_lead, replace_lead, restore_lead
from models.market.properties import archive_property, restore_property
from tests.factories import make_lead, make_user
from tests.models.deals.market import ACCEPTED, COMPLETED, DISLIKE, PENDING, REJECTED, Market, others_of, violations
from tests.statements import statements_on


@pytest.fixture
def market(session) -> Market:
    return Market(session)


@pytest.fixture
def deal(market) -> Match:
    """Both sides of lead 0 and property 0 agree; each has another open match, pending and accepted."""
    match = market.like(0, 0)
    market.like(0, 1, by="lead")
    market.like(1, 0)
    return match


@pytest.mark.parametrize("by_buyer", [True, False])
def test_completion_takes_both_rows_off_the_market_and_closes_their_other_matches(market, deal, session, by_buyer):
    complete(session, market.buyers[0] if by_buyer else market.sellers[0], deal.id)

    assert (deal.status, deal.negotiation_status) == (COMPLETED, NegotiationStatus.AGREED)
    assert market.on_market == [False, True, False, True]
    assert {
        (other.status, other.negotiation_status, other.closed_by_match_id) for other in others_of(session, deal)
    } == {(REJECTED, NegotiationStatus.REJECTED, deal.id)}
    assert (
        market.notifications_of(market.sellers[0] if by_buyer else market.buyers[0], NotificationType.DEAL_COMPLETED)
        == 1
    )
    assert (
        market.notifications_of(market.buyers[0] if by_buyer else market.sellers[0], NotificationType.DEAL_COMPLETED)
        == 0
    )
    assert [
        market.notifications_of(user, NotificationType.MATCH_CLOSED) for user in (market.sellers[1], market.buyers[1])
    ] == [
        1,
        1,
    ]
    assert violations(session) == []


def test_the_rows_of_other_matches_are_read_together(market, deal, session):
    """A home that many leads like has as many matches."""
    for _ in range(3):
        buyer = make_user(session)
        lead = make_lead(session, buyer)
        act(session, buyer, Side.LEAD, lead_id=lead.id, property_id=deal.property_id, kind=ActionKind.LIKE)
    session.expunge_all()
    with statements_on(session.get_bind().engine) as statements:
        complete(session, market.buyers[0], deal.id)

    reads = [each for each in statements if each.startswith(("SELECT leads.", "SELECT properties."))]
    assert len(reads) == 4, reads  # both rows of the deal are locked first


def test_completing_again_changes_nothing(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    when = deal.completed_at

    for user in (market.buyers[0], market.sellers[0]):
        assert complete(session, user, deal.id).completed_at == when
    assert (deal.completions, deal.completed_by_id) == (1, market.buyers[0].id)
    assert market.notifications_of(market.sellers[0], NotificationType.DEAL_COMPLETED) == 1


def test_an_objection_brings_everything_back(market, deal, session):
    ids = [row.id for row in (*market.leads, *market.properties)]
    before = [
        (each.id, each.status, each.negotiation_status, each.contact_shared_at) for each in others_of(session, deal)
    ]
    complete(session, market.buyers[0], deal.id)

    object_to_completion(session, market.sellers[0], deal.id)

    assert (deal.status, deal.negotiation_status, deal.completed_at) == (ACCEPTED, NegotiationStatus.AGREED, None)
    assert market.on_market == [True] * 4
    assert [row.id for row in (*market.leads, *market.properties)] == ids
    after = [
        (each.id, each.status, each.negotiation_status, each.contact_shared_at) for each in others_of(session, deal)
    ]
    assert after == before
    assert market.notifications_of(market.buyers[0], NotificationType.DEAL_UNDONE) == 1
    assert [
        market.notifications_of(user, NotificationType.MATCH_REOPENED) for user in (market.sellers[1], market.buyers[1])
    ] == [
        1,
        1,
    ]
    assert violations(session) == []


def test_objecting_again_changes_nothing_and_a_deal_can_be_completed_again(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    object_to_completion(session, market.sellers[0], deal.id)
    object_to_completion(session, market.sellers[0], deal.id)
    assert market.notifications_of(market.buyers[0], NotificationType.DEAL_UNDONE) == 1

    complete(session, market.buyers[0], deal.id)

    assert market.notifications_of(market.sellers[0], NotificationType.DEAL_COMPLETED) == 2
    assert market.notifications_of(market.sellers[1], NotificationType.MATCH_CLOSED) == 2


def test_the_week_for_objections_is_over_after_a_week_by_the_databases_clock(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    just_in, too_late = OBJECTION_TIME - timedelta(minutes=1), OBJECTION_TIME + timedelta(minutes=1)

    _completed_ago(session, deal, too_late)
    with pytest.raises(ConflictError, match="objection_over"):
        object_to_completion(session, market.sellers[0], deal.id)
    assert deal.status is COMPLETED and market.on_market == [False, True, False, True]

    _completed_ago(session, deal, just_in)
    assert object_to_completion(session, market.sellers[0], deal.id).status is ACCEPTED


def test_only_the_other_owner_objects_and_only_to_what_is_completed(market, deal, session):
    with pytest.raises(ConflictError, match="not_completed"):
        object_to_completion(session, market.sellers[0], deal.id)
    complete(session, market.buyers[0], deal.id)

    with pytest.raises(NotAllowedError):
        object_to_completion(session, market.buyers[0], deal.id)
    for stranger in (market.buyers[1], market.sellers[1]):
        with pytest.raises(NotFoundError):
            object_to_completion(session, stranger, deal.id)
    assert deal.status is COMPLETED


def test_a_completion_can_be_undone_by_its_author_for_some_minutes(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    with pytest.raises(NotAllowedError):
        undo_own_completion(session, market.sellers[0], deal.id)
    assert undo_own_completion(session, market.buyers[0], deal.id).status is ACCEPTED
    assert undo_own_completion(session, market.buyers[0], deal.id).status is ACCEPTED
    assert market.on_market == [True] * 4
    assert market.notifications_of(market.sellers[0], NotificationType.DEAL_UNDONE) == 1

    complete(session, market.buyers[0], deal.id)
    _completed_ago(session, deal, SLIP_TIME + timedelta(seconds=1))
    with pytest.raises(ConflictError, match="slip_over"):
        undo_own_completion(session, market.buyers[0], deal.id)


def test_an_objection_brings_back_only_what_the_deal_took(market, deal, session):
    archive_lead(session, market.leads[0])
    complete(session, market.buyers[0], deal.id)

    object_to_completion(session, market.sellers[0], deal.id)

    assert market.on_market == [False, True, True, True]


def test_a_row_archived_after_the_deal_stays_off_the_market(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    archive_property(session, market.properties[0])

    object_to_completion(session, market.sellers[0], deal.id)

    assert market.on_market == [True, True, False, True]


def test_a_row_that_was_edited_after_the_deal_returns_too(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    replace_lead(session, market.leads[0], {"city": "Москва", "budget_max": 30_000_000})

    object_to_completion(session, market.sellers[0], deal.id)

    assert market.on_market == [True] * 4


def test_a_match_disliked_while_it_was_closed_stays_rejected(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    pair = {"lead_id": market.leads[1].id, "property_id": market.properties[0].id}
    act(session, market.buyers[1], Side.LEAD, kind=DISLIKE, **pair)

    object_to_completion(session, market.sellers[0], deal.id)

    [_, disliked] = others_of(session, deal)
    assert (disliked.status, disliked.closed_by_match_id) == (REJECTED, None)
    assert market.notifications_of(market.buyers[1], NotificationType.MATCH_REOPENED) == 0
    assert violations(session) == []


def test_a_match_held_by_a_second_deal_reopens_with_that_one(market, deal, session):
    second = market.like(1, 1)
    complete(session, market.buyers[0], deal.id)  # closes 0-1 and 1-0
    complete(session, market.buyers[1], second.id)  # lead 1 and property 1 are gone as well

    object_to_completion(session, market.sellers[0], deal.id)
    assert {each.status for each in others_of(session, deal) if each.id != second.id} == {REJECTED}
    assert market.on_market == [True, False, True, False]
    assert violations(session) == []

    object_to_completion(session, market.sellers[1], second.id)
    assert [each.status for each in others_of(session, deal)] == [PENDING, ACCEPTED, ACCEPTED]
    assert market.on_market == [True] * 4
    assert violations(session) == []


def test_a_sold_property_that_is_restored_can_be_liked_again(market, deal, session):
    complete(session, market.buyers[0], deal.id)
    with pytest.raises(NotFoundError):
        market.like(1, 0, by="lead")

    restore_property(session, market.properties[0])
    match = market.like(1, 0, by="lead")

    assert (match.status, match.closed_by_match_id) == (ACCEPTED, None)
    assert violations(session) == []


def test_restoring_puts_a_row_back_on_the_market_once(market, session):
    for row, archive, restore in (
        (market.leads[0], archive_lead, restore_lead),
        (market.properties[0], archive_property, restore_property),
    ):
        archive(session, row)
        restore(session, row)
        version = row.version
        restore(session, row)
        assert (row.status, row.version) == (Status.ACTIVE, version)


def _completed_ago(session, deal: Match, time: timedelta) -> None:
    session.execute(update(Match).where(Match.id == deal.id).values(completed_at=func.now() - time))
    session.refresh(deal)
