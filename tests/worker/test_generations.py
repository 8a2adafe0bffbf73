"""All lists of a market are of one generation, whatever is set or learnt between two runs."""

from datetime import date
from decimal import Decimal

import pytest

from models.core.enums import Side
from models.deals.recommendation_pages import recommended_page
from models.market.properties import archive_property, replace_property
from models.market.rates import set_rate
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property, make_user
from tests.worker.test_learning import run_everything
from worker.lists import rescore


def broken_rules(session):
    broken = {result.rule.key: result.examples for result in check_all(session) if result.count}
    session.rollback()
    return broken


def set_dollar(session, roubles):
    set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(roubles))
    session.commit()


@pytest.mark.parametrize("change", ["price", "archive"])
def test_after_a_new_exchange_rate_a_change_leaves_no_list_that_names_what_it_must_not(worker_here, change):
    with worker_here() as session:
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
