"""What does not depend on an entry is looked up once for a page, and what an entry does not have not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from models.accounts.tokens import Claims
from models.core.enums import Side
from models.deals.list_queries import ListQuery
from models.ranking.recommendations import LeadRecommendations
from tests.factories import make_lead, make_property, make_user


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


@pytest.fixture
def execute_page(session):
    """Call it with the query of a lead's page: the nodes of the executed plan for three homes, none in a group."""
    owner, seller = make_user(session), make_user(session)
    lead, homes = make_lead(session, owner), [make_property(session, seller).id for _ in range(3)]
    kept = {"version": lead.version, "city_key": lead.city_key, "deal_type": lead.deal_type}
    session.add(LeadRecommendations(lead_id=lead.id, property_ids=homes, scores=[90.0, 80.0, 70.0], **kept))
    session.flush()
    now = session.scalar(text("SELECT extract(epoch FROM now())::float"))
    claims = Claims(owner.id, owner.token_version, "jti", now, now + 60)
    connection = session.connection()

    def execute(list_query: ListQuery) -> list[dict[str, Any]]:
        query = list_query.shown_rows().compile(connection)
        values = query.construct_params({"row_id": lead.id, "limit": 20, "offset": 0, **vars(claims)})
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}"
        [(plans,)] = connection.exec_driver_sql(explain, values).all()
        assert plans[0]["Plan"]["Actual Rows"] == 3
        return list(nodes_of(plans[0]["Plan"]))

    return execute


@pytest.fixture
def executed(execute_page):
    return execute_page(ListQuery(Side.LEAD, plain=True))


@pytest.mark.parametrize("table", ["score_shifts", "explored_offers"])
def test_whether_the_market_is_plain_is_asked_once_for_all_entries(executed, table):
    loops = [node["Actual Loops"] for node in executed if node.get("Relation Name") == table]

    assert loops == [1]


def test_adverts_of_a_home_without_a_group_are_not_looked_up(executed):
    groups = [node for node in executed if node["Node Type"] == "Aggregate" and node["Actual Loops"]]

    assert groups == []


def test_the_plan_for_a_list_without_actions_is_half_as_large_and_has_no_former_prices(execute_page, executed):
    untouched = execute_page(ListQuery(Side.LEAD, plain=True, untouched=True))

    tables = [node.get("Relation Name") for node in untouched]
    assert tables.count("actions") == 1  # asks only whether there is one
    assert tables.count("property_prices") == 0
    assert len(untouched) < len(executed) / 2
