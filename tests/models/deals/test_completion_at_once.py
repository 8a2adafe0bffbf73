"""Simultaneous completions, objections and likes: models.deals.completion takes its locks in one order."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import Side, Status
from models.core.errors import DomainError
from models.deals.completion import complete, object_to_completion
from models.deals.matches import act
from models.market.leads import Lead
from models.market.properties import Property
from tests.models.deals.market import COMPLETED, LIKE, REJECTED, Market, others_of, violations
from tests.waiting import WAIT_LIMIT_SECONDS


def _at_once(engine, *moves) -> list[str]:
    """Run each move(session) in its own thread and transaction, started together; returns the outcomes."""
    together = Barrier(len(moves))

    def run(move) -> str:
        with Session(engine) as session:
            session.execute(select(1))
            together.wait(timeout=WAIT_LIMIT_SECONDS)
            try:
                move(session)
                session.commit()
            except DomainError as error:
                return type(error).__name__
        return "done"

    with ThreadPoolExecutor(len(moves)) as pool:
        return [done.result(timeout=WAIT_LIMIT_SECONDS) for done in [pool.submit(run, move) for move in moves]]


@pytest.fixture
def at_once(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        market = Market(session)
        deal = market.like(0, 0)
        market.like(1, 0)
        session.commit()
        yield market, deal, session


@pytest.mark.parametrize("_", range(5))
def test_both_owners_completing_at_once_complete_once(engine, at_once, _):
    market, deal, session = at_once

    ends = _at_once(engine, *(lambda s, u=u: complete(s, u, deal.id) for u in (market.buyers[0], market.sellers[0])))

    session.expire_all()
    assert ends == ["done", "done"]
    assert (deal.status, deal.completions) == (COMPLETED, 1)


@pytest.mark.parametrize("_", range(5))
def test_two_deals_over_one_property_at_once_sell_it_once(engine, at_once, _):
    market, deal, session = at_once
    [other] = others_of(session, deal)

    ends = _at_once(
        engine,
        lambda s: complete(s, market.buyers[0], deal.id),
        lambda s: complete(s, market.buyers[1], other.id),
    )

    session.expire_all()
    assert sorted(ends) == ["MatchNotAcceptedError", "done"]
    assert {deal.status, other.status} == {COMPLETED, REJECTED}
    assert violations(session) == []


@pytest.mark.parametrize("_", range(5))
def test_a_second_deal_and_an_objection_to_the_first_at_once_leave_no_open_match_of_what_is_gone(engine, at_once, _):
    market, deal, session = at_once
    market.like(0, 1, by="property")
    second = market.like(1, 1)
    complete(session, market.buyers[0], deal.id)
    session.commit()

    ends = _at_once(
        engine,
        lambda s: object_to_completion(s, market.sellers[0], deal.id),
        lambda s: complete(s, market.buyers[1], second.id),
    )

    session.expire_all()
    assert ends == ["done", "done"]
    assert market.on_market == [True, False, True, False]
    assert violations(session) == []


@pytest.mark.parametrize("_", range(5))
def test_a_like_that_meets_a_completion_leaves_no_open_match_of_what_is_gone(engine, at_once, _):
    market, deal, session = at_once
    pair = {"lead_id": market.leads[0].id, "property_id": market.properties[1].id, "kind": LIKE}

    _at_once(
        engine,
        lambda s: complete(s, market.sellers[0], deal.id),
        lambda s: act(s, market.sellers[1], Side.PROPERTY, **pair),
    )

    session.expire_all()
    assert session.scalar(select(Lead.status).where(Lead.id == market.leads[0].id)) is Status.ARCHIVED
    assert session.scalar(select(Property.status).where(Property.id == market.properties[0].id)) is Status.ARCHIVED
    assert {each.status for each in others_of(session, deal)} == {REJECTED}
    assert violations(session) == []
