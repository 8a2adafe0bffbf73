"""Statistics for owners: views and likes of their listings, positions in lists, prices of comparable homes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.accounts.users import User
from models.core.enums import ActionKind, FeedActionKind, InquiryStatus, Origin, Side, Status
from models.core.errors import NotFoundError
from models.deals.actions import Action
from models.deals.feed import FeedAction
from models.deals.home_views import HomeView
from models.deals.inquiries import Inquiry
from models.market.favorites import Favorite
from models.market.leads import Lead
from models.market.properties import Property, on_market
from models.ranking.recommendations import LeadRecommendations

#: The number of entries of a lead's list that people usually view.
FIRST_ENTRIES = 10
#: Quantiles of fewer prices would reveal individual owners' prices and be misleading.
MIN_COMPARABLES = 5
#: The largest difference of a comparable home's area, as a share.
AREA_SPREAD = Decimal("0.25")
QUANTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Figures:
    """Views, likes and inquiries of one listing."""

    views: int
    likes: int  #: By leads, and by tenants in the feed.
    favorites: int
    inquiries: int
    new_inquiries: int


@dataclass(frozen=True)
class ListAppearances:
    """The number of lists in a listing's market, and of those that have the listing among the first entries."""

    first: int
    lists: int


@dataclass(frozen=True)
class MarketPrices:
    """
    Prices of comparable homes per square metre, in the listing's currency.

    A home is comparable if it is on the market in the same town and deal, has the same type and number of rooms, an
    area that differs by at most a quarter and a price in the same currency, and belongs to another owner.
    """

    count: int
    quantiles: tuple[Decimal, Decimal, Decimal]  #: The 25th, 50th and 75th.
    own: Decimal
    cheaper: int  #: The number of those that cost less per square metre.


def figures_of(session: Session, property_ids: Sequence[int]) -> dict[int, Figures]:
    """The statistics of each of these listings, by one query."""
    views = _per_listing(func.sum(HomeView.times), HomeView.property_id)
    liked = Action.side == Side.LEAD, Action.kind == ActionKind.LIKE
    likes = _per_listing(func.count(), Action.property_id, *liked)
    swiped = _per_listing(func.count(), FeedAction.property_id, FeedAction.action == FeedActionKind.LIKE)
    favorites = _per_listing(func.count(), Favorite.property_id)
    inquiries = _per_listing(func.count(), Inquiry.property_id)
    fresh = _per_listing(func.count(), Inquiry.property_id, Inquiry.status == InquiryStatus.NEW)
    query = select(Property.id, views, likes + swiped, favorites, inquiries, fresh).where(Property.id.in_(property_ids))
    return {row_id: Figures(*map(int, counts)) for row_id, *counts in session.execute(query)}


def list_appearances(session: Session, listing: Property) -> ListAppearances:
    """The number of lists in the listing's market, and of those with the listing among the first FIRST_ENTRIES."""
    lists = LeadRecommendations
    rank = func.array_position(lists.property_ids, literal(listing.id))
    query = select(func.count(case((rank <= FIRST_ENTRIES, 1))), func.count()).where(
        lists.city_key == listing.city_key, lists.deal_type == listing.deal_type
    )
    return ListAppearances(*session.execute(query).one())


def market_prices(session: Session, listing: Property) -> MarketPrices | int:
    """Prices of comparable homes; only their number if there are fewer than MIN_COMPARABLES."""
    if not listing.area:
        return 0
    other = aliased(Property)
    per_metre = other.price / other.area
    own = listing.price / listing.area
    quantiles = [func.percentile_cont(share).within_group(per_metre) for share in QUANTILES]
    query = (
        select(func.count(), func.count(case((per_metre < own, 1))), *quantiles)
        .select_from(other)
        .join(User, on_market(other))
        .where(
            other.city_key == listing.city_key,
            other.deal_type == listing.deal_type,
            other.property_type == listing.property_type,
            other.rooms.is_not_distinct_from(listing.rooms),
            other.currency == listing.currency,
            other.area.between(listing.area * (1 - AREA_SPREAD), listing.area * (1 + AREA_SPREAD)),
            other.owner_id != listing.owner_id,
            other.price > 0,
        )
    )
    count, cheaper, *values = session.execute(query).one()
    if count < MIN_COMPARABLES:
        return int(count)
    low, middle, high = (Decimal(value) for value in values)
    return MarketPrices(count, (low, middle, high), own, cheaper)


def inquiry_for(session: Session, owner: User, inquiry_id: int) -> tuple[Inquiry, Property, User]:
    """An inquiry about a listing of the owner's, the listing, and the tenant.

    Raises:
        NotFoundError: The owner has no such inquiry.
    """
    query = (
        select(Inquiry, Property, User)
        .join(Property, Property.id == Inquiry.property_id)
        .join(User, User.id == Inquiry.tenant_id)
        .where(Inquiry.id == inquiry_id, Inquiry.owner_id == owner.id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("inquiry")
    inquiry, listing, tenant = row
    return inquiry, listing, tenant


def demand_of_tenants(session: Session, listings: Sequence[tuple[int, Property]]) -> dict[tuple[int, int], Lead]:
    """
    The demand of tenants in the markets of the listings that they inquired about.

    Args:
        listings: Pairs of a tenant's id and the listing.
    Returns:
        {(tenant's id, listing's id): lead}: the tenant's preference in that market, otherwise their newest request
        there; pairs without either are left out.
    """
    tenants = {tenant_id for tenant_id, _ in listings}
    open_leads = select(Lead).where(Lead.owner_id.in_(tenants), Lead.status == Status.ACTIVE)
    by_market: dict[tuple[int, str, str], Lead] = {}
    for lead in session.scalars(open_leads.order_by(Lead.origin == Origin.TINDER, Lead.id)):
        by_market[lead.owner_id, lead.city_key, lead.deal_type] = lead
    leads = {}
    for tenant_id, listing in listings:
        demand = by_market.get((tenant_id, listing.city_key, listing.deal_type))
        if demand is not None:
            leads[tenant_id, listing.id] = demand
    return leads


def _per_listing(
    value: ColumnElement, key: InstrumentedAttribute[int], *where: ColumnElement[bool]
) -> ColumnElement[int]:
    counted: Select = select(func.coalesce(value, 0)).where(key == Property.id, *where).correlate(Property)
    return counted.scalar_subquery()
