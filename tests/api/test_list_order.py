"""Lists as readers get them in markets where ops have switched on balancing or exploration."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from models.core.enums import ActionKind, DealType, ListOrder, Side
from models.core.errors import NotFoundError
from models.deals.actions import Action
from models.deals.matches import act
from models.ranking.display_order import ExploredOffer, ScoreShift
from models.ranking.display_order_settings import markets_to_order, set_exploration_slots, set_list_order
from models.ranking.recommendations import Market
from models.rescoring.market_state import exposure
from models.upkeep.invariants import check_all
from scripts import cli
from tests.factories import make_lead, make_property, make_user, token_header
from worker.lists import publish, rescore

MOSCOW = ("geo:524901", DealType.SALE)


@pytest.fixture
def crowd(new_worker_session):
    """Leads that all prefer the same home, each with a second choice of its own that scores a little lower."""
    with new_worker_session() as session:
        seller = make_user(session)
        star = make_property(session, seller, area=60, district="Арбат")
        buyers, leads, seconds = [], [], []
        for number in range(6):
            seconds.append(make_property(session, seller, area=60, price=15_100_000 + number, district="Арбат"))
            buyers.append(make_user(session))
            leads.append(make_lead(session, buyers[-1], districts=["Арбат"]))
        session.commit()
        rescore.rebuild_market(session, MOSCOW, None)
        session.commit()
        yield session, star, seconds, leads, buyers


def order_now(session):
    from worker.tasks import order_markets

    order_markets()
    session.expire_all()


def read(client, lead, buyer):
    """(property id, score) of the list in the order shown, requested in pages of 3."""
    found, page = [], 1
    while True:
        answer = client.get(
            f"/leads/{lead.id}/property-recommendations?page={page}&limit=3", headers=token_header(buyer)
        ).json
        found += [(int(entry["property_id"]), entry["match_score"]) for entry in answer["recommendations"]]
        page += 1
        if not answer["recommendations"]:
            assert answer["total"] == len(found)
            return found


def test_balancing_is_off_by_default(client, crowd):
    session, star, _, leads, buyers = crowd
    order_now(session)

    listed = read(client, leads[0], buyers[0])
    assert listed[0][0] == star.id
    assert listed == sorted(listed, key=lambda entry: -entry[1])
    assert session.scalars(select(ScoreShift)).all() == []


def test_the_sought_give_way_and_scores_stay(client, crowd):
    session, star, _, leads, buyers = crowd
    before = read(client, leads[0], buyers[0])
    set_list_order(session, *MOSCOW, ListOrder.BALANCED)
    session.commit()
    order_now(session)
    query = select(ScoreShift.entity_id, ScoreShift.shift).where(ScoreShift.side == Side.PROPERTY)
    shifts = dict(session.execute(query).all())
    after = read(client, leads[0], buyers[0])

    assert dict(after) == dict(before), "the same entries with the same scores"
    assert shifts[star.id] == min(shifts.values()) < 0
    by_shift = sorted(before, key=lambda entry: -(entry[1] + shifts[entry[0]]))
    assert [entry[0] for entry in after] == [entry[0] for entry in by_shift]
    assert all(result.count == 0 for result in check_all(session)), "stored lists are by score all the same"


@pytest.mark.parametrize("city", ["Ба\\Nр", "Бар\\"])
def test_a_market_whose_name_has_a_backslash_is_ordered_like_any(new_worker_session, city):
    with new_worker_session() as session:
        lead = make_lead(session, make_user(session), city=city)
        make_property(session, make_user(session), city=city)
        session.commit()
        market = (lead.city_key, lead.deal_type)
        rescore.rebuild_market(session, market, None)
        set_list_order(session, *market, ListOrder.BALANCED)
        session.commit()
        order_now(session)

        assert session.scalars(select(ScoreShift.city_key).distinct()).all() == [lead.city_key]


def test_a_market_ordered_before_its_first_run_was_through_is_ordered_again(new_worker_session, monkeypatch):
    with new_worker_session() as session:
        lead = make_lead(session, make_user(session))
        session.commit()
        rescore.rescore_entity(session, Side.LEAD, lead.id)
        set_list_order(session, *MOSCOW, ListOrder.BALANCED)
        session.commit()
        real = publish.lock_market

        def order_first(*args):
            with new_worker_session() as other:
                order_now(other)
                assert markets_to_order(other) == []
            return real(*args)

        monkeypatch.setattr(publish, "lock_market", order_first)
        rescore.rebuild_market(session, MOSCOW, None)
        session.commit()

        assert markets_to_order(session) == [MOSCOW]


def shift_star(session, star, points=-50):
    """Shift the star's score as if many more leads wanted it."""
    set_list_order(session, *MOSCOW, ListOrder.BALANCED)
    session.commit()
    order_now(session)
    session.execute(
        text("UPDATE score_shifts SET shift = :shift WHERE entity_id = :id AND side = 'PROPERTY'"),
        {"id": star.id, "shift": points},
    )
    session.commit()


def test_pages_places_and_charts_follow_the_order_that_is_shown(client, crowd):
    session, star, seconds, leads, buyers = crowd
    shift_star(session, star)
    listed = read(client, leads[0], buyers[0])
    assert listed[-1][0] == star.id and max(score for _, score in listed) == listed[-1][1]
    assert exposure(session).never_shown == 0

    act(session, buyers[0], Side.LEAD, lead_id=leads[0].id, property_id=star.id, kind=ActionKind.LIKE)
    assert session.scalar(select(Action.list_place)) == len(seconds) + 1, "what is learnt from must know what was seen"


def test_what_comes_between_runs_is_neither_favoured_nor_hidden(client, crowd):
    session, star, _, leads, buyers = crowd
    shift_star(session, star)
    newcomer = make_property(session, make_user(session), area=60, district="Арбат")
    session.commit()
    rescore.rescore_entity(session, Side.PROPERTY, newcomer.id)
    listed = [entry[0] for entry in read(client, leads[0], buyers[0])]

    assert listed[-1] == star.id
    assert newcomer.id in listed
    assert markets_to_order(session) == [], "the order waits for the next run"
    rescore.rebuild_market(session, MOSCOW, None)
    session.commit()
    assert markets_to_order(session) == [MOSCOW]
    order_now(session)
    assert session.get(ScoreShift, (Side.PROPERTY, newcomer.id)) is not None


def test_going_back_to_scores_holds_at_once_and_against_an_order_being_worked_out(client, crowd, monkeypatch):
    from worker.jobs import display_order

    session, star, _, leads, buyers = crowd
    shift_star(session, star)
    session.get_one(Market, MOSCOW).ordered_at = None
    session.commit()
    real = display_order.score_shifts

    def while_ops_change_their_mind(*lists):
        set_list_order(session, *MOSCOW, ListOrder.SCORE)
        session.commit()
        return real(*lists)

    monkeypatch.setattr(display_order, "score_shifts", while_ops_change_their_mind)
    order_now(session)

    assert read(client, leads[0], buyers[0])[0][0] == star.id
    assert session.scalars(select(ScoreShift)).all() == []


@pytest.fixture
def full_lists(monkeypatch):
    """Lists of 3, so that seven homes do not fit."""
    from worker.lists import changes, compute
    from worker.market import snapshot

    for module in (rescore, changes, compute, snapshot):
        monkeypatch.setattr(module, "LIST_LENGTH", 3)


@pytest.fixture
def unseen(full_lists, crowd):
    """Lists of only the three best; the home in fourth and last place is in no list."""
    session, _, seconds, leads, _ = crowd
    rescore.rebuild_market(session, MOSCOW, None)
    session.commit()
    return seconds[-1]


def explore(session, slots):
    set_exploration_slots(session, *MOSCOW, slots)
    session.commit()
    order_now(session)


def test_exploration_is_off_by_default(client, crowd, unseen):
    session, _, _, leads, buyers = crowd
    order_now(session)
    assert len(read(client, leads[0], buyers[0])) == 3

    explore(session, 2)
    assert len(read(client, leads[0], buyers[0])) == 5
    explore(session, 0)
    assert len(read(client, leads[0], buyers[0])) == 3


def test_a_new_home_in_nobody_s_list_follows_some_lists_marked_and_by_its_own_score(client, crowd, unseen):
    session, _, _, leads, buyers = crowd
    before = {lead.id: read(client, lead, buyer) for lead, buyer in zip(leads, buyers, strict=True)}
    explore(session, 1)

    offered = 0
    for lead, buyer in zip(leads, buyers, strict=True):
        answer = client.get(f"/leads/{lead.id}/property-recommendations?limit=10", headers=token_header(buyer)).json
        entries = answer["recommendations"]
        assert [(int(e["property_id"]), e["match_score"]) for e in entries[:3]] == before[lead.id], "the list stays"
        assert all("explored" not in entry for entry in entries[:3])
        for entry in entries[3:]:
            offered += 1
            assert entry["explored"] is True
            assert entry["match_score"] <= entries[2]["match_score"]
            assert lead.id in stored_leads(session, int(entry["property_id"])), "a pair that the engine has scored"
        assert answer["total"] == len(entries) <= 4
    assert offered > 0


def stored_leads(session, property_id):
    query = text("SELECT lead_ids FROM property_recommendations WHERE property_id = :id")
    return session.scalar(query, {"id": property_id})


def test_what_changes_is_explored_no_more(client, crowd, unseen):
    session, _, _, leads, buyers = crowd
    explore(session, 2)
    lead_id, property_id = session.execute(select(ExploredOffer.lead_id, ExploredOffer.property_id)).first()
    lead, buyer = next(pair for pair in zip(leads, buyers, strict=True) if pair[0].id == lead_id)
    assert property_id in dict(read(client, lead, buyer))

    session.execute(text("UPDATE properties SET price = 99000000 WHERE id = :id"), {"id": property_id})
    session.commit()
    assert property_id not in dict(read(client, lead, buyer)), "it may break the deal now"


def test_what_a_lead_has_disliked_takes_none_of_its_slots(client, crowd, unseen):
    session, _, _, leads, buyers = crowd
    explore(session, 1)
    lead_id, property_id = session.execute(select(ExploredOffer.lead_id, ExploredOffer.property_id)).first()
    lead, buyer = next(pair for pair in zip(leads, buyers, strict=True) if pair[0].id == lead_id)
    path = f"/leads/{lead.id}/property-recommendations/{property_id}/action"
    assert client.post(path, json={"action": "DISLIKE"}, headers=token_header(buyer)).status_code == 200

    explore(session, 5)  # drawn anew, with room for everything that is unseen
    offered = session.execute(select(ExploredOffer.lead_id, ExploredOffer.property_id)).all()
    assert (lead_id, property_id) not in offered and offered


def test_old_homes_are_not_explored(client, crowd, unseen):
    session, _, _, leads, buyers = crowd
    session.execute(text("UPDATE properties SET created_at = now() - interval '15 days'"))
    session.commit()
    rescore.rebuild_market(session, MOSCOW, None)
    session.commit()
    explore(session, 2)

    assert len(read(client, leads[0], buyers[0])) == 3


def test_an_operator_chooses_and_looks(crowd, process_environment, monkeypatch):
    session, *_ = crowd
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    call = lambda *arguments: CliRunner().invoke(cli.cli, arguments)

    assert "by score" not in call("markets", "order", "balanced", "--city", "Москва").output
    assert "balanced (soon)" in call("markets", "list").output
    order_now(session)
    listed = call("markets", "list").output
    assert "Москва" in listed and "balanced" in listed and "soon" not in listed
    assert "by score" in call("markets", "order", "score", "--city", "Москва").output
    assert "Up to 3" in call("markets", "explore", "3", "--city", "Москва").output
    assert "3" in call("markets", "list").output
    assert call("markets", "explore", "6", "--city", "Москва").exit_code == 2
    with pytest.raises(NotFoundError):
        set_list_order(session, "geo:1", DealType.RENT, ListOrder.BALANCED)
