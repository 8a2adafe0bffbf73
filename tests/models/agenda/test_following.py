"""New recommendations: what is new since the last visit, and who is told of it, when, and how often."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from models.accounts.notifications import Notification
from models.agenda import recommendation_digests
from models.agenda.following import Frequency, new_counts, set_frequency, visit_lead
from models.agenda.recommendation_digests import send_digests, tell_at_once
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


def test_what_came_since_the_visit_before_is_new_for_the_whole_visit(session, lead, homes):
    assert visit_lead(session, lead) == set()  # there is no list yet
    listed(session, lead, (homes[0], 90))
    assert visit_lead(session, lead) == set()  # the first look knows nothing that is new
    later(session, lead)
    listed(session, lead, (homes[1], 95), (homes[0], 90), (homes[2], 59))

    assert new_counts(session, [lead.id]) == {lead.id: 1}  # one that does not fit is not counted
    assert visit_lead(session, lead) == {homes[1]}
    assert visit_lead(session, lead) == {homes[1]}  # looked at again in the same visit
    assert new_counts(session, [lead.id]) == {}
    later(session, lead)
    assert visit_lead(session, lead) == set()


def test_who_wants_it_at_once_is_told_once_and_not_again_within_minutes(session, realtor, lead, homes):
    listed(session, lead, (homes[0], 90))
    set_frequency(session, realtor, lead.id, Frequency.AT_ONCE)
    assert tell_at_once(session) == []

    listed(session, lead, (homes[1], 95), (homes[2], 80), (homes[0], 90))
    [told] = tell_at_once(session)
    listed(session, lead, (homes[3], 99), (homes[1], 95), (homes[0], 90))

    found = session.get_one(Notification, told)
    assert (found.user_id, found.facts["count"], found.data) == (realtor.id, 2, {"lead_id": lead.id})
    assert tell_at_once(session) == []
    later(session, lead)
    assert len(tell_at_once(session)) == 1
    assert tell_at_once(session) == []


def test_what_was_seen_on_the_page_is_not_told(session, realtor, lead, homes):
    set_frequency(session, realtor, lead.id, Frequency.AT_ONCE)
    listed(session, lead, (homes[0], 90))
    visit_lead(session, lead)

    assert tell_at_once(session) == []


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
    told = session.scalars(select(Notification).where(Notification.user_id == realtor.id)).all()
    assert [(each.facts["count"], each.facts["leads"]) for each in told] == [(2, 2)] * digests


def test_who_wants_none_gets_none(session, realtor, lead, homes):
    set_frequency(session, realtor, lead.id, Frequency.NEVER)
    listed(session, lead, (homes[0], 90))

    assert tell_at_once(session) == []
    assert send_digests(session) == []
