"""The city that is measured under load: its users, leads and properties, and the runs that rank them."""

import math
import random
import time

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.tokens import make_token
from models.accounts.users import User, create_user
from models.core.enums import OPEN_STATES, Role, RunScope
from models.market.leads import Lead
from models.market.places import city_of
from models.market.properties import Property
from models.platform.settings import Settings
from models.rescoring.runs import get_run, request_run
from worker.queue.client import Client

CITY = "Казань"
REALTORS = TENANTS = 50
#: Number of leads whose pages clients request.
SAMPLE = 1000


def fill(session: Session, count: int) -> list[User]:
    """Fill the city up to *count* leads and properties, of realtors and of tenants with a feed. Returns these users."""
    people = list(session.scalars(select(User).where(User.name.like("Load %")).order_by(User.id)))
    for role, wanted in ((Role.REALTOR, REALTORS), (Role.TENANT, TENANTS)):
        for number in range(sum(person.role is role for person in people), wanted):
            name = f"{role}-{number}"
            people.append(create_user(session, role=role, name=f"Load {name}", telegram_id=f"load-{name}", phone=None))
    session.flush()
    town = {"city": CITY, "key": city_of(CITY).key}
    tenants = [person.id for person in people if person.role is Role.TENANT]
    session.execute(text(_FEEDS), {"tenants": tenants, **town})
    realtors = [person.id for person in people if person.role is Role.REALTOR]
    fill_city(session, CITY, realtors, count)
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
    return people


def fill_city(session: Session, city: str, owners: list[int], count: int) -> None:
    """Fill *city* up to *count* leads and properties of *owners*."""
    for table, statement in ((Lead, _LEADS), (Property, _PROPERTIES)):
        present = session.scalars(select(func.count()).select_from(table).where(table.city == city)).one()
        values = {"owners": owners, "count": max(0, count - present), "city": city, "key": city_of(city).key}
        session.execute(text(statement), values)


def tokens_of(people: list[User], secret: str) -> dict[int, str]:
    return {person.id: make_token(person, secret, 24) for person in people}


def sample_leads(session: Session) -> list[tuple[int, int]]:
    """Return (owner, lead) of :data:`SAMPLE` of the realtors' leads, spread over all of them."""
    rows = session.execute(
        text(
            "SELECT owner_id, id FROM leads JOIN lead_recommendations ON lead_id = id"
            " WHERE city = :city AND origin = 'import' AND cardinality(property_ids) > 0"
            " ORDER BY hashint8(id) LIMIT :count"
        ),
        {"city": CITY, "count": SAMPLE},
    )
    return [(owner, lead_id) for owner, lead_id in rows]


_OWNER = "(CAST(:owners AS bigint[]))[1 + floor(random() * cardinality(CAST(:owners AS bigint[])))::int]"
_LEADS = f"""
    INSERT INTO leads (owner_id, origin, status, deal_type, client_name, city, city_key, districts,
        budget_min, budget_max, currency, area_min, area_max, rooms, property_type, additional_requirements)
    SELECT {_OWNER}, 'import', 'ACTIVE', 'SALE', 'Load', :city, :key, ARRAY['Район ' || floor(random() * 40)],
        top * 0.5, top, 'RUB', area, area * 1.6, ARRAY[least(4, area / 22)::smallint], 'APARTMENT',
        (ARRAY['рядом метро', 'тихий двор', 'балкон', 'парковка', 'вид на парк'])[1 + floor(random() * 5)::int]
    FROM (SELECT round((2e6 * exp(2.4 * random()))::numeric, -4) AS top, floor(25 + 70 * random()) AS area
          FROM generate_series(1, :count)) AS wish
"""  # noqa: S608 - constants of this module
_FEEDS = """
    INSERT INTO leads (owner_id, origin, status, deal_type, city, city_key, budget_min, budget_max, currency,
        property_type)
    SELECT tenant, 'tinder', 'ACTIVE', 'SALE', :city, :key, top * 0.5, top, 'RUB', 'APARTMENT'
    FROM (SELECT tenant, round((2e6 * exp(2.4 * random()))::numeric, -4) AS top
          FROM unnest(CAST(:tenants AS bigint[])) AS tenant) AS wish
    ON CONFLICT DO NOTHING
"""
_PROPERTIES = f"""
    INSERT INTO properties (owner_id, origin, status, deal_type, city, city_key, district, street, price, currency,
        area, rooms, floor, total_floors, property_type, description)
    SELECT {_OWNER}, 'import', 'ACTIVE', 'SALE', :city, :key, 'Район ' || floor(random() * 40), 'Улица', price, 'RUB',
        area, least(4, area / 22)::smallint, 3, 9, 'APARTMENT',
        (ARRAY['рядом метро', 'тихий двор', 'балкон', 'парковка', 'вид на парк'])[1 + floor(random() * 5)::int]
    FROM (SELECT round((2e6 * exp(2.4 * random()))::numeric, -4) AS price, floor(25 + 90 * random()) AS area
          FROM generate_series(1, :count)) AS thing
"""  # noqa: S608 - constants of this module


def start_run(factory: sessionmaker[Session], settings: Settings) -> int:
    with factory() as session:
        run, new = request_run(session, RunScope.ALL, "load")
        session.commit()
    if new:
        Client(settings.redis_url).run_requested(run.id)
    return run.id


def is_open(factory: sessionmaker[Session], run_id: int) -> bool:
    with factory() as session:
        return get_run(session, run_id).state in OPEN_STATES


def finish(factory: sessionmaker[Session], run_id: int) -> None:
    while is_open(factory, run_id):
        time.sleep(0.2)


def lead_body(chance: random.Random) -> dict:
    """Return a lead like those of :data:`_LEADS`: one that suits every property would change every list."""
    top, area = round(2e6 * math.exp(2.4 * chance.random()), -4), chance.randrange(25, 95)
    return {
        "client_name": "Load",
        "client_contacts": "+77010000000",
        "notes": "load",
        "requirements": {
            "location": {"city": CITY, "districts": [f"Район {chance.randrange(40)}"], "metro_stations": []},
            "budget": {"min": top * 0.5, "max": top},
            "area": {"min": area, "max": round(area * 1.6)},
            "rooms": [min(4, area // 22)],
            "property_type": "APARTMENT",
            "property_class": "COMFORT",
            "condition": "FINISHING",
            "payment_method": "MORTGAGE",
        },
    }
