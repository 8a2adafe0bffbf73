"""The life cycle of a match, step by step, by the table in models.deals.matches."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification, NotificationType
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side
from models.core.errors import ConflictError, NotAllowedError, NotFoundError
from models.deals.actions import Action
from models.deals.completion import complete
from models.deals.match_table import Match
from models.deals.matches import act, match_counts
from models.market.account_status import set_active
from models.market.leads import archive_lead
from models.market.properties import archive_property
from tests.factories import make_lead, make_property, make_user
from tests.waiting import WAIT_LIMIT_SECONDS


class Pair:
    """A lead and a property of two realtors, and the actions on the pair."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.lead_owner, self.property_owner = make_user(session), make_user(session)
        self.lead = make_lead(session, self.lead_owner)
        self.property = make_property(session, self.property_owner)

    def say(self, side: Side, kind: ActionKind, commission: float | None = None) -> Match | None:
        owner = self.lead_owner if side is Side.LEAD else self.property_owner
        return act(
            self.session,
            owner,
            side,
            lead_id=self.lead.id,
            property_id=self.property.id,
            kind=kind,
            proposed_commission=commission,
        )

    def notifications(self) -> dict[NotificationType, int]:
        rows = self.session.execute(select(Notification.type, func.count()).group_by(Notification.type))
        return dict(rows.all())


@pytest.fixture
def pair(session) -> Pair:
    return Pair(session)


LEAD, PROPERTY = Side.LEAD, Side.PROPERTY
LIKE, DISLIKE = ActionKind.LIKE, ActionKind.DISLIKE


@pytest.mark.parametrize(
    ("actions", "status", "negotiation"),
    [
        ([(LEAD, LIKE, 2)], "PENDING", "PENDING"),
        ([(PROPERTY, LIKE, None)], "PENDING", "PENDING"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 2)], "ACCEPTED", "AGREED"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, None)], "ACCEPTED", "AGREED"),  # the later side states no commission
        ([(LEAD, LIKE, None), (PROPERTY, LIKE, 2.5)], "ACCEPTED", "AGREED"),  # absent: the property's own 2.5
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 3)], "ACCEPTED", "PENDING"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 3), (LEAD, LIKE, 3)], "ACCEPTED", "AGREED"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 3), (LEAD, LIKE, None)], "ACCEPTED", "AGREED"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 3), (PROPERTY, LIKE, 2)], "ACCEPTED", "AGREED"),
        ([(LEAD, LIKE, 2), (LEAD, LIKE, 3)], "PENDING", "PENDING"),
        ([(LEAD, LIKE, 2), (PROPERTY, DISLIKE, None)], "REJECTED", "REJECTED"),
        ([(LEAD, LIKE, 2), (LEAD, DISLIKE, None)], "REJECTED", "REJECTED"),
        ([(PROPERTY, DISLIKE, None), (LEAD, LIKE, 2)], "REJECTED", "REJECTED"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 2), (PROPERTY, DISLIKE, None)], "REJECTED", "REJECTED"),
        # After a new like the status follows from both sides' actions, and an agreement stays.
        ([(LEAD, LIKE, 2), (PROPERTY, DISLIKE, None), (PROPERTY, LIKE, 2)], "ACCEPTED", "AGREED"),
        ([(LEAD, LIKE, 2), (PROPERTY, LIKE, 2), (LEAD, DISLIKE, None), (LEAD, LIKE, None)], "ACCEPTED", "AGREED"),
    ],
)
def test_the_status_of_a_match_follows_from_the_actions_of_both_sides(pair, actions, status, negotiation):
    for side, kind, commission in actions:
        match = pair.say(side, kind, commission)

    assert (match.status, match.negotiation_status) == (status, negotiation)


def test_a_dislike_of_a_pair_that_nobody_likes_makes_no_match(pair, session):
    assert pair.say(LEAD, DISLIKE) is None
    assert session.scalar(select(func.count()).select_from(Match)) == 0
    assert session.scalar(select(Action.kind)) is DISLIKE


def test_contacts_are_shared_once_accepted_and_agreed_and_both_are_notified_once(pair):
    pair.say(LEAD, LIKE, 2)
    assert pair.notifications() == {NotificationType.NEW_LIKE: 1}

    match = pair.say(PROPERTY, LIKE, 3)
    assert match.contact_shared_at is None
    assert pair.notifications() == {NotificationType.NEW_LIKE: 1, NotificationType.NEW_MATCH: 2}

    match = pair.say(LEAD, LIKE, 3)
    shared_at = match.contact_shared_at
    assert shared_at is not None
    pair.say(LEAD, LIKE, 3)
    pair.say(PROPERTY, LIKE)
    assert pair.notifications() == {
        NotificationType.NEW_LIKE: 1,
        NotificationType.NEW_MATCH: 2,
        NotificationType.CONTACT_SHARED: 2,
    }
    assert match.contact_shared_at == shared_at


@pytest.mark.parametrize("side", Side)
def test_a_first_like_notifies_the_other_owner_once(pair, session, side):
    for _ in range(2):
        match = pair.say(side, LIKE, 2)

    notification = session.scalar(select(Notification))
    assert notification.user_id == (pair.property_owner if side is LEAD else pair.lead_owner).id
    assert (notification.type, notification.data["match_id"]) == (NotificationType.NEW_LIKE, str(match.id))
    assert pair.notifications() == {NotificationType.NEW_LIKE: 1}


def test_a_like_after_the_others_dislike_notifies_nobody(pair):
    pair.say(PROPERTY, DISLIKE)
    pair.say(LEAD, LIKE)

    assert pair.notifications() == {}


def test_an_agreed_commission_cannot_be_reopened(pair):
    pair.say(LEAD, LIKE, 2)
    pair.say(PROPERTY, LIKE, 2)

    with pytest.raises(ConflictError, match="match.commission_agreed"):
        pair.say(PROPERTY, LIKE, 4)


def test_a_completed_match_changes_no_more(pair, session):
    match = pair.say(LEAD, LIKE, 2)
    with pytest.raises(ConflictError, match="PENDING"):
        complete(session, pair.lead_owner, match.id)
    pair.say(PROPERTY, LIKE, 2)

    assert complete(session, pair.property_owner, match.id).status is MatchStatus.COMPLETED
    assert complete(session, pair.lead_owner, match.id).status is MatchStatus.COMPLETED  # twice is harmless
    for kind in ActionKind:
        with pytest.raises(ConflictError, match="match.completed"):
            pair.say(LEAD, kind)


def test_strangers_neither_act_nor_complete(pair, session):
    match = pair.say(LEAD, LIKE)
    stranger = make_user(session)

    for side in Side:
        with pytest.raises(NotFoundError):
            act(session, stranger, side, lead_id=pair.lead.id, property_id=pair.property.id, kind=LIKE)
    with pytest.raises(NotFoundError):
        complete(session, stranger, match.id)


def test_nobody_matches_with_themselves(pair, session):
    own = make_property(session, pair.lead_owner)

    with pytest.raises(NotAllowedError):
        act(session, pair.lead_owner, LEAD, lead_id=pair.lead.id, property_id=own.id, kind=LIKE)


@pytest.mark.parametrize("change", [{"city": "Казань"}, {"deal_type": "RENT"}])
def test_the_other_side_is_looked_for_on_the_same_market(pair, session, change):
    elsewhere = make_property(session, pair.property_owner, **change)

    with pytest.raises(NotFoundError):
        act(session, pair.lead_owner, LEAD, lead_id=pair.lead.id, property_id=elsewhere.id, kind=LIKE)


def test_archived_rows_get_no_new_matches_but_can_end_existing_ones(pair, session):
    pair.say(LEAD, LIKE)
    archive_property(session, pair.property)
    assert pair.say(LEAD, DISLIKE).status is MatchStatus.REJECTED

    for first in (None, LEAD, PROPERTY):
        another = Pair(session)
        if first:
            another.say(first, LIKE)
        archive_lead(session, another.lead)
        with pytest.raises(ConflictError):
            another.say(LEAD, LIKE)
        with pytest.raises(NotFoundError):
            another.say(PROPERTY, LIKE)


def test_an_accepted_match_is_negotiated_to_the_end_even_if_a_side_is_archived(pair, session):
    pair.say(LEAD, LIKE, 2)
    pair.say(PROPERTY, LIKE, 3)
    archive_property(session, pair.property)

    assert pair.say(LEAD, LIKE, 3).negotiation_status is NegotiationStatus.AGREED


def test_a_new_match_does_not_ask_for_an_agreement_that_is_there(pair, session):
    pair.say(LEAD, LIKE, 2)
    pair.say(PROPERTY, LIKE, 2)

    facts = session.scalars(select(Notification.facts).where(Notification.type == NotificationType.NEW_MATCH)).all()
    assert facts == [{"variant": "agreed"}] * 2


@pytest.mark.parametrize("has_liked", [False, True])
def test_rows_of_a_deactivated_owner_get_no_new_matches(pair, session, has_liked):
    if has_liked:
        pair.say(PROPERTY, LIKE)
    set_active(session, pair.property_owner.id, False)

    with pytest.raises(NotFoundError):
        pair.say(LEAD, LIKE)
    assert NotificationType.NEW_MATCH not in pair.notifications()


def test_rejected_matches_do_not_count(pair, session):
    pair.say(LEAD, LIKE)
    assert match_counts(session, LEAD, [pair.lead.id]) == {pair.lead.id: 1}
    pair.say(PROPERTY, DISLIKE)
    assert match_counts(session, LEAD, [pair.lead.id]) == {}


def test_fifty_pairs_liked_from_both_sides_at_once_make_a_match_and_a_notification_per_owner_each(
    engine, clean_database
):
    with Session(engine) as session:
        pairs = [Pair(session) for _ in range(50)]
        session.commit()
        ids = [(p.lead_owner.id, p.property_owner.id, p.lead.id, p.property.id) for p in pairs]

    together = Barrier(2)

    def like_all(side: Side) -> None:
        for lead_owner, property_owner, lead_id, property_id in ids:
            with Session(engine) as session:
                user = session.get_one(type(pairs[0].lead_owner), lead_owner if side is LEAD else property_owner)
                together.wait(timeout=WAIT_LIMIT_SECONDS)
                act(session, user, side, lead_id=lead_id, property_id=property_id, kind=LIKE, proposed_commission=2)
                session.commit()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(like_all, side) for side in Side]:
            done.result(timeout=WAIT_LIMIT_SECONDS)

    with Session(engine) as session:
        matches = session.scalars(select(Match)).all()
        assert len(matches) == 50
        assert {(m.status, m.negotiation_status) for m in matches} == {(MatchStatus.ACCEPTED, NegotiationStatus.AGREED)}
        for kind in NotificationType.NEW_MATCH, NotificationType.CONTACT_SHARED:
            counts = session.execute(
                select(Notification.user_id, func.count())
                .where(Notification.type == kind)
                .group_by(Notification.user_id)
            )
            assert dict(counts.all()) == {owner: 1 for lead, prop, *_ in ids for owner in (lead, prop)}
