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
def executed(session):
    """The nodes of the executed plan of a page with three homes, of which none is in a group."""
    owner, seller = make_user(session), make_user(session)
    lead, homes = make_lead(session, owner), [make_property(session, seller).id for _ in range(3)]
    kept = {"version": lead.version, "city_key": lead.city_key, "deal_type": lead.deal_type}
    session.add(LeadRecommendations(lead_id=lead.id, property_ids=homes, scores=[90.0, 80.0, 70.0], **kept))
    session.flush()
    now = session.scalar(text("SELECT extract(epoch FROM now())::float"))
    claims = Claims(owner.id, owner.token_version, "jti", now, now + 60)
    connection = session.connection()
    query = ListQuery(Side.LEAD, plain=True).shown_rows().compile(connection)
    values = query.construct_params({"row_id": lead.id, "limit": 20, "offset": 0, **vars(claims)})
    explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}"
    [(plans,)] = connection.exec_driver_sql(explain, values).all()
    assert plans[0]["Plan"]["Actual Rows"] == 3
    return list(nodes_of(plans[0]["Plan"]))


@pytest.mark.parametrize("table", ["score_shifts", "explored_offers"])
def test_whether_the_market_is_plain_is_asked_once_for_all_entries(executed, table):
    loops = [node["Actual Loops"] for node in executed if node.get("Relation Name") == table]

    assert loops == [1]


def test_adverts_of_a_home_without_a_group_are_not_looked_up(executed):
    groups = [node for node in executed if node["Node Type"] == "Aggregate" and node["Actual Loops"]]

    assert groups == []
