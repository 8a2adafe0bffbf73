"""Learnt weights from actions in the database to the lists: versions, the switch at a run, rolling back."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from api.http.explanations import explain_pairs
from matching.engine.criteria import DEFAULT_WEIGHTS
from models.core.enums import ActionKind, DealType, FeedActionKind, Origin, RunScope, Side
from models.core.errors import ConflictError, NotFoundError
from models.deals.actions import Action
from models.deals.feed import act_in_feed
from models.deals.matches import act
from models.deals.weights import WeightSet, current_set, live_set, newest_actions, rollback, store_live_set, weight_sets
from models.market.leads import Lead, create_lead, replace_lead
from models.market.properties import Property
from models.ranking.recommendations import Market
from models.rescoring.runs import request_run
from tests.factories import make_lead, make_property, make_user
from tests.length import examples
from tests.worker.lists.test_rescore import (
    MOSCOW,
    lead_wishes,
    property_facts,
    random_write,
    shown,
    stored_lists,
)
from worker.jobs import learning
from worker.jobs.learning import learn
from worker.jobs.runs import prepare_run, run_shard
from worker.lists import rescore
from worker.market import cache
from worker.market.generations import current_generation

ALMATY = ("geo:1526384", DealType.SALE)
ONLY_LOCATION = {name: float(name == "location") for name in DEFAULT_WEIGHTS.as_dict()}
ONLY_AREA = {name: float(name == "area") for name in DEFAULT_WEIGHTS.as_dict()}


def weight_set(scope=None, weights=ONLY_LOCATION):
    city_key, deal_type = scope or (None, None)
    return WeightSet(
        city_key=city_key,
        deal_type=deal_type,
        weights=weights,
        actions=100,
        actions_said=100,
        present_loss=0.6,
        fitted_loss=0.5,
        standard_error=0.01,
    )


@pytest.fixture
def people(session):
    return make_user(session), make_user(session)


def test_a_market_s_own_set_goes_before_the_global_one(session):
    assert current_set(session, MOSCOW) is None
    everywhere = store_live_set(session, weight_set())
    own = store_live_set(session, weight_set(MOSCOW))

    assert current_set(session, MOSCOW) is own
    assert current_set(session, ALMATY) is everywhere


def test_one_set_of_a_scope_is_live_and_an_earlier_one_can_be_so_again(session):
    first, second, third = (store_live_set(session, weight_set()) for _ in range(3))
    assert live_set(session, None) is third

    assert rollback(session, None) is second
    assert rollback(session, None, third.id) is third
    assert rollback(session, None, first.id) is first
    assert rollback(session, None) is None, "before the first set the defaults held"
    assert current_set(session, None) is None
    with pytest.raises(ConflictError):
        rollback(session, None)
    with pytest.raises(NotFoundError):
        rollback(session, MOSCOW, first.id)


def test_an_action_remembers_where_in_its_side_s_list_the_pair_stood(session, people):
    seeker, owner = people
    lead = make_lead(session, seeker)
    homes = [make_property(session, owner) for _ in range(3)]
    session.execute(
        text(
            "INSERT INTO lead_recommendations (lead_id, property_ids, scores, version)"
            " VALUES (:lead, :ids, '{90,80}', 1)"
        ),
        {"lead": lead.id, "ids": [homes[1].id, homes[0].id]},
    )
    for home in homes:
        act(session, seeker, Side.LEAD, lead_id=lead.id, property_id=home.id, kind=ActionKind.LIKE)
    act(session, owner, Side.PROPERTY, lead_id=lead.id, property_id=homes[1].id, kind=ActionKind.LIKE)

    query = select(Action.list_place).order_by(Action.side, Action.property_id)
    assert session.scalars(query.where(Action.side == Side.LEAD)).all() == [2, 1, None]
    assert session.scalars(query.where(Action.side == Side.PROPERTY)).all() == [None]


def test_likes_of_the_feed_and_of_both_sides_are_learnt_from(session, people):
    seeker, owner = people
    home, other = make_property(session, owner), make_property(session, owner)
    lead = make_lead(session, seeker)
    wish = create_lead(session, seeker, Origin.TINDER, {"city": "Москва", "deal_type": DealType.SALE})
    act(session, seeker, Side.LEAD, lead_id=lead.id, property_id=home.id, kind=ActionKind.LIKE)
    act(session, owner, Side.PROPERTY, lead_id=lead.id, property_id=home.id, kind=ActionKind.DISLIKE)
    act_in_feed(session, seeker, other, FeedActionKind.FAVORITE, "web")

    actions = {(each.lead_id, each.property_id, each.liked) for each in newest_actions(session, None, 10)}
    assert actions == {(lead.id, home.id, True), (lead.id, home.id, False), (wish.id, other.id, True)}
    assert newest_actions(session, ALMATY, 10) == []


def opinionated_market(session, n_leads=30, each=12):
    """People who care only about the area, and act accordingly."""
    chance = random.Random(1)
    owner, *seekers = [make_user(session) for _ in range(n_leads + 1)]
    homes = [
        make_property(
            session,
            owner,
            area=chance.choice([38, 42, 46, 60, 62]),
            price=chance.choice([12, 14, 15, 16]) * 1_000_000,
            district=chance.choice(["Арбат", "Хамовники"]),
            rooms=chance.choice([1, 2]),
            condition=chance.choice(["ROUGH", "FINISHING"]),
        )
        for _ in range(40)
    ]
    for seeker in seekers:
        lead = make_lead(session, seeker)
        for home in chance.sample(homes, each):
            kind = ActionKind.LIKE if home.area >= 50 else ActionKind.DISLIKE
            kind = kind if chance.random() < 0.9 else chance.choice(list(ActionKind))
            session.add(Action(lead_id=lead.id, property_id=home.id, side=Side.LEAD, kind=kind))
    session.commit()


def test_criteria_that_people_care_about_gain_weight_and_learning_twice_changes_nothing(new_worker_session):
    with new_worker_session() as session:
        opinionated_market(session)
        everywhere, market = learn(session)

        assert everywhere.kept.is_live and everywhere.judgement.fitted_loss < everywhere.judgement.present_loss
        assert everywhere.kept.weights["area"] > 2 * DEFAULT_WEIGHTS.area / sum(DEFAULT_WEIGHTS.as_dict().values())
        assert sum(everywhere.kept.weights.values()) == pytest.approx(1)
        # A market's own set, learnt from the same actions, is kept only if it is better by more than chance.
        gain = market.judgement.present_loss - market.judgement.fitted_loss
        assert market.kept is None or gain > market.judgement.standard_error

        kept = everywhere.kept.id
        assert [lesson.kept for lesson in learn(session)] == [None, None]
        rollback(session, None)
        session.commit()
        learn(session)
        assert live_set(session, None) is None, "what was rolled back stays so while nobody says more"
        assert [row.id for row in session.scalars(weight_sets()) if row.scope is None] == [kept]


def test_pairs_that_today_s_facts_forbid_are_left_out_and_counted(new_worker_session):
    with new_worker_session() as session:
        opinionated_market(session)
        session.execute(text("UPDATE leads SET rooms = '{7}' WHERE id = (SELECT min(id) FROM leads)"))
        session.commit()
        everywhere, _ = learn(session)

    assert everywhere.broken == 12
    assert everywhere.judgement.actions == everywhere.actions - 12


def test_a_market_that_cannot_be_learnt_does_not_stop_the_others(new_worker_session, monkeypatch, caplog):
    with new_worker_session() as session:
        opinionated_market(session)
        real = learning.judge
        calls = []

        def judge(*args):
            calls.append(args)
            if len(calls) == 1:
                raise FloatingPointError
            return real(*args)

        monkeypatch.setattr(learning, "judge", judge)
        [lesson] = learn(session)

    assert lesson.scope == MOSCOW
    assert [record.market for record in caplog.records if record.message == "weights_not_learnt"] == [None]


def run_everything(session):
    run, _ = request_run(session, RunScope.ALL, "test")
    shards = prepare_run(session, run.id)
    session.commit()
    for shard in shards:
        run_shard(shard)


def scores(session):
    return session.scalar(text("SELECT scores FROM lead_recommendations"))


def test_a_market_moves_to_new_weights_with_its_next_run_and_explains_by_those_it_has(new_worker_session):
    with new_worker_session() as session:
        make_property(session, make_user(session), district="Хамовники")
        lead = make_lead(session, make_user(session))
        session.commit()
        run_everything(session)
        [by_default] = scores(session)
        store_live_set(session, weight_set())
        session.commit()

        make_property(session, make_user(session), district="Хамовники")
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
        assert scores(session) == [by_default] * 2, "a change is scored as the rest of the market is"
        assert explained(session) == pytest.approx(by_default, abs=1e-4)

        run_everything(session)
        session.expire_all()
        [learnt, _] = scores(session)
        # Another district is worth 0.10 of location, and only it counts; a base of 10 is shown between 50 and 60.
        assert learnt == pytest.approx(50 + 10 / 6, abs=0.01)
        assert explained(session) == pytest.approx(learnt, abs=1e-4)

        replace_lead(session, lead, {"city": "Москва", "districts": ["Хамовники"]})
        session.commit()
        rescore.rescore_entity(session, Side.LEAD, lead.id)
        assert scores(session) == [100, 100], "nor is a changed lead scored by anything but the learnt weights"
        replace_lead(session, lead, {"city": "Москва", "districts": ["Арбат"]})
        rollback(session, None)
        session.commit()
        run_everything(session)
        assert scores(session)[0] == by_default


def explained(session):
    lead, found = session.scalars(select(Lead)).one(), session.scalars(select(Property)).first()
    [explanation] = explain_pairs(session, [lead], [found])
    return sum(share["points"] for share in explanation["criteria"]) + explanation["adjustment"]


#: Like the result of a fit: every criterion still counts, with another share.
LEARNT = {
    name: weight * factor
    for (name, weight), factor in zip(
        DEFAULT_WEIGHTS.as_dict().items(), (0.3, 2.5, 0.5, 1.7, 0.6, 1, 1, 3, 1, 2), strict=True
    )
}


@pytest.mark.usefixtures("small_lists")
@pytest.mark.parametrize("seed", range(examples(1, 20)))
def test_after_any_writes_lists_are_those_of_a_full_run_with_the_market_s_weights(new_worker_session, seed):
    """With a learnt set, with the next one, and rolled back to the defaults. A set that goes live waits for a run."""
    chance = random.Random(seed)
    with new_worker_session() as session:
        users = [make_user(session) for _ in range(6)]
        for _ in range(40):
            make_property(session, chance.choice(users), currency="RUB", **property_facts(chance))
            make_lead(session, chance.choice(users), currency="RUB", **lead_wishes(chance))
        weights_id = store_live_set(session, weight_set(MOSCOW, LEARNT)).id
        session.commit()
        run_everything(session)
        for next_weights in (ONLY_AREA, None, LEARNT):
            if next_weights:
                next_id = store_live_set(session, weight_set(MOSCOW, next_weights)).id
            else:
                session.get_one(WeightSet, weights_id).is_live, next_id = False, None
            session.commit()
            for _ in range(12):
                side, row = random_write(session, chance)
                rescore.rescore_entity(session, side, row)
            cache.evict_snapshots()  # like another worker process, which has no snapshots
            for market in (MOSCOW, ALMATY):  # lists that a deactivated owner's other rows made stale
                rescore.reconcile_market(session, market)
                session.commit()
            incremental = stored_lists(session)
            by_set = {}
            for each in (weights_id, None):
                for market in (MOSCOW, ALMATY):
                    chosen = each if market == MOSCOW else None
                    generation = replace(current_generation(session, market), weights_id=chosen)
                    rescore.rebuild_market(session, market, generation, run_id=1)
                    session.commit()
                by_set[each] = stored_lists(session)
            assert shown(incremental, by_set[weights_id]) == by_set[weights_id]
            assert weights_id is None or by_set[weights_id] != by_set[None], "or nothing was shown about weights"
            run_everything(session)
            weights_id = next_id


def test_a_market_that_appears_begins_with_the_live_set(new_worker_session):
    with new_worker_session() as session:
        found = store_live_set(session, weight_set())
        make_property(session, make_user(session))
        make_lead(session, make_user(session))
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()

        assert session.get_one(Market, MOSCOW).weights_id == found.id
