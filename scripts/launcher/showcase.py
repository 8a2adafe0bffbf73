"""The first output of `leadmatch run`: one lead and its best ten properties, with the score of each criterion."""

from decimal import Decimal
from typing import cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, sessionmaker

from matching.engine.criteria import CRITERION_NAMES
from matching.engine.explain import CriterionShare, PairExplanation, explain_pairs
from matching.facts.stored import stored_lead, stored_property
from models.accounts.users import User
from models.core.enums import OPEN_STATES, DealType, RunScope, RunState, Side, Status
from models.core.errors import ConflictError
from models.deals.recommendation_pages import Recommended, recommended_page
from models.market.facts import lead_facts, property_facts
from models.market.leads import Lead
from models.market.properties import Property
from models.platform.settings import Settings
from models.ranking.generations import Generation
from models.ranking.recommendations import LeadRecommendations, generation_of
from models.rescoring.runs import RescoringRun
from models.upkeep.market_days import MarketDay, count_markets
from scripts.databases import session_factory
from scripts.demo.people import LOGIN_EMAIL
from scripts.rescoring import request, run_line, watch
from worker.market.generations import load_models
from worker.queue.client import Client

SHOWN = 10
#: The width, in characters, of a table with a column for each criterion.
WIDE = 120

#: Short column heads in Russian, the language of the market's users.
HEADS = {
    "price": "цена",
    "location": "место",
    "rooms": "комн.",
    "area": "площ.",
    "text": "текст",
    "property_class": "класс",
    "property_type": "тип",
    "condition": "отд.",
    "year": "год",
    "wish": "пожел.",
}
TYPES = {
    "APARTMENT": "квартира",
    "APARTMENTS": "апартаменты",
    "HOUSE": "дом",
    "TOWNHOUSE": "таунхаус",
    "ROOM": "комната",
    "COMMERCIAL": "коммерческое помещение",
}
CLASSES = {"ECONOMY": "эконом", "COMFORT": "комфорт", "BUSINESS": "бизнес", "ELITE": "элит"}
CONDITIONS = {
    "ROUGH": "черновая отделка",
    "PRE_FINISHING": "предчистовая отделка",
    "FINISHING": "чистовая отделка",
    "DESIGN": "дизайнерский ремонт",
}


def first_run(console: Console) -> None:
    """Show a lead's list; request and watch the first run if there has been none."""
    settings = Settings.from_env()
    factory = session_factory(settings)
    with factory() as session:
        if not session.scalar(select(exists().where(Lead.id > 0))):
            return
        ran = session.scalar(select(exists().where(RescoringRun.state == RunState.SUCCEEDED)))
    if not ran:
        Client(
            settings.redis_url
        ).prospects_changed()  # otherwise the demo's prospects would have no score for 5 minutes
        run_id = _run_everything(factory, settings)
        watch(factory, run_id, console)
        with factory() as session:
            console.print(run_line(session, session.get_one(RescoringRun, run_id), {}), highlight=False)
    with factory() as session:
        if not session.scalar(select(exists().where(MarketDay.day.is_not(None)))):
            count_markets(session, {})  # otherwise the figures of markets would be empty until ten past the hour
            session.commit()
        show_best(session, console)


def _run_everything(factory: sessionmaker[Session], settings: Settings) -> int:
    try:
        return request(factory, settings, RunScope.ALL, "first start")[0]
    except ConflictError:
        # A run over a part has been requested already, which is enough.
        with factory() as session:
            open_runs = select(RescoringRun.id).where(RescoringRun.state.in_(OPEN_STATES))
            return session.scalars(open_runs.order_by(RescoringRun.id).limit(1)).one()


def show_best(session: Session, console: Console) -> None:
    """Print the list of the demo realtor's first lead, otherwise that of the newest lead with a list."""
    lead = _lead_to_show(session)
    if lead is None:
        console.print("No lead has recommendations yet.")
        return
    entries = recommended_page(session, Side.LEAD, lead.id, page=1, limit=SHOWN).entries
    console.print(f"\n[bold]Лид {lead.id}[/]: {escape(requirements_of(lead))}", highlight=False)
    console.print(_table(entries, _explained(session, lead, entries), wide=console.width >= WIDE))
    console.print(
        "  Под каждым критерием — доля пожелания, которую исполняет объект, в процентах; · — пожелания нет,"
        " ? — объект об этом не говорит. Оценка — их взвешенное среднее.",
        style="dim",
        highlight=False,
    )


def _lead_to_show(session: Session) -> Lead | None:
    query = (
        select(Lead)
        .join(LeadRecommendations, LeadRecommendations.lead_id == Lead.id)
        .join(User, User.id == Lead.owner_id)
        .where(Lead.status == Status.ACTIVE, User.is_active, func.cardinality(LeadRecommendations.property_ids) > 0)
        .limit(1)
    )
    shown = session.scalar(query.where(User.email == LOGIN_EMAIL).order_by(Lead.id))
    return shown or session.scalar(query.order_by(Lead.id.desc()))


def _explained(session: Session, lead: Lead, entries: list[Recommended]) -> list[PairExplanation]:
    """Explain with the generation of the market's lists, so that the parts add up to the score."""
    generation = generation_of(session, lead.city_key, lead.deal_type) or Generation()
    models = load_models(session, generation)
    properties = [stored_property(property_facts(entry.row, models.factors)) for entry in entries]
    leads = [stored_lead(lead_facts(lead, models.factors))]
    return explain_pairs(leads, properties, models.text_model, models.weights, models.closeness)


def _table(entries: list[Recommended], explanations: list[PairExplanation], wide: bool) -> Table:
    """Return the table; *wide* gives each criterion a column, otherwise they are below the property (80 characters)."""
    heads = [HEADS[name] for name in CRITERION_NAMES] if wide else []
    table = Table("№", "объект", "цена", "оценка", *heads)
    for column in (0, *range(2, 4 + len(heads))):
        table.columns[column].justify = "right"
        table.columns[column].no_wrap = True
    for rank, (entry, explanation) in enumerate(zip(entries, explanations, strict=True), start=1):
        shares = {share.criterion: share for share in explanation.criteria}
        marks = [_mark(shares[name]) for name in CRITERION_NAMES]
        listing = cast(Property, entry.row)  # entries of a lead's list are properties
        description = _describe(listing)
        if not wide:
            heads_and_marks = zip(CRITERION_NAMES, marks, strict=True)
            description += f"\n[dim]{', '.join(f'{HEADS[name]} {mark}' for name, mark in heads_and_marks)}[/]"
        price = _money(listing.price, listing.currency)
        table.add_row(str(rank), description, price, f"[bold]{entry.match_score:.1f}[/]", *(marks if wide else ()))
    return table


def _mark(share: CriterionShare) -> str:
    if not share.stated:
        return "·"
    return f"{'' if share.known else '?'}{100 * share.value:.0f}"


def requirements_of(lead: Lead) -> str:
    """Describe a lead's requirements in a line of Russian."""
    deal = "снять" if lead.deal_type is DealType.RENT else "купить"
    parts = [f"{deal} {_accusative(lead.property_type)}, {lead.city}"]
    if lead.budget_max is not None:
        parts.append(f"до {_money(lead.budget_max, lead.currency)}")
    if lead.rooms:
        parts.append("комнат " + " или ".join("студия" if count == 0 else str(count) for count in lead.rooms))
    if lead.area_min is not None or lead.area_max is not None:
        ends = [f"{word} {value:.0f}" for word, value in (("от", lead.area_min), ("до", lead.area_max)) if value]
        parts.append(" ".join(ends) + " м²")
    parts += [", ".join(lead.districts), *(f"м. {name}" for name in lead.metro_stations)]
    parts += [f"класс {CLASSES[lead.property_class]}" if lead.property_class else ""]
    parts += [
        CONDITIONS[lead.condition] if lead.condition else "",
        f"не старше {lead.year_min} г." if lead.year_min else "",
    ]
    parts += [(lead.additional_requirements or "").rstrip(".")]
    return "; ".join(filter(None, parts))


def _accusative(kind: str | None) -> str:
    """
    >>> _accusative("APARTMENT"), _accusative("HOUSE"), _accusative(None)
    ('квартиру', 'дом', 'жильё')
    """
    word = TYPES[kind] if kind else "жильё"
    return word[:-1] + "у" if word.endswith("а") else word


def _describe(listing: Property) -> str:
    title = f"{TYPES[listing.property_type]}"
    if listing.rooms is not None and listing.property_type in ("APARTMENT", "APARTMENTS"):
        title = f"{listing.rooms}-комн. {title}" if listing.rooms else f"студия, {title}"
    size = f"{listing.area:.0f} м²" if listing.area else ""
    place = listing.district or listing.street or ""
    metro = f"м. {listing.metro_station}" if listing.metro_station else ""
    # Users enter the names of places, so a square bracket in them is not markup.
    return escape(", ".join(filter(None, (title, size, place, metro))))


def _money(amount: Decimal, currency: str) -> str:
    """``12,4 млн RUB`` or ``85 000 RUB``."""
    if amount >= 1_000_000:
        return f"{amount / 1_000_000:.1f} млн {currency}".replace(".", ",")
    return f"{amount:,.0f} {currency}".replace(",", " ")
