"""
Listings of the swipe contract: the public list, one listing, my listings; create, replace, withdraw; all listings for
administrators.
"""

import re
from typing import Any

from flask.views import MethodView
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.http.access import current_user, for_roles, public, sign_in, signed_in, signed_in_by_query
from api.http.blueprint import Blueprint, Body, PageArgs, StatusOk
from api.http.currency_field import Currency
from api.http.db import session
from api.http.fields import (
    MAX_ROOMS,
    FormId,
    FormMoney,
    Moment,
    Number,
    ShownCurrency,
    Text,
    Town,
    YesNo,
    money,
)
from api.http.home_adverts import PricePoint
from api.http.lost_updates import guards_updates, refuse_if_changed, tag_with_version
from api.http.paging import PAGINATION, page_of, pagination
from api.http.polled_lists import unchanged_own_list
from api.http.tasks import rescore_property
from api.http.warnings import Warnings, warn_of_price, warn_of_town
from api.swipe.listing_words import DEAL_TYPES, PROPERTY_TYPES, listing_row, type_of
from models.core.base import MAX_MONEY
from models.core.enums import SUPPLY_ROLES, Origin, Role, Status
from models.deals.own_list_validators import OwnList
from models.market.listings import ListingOrder, all_listings, editable_listing, listing_on_market, public_listings
from models.market.places import own_currency
from models.market.price_history import price_history
from models.market.properties import Property, archive_property, create_property, properties_of, replace_property

blp = Blueprint("listings", __name__, description="Listings for tenants and buyers")


class ListingBody(Body):
    title = Text(300, required=True)
    city = Town(required=True)
    deal_type = fields.String(required=True, validate=validate.OneOf(DEAL_TYPES))
    property_type = fields.String(required=True, validate=validate.OneOf(PROPERTY_TYPES))
    price = money(required=True)
    currency = Currency()
    is_active = YesNo(load_default=True)


class Listing(Body):
    """ListingRead of the contract, and additional fields for a card."""

    id = fields.Integer()
    title = fields.String()
    city = fields.String()
    deal_type = fields.String()
    property_type = fields.String()
    price: fields.Field = fields.String(metadata={"description": "With two decimals, in `currency`."})
    currency = ShownCurrency()
    area = Number(0, MAX_MONEY, allow_none=True, metadata={"description": "Square metres."})
    rooms = fields.Integer(allow_none=True, metadata={"description": "0: a studio."})
    photos = fields.List(fields.String())
    is_active = fields.Boolean()
    owner_id = fields.Integer()
    created_at = Moment()
    updated_at = Moment()
    warnings = Warnings()


class WholeListing(Listing):
    optional = ("price_history",)

    price_history = fields.List(
        fields.Nested(PricePoint), metadata={"description": "In chronological order; the last is the present price."}
    )


class AdminListing(Listing):
    price = Number(0, MAX_MONEY)


#: "1,2". Python and ECMAScript, whose patterns OpenAPI uses, read this pattern alike; in Python, $ would also match
#: before a final newline.
NUMBERS = re.compile(r"^[0-9]{1,3}(,[0-9]{1,3}){0,19}$(?!\n)")


class SearchArgs(PageArgs):
    city = Town(metadata={"description": "In any spelling: Астана, Astana, г. Нур-Султан."})
    deal_type = fields.String(validate=validate.OneOf(DEAL_TYPES))
    property_type = fields.String(validate=validate.OneOf(PROPERTY_TYPES))
    price_min = FormMoney(metadata={"description": "In the currency of `city`; without one, of each listing."})
    price_max = FormMoney(metadata={"description": "As `price_min`."})
    rooms = fields.String(
        validate=validate.Regexp(NUMBERS, error="rooms.not_numbers"),
        metadata={"description": "Numbers separated by commas; 0: studios."},
    )
    q = Text(200, metadata={"description": "Words to look for in title, description and features."})
    order = fields.Enum(ListingOrder, by_value=True, load_default=ListingOrder.NEWEST)

    @validates_schema
    def check_prices(self, data: dict, **kwargs: Any) -> None:
        if data.get("price_min", 0) > data.get("price_max", MAX_MONEY):
            raise ValidationError("price.reversed", "price_min")

    @post_load
    def read(self, data: dict, **kwargs: Any) -> dict:
        """Convert the swipe contract's words to the domain's."""
        if "deal_type" in data:
            data["deal_type"] = DEAL_TYPES[data["deal_type"]]
        if "property_type" in data:
            data["property_types"] = PROPERTY_TYPES[data.pop("property_type")]
        if "rooms" in data:
            data["rooms"] = [min(int(number), MAX_ROOMS + 1) for number in data["rooms"].split(",")]
        return data


class AdminArgs(PageArgs):
    city = Town()
    owner_id = FormId()
    is_active = fields.Boolean()


@blp.route("/listings")
class Listings(MethodView):
    """List what is on the market; create a listing."""

    @public
    @blp.arguments(SearchArgs, location="query")
    @blp.response(200, Listing(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List what is on the market

        In pages, newest first unless `order` says otherwise. X-Pagination holds the total.
        """
        return listing_page(public_listings(session(), args, args["order"]), args)

    @for_roles(*SUPPLY_ROLES)
    @blp.arguments(ListingBody)
    @blp.response(200, Listing)
    def post(self, body: dict[str, Any]) -> Any:
        """Create a listing

        It is recommended to leads and tenants within a moment, unless `is_active` is false.
        """
        listing = create_property(session(), current_user(), Origin.TINDER, _columns(body))
        warn_of_town("city", listing.city, listing.currency)
        warn_of_price("price", listing.price)
        rescore_property(listing)
        return listing_row(listing)


@blp.route("/listings/my")
class MyListings(MethodView):
    """List the caller's listings."""

    @signed_in_by_query
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, Listing(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List my own listings, withdrawn ones included, newest first

        Properties created through the other contracts are listed too.
        """
        unchanged = unchanged_own_list(OwnList.PROPERTIES)
        if unchanged:
            return unchanged
        return listing_page(properties_of(sign_in()), args)


@blp.route("/listings/<int:listing_id>")
class ListingById(MethodView):
    """Read, replace or withdraw one listing."""

    @public
    @blp.response(200, WholeListing)
    def get(self, listing_id: int) -> Any:
        """Read a listing that is on the market

        No sign-in is needed. A withdrawn one answers 404.
        """
        listing = listing_on_market(session(), listing_id)
        tag_with_version(listing.version)
        return listing_row(listing) | {"price_history": price_history(session(), listing)}

    @signed_in
    @guards_updates
    @blp.arguments(ListingBody)
    @blp.response(200, Listing)
    @blp.alt_response(403, description="The listing is somebody else's.")
    def put(self, body: dict[str, Any], listing_id: int) -> Any:
        """Replace a listing of mine, or any as an administrator

        Facts that the contract lacks (area, floor, photos, ...) do not change; `is_active` withdraws it or puts it back
        on the market.
        """
        listing = editable_listing(session(), current_user(), listing_id)
        refuse_if_changed(listing.version)
        replace_property(session(), listing, _columns(body, listing))
        warn_of_town("city", listing.city, listing.currency)
        warn_of_price("price", listing.price)
        rescore_property(listing)
        return listing_row(listing)

    @signed_in
    @guards_updates
    @blp.response(200, StatusOk)
    @blp.alt_response(403, description="The listing is somebody else's.")
    def delete(self, listing_id: int) -> Any:
        """Withdraw a listing of mine, or any as an administrator

        It stays in its owner's list, inactive; `is_active` true in a PUT puts it back.
        """
        listing = editable_listing(session(), current_user(), listing_id)
        refuse_if_changed(listing.version)
        archive_property(session(), listing)
        rescore_property(listing)
        return {"status": "ok"}


@blp.route("/admin/listings")
class AdminListings(MethodView):
    """List all listings, for administrators."""

    @for_roles(Role.ADMIN)
    @blp.arguments(AdminArgs, location="query")
    @blp.response(200, AdminListing(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List every listing, withdrawn ones included, newest first

        Filtered by city, owner and whether it is on the market.
        """
        query = all_listings(args.get("city"), args.get("owner_id"), args.get("is_active"))
        rows, total = page_of(query, args)
        return [listing_row(row) | {"price": row.price} for row in rows], 200, pagination(total, args)


def listing_page(query: Any, args: dict) -> tuple[list[dict], int, dict]:
    """A page of listings with its paging header."""
    rows, total = page_of(query, args)
    return [listing_row(row) for row in rows], 200, pagination(total, args)


def _columns(body: dict, current: Property | None = None) -> dict[str, Any]:
    """
    A property's columns from a listing's body. Facts that the swipe contract lacks do not change; nor does the
    currency, unless it is that of the former city.
    """
    columns = {
        "title": body["title"],
        "city": body["city"],
        "deal_type": DEAL_TYPES[body["deal_type"]],
        "property_type": type_of(body["property_type"], current.property_type if current else None),
        "price": body["price"],
        "status": Status.ACTIVE if body["is_active"] else Status.ARCHIVED,
    }
    if body.get("currency"):
        columns["currency"] = body["currency"]
    elif current is not None and current.currency != own_currency(current.city_key):
        columns["currency"] = current.currency
    return columns
