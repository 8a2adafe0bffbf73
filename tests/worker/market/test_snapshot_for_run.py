"""A run uses the snapshot that its process has kept, if it equals the market, and otherwise reads all rows."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import text

from models.core.enums import Side
from models.market.rates import set_rate
from tests.factories import make_lead, make_property, make_user
from tests.length import examples
from tests.worker.jobs.test_learning import run_everything
from tests.worker.lists.test_rescore import MOSCOW, fill, random_write, rebuild_all, stored_lists
from tests.worker.market.test_generations import broken_rules
from worker.lists import rescore
from worker.market import cache


def kept():
    """The snapshot of Moscow in this process's memory."""
    return cache._snapshots._kept.get(MOSCOW)


def set_dollar(session, roubles):
    set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(roubles))
    session.commit()


@pytest.fixture(autouse=True)
def use_small_snapshots(monkeypatch):
    monkeypatch.setattr(cache, "MIN_ROWS_OF_KEPT", 0)


@pytest.fixture
def market(new_worker_session):
    """A session with one run over two leads and two homes, all amounts in roubles, and a rate of the dollar."""
    with new_worker_session() as session:
        set_dollar(session, 60)
        owner = make_user(session)
        for ceiling in (10_000_000, 14_000_000):
            make_lead(session, owner, budget_max=ceiling, currency="RUB")
            make_property(session, make_user(session), price=ceiling, currency="RUB")
        session.commit()
        run_everything(session)
        yield session


def test_a_second_run_reads_only_what_was_written_since_the_first(market):
    known = kept()
    before = stored_lists(market)
    market.execute(text("UPDATE properties SET price = price * 0.9"))
    market.commit()
    run_everything(market)

    assert kept() is known
    assert stored_lists(market) != before
    assert broken_rules(market) == {}


def lack_a_row(snapshot):
    snapshot.leads = snapshot.leads.without(snapshot.leads.ids[:1].tolist())


def take_an_older_version(snapshot):
    snapshot.properties.versions[0] -= 1


def keep_a_row_that_is_gone(snapshot):
    one = snapshot.leads.take(np.array([0]))
    snapshot.leads = replace(
        snapshot.leads,
        **{
            name: np.append(getattr(snapshot.leads, name), value)
            for name, value in (("ids", 10**9), ("versions", 1), ("entry_thresholds", -1), ("listed_versions", 1))
        },
        vectors=type(one.vectors).concat([snapshot.leads.vectors, one.vectors]),
    )


@pytest.mark.parametrize("spoil", [lack_a_row, take_an_older_version, keep_a_row_that_is_gone])
def test_a_kept_snapshot_that_differs_from_the_market_is_not_used(market, spoil):
    before = stored_lists(market)
    known = kept()
    spoil(known)
    run_everything(market)

    assert kept() is not known
    assert stored_lists(market) == before
    assert broken_rules(market) == {}


def test_new_rates_change_no_vector_of_amounts_in_the_market_s_own_currency(market):
    known = kept()
    set_dollar(market, 90)
    run_everything(market)

    assert kept() is known
    assert "USD 90" in known.generation.rates


@pytest.mark.parametrize("side", list(Side))
def test_after_new_rates_a_market_with_another_currency_is_read_again(market, side):
    if side is Side.LEAD:
        make_lead(market, make_user(market), budget_min=100_000, budget_max=200_000, currency="USD")
    else:
        make_property(market, make_user(market), price=200_000, currency="USD")
    market.commit()
    run_everything(market)
    known = kept()
    set_dollar(market, 30)
    run_everything(market)

    assert kept() is not known
    assert broken_rules(market) == {}


def test_a_currency_whose_rate_becomes_one_is_read_again(market):
    """It then counts as the market's own, and before as another."""
    known = kept()
    set_dollar(market, 1)
    run_everything(market)
    assert kept() is not known


def test_a_new_text_model_reads_the_market_again(market):
    known = kept()
    market.execute(text("INSERT INTO text_models (model, texts) SELECT model, 0 FROM text_models LIMIT 1"))
    market.commit()
    run_everything(market)
    assert kept() is not known


@pytest.mark.usefixtures("small_lists")
@pytest.mark.parametrize("seed", range(examples(1, 10)))
def test_runs_with_kept_snapshots_leave_the_lists_of_runs_that_read_all_rows(new_worker_session, seed):
    chance = random.Random(seed)
    with new_worker_session() as session:
        set_dollar(session, 60)
        fill(session, chance)
        run_everything(session)
        for step in range(6):
            for _ in range(4):
                side, row_id = random_write(session, chance)
                if chance.random() < 0.5:
                    rescore.rescore_entity(session, side, row_id)
            if step == 3:
                set_dollar(session, 75)
            run_everything(session)
            with_kept = stored_lists(session)
            rebuild_all(session)
            assert with_kept == stored_lists(session)
