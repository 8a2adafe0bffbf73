"""Invalid states cannot be stored by any code."""

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DataError, IntegrityError

from models.core.enums import ActionKind, Side
from models.deals.actions import Action
from models.deals.match_table import Match
from tests.factories import make_lead, make_property, make_user


@pytest.mark.parametrize(
    "fields",
    [
        {"budget_min": 2, "budget_max": 1},
        {"budget_min": -1},
        {"area_min": 80, "area_max": 70},
        {"property_type": "CASTLE"},
        {"currency": "rubles"},
    ],
)
def test_a_lead_that_makes_no_sense_is_not_stored(session, fields):
    lead = make_lead(session, make_user(session))
    assignments = ", ".join(f"{name} = :{name}" for name in fields)

    with pytest.raises((IntegrityError, DataError), match="violates check|too long"):
        session.execute(text(f"UPDATE leads SET {assignments} WHERE id = {lead.id}"), fields)


@pytest.mark.parametrize(
    "fields",
    [{"price": -1}, {"area": 0}, {"floor": 10, "total_floors": 9}, {"rooms": -1}, {"commission_share": 101}],
)
def test_a_property_that_makes_no_sense_is_not_stored(session, fields):
    listing = make_property(session, make_user(session))
    assignments = ", ".join(f"{name} = :{name}" for name in fields)

    with pytest.raises(IntegrityError, match="violates check"):
        session.execute(text(f"UPDATE properties SET {assignments} WHERE id = {listing.id}"), fields)


@pytest.mark.parametrize("fields", [{"email": "Upper@example.com"}, {"phone": "8 701 000 00 00"}])
def test_a_user_whose_contacts_are_not_canonical_is_not_stored(session, fields):
    user = make_user(session)
    [(name, value)] = fields.items()

    with pytest.raises(IntegrityError, match="violates check"):
        session.execute(text(f"UPDATE users SET {name} = :value WHERE id = {user.id}"), {"value": value})


@pytest.mark.parametrize("table", [Match, Action])
def test_a_pair_has_one_match_and_a_side_one_action(session, table):
    lead = make_lead(session, make_user(session))
    listing = make_property(session, make_user(session))
    row = {"lead_id": lead.id, "property_id": listing.id}
    if table is Action:
        row |= {"side": Side.LEAD, "kind": ActionKind.LIKE}
    session.execute(insert(table).values(row))

    with pytest.raises(IntegrityError, match="unique"):
        session.execute(insert(table).values(row))
