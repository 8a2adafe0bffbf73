"""A realtor's selection, and the answers of a client without an account."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models.accounts.notifications import Notification, NotificationType, mark_all_read
from models.core.enums import ActionKind, Side
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.deals.actions import Action
from models.deals.match_table import Match
from models.deals.matches import act
from models.deals.selection_answers import answer_home, ask_about_home
from models.deals.selections import (
    MAX_ANSWERS,
    MAX_QUESTION,
    SelectedHome,
    Selection,
    create_selection,
    opened_selection,
    withdraw_selection,
)
from models.market.properties import archive_property
from models.upkeep.erasure import erase_user, export_user
from tests.factories import make_lead, make_property, make_user
from tests.models.deals.market import DISLIKE, LIKE, Market


@pytest.fixture
def market(session) -> Market:
    return Market(session)


@pytest.fixture
def selection(session, market) -> Selection:
    """A selection of both properties for the first lead."""
    picked = [SelectedHome(found.id, "рядом парк") for found in market.properties]
    return create_selection(session, market.buyers[0], market.leads[0].id, picked, words="Смотрите", days=30)


def said_of(session, market, index: int = 0) -> ActionKind | None:
    query = select(Action.kind).where(
        Action.lead_id == market.leads[0].id,
        Action.property_id == market.properties[index].id,
        Action.side == Side.LEAD,
    )
    return session.scalar(query)


def answer_first(session, market, selection, answer: ActionKind | None) -> None:
    answer_home(session, selection.token, market.properties[0].id, answer)


def test_a_like_of_the_client_proposes_nothing_to_the_other_realtor(session, market, selection):
    answer_first(session, market, selection, LIKE)

    assert selection.homes[0].answer is LIKE
    assert said_of(session, market) is None
    assert session.scalar(select(func.count()).select_from(Match)) == 0
    assert market.notifications_of(market.sellers[0], NotificationType.NEW_LIKE) == 0


def test_a_dislike_of_the_client_puts_the_home_aside_until_the_client_thinks_again(session, market, selection):
    answer_first(session, market, selection, DISLIKE)
    assert said_of(session, market) is DISLIKE

    answer_first(session, market, selection, LIKE)
    assert said_of(session, market) is None
    assert (selection.homes[0].answer, selection.homes[0].put_aside_at) == (LIKE, None)


@pytest.mark.parametrize("kind", [LIKE, DISLIKE])
def test_the_client_does_not_change_the_realtors_own_actions(session, market, selection, kind):
    pair = {"lead_id": market.leads[0].id, "property_id": market.properties[0].id}
    act(session, market.buyers[0], Side.LEAD, **pair, kind=kind)

    answer_first(session, market, selection, DISLIKE)
    answer_first(session, market, selection, None)

    assert said_of(session, market) is kind


def test_a_clients_dislike_does_not_reject_a_like_of_the_other_side(session, market, selection):
    match = market.like(0, 0, by="property")

    answer_first(session, market, selection, DISLIKE)

    assert match.status.value == "PENDING"
    assert said_of(session, market) is None


def test_the_realtor_is_notified_once_until_it_is_read(session, market, selection):
    realtor = market.buyers[0]
    answer_first(session, market, selection, LIKE)
    ask_about_home(session, selection.token, market.properties[1].id, "Есть лифт?")
    assert market.notifications_of(realtor, NotificationType.SELECTION_ANSWERED) == 1
    notification = session.scalars(select(Notification).where(Notification.user_id == realtor.id)).one()
    assert "лифт" not in str((notification.facts, notification.data))

    mark_all_read(session, realtor)
    answer_first(session, market, selection, None)
    assert market.notifications_of(realtor, NotificationType.SELECTION_ANSWERED) == 2


def test_the_same_answer_again_is_no_answer(session, market, selection):
    for _ in range(2):
        answer_first(session, market, selection, LIKE)

    assert selection.answers_taken == 1


def test_answers_are_limited_in_number_and_length(session, market, selection):
    with pytest.raises(InvalidValueError):
        ask_about_home(session, selection.token, market.properties[0].id, "я" * (MAX_QUESTION + 1))
    selection.answers_taken = MAX_ANSWERS
    session.flush()

    with pytest.raises(ConflictError, match="answers_spent"):
        answer_first(session, market, selection, LIKE)


def test_a_home_that_has_left_the_market_takes_no_answers(session, market, selection):
    archive_property(session, market.properties[0])

    with pytest.raises(ConflictError, match="home_gone"):
        answer_first(session, market, selection, LIKE)


def test_a_link_ends_when_it_is_withdrawn_at_its_term_and_with_its_realtor(session, market):
    realtor, lead = market.buyers[0], market.leads[0]
    made = [
        create_selection(session, realtor, lead.id, [SelectedHome(market.properties[0].id)], words=None, days=1)
        for _ in range(3)
    ]
    assert opened_selection(session, made[2].token)[0] is made[2]

    withdraw_selection(session, realtor, lead.id, made[0].id)
    made[1].expires_at = made[1].created_at - timedelta(seconds=1)
    session.flush()
    for ended in made[:2]:
        with pytest.raises(NotFoundError):
            opened_selection(session, ended.token)
    realtor.is_active = False
    session.flush()
    with pytest.raises(NotFoundError):
        answer_home(session, made[2].token, market.properties[0].id, LIKE)


def test_only_the_leads_owner_selects_and_only_what_is_on_its_market(session, market):
    realtor, lead = market.buyers[0], market.leads[0]
    own = make_property(session, realtor)
    rented = make_property(session, market.sellers[0], deal_type="RENT")

    def make(user, *ids):
        return create_selection(session, user, lead.id, [SelectedHome(each) for each in ids], words=None, days=None)

    assert [home.property_id for home in make(realtor, own.id).homes] == [own.id]
    with pytest.raises(NotFoundError):
        make(market.buyers[1], own.id)
    for ids in ([rented.id], [own.id, own.id], [], [2**62]):
        with pytest.raises(InvalidValueError):
            make(realtor, *ids)


def test_a_client_may_dislike_what_the_realtor_owns(session):
    realtor = make_user(session)
    lead, own = make_lead(session, realtor), make_property(session, realtor)
    made = create_selection(session, realtor, lead.id, [SelectedHome(own.id)], words=None, days=None)

    answer_home(session, made.token, own.id, DISLIKE)

    assert made.homes[0].answer is DISLIKE


def test_a_users_selections_are_exported_and_erased_with_clients_questions(session, market, selection):
    realtor = market.buyers[0]
    ask_about_home(session, selection.token, market.properties[0].id, "Есть лифт?")
    exported = export_user(session, realtor)
    assert [row["words"] for row in exported["selections"]] == ["Смотрите"]
    assert {row["question"] for row in exported["selection_homes"]} == {"Есть лифт?", None}

    erase_user(session, realtor)

    assert session.scalar(select(func.count()).select_from(Selection)) == 0
