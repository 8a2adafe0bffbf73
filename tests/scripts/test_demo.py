"""The demo's market: reproducible, realistic, and never created in a production system."""

from collections import Counter
from statistics import mean, median

import pytest
from rich.console import Console
from sqlalchemy import select

from models.accounts.demo_logins import DEMO_LOGINS
from models.accounts.passwords import password_fits
from models.accounts.users import User, user_by_login
from models.core.enums import DealType, Origin
from models.market.leads import Lead
from models.market.places import city_of
from models.market.properties import Property
from models.platform.database import sessions
from scripts.demo import DemoError, fill_if_empty, is_empty, make_demo
from scripts.demo.people import LOGIN_EMAIL, LOGIN_PASSWORD
from tests.factories import make_property, make_user


@pytest.fixture
def quiet():
    return Console(quiet=True)


@pytest.fixture(autouse=True)
def local(monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", "local")


def rows(session, table) -> list:
    return list(session.scalars(select(table).order_by(table.id)))


def content(session) -> list[tuple]:
    """The content of a demo, without ids and times."""
    homes = [(row.title, row.price, row.district, row.search_text) for row in rows(session, Property)]
    leads = [
        (row.client_name, row.budget_max, row.districts, row.additional_requirements) for row in rows(session, Lead)
    ]
    return [homes, leads, [(user.name, user.email) for user in rows(session, User)]]


def test_the_same_seed_makes_the_same_market_and_another_another(session, quiet):
    found = []
    for seed in (5, 5, 6):
        make_demo(session, quiet, leads=60, properties=60, seed=seed)
        found.append(content(session))
        for table in (Lead, Property, User):
            session.execute(table.__table__.delete())
        session.expire_all()

    assert found[0] == found[1]
    assert found[0] != found[2]


def test_called_again_it_adds_more_with_the_same_people(session, quiet):
    first = make_demo(session, quiet, leads=40, properties=40)
    again = make_demo(session, quiet, leads=40, properties=40)

    assert (first.leads, again.leads) == (40, 40)
    assert len(rows(session, Lead)) == len(rows(session, Property)) == 80
    # The other users are for trying the pages of tenants and operators.
    assert len(rows(session, User)) == first.users + len(DEMO_LOGINS) - 1
    assert len({lead.client_contacts for lead in rows(session, Lead)}) > 70


def test_the_market_looks_like_one(session, quiet):
    make_demo(session, quiet, leads=300, properties=600)
    homes = [row for row in rows(session, Property) if row.city == "Москва" and row.deal_type is DealType.SALE]
    prices = [float(row.price) for row in homes]
    districts = Counter(row.district for row in homes if row.district).most_common()

    assert {row.city for row in rows(session, Property)} == {"Москва", "Алматы", "Астана"}
    assert {row.currency for row in rows(session, Property) if row.city != "Москва"} == {"KZT"}
    assert mean(prices) > 1.15 * median(prices)  # a tail of expensive homes
    assert districts[0][1] > 3 * districts[len(districts) // 2][1]  # popular districts
    assert any(row.area is None for row in homes) and any(row.property_class is None for row in homes)
    units = Counter((row.street, row.house_number) for row in homes)
    assert units.most_common(1)[0][1] > 10  # many units of one building
    assert all(row.floor is None or row.total_floors is None or row.floor <= row.total_floors for row in homes)


def test_leads_resemble_listings_that_were_imported(session, quiet):
    owner = make_user(session)
    for number in range(40):
        make_property(
            session,
            owner,
            city="Казань",
            district=f"Район {number % 4}",
            metro_station=f"Станция {number % 8}",
            price=5_000_000 + 100_000 * number,
            area=40 + number % 10,
        )

    made = make_demo(session, quiet, leads=100, city="Казань")

    leads = list(rows(session, Lead))
    assert (made.leads, made.properties) == (100, 0)
    assert {lead.city_key for lead in leads} == {city_of("Казань").key}
    assert {name for lead in leads for name in lead.districts} <= {f"Район {number}" for number in range(4)}
    assert {name for lead in leads for name in lead.metro_stations} <= {f"Станция {number}" for number in range(8)}
    assert all(3_500_000 < lead.budget_max < 14_000_000 for lead in leads if lead.budget_max)


def test_the_first_lead_is_the_demo_realtors_and_states_what_it_wants(session, quiet):
    make_demo(session, quiet, leads=30, properties=60, city="Москва")

    lead = rows(session, Lead)[0]
    realtor = user_by_login(session, LOGIN_EMAIL)

    assert lead.owner_id == realtor.id and realtor.telegram_id
    assert password_fits(LOGIN_PASSWORD, realtor.password_hash)
    assert lead.budget_max and lead.rooms and lead.area_min and lead.property_type and lead.districts


def test_only_a_local_demo_can_be_signed_in_to(session, quiet, monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", "test")

    made = make_demo(session, quiet, leads=20, properties=20)

    assert not made.has_login
    assert {user.password_hash for user in rows(session, User)} == {None}


def test_there_is_no_demo_in_production(session, quiet, monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", "production")

    with pytest.raises(DemoError, match="production"):
        make_demo(session, quiet)
    assert fill_if_empty(lambda: session, quiet) is False
    assert is_empty(session)


def test_a_city_that_nobody_knows_is_refused(session, quiet):
    with pytest.raises(DemoError, match="import its listings first"):
        make_demo(session, quiet, leads=10, city="Казань")


def test_only_an_empty_database_is_filled(session, quiet, monkeypatch):
    monkeypatch.setattr("scripts.demo.DEFAULT_LEADS", 20)
    monkeypatch.setattr("scripts.demo.DEFAULT_PROPERTIES", 20)

    assert fill_if_empty(lambda: session, quiet) is True
    assert fill_if_empty(lambda: session, quiet) is False
    assert {lead.origin for lead in rows(session, Lead)} == {Origin.DEMO}


def test_a_demo_that_is_interrupted_is_not_left_in_part(engine, quiet, monkeypatch):
    """Otherwise the next start would find a market, and would never add the matches, pictures and tasks."""
    monkeypatch.setattr("scripts.demo.DEFAULT_LEADS", 20)
    monkeypatch.setattr("scripts.demo.DEFAULT_PROPERTIES", 20)

    def ctrl_c(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr("scripts.demo.add_showcase", ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            fill_if_empty(sessions(engine), quiet)

    with sessions(engine)() as session:
        assert is_empty(session)


def test_the_known_realtor_gets_the_requested_number_of_leads_and_properties(session, quiet):
    make_demo(session, quiet, leads=60, properties=60, own=25)

    realtor = user_by_login(session, LOGIN_EMAIL)
    for table in (Lead, Property):
        assert sum(row.owner_id == realtor.id for row in rows(session, table)) == 25
        assert len(rows(session, table)) == 60
