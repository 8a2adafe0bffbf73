"""
Add examples of further features to a demo: drawn pictures and plans, price histories, a home in several adverts, an
agency, a selection that its client has answered, and tasks.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from models.accounts.demo_logins import DEMO_LOGINS
from models.accounts.uploads import Upload
from models.accounts.users import User, user_by_login
from models.agencies.members import add_member, create_agency
from models.agenda.tasks import TaskKind, create_task
from models.core.base import utc_now
from models.core.enums import ActionKind, DealType, Origin, PropertyType, Role, Side, Status
from models.deals.actions import Action
from models.deals.selection_answers import answer_home, ask_about_home
from models.deals.selections import SelectedHome, create_selection
from models.market.leads import Lead, leads_of
from models.market.price_history import PropertyPrice
from models.market.properties import Property, properties_of
from models.market.tags import add_tag
from models.platform.storage import Storage
from scripts.demo.drawings import drawn_house, drawn_plan

SEED = 20260103
AGENCY = "Ключевой адрес"
AGENTS = 2
#: The number of homes with pictures: drawing one takes a few milliseconds, and the first start waits for them.
DRAWN = 24
#: One in this many properties has had another price before.
REPRICED = 15
ADVERTISED_TWICE = 40
PICKED = 4

WORDS = "Подобрал варианты под ваш бюджет. Отметьте, что нравится, и спрашивайте — отвечу сегодня."
QUESTION = "Можно посмотреть в субботу утром? И подходит ли ипотека?"
#: Added by another realtor to the description of the same home.
OTHER_WORDS = " Показ по договорённости."


def add_showcase(session: Session, storage: Storage | None) -> None:
    """
    Add all examples, in the caller's transaction. Requires the demo's market and its known realtor; without them, adds
    nothing.

    Args:
        storage: The storage for pictures; None: no pictures are drawn.
    """
    rng = Random(SEED)
    realtor = user_by_login(session, DEMO_LOGINS[0][0])
    if realtor is None:
        return
    _add_price_histories(session, rng)
    agents = _add_agency(session, realtor)
    _advertise_twice(session, rng, realtor, agents)
    picked = _add_selection(session, realtor)
    _add_agenda(session, realtor)
    if storage is not None:
        own = session.scalars(properties_of(realtor, Status.ACTIVE).limit(DRAWN - len(picked))).all()
        _draw(session, storage, rng, list({home.id: home for home in (*picked, *own)}.values()))


def _add_price_histories(session: Session, rng: Random) -> None:
    """Give some properties one or two earlier prices, higher or lower, and an earlier date of creation."""
    query = select(Property.id, Property.price, Property.currency).order_by(Property.id)
    query = query.where(Property.origin == Origin.DEMO, Property.id % REPRICED == 0)
    now = utc_now()
    rows, made = [], []
    for listing in session.execute(query):
        steps = [rng.choice((1.04, 1.06, 1.1, 0.97)) for _ in range(rng.choice((1, 1, 2)))]
        since = [now - timedelta(days=days) for days in sorted(rng.sample(range(4, 150), len(steps) + 1), reverse=True)]
        prices = [listing.price]
        for step in steps:
            prices.insert(0, _rounded(prices[0] * Decimal(str(step)), prices[0]))
        rows += [
            {"property_id": listing.id, "price": price, "currency": listing.currency, "since": moment}
            for price, moment in zip(prices, since, strict=True)
        ]
        made.append({"id": listing.id, "created_at": since[0]})
    if rows:
        session.execute(insert(PropertyPrice), rows)
        session.execute(update(Property), made)


def _rounded(price: Decimal, like: Decimal) -> Decimal:
    """A price with as many trailing zeros as *like*."""
    noughts = len(str(int(like))) - len(str(int(like)).rstrip("0"))
    return price.quantize(Decimal(1)).scaleb(-noughts).quantize(Decimal(1)).scaleb(noughts).quantize(Decimal(1))


def _add_agency(session: Session, realtor: User) -> list[User]:
    """Make the realtor the head of an agency; returns its agents."""
    others = select(User).where(User.role == Role.REALTOR, User.is_active, User.id != realtor.id).order_by(User.id)
    agents = list(session.scalars(others.limit(AGENTS)))
    agency = create_agency(session, realtor, AGENCY)
    for agent in agents:
        add_member(session, agency.id, agent)
    return agents


def _advertise_twice(session: Session, rng: Random, realtor: User, agents: Sequence[User]) -> None:
    """Let other realtors advertise some of the homes too: two of the known realtor's by an agent of the agency."""
    columns = (
        Property.street,
        Property.house_number,
        Property.floor,
        Property.rooms,
        Property.area,
        Property.description,
    )
    query = select(Property).where(
        Property.origin == Origin.DEMO,
        Property.deal_type == DealType.SALE,
        *(column.is_not(None) for column in columns),
    )
    own = list(session.scalars(query.where(Property.owner_id == realtor.id).order_by(Property.id).limit(2)))
    strangers = query.where(Property.owner_id != realtor.id).order_by(Property.id)
    others = list(session.scalars(strangers.limit(ADVERTISED_TWICE)))
    owners = list(session.scalars(select(User.id).where(User.role == Role.REALTOR).order_by(User.id).limit(60)))
    pairs = [*((home, agents[0].id) for home in own if agents)]
    pairs += [(home, rng.choice([owner for owner in owners if owner != home.owner_id] or owners)) for home in others]
    rows = [_advert(rng, home, owner_id) for home, owner_id in pairs if owner_id != home.owner_id]
    if rows:
        session.execute(insert(cast(Table, Property.__table__)), rows)


#: Columns that another advert of the same home does not copy, or that the database fills in.
_OWN_COLUMNS = {"id", "owner_id", "price", "description", "version", "changed_in", "created_at", "updated_at"}


def _advert(rng: Random, home: Property, owner_id: int) -> dict[str, Any]:
    same = {
        column.key: getattr(home, column.key)
        for column in Property.__mapper__.column_attrs
        if column.key not in _OWN_COLUMNS
    }
    price = _rounded(home.price * Decimal(str(rng.choice((0.98, 0.99, 1, 1.01)))), home.price)
    return same | {"owner_id": owner_id, "price": price, "description": f"{home.description}{OTHER_WORDS}"}


def _add_selection(session: Session, realtor: User) -> list[Property]:
    """Send a client a selection, with the client's answers; returns its homes."""
    for lead in session.scalars(leads_of(realtor, Status.ACTIVE).limit(60)):
        homes = _homes_for(session, lead)
        if len(homes) == PICKED:
            break
    else:
        return []
    picked = [SelectedHome(home.id) for home in homes]
    selection = create_selection(session, realtor, lead.id, picked, words=WORDS, days=30)
    add_tag(session, realtor, Side.LEAD, [lead.id], "подборка")
    answer_home(session, selection.token, homes[0].id, ActionKind.LIKE)
    ask_about_home(session, selection.token, homes[0].id, QUESTION)
    answer_home(session, selection.token, homes[1].id, ActionKind.DISLIKE)
    answer_home(session, selection.token, homes[2].id, ActionKind.LIKE)
    return homes


def _homes_for(session: Session, lead: Lead) -> list[Property]:
    """Homes of other owners that a realtor would send to the client, without those already acted on."""
    acted = select(Action.property_id).where(Action.lead_id == lead.id)
    query = select(Property).where(
        Property.city_key == lead.city_key,
        Property.deal_type == lead.deal_type,
        Property.status == Status.ACTIVE,
        Property.owner_id != lead.owner_id,
        Property.property_type == PropertyType.APARTMENT,
        Property.price <= (lead.budget_max or 0),
        Property.rooms.in_(lead.rooms),
        Property.id.not_in(acted),
    )
    if lead.districts:
        query = query.where(Property.district.in_(lead.districts))
    return list(session.scalars(query.order_by(Property.price.desc(), Property.id).limit(PICKED)))


def _add_agenda(session: Session, realtor: User) -> None:
    """Give the newest leads tasks, notes and tags."""
    leads = list(session.scalars(leads_of(realtor, Status.ACTIVE).limit(4)))
    now = utc_now()
    kinds = (
        (TaskKind.SHOWING, "Встретиться у подъезда", 26),
        (TaskKind.CALL, "Уточнить сумму одобренной ипотеки", 3),
        (TaskKind.TASK, "Прислать договор", 72),
    )
    for lead, (kind, title, hours) in zip(leads, kinds, strict=False):
        create_task(session, realtor, lead.id, _task(kind, title, now + timedelta(hours=hours)))
        lead.private_notes = "Решает вместе с супругой, звонить после семи."
    if leads:
        add_tag(session, realtor, Side.LEAD, [lead.id for lead in leads[:2]], "срочно")


def _task(kind: TaskKind, title: str, due_at: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": title,
        "notes": None,
        "property_id": None,
        "due_at": due_at,
        "remind_minutes": 60,
    }


def _draw(session: Session, storage: Storage, rng: Random, homes: Sequence[Property]) -> None:
    """Draw each home's house and plan, and store them as its owner's uploads."""
    for home in homes:
        low = home.property_type in (PropertyType.HOUSE, PropertyType.TOWNHOUSE)
        names = [f"demo-picture-{home.id:08}-{kind}.png" for kind in ("house", "plan")]
        pictures = (drawn_house(rng, home.total_floors, low=low), drawn_plan(rng, home.rooms))
        for name, content in zip(names, pictures, strict=True):
            storage.put(name, content)
            upload = {"name": name, "owner_id": home.owner_id, "purpose": "property"}
            session.add(Upload(**upload, content_type="image/png", size=len(content)))
        home.photos = [f"/media/{name}" for name in names]
        home.photo_kinds = {f"/media/{names[0]}": "facade", f"/media/{names[1]}": "plan"}
    session.flush()
