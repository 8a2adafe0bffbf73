"""Sample data: added and removed with a button, ranked by the engine, and offered to nobody else."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification
from models.accounts.users import User, all_users
from models.agencies.visibility import TeamFilter, team_rows
from models.core.enums import ActionKind, DealType, Side
from models.deals.matches import Match, act
from models.deals.weights import actions_by_market
from models.market.leads import Lead, replace_lead
from models.market.listings import public_listings
from models.market.properties import Property, replace_property
from models.ranking.recommendations import LeadRecommendations
from models.rescoring.market_census import market_counts
from models.rescoring.town_merge import reread_towns
from models.sources.outgoing import left_out, published, version_of_feed
from models.upkeep.erasure import erase_user
from models.upkeep.samples import SampleSet, add_samples, remove_samples
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_lead, make_property, make_user
from worker.lists import rescore

MARKET = ("geo:524901", DealType.SALE)


@pytest.fixture
def newcomer(new_worker_session) -> User:
    with new_worker_session() as session:
        user = make_user(session, email="new@leadmatch.example", password_hash=PASSWORD_HASH, phone="+79161112233")
        session.commit()
        session.expunge_all()
    return user


def score(session: Session) -> tuple[str, DealType]:
    """Let the engine compute the lists of the only sample set; returns its market."""
    market = (session.scalars(select(Lead.city_key).where(Lead.city_key.like("sample:%"))).first(), DealType.SALE)
    rescore.reconcile_market(session, market)
    session.commit()
    return market


def test_an_empty_account_tries_the_product_and_is_rid_of_the_samples(visit, newcomer, new_worker_session):
    page = visit(newcomer)
    page.get_by_role("button", name="Try with sample data").click()

    expect(page.get_by_text("The sample data is here")).to_be_visible()
    expect(page.locator("main .rows > li").first).to_be_visible()
    with new_worker_session() as session:
        score(session)
    page.get_by_role("link", name="Ольга и Тимур").click()
    expect(page.locator(".pair").first).to_be_visible()
    expect(page.get_by_text("Sample", exact=True).first).to_be_visible()
    page.goto("/console/matches")
    expect(page.get_by_text("Ольга", exact=False).first).to_be_visible()
    page.goto("/console/leads")
    page.get_by_role("button", name="Remove the sample data").click()

    expect(page.get_by_text("Sample data removed.")).to_be_visible()
    expect(page.get_by_role("heading", name="No leads here yet")).to_be_visible()
    with new_worker_session() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0
        assert session.scalar(select(func.count()).select_from(Property)) == 0
        assert session.scalars(select(User.id)).all() == [newcomer.id]


def test_lists_of_samples_are_the_engines_and_hold_samples_only(new_worker_session, newcomer, town):
    with new_worker_session() as session:
        user = session.get_one(User, newcomer.id)
        leads, homes = add_samples(session, user)
        session.commit()
        score(session)
        others = {home.id for home in homes if home.owner_id != user.id}
        lists = [listed(session, lead.id) for lead in leads if lead.owner_id == user.id]

    assert len(lists) == 3
    assert all(len(ids) >= 3 and set(ids) <= others for ids in lists)


def listed(session: Session, lead_id: int) -> list[int]:
    """The properties of a lead's list."""
    return session.get_one(LeadRecommendations, lead_id, populate_existing=True).property_ids


def test_nobody_else_is_ever_offered_a_sample(new_worker_session, newcomer, town, app):
    with new_worker_session() as session:
        user = session.get_one(User, newcomer.id)
        leads, homes = add_samples(session, user)
        session.commit()
        market = score(session)
        rescore.reconcile_market(session, MARKET)
        session.commit()
        sample_ids = {home.id for home in homes}

        assert market[0] != MARKET[0]
        assert not sample_ids & {home.id for home in session.scalars(public_listings(session, {}))}
        assert listed(session, town.lead.id) and not sample_ids & set(listed(session, town.lead.id))
        assert [count.city_key for count in market_counts(session)] == [MARKET[0]]
        users = set(session.scalars(all_users()))
        assert {home.owner_id for home in homes} & {each.id for each in users} == {user.id}
        assert left_out(session, user) == {} and list(published(new_worker_session, user.id)) == []
        assert version_of_feed(session, user)[1] == user.created_at
        assert session.execute(team_rows(user, Side.LEAD, TeamFilter())).all() == []
        act(session, user, Side.LEAD, lead_id=leads[1].id, property_id=homes[-1].id, kind=ActionKind.DISLIKE)
        assert actions_by_market(session) == {}
        session.commit()
    stranger = app.test_client()
    for home_id in sorted(sample_ids)[:3]:
        assert stranger.get(f"/homes/{home_id}").status_code == 404
        assert stranger.get(f"/properties/{home_id}").status_code in (401, 404)
    buyer = app.test_client()
    enter(buyer, town.buyer)
    assert buyer.get(f"/console/homes/{min(sample_ids)}").status_code == 404
    assert "Мичуринский" not in stranger.get("/homes").text


def test_an_edited_sample_stays_in_its_own_market(session):
    user = make_user(session)
    leads, homes = add_samples(session, user)
    key = leads[0].city_key

    replace_lead(session, leads[0], {"city": "Казань"})
    replace_property(session, homes[0], {"city": "Казань", "price": 1})
    assert (leads[0].city_key, homes[0].city_key) == (key, key)
    session.execute(Lead.__table__.update().values(city_key="geo:551487"))
    assert reread_towns(session) == []
    session.expire_all()

    assert {row.city_key for row in (*leads, *homes)} == {key}
    assert (leads[0].city, homes[0].city) == ("Казань", "Казань")


def test_removing_takes_what_hangs_on_samples_and_nothing_of_ones_own(session):
    user, other = make_user(session), make_user(session)
    mine, own_home = make_lead(session, user), make_property(session, user)
    strangers_home = make_property(session, other)
    act(session, user, Side.LEAD, lead_id=mine.id, property_id=strangers_home.id, kind=ActionKind.LIKE)
    leads, homes = add_samples(session, user)
    liked = session.scalars(select(Match).where(Match.lead_id.in_([lead.id for lead in leads]))).all()
    pair = next(each for each in liked if each.lead.owner_id == user.id)
    act(session, user, Side.LEAD, lead_id=pair.lead_id, property_id=pair.property_id, kind=ActionKind.LIKE)
    notified = select(func.count()).where(Notification.user_id == user.id)
    assert session.scalar(notified) >= 3

    own_sample = next(home for home in homes if home.owner_id == user.id)
    own_sample.photos = ["/media/one.jpg", "/media/both.jpg"]
    own_home.photos = ["/media/both.jpg"]
    session.flush()
    photos = remove_samples(session, user)

    assert photos == ["/media/one.jpg"]
    assert session.scalars(select(Lead.id)).all() == [mine.id]
    assert sorted(session.scalars(select(Property.id))) == sorted([own_home.id, strangers_home.id])
    assert session.scalars(select(Match.lead_id)).all() == [mine.id]
    assert session.scalar(notified) == 0
    assert remove_samples(session, user) == []
    assert add_samples(session, user)[0], "one who is rid of it may have it again"


def test_two_presses_add_one_set(session):
    user = make_user(session)

    first, second = add_samples(session, user), add_samples(session, user)

    assert len(first[0]) == 7 and second == ([], [])
    assert session.scalar(select(func.count()).select_from(SampleSet)) == 1


def test_samples_of_two_users_never_meet(session):
    keys = {row.city_key for _ in range(2) for row in add_samples(session, make_user(session))[0]}

    assert len(keys) == 2


def test_a_deleted_account_leaves_no_samples(session):
    user = make_user(session)
    add_samples(session, user)

    erase_user(session, user)

    assert session.scalar(select(func.count()).select_from(Lead)) == 0
    assert session.scalars(select(User.id)).all() == [user.id]


def test_a_sample_is_not_copied(app, db, newcomer):
    client = app.test_client()
    client.post("/console/samples", data={"csrf": enter(client, newcomer)})
    lead_id = db.scalar(select(Lead.id).where(Lead.owner_id == newcomer.id).limit(1))
    home_id = db.scalar(select(Property.id).where(Property.owner_id == newcomer.id).limit(1))

    for path in (f"leads/new?copy={lead_id}", f"properties/new?copy={home_id}"):
        assert client.get(f"/console/{path}").status_code == 409
    assert f"copy={lead_id}" not in client.get(f"/console/leads/{lead_id}").text


def test_a_tenant_has_no_samples(app, town):
    tenant = app.test_client()
    csrf = enter(tenant, town.tenant)

    for path in ("/console/samples", "/console/samples/remove"):
        assert tenant.post(path, data={"csrf": csrf}).status_code == 403
