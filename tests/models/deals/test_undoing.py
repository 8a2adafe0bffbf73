"""Undoing a user's last action on a pair: models.deals.undoing."""

import pytest
from sqlalchemy import func, select

from models.accounts.notifications import Notification, NotificationType
from models.core.enums import ActionKind, MatchStatus, Side
from models.core.errors import ConflictError, NotFoundError
from models.deals.actions import Action
from models.deals.completion import complete
from models.deals.match_table import Match
from models.deals.matches import act
from models.deals.undoing import count_disliked, disliked_by, undo_action
from tests.models.deals.market import DISLIKE, LIKE, Market, violations


@pytest.fixture
def market(session) -> Market:
    return Market(session, 1)


def say(market: Market, side: Side, kind: ActionKind, commission: float | None = None) -> Match | None:
    owner = (market.buyers if side is Side.LEAD else market.sellers)[0]
    pair = {"lead_id": market.leads[0].id, "property_id": market.properties[0].id}
    return act(market.session, owner, side, kind=kind, proposed_commission=commission, **pair)


def back(market: Market, side: Side) -> Match | None:
    owner = (market.buyers if side is Side.LEAD else market.sellers)[0]
    return undo_action(market.session, owner, side, lead_id=market.leads[0].id, property_id=market.properties[0].id)


def test_a_dislike_is_listed_and_undone(market, session):
    say(market, Side.LEAD, DISLIKE)
    [(found, _)] = session.execute(disliked_by(Side.LEAD, market.leads[0].id)).all()
    assert (found, count_disliked(session, Side.PROPERTY, found.id)) == (market.properties[0], 0)

    assert back(market, Side.LEAD) is None

    assert count_disliked(session, Side.LEAD, market.leads[0].id) == 0
    assert session.scalar(select(func.count()).select_from(Action)) == 0
    with pytest.raises(NotFoundError):
        back(market, Side.LEAD)


def test_a_like_that_nobody_has_answered_leaves_nothing_behind(market, session):
    say(market, Side.LEAD, LIKE)

    assert back(market, Side.LEAD) is None

    assert session.scalar(select(func.count()).select_from(Match)) == 0
    assert session.scalar(select(func.count()).where(Notification.type == NotificationType.NEW_LIKE)) == 0
    assert violations(session) == []


def test_a_like_in_return_can_be_undone_while_the_commission_is_open(market, session):
    say(market, Side.PROPERTY, LIKE, 2)
    say(market, Side.LEAD, LIKE, 3)

    match = back(market, Side.LEAD)

    assert (match.status, match.proposed_by_lead, match.proposed_by_property) == (MatchStatus.PENDING, None, 2)
    assert violations(session) == []


def test_an_action_that_shared_contacts_cannot_be_undone(market, session):
    say(market, Side.PROPERTY, LIKE, 2)
    match = say(market, Side.LEAD, LIKE)
    with pytest.raises(ConflictError, match="contacts_shared"):
        back(market, Side.LEAD)

    complete(session, market.buyers[0], match.id)
    with pytest.raises(ConflictError, match="completed"):
        back(market, Side.LEAD)


def test_undoing_a_refusal_restores_the_earlier_state(market, session):
    say(market, Side.PROPERTY, LIKE, 2)
    say(market, Side.LEAD, LIKE, 3)
    say(market, Side.LEAD, DISLIKE)

    match = back(market, Side.LEAD)

    assert (match.status, match.proposed_by_lead, match.proposed_by_property) == (MatchStatus.ACCEPTED, 3, 2)
    assert match.contact_shared_at is None
    assert violations(session) == []


def test_undoing_the_refusal_of_an_unanswered_like_leaves_it_unanswered(market, session):
    say(market, Side.PROPERTY, LIKE, 2)
    assert say(market, Side.LEAD, DISLIKE).status is MatchStatus.REJECTED
    assert count_disliked(session, Side.LEAD, market.leads[0].id) == 0  # it is listed with the matches

    assert back(market, Side.LEAD).status is MatchStatus.PENDING
    assert violations(session) == []
