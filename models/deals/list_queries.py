"""The queries behind pages of stored lists (recommendation_pages.py)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Double,
    FromClause,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.types import NullType

from models.accounts.tokens import token_is_valid
from models.accounts.users import User
from models.core.enums import Side, Status
from models.deals.actions import Action, actions_of_lead
from models.deals.match_table import Match
from models.deals.price_cuts import disliked_at, is_hidden_by
from models.deals.shown_columns import BRIEF, SHOWN
from models.market.advert_groups import AdvertGroup
from models.market.client_keys import ClientKey
from models.market.leads import Lead
from models.market.price_history import price_since
from models.market.properties import Property
from models.ranking.display_order import is_plain, plain_entries, shown_entries
from models.ranking.recommendations import SIDE_TABLES

#: The lead or property that owns the list.
_ROW_ID: BindParameter[int] = bindparam("row_id", type_=BigInteger)


def _looked_up(
    table: type[Lead] | type[Property] | type[User],
    row_id: ColumnElement[int],
    name: str,
    *conditions: ColumnElement[bool],
) -> Any:
    """
    Select the row of *table* by id. OFFSET 0 keeps the planner from scanning a whole small table for a hundred rows.

    Args:
        conditions: Of the row. Within the subquery, a partial index can be used for them.
    """
    looked_up = select(table).where(table.id == row_id, *conditions).offset(literal_column("0"))
    return aliased(table, looked_up.lateral(name))


def as_shown(shown: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """
    Return the column in the form that JSON needs: words rather than members of enumerations, floats rather than
    Decimals. JSON is text, which orjson reads four times as fast as psycopg2 does.

    Converting a page's columns to Python objects took as long as fetching them. Money (:data:`models.core.base.Money`)
    has up to 15 digits before the point, which a float holds.
    """
    if isinstance(shown.type, Numeric):
        return cast(shown, Double).label(shown.key)
    if isinstance(shown.type, JSONB):
        return cast(shown, Text).label(shown.key)
    return type_coerce(shown, NullType()).label(shown.key)


class ListQuery:
    """
    Selects of the entries to show of one stored list.

    Args:
        side: The side of the list's owner.
        plain: Select nothing in a market that is not plain (:func:`models.ranking.display_order.is_plain`).
        untouched: Select nothing if the list's side has liked or disliked anything. Without the conditions and former
            prices that actions need, the plan has half as many nodes, and starting and ending a node takes time even
            if it is never executed.
    """

    def __init__(self, side: Side, *, plain: bool = False, untouched: bool = False) -> None:
        self.side, self.plain, self.untouched = side, plain, untouched
        self.own, self.lists, self.key, ids = SIDE_TABLES[side]
        self.shown = (
            plain_entries(ids, self.lists.scores) if plain else shown_entries(side, self.key, ids, self.lists.scores)
        )
        self.entry = self.shown.entry
        # Literals rather than parameters, so that a prepared statement can use partial indexes.
        others = SIDE_TABLES[side.other].entities
        is_offered = others.status == literal_column(f"'{Status.ACTIVE}'")
        self.other = _looked_up(others, self.entry.c.id, "other", is_offered)
        self.owner = _looked_up(User, self.other.owner_id, "owner")

    @property
    def pair_of(self) -> tuple[Any, Any]:
        """The (lead, property) of an entry."""
        return (self.own, self.other) if self.side is Side.LEAD else (self.other, self.own)

    def _is_acted_on(self) -> ColumnElement[bool]:
        """A condition: an action of this side keeps the entry out of the list."""
        lead, listing = self.pair_of
        if self.untouched:
            return _has_acted(self.side)
        if self.side is Side.LEAD:
            acted = is_hidden_by(lambda: actions_of_lead(lead.id), listing, lead)
        else:
            acted = or_(
                exists().where(
                    Action.lead_id == lead.id,
                    Action.property_id == listing.id,
                    Action.side == literal_column(f"'{self.side}'"),
                ),
                _client_is_acted_on(lead, listing),
            )
        return and_(_has_acted(self.side), acted)

    def _is_plain_market(self) -> ColumnElement[bool]:
        """
        A condition: the market of :row_id is plain. It depends on no entry, so it is evaluated once.
        """
        own = aliased(self.own)
        return select(is_plain(own.city_key, own.deal_type)).where(own.id == _ROW_ID).scalar_subquery()

    def _once(self) -> Select:
        """
        Select the entries to show of the list of :row_id, as id, score, explored, rank and group_id (null: none).

        Of several adverts of one home, only the first is selected. Of several realtors' leads of one client, only those
        of the realtor with the first one are selected.
        """
        lead, listing = self.pair_of
        order = self.shown.order
        # A plain list is stored in the order in which it is shown.
        rank = self.entry.c.rank if self.plain else func.row_number().over(order_by=order)
        if self.side is Side.LEAD:
            number: Any = func.row_number().over(partition_by=AdvertGroup.group_id, order_by=order)
            is_shown, group_id = or_(AdvertGroup.group_id.is_(None), number == 1), AdvertGroup.group_id.expression
        else:
            first = func.first_value(lead.owner_id).over(partition_by=ClientKey.key, order_by=order)
            is_shown, group_id = or_(ClientKey.key.is_(None), first == lead.owner_id), null().cast(BigInteger)
        entries = (
            select(
                self.entry.c.id,
                self.entry.c.score,
                self.shown.explored.label("explored"),
                group_id.label("group_id"),
                rank.label("rank"),
                is_shown.label("is_shown"),
            )
            .select_from(self.lists)
            .join(self.own, self.own.id == self.key)
            .join(self.entry, true())
            .join(self.other, true())
            .join(self.owner, true())
            .where(
                self.key == _ROW_ID,
                self.own.status == literal_column(f"'{Status.ACTIVE}'"),
                self.owner.is_active,
                self.other.city_key == self.own.city_key,
                self.other.deal_type == self.own.deal_type,
                self.shown.is_current(lead.version, listing.version),
                self._is_plain_market() if self.plain else true(),
                ~self._is_acted_on(),
            )
        )
        if self.side is Side.LEAD:
            entries = entries.outerjoin(AdvertGroup, AdvertGroup.property_id == self.entry.c.id)
        else:
            entries = entries.outerjoin(ClientKey, ClientKey.lead_id == self.entry.c.id)
        listed = entries.subquery("entries")
        return select(listed).where(listed.c.is_shown)

    def count(self) -> Select:
        return select(func.count()).select_from(self._once().subquery())

    def page(self, columns: Callable[[Any, Any], list[Any]]) -> Select:
        """
        Select a page: *columns* of (the other side's row, its owner), then score, explored, price_cut, group_id,
        adverts, and the count of all entries.
        """
        once = self._once().subquery("once")
        # The other columns are looked up only for the rows of the page.
        paged = (
            select(once, func.count().over().label("total"))
            .order_by(once.c.rank)
            .limit(bindparam("limit", type_=BigInteger))
            .offset(bindparam("offset", type_=BigInteger))
            .subquery("paged")
        )
        other = _looked_up(SIDE_TABLES[self.side.other].entities, paged.c.id, "shown_row")
        owner = _looked_up(User, other.owner_id, "shown_owner")
        cut: ColumnElement[Any] = null()
        adverts: ColumnElement[Any] = null()
        looked_up: list[FromClause] = [other, owner]
        if self.side is Side.LEAD and not self.untouched:
            before = _price_before(self.own, other)
            cut = _price_cut(before, other)
            looked_up.append(before)
        if self.side is Side.LEAD:
            # Most homes have no group, and the subquery would sort and aggregate nothing for each of them.
            adverts = case((paged.c.group_id.is_not(None), _adverts(paged.c.group_id, self.own)))
        query = (
            select(
                *columns(other, owner),
                paged.c.score,
                paged.c.explored,
                cut.label("price_cut"),
                paged.c.group_id,
                adverts.label("adverts"),
                paged.c.total,
            )
            .select_from(paged)
            .join(self.own, self.own.id == _ROW_ID)
        )
        for each in looked_up:
            query = query.join(each, true())
        return query.order_by(paged.c.rank)

    def whole_rows(self) -> Select:
        return self.page(lambda other, owner: [other, owner])

    def brief_rows(self) -> Select:
        return self.page(
            lambda other, owner: [
                *(getattr(other, name) for name in BRIEF[self.side]),
                *(owner.id.label("owner_id"), owner.name.label("owner_name")),
                *(owner.agency_name.label("owner_agency"), owner.role.label("owner_role")),
            ]
        )

    def shown_rows(self) -> Select:
        of_properties = self.side is Side.PROPERTY  # their lists show clients' contacts
        caller = aliased(User, name="caller")

        def columns(other: Any, owner: Any) -> list[Any]:
            return [
                *(as_shown(getattr(other, name)) for name in SHOWN[self.side]),
                owner.id.label("owner_id"),
                owner.name.label("owner_name"),
                owner.agency_name.label("owner_agency"),
                as_shown(owner.role).label("owner_role"),
                (Property.commission_share if of_properties else null()).label("share_of_mine"),
                (_shares_contacts(other, self.own) if of_properties else null()).label("contacts_shared"),
            ]

        return self.page(columns).join(caller, caller.id == self.own.owner_id).where(token_is_valid(caller))


def _client_is_acted_on(lead: Any, listing: Any) -> ColumnElement[bool]:
    """A condition: the property's side acted on another realtor's lead of the same client."""
    action, client, same_client, other = aliased(Action), aliased(ClientKey), aliased(ClientKey), aliased(Lead)
    return (
        select(literal(1))
        .select_from(client)
        .join(same_client, same_client.key == client.key)
        .join(other, other.id == same_client.lead_id)
        .join(action, action.lead_id == other.id)
        .where(
            client.lead_id == lead.id,
            other.owner_id != lead.owner_id,
            action.property_id == listing.id,
            action.side == literal_column(f"'{Side.PROPERTY}'"),
        )
        .correlate_except(action, client, same_client, other)
        .exists()
    )


def _shares_contacts(lead: Any, listing: Any) -> ColumnElement[bool]:
    """A condition: the pair has a match that has shared contacts."""
    return exists().where(
        Match.lead_id == lead.id, Match.property_id == listing.id, Match.contact_shared_at.is_not(None)
    )


def _has_acted(side: Side) -> ColumnElement[bool]:
    """A condition: the list's side has acted on anything. It is evaluated once; if it is false, no entry is checked."""
    action = aliased(Action)
    key = action.lead_id if side is Side.LEAD else action.property_id
    return exists(select(action.id).where(key == _ROW_ID, action.side == literal_column(f"'{side}'")))


def _price_before(lead: Any, listing: Any) -> FromClause:
    """
    The price at which an entry was disliked, as `price`: looked up once, although a price cut both displays and
    compares it.
    """
    price = case((_has_acted(Side.LEAD), disliked_at(lambda: actions_of_lead(lead.id), listing)))
    return select(price.label("price")).offset(literal_column("0")).lateral("before")


def _price_cut(before: FromClause, listing: Any) -> ColumnElement[Any]:
    """The `price_cut` of an entry as JSON; null if the home was not disliked, or is not cheaper now."""
    cut = func.jsonb_build_object(
        *(literal_column("'from'"), before.c.price),
        *(literal_column("'to'"), listing.price),
        *(literal_column("'at'"), _as_text(price_since(listing))),
    )
    return case((before.c.price > listing.price, cut))


def _as_text(moment: ColumnElement[Any]) -> ColumnElement[str]:
    """A moment in the format of answers (connections are in UTC)."""
    return func.to_char(moment, literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""))


def _adverts(group_id: Any, lead: Any) -> ColumnElement[Any]:
    """The adverts of a group that are on the market, as JSON: [[property, price, currency, *columns of Owner]]."""
    advert, listing, owner = aliased(AdvertGroup), aliased(Property), aliased(User)
    row = func.jsonb_build_array(
        listing.id, listing.price, listing.currency, owner.id, owner.name, owner.agency_name, owner.role
    )
    return (
        select(func.jsonb_agg(aggregate_order_by(row, listing.price, listing.id)))
        .where(
            advert.group_id == group_id,
            listing.id == advert.property_id,
            listing.status == literal_column(f"'{Status.ACTIVE}'"),
            listing.city_key == lead.city_key,
            listing.deal_type == lead.deal_type,
            owner.id == listing.owner_id,
            owner.is_active,
        )
        .correlate_except(advert, listing, owner)
        .scalar_subquery()
    )


#: The group of :property_id as group_id and adverts; no row if it is in none.
ADVERTS_OF_HOME = (
    select(AdvertGroup.group_id, _adverts(AdvertGroup.group_id, Property).label("adverts"))
    .select_from(AdvertGroup)
    .join(Property, Property.id == AdvertGroup.property_id)
    .where(AdvertGroup.property_id == bindparam("property_id", type_=BigInteger))
)
