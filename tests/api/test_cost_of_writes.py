"""How many statements a write costs; each is a round trip over the network."""

import pytest

from models.core.enums import Role
from tests.factories import lead_body, property_body
from tests.statements import statements_on

#: The user, the town's key, the row, its client's keys, the client's other leads.
A_LEAD = 5
#: The user, twins, the town's key, the row.
A_PROPERTY = 4


@pytest.mark.parametrize(
    ("path", "body", "maximum"), [("/leads", lead_body, A_LEAD), ("/properties", property_body, A_PROPERTY)]
)
def test_a_new_row_costs_a_bounded_number_of_statements(person, engine, path, body, maximum):
    realtor = person(Role.REALTOR)
    realtor("POST", path, json=body())

    with statements_on(engine) as statements:
        answer = realtor("POST", path, json=body())

    assert answer.status_code == 201
    assert len(statements) <= maximum, "\n".join(" ".join(statement.split())[:120] for statement in statements)


def test_replacing_a_lead_costs_a_bounded_number_of_statements(person, engine):
    realtor = person(Role.REALTOR)
    lead_id = realtor("POST", "/leads", json=lead_body()).json["lead_id"]
    realtor("PUT", f"/leads/{lead_id}", json=lead_body())

    with statements_on(engine) as statements:
        realtor("PUT", f"/leads/{lead_id}", json=lead_body(client_contacts="a@mail.kz, +77010000001"))

    # The user, the row, the town's key, the row's columns, its client's keys, the client's other leads, matches.
    assert len(statements) <= 7, "\n".join(" ".join(statement.split())[:120] for statement in statements)
