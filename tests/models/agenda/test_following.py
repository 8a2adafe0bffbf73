"""New recommendations: what is new since the last visit, and who is notified of it, when, and how often."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from models.accounts.notifications import Notification
from models.accounts.users import User
from models.agenda import recommendation_digests
from models.agenda.following import Frequency, new_counts, set_frequency, visit_lead
from models.agenda.recommendation_digests import send_digests, send_immediate_notifications
from models.ranking.recommendations import LeadRecommendations
from tests.factories import make_lead, make_property, make_user


@pytest.fixture
def realtor(session):
    return make_user(session)


@pytest.fixture
def homes(session):
    seller = make_user(session)
    return [make_property(session, seller).id for _ in range(4)]


@pytest.fixture
def lead(session, realtor):
    return make_lead(session, realtor)


def listed(session, lead, *entries):
    """Give the lead a list of (property id, score)."""
    session.merge(
        LeadRecommendations(
            lead_id=lead.id,
            property_ids=[entry[0] for entry in entries],
            scores=[float(entry[1]) for entry in entries],
            version=lead.version,
            city_key=lead.city_key,
            deal_type=lead.deal_type,
        )
    )
    session.flush()


def later(session, lead, hours=1):
    """Let time pass since the last visit and the last notification."""
    moved = f"visited_at = visited_at - interval '{hours} hours', told_at = told_at - interval '{hours} hours'"
    session.execute(text(f"UPDATE lead_follows SET {moved} WHERE lead_id = :id"), {"id": lead.id})
    session.expire_all()


def test_entries_since_the_previous_visit_are_new_during_the_whole_visit(session, lead, homes):
    assert visit_lead(session, lead) == set()  # there is no list yet
    listed(session, lead, (homes[0], 90))
    assert visit_lead(session, lead) == set()  # on the first visit nothing is new
    later(session, lead)
    listed(session, lead, (homes[1], 95), (homes[0], 90), (homes[2], 59))

    assert new_counts(session, [lead.id]) == {lead.id: 1}  # one that does not fit is not counted
    assert visit_lead(session, lead) == {homes[1]}
    assert visit_lead(session, lead) == {homes[1]}  # viewed again in the same visit
    assert new_counts(session, [lead.id]) == {}
    later(session, lead)
    assert visit_lead(session, lead) == set()


def test_a_view_soon_after_another_writes_nothing_while_the_list_is_the_same(session, lead, homes):
    def stored() -> str | None:
        """Another after each write and each lock of the row."""
        return session.scalar(text("SELECT concat(ctid, ' ', xmax) FROM lead_follows"))

    def writes() -> bool:
        before = stored()
        visit_lead(session, lead)
        return stored() != before

    listed(session, lead, (homes[0], 90))
    assert [writes(), writes()] == [True, False]
    listed(session, lead, (homes[0], 90), (homes[1], 80))
    assert [writes(), writes()] == [True, False]
    later(session, lead)
    assert [writes(), writes()] == [True, False]


def test_an_immediate_notification_is_sent_once_and_not_again_within_minutes(session, realtor, lead, homes):
    listed(session, lead, (homes[0], 90))
    set_frequency(session, realtor, lead.id, Frequency.AT_ONCE)
    assert send_immediate_notifications(session) == []

    listed(session, lead, (homes[1], 95), (homes[2], 80), (homes[0], 90))
    [notification_id] = send_immediate_notifications(session)
    listed(session, lead, (homes[3], 99), (homes[1], 95), (homes[0], 90))

    found = session.get_one(Notification, notification_id)
    assert (found.user_id, found.facts["count"], found.data) == (realtor.id, 2, {"lead_id": lead.id})
    assert send_immediate_notifications(session) == []
    later(session, lead)
    assert len(send_immediate_notifications(session)) == 1
    assert send_immediate_notifications(session) == []


def test_entries_seen_on_the_page_are_not_notified(session, realtor, lead, homes):
    set_frequency(session, realtor, lead.id, Frequency.AT_ONCE)
    listed(session, lead, (homes[0], 90))
    visit_lead(session, lead)

    assert send_immediate_notifications(session) == []


@pytest.mark.parametrize(("hour", "digests"), [(8, 0), (9, 1), (22, 0)])
def test_the_digest_comes_once_a_day_in_the_readers_morning(session, realtor, lead, homes, monkeypatch, hour, digests):
    other = make_lead(session, realtor)
    for each in (lead, other):
        listed(session, each, (homes[0], 90))
        visit_lead(session, each)
        listed(session, each, (homes[1], 95), (homes[0], 90))
    now = datetime(2030, 6, 1, hour, 30, tzinfo=ZoneInfo("Asia/Almaty"))
    monkeypatch.setattr(recommendation_digests, "database_now", lambda _: now)

    assert len(send_digests(session)) == digests
    assert send_digests(session) == []
    notifications = session.scalars(select(Notification).where(Notification.user_id == realtor.id)).all()
    assert [(each.facts["count"], each.facts["leads"]) for each in notifications] == [(2, 2)] * digests


def test_a_user_who_wants_no_notifications_gets_none(session, realtor, lead, homes):
    set_frequency(session, realtor, lead.id, Frequency.NEVER)
    listed(session, lead, (homes[0], 90))

    assert send_immediate_notifications(session) == []
    assert send_digests(session) == []


@pytest.mark.parametrize("frequency", [Frequency.AT_ONCE, Frequency.DAILY])
@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_failing_notification_does_not_delay_the_others(session, homes, monkeypatch, caplog, frequency, broken):
    leads = [make_lead(session, make_user(session)) for _ in range(3)]
    for each in leads:
        listed(session, each, (homes[0], 90))
        visit_lead(session, each)
        set_frequency(session, session.get_one(User, each.owner_id), each.id, frequency)
        listed(session, each, (homes[1], 95), (homes[0], 90))
    notify = recommendation_digests.notify

    def notify_some(session, user_id, *args, **facts):
        if user_id == leads[broken].owner_id:
            session.execute(text("SELECT 1/0"))
        return notify(session, user_id, *args, **facts)

    now = datetime(2030, 6, 1, 10, 30, tzinfo=ZoneInfo("Asia/Almaty"))
    monkeypatch.setattr(recommendation_digests, "database_now", lambda _: now)
    send = send_immediate_notifications if frequency is Frequency.AT_ONCE else send_digests
    with monkeypatch.context() as failing:
        failing.setattr(recommendation_digests, "notify", notify_some)
        notified = session.scalars(select(Notification.user_id).where(Notification.id.in_(send(session)))).all()

    assert set(notified) == {each.owner_id for each in leads} - {leads[broken].owner_id}
    assert {"recommendations_not_notified", "digest_failed"} & set(caplog.messages)
    [late] = send(session)  # nothing was recorded as sent
    assert session.get_one(Notification, late).user_id == leads[broken].owner_id
