"""One row per market and day: its size, the state of its lists, and people's actions on shown entries.

Today's row is written again with each count, and yesterday's until its actions are complete; writing a row twice
changes nothing. Actions are counted by the day of the last action of each pair, so a like that is taken back later
disappears from the day's figure if the day is counted again, and stays in it afterwards.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Date, Integer, PrimaryKeyConstraint, Select, String, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.accounts.users import User
from models.core.base import Base, database_now, enum_column
from models.core.enums import ActionKind, DealType, FeedActionKind, MarketKey, Side
from models.deals.actions import Action
from models.deals.feed import FeedAction
from models.deals.inquiries import Inquiry
from models.deals.match_table import Match
from models.market.leads import Lead
from models.market.properties import Property, on_market
from models.market.sample_keys import is_sample_key
from models.ranking.recommendations import LeadRecommendations, stale_rows
from models.rescoring.market_state import MIN_OFFERS_COVERED
from models.rescoring.run_plan import live_markets

#: The number of ids in one statement.
_IDS_AT_ONCE = 5000


class MarketDay(Base):
    """The figures of one market on one day (UTC)."""

    __tablename__ = "market_days"
    __table_args__ = (
        PrimaryKeyConstraint("city_key", "deal_type", "day"),
        CheckConstraint("covered <= leads", name="covered_are_leads"),
    )

    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    day: Mapped[date] = mapped_column(Date)
    #: On the market when the day was last counted; *covered*: leads with enough offers.
    leads: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    properties: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    covered: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: The number of stale lists when the day was last counted, and the age of the oldest, in seconds.
    stale: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    stale_seconds: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Viewed pages of lists, and the entries on them.
    lists_shown: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    places_shown: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Actions on the day. A match is the second like of a pair; a deal is a completion.
    likes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    dislikes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    inquiries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    matches: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    deals: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


#: The figures that are counted from actions and may still change after the end of the day.
ACTION_COLUMNS = ("lists_shown", "places_shown", "likes", "dislikes", "inquiries", "matches", "deals")
#: The state of a market at the moment of counting.
STATE_COLUMNS = ("leads", "properties", "covered", "stale", "stale_seconds")


@dataclass(frozen=True)
class Outcomes:
    """People's actions on the entries that a market showed over some days."""

    city_key: str
    deal_type: DealType
    lists: int
    entries: int
    likes: int
    matches: int
    deals: int

    def per_hundred(self, count: int) -> float | None:
        """A count per hundred shown entries; None if nothing was shown."""
        return 100 * count / self.entries if self.entries else None


def count_markets(session: Session, shown: Mapping[date, Mapping[tuple[Side, int], tuple[int, int]]]) -> int:
    """
    Write today's rows, and yesterday's actions, without sample data. Returns the number of written rows.

    Args:
        shown: Day -> (side, id of the list's owner) -> (pages, entries) that were shown of the list.
    """
    today = database_now(session).astimezone(UTC).date()
    written = 0
    for day in (today - timedelta(days=1), today):
        figures = _actions_of_day(session, day)
        for city_key, deal_type in session.execute(_counted_before(day)):
            figures[(city_key, deal_type)]  # nothing is left of this market, so its figures become 0
        for market, (lists, entries) in _shown_by_market(session, shown.get(day, {})).items():
            figures[market] |= {"lists_shown": lists, "places_shown": entries}
        if day == today:
            for market, state in _market_states(session).items():
                figures[market] |= state
        kept = {market: counts for market, counts in figures.items() if not is_sample_key(market[0])}
        written += _write(session, day, kept, ACTION_COLUMNS if day < today else (*ACTION_COLUMNS, *STATE_COLUMNS))
    return written


def days_of(city_key: str, deal_type: DealType, since: date) -> Select[MarketDay]:
    """Select a market's days from *since* on, the oldest first."""
    query = select(MarketDay).where(MarketDay.city_key == city_key, MarketDay.deal_type == deal_type)
    return query.where(MarketDay.day >= since).order_by(MarketDay.day)


def outcomes_by_market(session: Session, since: date) -> list[Outcomes]:
    """The outcomes of each market from *since* on, the most shown first."""
    sums = [func.sum(getattr(MarketDay, name)) for name in ("lists_shown", "places_shown", "likes", "matches", "deals")]
    query = (
        select(MarketDay.city_key, MarketDay.deal_type, *sums)
        .where(MarketDay.day >= since)
        .group_by(MarketDay.city_key, MarketDay.deal_type)
        .having(func.sum(MarketDay.places_shown + MarketDay.likes + MarketDay.matches + MarketDay.deals) > 0)
        .order_by(func.sum(MarketDay.places_shown).desc(), MarketDay.city_key, MarketDay.deal_type)
    )
    return [Outcomes(key, deal, *(int(count) for count in counts)) for key, deal, *counts in session.execute(query)]


def outcomes_by_day(session: Session, since: date) -> list[tuple[date, Outcomes]]:
    """The outcomes of all markets together on each day from *since* on."""
    sums = [func.sum(getattr(MarketDay, name)) for name in ("lists_shown", "places_shown", "likes", "matches", "deals")]
    query = select(MarketDay.day, *sums).where(MarketDay.day >= since).group_by(MarketDay.day).order_by(MarketDay.day)
    return [
        (day, Outcomes("", DealType.SALE, *(int(count) for count in counts))) for day, *counts in session.execute(query)
    ]


def _market_states(session: Session) -> dict[MarketKey, dict[str, int]]:
    """The present state of each market."""
    figures: dict[MarketKey, dict[str, int]] = {}
    for city_key, deal_type, leads, properties in live_markets(session):
        figures[(city_key, deal_type)] = {"leads": leads, "properties": properties}
    enough = func.cardinality(LeadRecommendations.property_ids) >= MIN_OFFERS_COVERED
    covered = (
        select(Lead.city_key, Lead.deal_type, func.count())
        .join(User, on_market(Lead))
        .join(LeadRecommendations, and_(LeadRecommendations.lead_id == Lead.id, enough))
        .group_by(Lead.city_key, Lead.deal_type)
    )
    for city_key, deal_type, count in session.execute(covered):
        figures.setdefault((city_key, deal_type), {})["covered"] = count
    tables: dict[Side, type[Lead] | type[Property]] = {Side.LEAD: Lead, Side.PROPERTY: Property}
    for side, table in tables.items():
        age = func.extract("epoch", func.now() - func.min(table.updated_at))
        market = (table.city_key, table.deal_type)
        behind = stale_rows(side).with_only_columns(*market, func.count(), age).group_by(*market)
        for city_key, deal_type, count, seconds in session.execute(behind):
            state = figures.setdefault((city_key, deal_type), {})
            state["stale"] = state.get("stale", 0) + count
            state["stale_seconds"] = max(state.get("stale_seconds", 0), int(seconds or 0))
    return figures


def _actions_of_day(session: Session, day: date) -> defaultdict[MarketKey, dict[str, int]]:
    """People's actions on a day, by the market of the lead, or of the listing in the feed."""
    begin = datetime.combine(day, time.min, UTC)
    end = begin + timedelta(days=1)
    counts: defaultdict[MarketKey, dict[str, int]] = defaultdict(dict)

    def add(name: str, query: Select[*tuple[Any, ...]]) -> None:
        for city_key, deal_type, count in session.execute(query):
            market = counts[(city_key, deal_type)]
            market[name] = market.get(name, 0) + count

    of_lead, of_property = (
        select(table.city_key, table.deal_type, func.count()).group_by(table.city_key, table.deal_type)
        for table in (Lead, Property)
    )
    acted = of_lead.join(Action, Action.lead_id == Lead.id).where(Action.acted_at >= begin, Action.acted_at < end)
    feed = of_property.join(FeedAction, FeedAction.property_id == Property.id)
    feed = feed.where(FeedAction.acted_at >= begin, FeedAction.acted_at < end)
    add("likes", acted.where(Action.kind == ActionKind.LIKE))
    add("likes", feed.where(FeedAction.action != FeedActionKind.DISLIKE))
    add("dislikes", acted.where(Action.kind == ActionKind.DISLIKE))
    add("dislikes", feed.where(FeedAction.action == FeedActionKind.DISLIKE))
    inquiries = of_property.join(Inquiry, Inquiry.property_id == Property.id)
    add("inquiries", inquiries.where(Inquiry.created_at >= begin, Inquiry.created_at < end))
    of_others = aliased(Action)
    second = func.greatest(Action.acted_at, of_others.acted_at)
    mutual = (
        of_lead.join(Action, and_(Action.lead_id == Lead.id, Action.side == Side.LEAD))
        .join(of_others, and_(of_others.lead_id == Lead.id, of_others.property_id == Action.property_id))
        .where(of_others.side == Side.PROPERTY, Action.kind == ActionKind.LIKE, of_others.kind == ActionKind.LIKE)
    )
    add("matches", mutual.where(second >= begin, second < end))
    done = of_lead.join(Match, Match.lead_id == Lead.id)
    add("deals", done.where(Match.completed_at >= begin, Match.completed_at < end))
    return counts


def _counted_before(day: date) -> Select[str, DealType]:
    """Select the markets that have a row of the day."""
    return select(MarketDay.city_key, MarketDay.deal_type).where(MarketDay.day == day)


def _shown_by_market(
    session: Session, shown: Mapping[tuple[Side, int], tuple[int, int]]
) -> dict[MarketKey, tuple[int, int]]:
    sums: dict[MarketKey, tuple[int, int]] = {}
    tables: dict[Side, type[Lead] | type[Property]] = {Side.LEAD: Lead, Side.PROPERTY: Property}
    for side, table in tables.items():
        ids = sorted(row_id for kind, row_id in shown if kind is side)
        for start in range(0, len(ids), _IDS_AT_ONCE):
            part = ids[start : start + _IDS_AT_ONCE]
            for row_id, city_key, deal_type in session.execute(
                select(table.id, table.city_key, table.deal_type).where(table.id.in_(part))
            ):
                lists, entries = sums.get((city_key, deal_type), (0, 0))
                more_lists, more_entries = shown[(side, row_id)]
                sums[(city_key, deal_type)] = (lists + more_lists, entries + more_entries)
    return sums


def _write(session: Session, day: date, figures: Mapping[MarketKey, Mapping[str, int]], names: tuple[str, ...]) -> int:
    """
    Write the named figures of a day; other figures of an existing row do not change. Missing figures of a market are 0.
    """
    rows = [
        {"city_key": city_key, "deal_type": deal_type, "day": day} | {name: counted.get(name, 0) for name in names}
        for (city_key, deal_type), counted in sorted(figures.items())
    ]
    if not rows:
        return 0
    stored = insert(MarketDay)
    # Redis may lose counts: a count that has become smaller is ignored.
    kept = {
        name: func.greatest(getattr(MarketDay, name), stored.excluded[name])
        if name in ("lists_shown", "places_shown")
        else stored.excluded[name]
        for name in names
    }
    session.execute(stored.on_conflict_do_update(index_elements=["city_key", "deal_type", "day"], set_=kept), rows)
    return len(rows)
