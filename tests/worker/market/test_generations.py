"""All lists of a market are of one generation, whatever is set or learnt between two runs."""

import random
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from matching.engine.units import ENGINE_VERSION
from matching.errors import ScoringStoppedError
from models.core.enums import Side
from models.deals.recommendation_pages import recommended_page
from models.market.properties import Property, archive_property, replace_property
from models.market.rates import set_rate
from models.ranking.recommendations import Market
from models.upkeep import invariants
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property, make_user
from tests.length import examples
from tests.worker.jobs.test_learning import run_everything
from tests.worker.lists.test_rescore import ALMATY, MOSCOW, fill, random_write, shown, stored_lists
from worker import tasks
from worker.lists import rescore, scoring
from worker.lists.work_control import WorkControl
from worker.market import cache
from worker.market.change_set import ChangeSet
from worker.market.market_lock import GenerationMovedError


def broken_rules(session):
    broken = {result.rule.key: result.examples for result in check_all(session) if result.count}
    session.rollback()
    return broken


def set_dollar(session, roubles):
    set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(roubles))
    session.commit()


@pytest.mark.parametrize("change", ["price", "archive"])
def test_after_a_new_exchange_rate_a_change_leaves_no_list_that_names_what_it_must_not(new_worker_session, change):
    with new_worker_session() as session:
        set_dollar(session, 60)
        lead = make_lead(session, make_user(session), budget_max=10_000_000, currency="RUB")
        seller = make_user(session)
        home, other = make_property(session, seller, price=150_000, currency="USD"), make_property(session, seller)
        session.commit()
        run_everything(session)
        set_dollar(session, 90)  # 13.5 million: over budget, in the next run
        rescore.rescore_entity(session, Side.PROPERTY, other.id)
        assert broken_rules(session) == {}

        if change == "archive":
            archive_property(session, home)
        else:
            replace_property(session, home, {"city": "Москва", "price": 60_000_000, "currency": "RUB"})
        session.commit()
        rescore.rescore_entity(session, Side.PROPERTY, home.id)

        assert broken_rules(session) == {}
        page = recommended_page(session, Side.LEAD, lead.id, page=1, limit=10)
        assert home.id not in [entry.row.id for entry in page.entries]


@pytest.mark.usefixtures("small_lists")
@pytest.mark.parametrize("seed", range(examples(1, 20)))
def test_after_any_writes_lists_are_those_of_a_full_run_with_the_market_s_rates(new_worker_session, monkeypatch, seed):
    """
    Rates set meanwhile, and text models fitted by another market's run, apply from the market's next run.
    """
    monkeypatch.setattr(invariants, "LIST_LENGTH", 5)
    chance = random.Random(seed)
    with new_worker_session() as session:
        set_dollar(session, 60)
        fill(session, chance)
        for row in session.scalars(select(Property).order_by(Property.id)).all()[::2]:
            facts = {"city": "Москва", "currency": "USD", "price": round(row.price / 60)}
            replace_property(session, row, facts | {"rooms": row.rooms, "area": row.area})
        session.commit()
        run_everything(session)
        for dollar in (90, 40, 70):
            before = {
                market: session.get_one(Market, market, populate_existing=True).generation for market in (MOSCOW,)
            }
            set_dollar(session, dollar)
            session.execute(text("INSERT INTO text_models (model, texts) SELECT model, 0 FROM text_models LIMIT 1"))
            session.commit()
            for _ in range(10):
                side, row_id = random_write(session, chance)
                rescore.rescore_entity(session, side, row_id)
            for market in (MOSCOW, ALMATY):
                rescore.reconcile_market(session, market)
            assert broken_rules(session) == {}
            assert session.get_one(Market, MOSCOW, populate_existing=True).generation == before[MOSCOW]
            incremental = in_moscow(session)
            cache.evict_snapshots()
            rescore.rebuild_market(session, MOSCOW)
            session.commit()
            whole = in_moscow(session)
            assert shown(incremental, whole) == whole
            run_everything(session)
            assert session.get_one(Market, MOSCOW, populate_existing=True).rates == f"RUB 1, USD {dollar}.00000000"


def in_moscow(session):
    return {key: entries for key, entries in stored_lists(session).items() if entries[2] == MOSCOW[0]}


def test_a_rebuild_outside_a_run_does_not_replace_a_newer_generation(new_worker_session, monkeypatch):
    """A sweep over many rows uses the generation of its start; a run may publish before the sweep does."""
    with new_worker_session() as session:
        make_property(session, make_user(session))
        make_lead(session, make_user(session))
        session.commit()
        run_everything(session)
        real = scoring.score_market

        def score_while_a_run_publishes(*args, **kwargs):
            monkeypatch.setattr(scoring, "score_market", real)
            lists = real(*args, **kwargs)
            set_dollar(session_of_run := new_worker_session(), 90)
            run_everything(session_of_run)
            session_of_run.close()
            return lists

        monkeypatch.setattr(scoring, "score_market", score_while_a_run_publishes)
        with pytest.raises(GenerationMovedError):
            rescore.rebuild_market(session, MOSCOW)
        session.rollback()

        assert "USD" in session.get_one(Market, MOSCOW, populate_existing=True).rates
        assert broken_rules(session) == {}


def test_a_snapshot_whose_changes_were_not_committed_is_not_kept(new_worker_session):
    with new_worker_session() as session:
        home = make_property(session, make_user(session))
        make_lead(session, make_user(session))
        session.commit()
        run_everything(session)

        class Refusing(WorkControl):
            def commit(self, session):
                raise ScoringStoppedError

        replace_property(session, home, {"city": "Москва", "price": 14_000_000})
        session.commit()
        with pytest.raises(ScoringStoppedError):
            rescore.rescore_changed(session, MOSCOW, ChangeSet.of(Side.PROPERTY, [home.id]), Refusing())
        session.rollback()
        rescore.reconcile_market(session, MOSCOW)

        assert broken_rules(session) == {}
        assert session.scalar(text("SELECT version FROM property_recommendations")) == home.version


def test_each_list_holds_the_number_of_its_market_s_generation(new_worker_session):
    with new_worker_session() as session:
        home = make_property(session, make_user(session))
        make_lead(session, make_user(session))
        session.commit()
        run_everything(session)
        set_dollar(session, 90)
        run_everything(session)
        rescore.rescore_entity(session, Side.PROPERTY, home.id)
        number = session.get_one(Market, MOSCOW, populate_existing=True).generation_number

        assert set(session.scalars(text("SELECT generation FROM property_recommendations"))) == {number}
        assert set(session.scalars(text("SELECT generation FROM lead_recommendations"))) == {number}
        session.execute(text("UPDATE lead_recommendations SET generation = generation - 1"))
        assert list(broken_rules(session)) == ["lead_generation"]


def test_after_a_release_with_another_engine_changes_leave_sound_lists_and_one_run_moves_them_all(new_worker_session):
    with new_worker_session() as session:
        lead = make_lead(session, make_user(session))
        home = make_property(session, make_user(session))
        session.commit()
        run_everything(session)
        session.execute(text("UPDATE markets SET engine = engine - 1"))
        session.execute(text("UPDATE lead_recommendations SET scores = '{1}'"))  # as another engine would score it
        session.execute(text("UPDATE property_recommendations SET scores = '{1}'"))
        session.commit()
        cache.evict_snapshots()
        replace_property(session, home, {"city": "Москва", "price": 90_000_000})
        session.commit()
        rescore.rescore_entity(session, Side.PROPERTY, home.id)
        assert stored_lists(session)["lead_recommendations", lead.id][0] == []
        assert broken_rules(session) == {}

        for _ in range(2):
            tasks.sweep()
        requested = "SELECT scope, requested_by FROM rescoring_runs WHERE requested_by LIKE 'engine:%'"
        assert session.execute(text(requested)).all() == [("all", f"engine:{ENGINE_VERSION}")]
