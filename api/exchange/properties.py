"""Properties of the exchange: create, list, read, replace, archive, restore."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.exchange.answers import ReadyPart, ShownAddress, ShownDetails
from api.exchange.replacements import read_replacement
from api.exchange.schemas import PropertyBody, PropertyCreated, StatusArgs, address_of, details_of, property_columns
from api.http.access import current_user, for_roles, sign_in, signed_in, signed_in_by_query
from api.http.blueprint import Blueprint, Body, refuse_unless_json, shown_word
from api.http.db import only_reads, session
from api.http.fields import IdText, Moment, Number
from api.http.home_adverts import AdvertsOfHome, PricePoint, shown_group, shown_history
from api.http.lost_updates import guards_updates, refuse_if_changed, tag_with_version
from api.http.paging import page_of
from api.http.photos import shown_photos
from api.http.polled_lists import unchanged_own_list
from api.http.readings import FactRow, shown_facts
from api.http.tasks import rescore_property
from api.http.warnings import Warnings, warn, warn_of_price, warn_of_town
from models.core.enums import SUPPLY_ROLES, AddressPrecision, Origin, Side, Status
from models.core.errors import Fault
from models.deals.matches import match_counts
from models.deals.own_list_validators import OwnList
from models.deals.recommendation_pages import adverts_of_home
from models.market.duplicates import refuse_duplicate
from models.market.price_history import price_history
from models.market.properties import (
    Property,
    archive_property,
    create_property,
    owned_property,
    properties_of,
    replace_property,
    restore_property,
)

#: The path of the town in a body.
TOWN = "address.city"
# Created once, because nested schemas are costly to create.
PROPERTY_BODY = PropertyBody()

blp = Blueprint("properties", __name__, description="Properties that realtors offer")


class PropertyRow(Body):
    property_id = IdText()
    address = ReadyPart(ShownAddress)
    details = ReadyPart(ShownDetails)
    status = shown_word(Status)
    commission_share = Number(0, 100)
    photos = fields.List(fields.String())
    description = fields.String(allow_none=True)
    facts = ReadyPart(FactRow, many=True)
    address_precision = shown_word(AddressPrecision, allow_none=True)
    match_count = fields.Integer()
    created_at = Moment()
    updated_at = Moment()
    warnings = Warnings()


class OneRow(PropertyRow):
    optional = (*PropertyRow.optional, "price_history", "group")

    price_history = ReadyPart(
        PricePoint, many=True, metadata={"description": "In chronological order; the last is the present price."}
    )
    group = ReadyPart(AdvertsOfHome, metadata={"description": "Present if others offer the home, too."})


class PropertyRows(Body):
    properties = fields.List(fields.Nested(PropertyRow))
    total = fields.Integer()
    page = fields.Integer()


@blp.route("/properties")
class Properties(MethodView):
    """List my properties; create a property."""

    @for_roles(*SUPPLY_ROLES)
    @blp.arguments(PropertyBody)
    @blp.response(201, PropertyCreated)
    @blp.alt_response(409, description="The caller already has the same property on the market; `facts.id` is its id.")
    def post(self, body: dict[str, Any]) -> Any:
        """Create a property

        It is recommended and listed through every contract. Its list of leads is ready within a moment. If it repeats
        one of the caller's properties in everything that distinguishes homes, the answer carries a warning; if the
        description is the same as well, it is refused.
        """
        columns = property_columns(body)
        duplicate = refuse_duplicate(session(), current_user(), columns)
        listing = create_property(session(), current_user(), Origin.EXCHANGE, columns)
        warn_of_town(TOWN, listing.city, listing.currency)
        warn_of_price("details.price", listing.price)
        if duplicate is not None:
            warn("address", Fault("warning.already_there", id=duplicate), (str(duplicate),))
        rescore_property(listing)
        return listing

    @signed_in_by_query
    @only_reads
    @blp.arguments(StatusArgs, location="query")
    @blp.response(200, PropertyRows)
    def get(self, args: dict[str, Any]) -> Any:
        """List my properties, newest first

        Archived ones included, unless `status` filters them out. `match_count` counts the matches that nobody has
        rejected.
        """
        unchanged = unchanged_own_list(OwnList.PROPERTIES)
        if unchanged:
            return unchanged
        rows, total = page_of(properties_of(sign_in(), args.get("status")), args)
        counts = match_counts(session(), Side.PROPERTY, [row.id for row in rows])
        return {
            "properties": [property_row(row, counts.get(row.id, 0)) for row in rows],
            "total": total,
            "page": args["page"],
        }


@blp.route("/properties/<int:property_id>")
class PropertyById(MethodView):
    """Read or replace one of my properties."""

    @signed_in
    @only_reads
    @blp.response(200, OneRow)
    def get(self, property_id: int) -> Any:
        """Read one of my properties

        Through whichever contract it was created; fields that that contract does not have are null.
        """
        listing = owned_property(session(), current_user(), property_id)
        tag_with_version(listing.version)
        group = adverts_of_home(session(), listing)
        return (
            _shown(listing)
            | {"price_history": shown_history(price_history(session(), listing))}
            | ({"group": shown_group(group)} if group else {})
        )

    @signed_in
    @guards_updates
    @blp.response(200, PropertyRow)
    @blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": PropertyBody}}})
    def put(self, property_id: int) -> Any:
        """Replace one of my properties

        Fields that the body leaves out are emptied. The list of leads is updated within a moment. Fields that a
        property of another contract lacks (its GET answers null) may stay null.
        """
        refuse_unless_json()
        listing = owned_property(session(), current_user(), property_id, lock=True)
        refuse_if_changed(listing.version)
        body = read_replacement(PROPERTY_BODY, property_row(listing, 0))
        replace_property(session(), listing, property_columns(body, listing))
        warn_of_town(TOWN, listing.city, listing.currency)
        warn_of_price("details.price", listing.price)
        rescore_property(listing)
        return _shown(listing)


@blp.route("/properties/<int:property_id>/archive")
class PropertyArchive(MethodView):
    """Archive a property."""

    @signed_in
    @blp.response(200, PropertyRow)
    def put(self, property_id: int) -> Any:
        """Take one of my properties off the market

        It leaves every list of recommendations; its matches stay. Archiving again changes nothing.
        """
        listing = owned_property(session(), current_user(), property_id, lock=True)
        archive_property(session(), listing)
        rescore_property(listing)
        return _shown(listing)


@blp.route("/properties/<int:property_id>/restore")
class PropertyRestoring(MethodView):
    """Restore an archived property."""

    @signed_in
    @blp.response(200, PropertyRow)
    def put(self, property_id: int) -> Any:
        """Put one of my archived properties back on the market

        Under the same id, with its likes and matches. Restoring again changes nothing.
        """
        listing = owned_property(session(), current_user(), property_id, lock=True)
        restore_property(session(), listing)
        rescore_property(listing)
        return _shown(listing)


def property_row(listing: Property, match_count: int) -> dict:
    """A property as its owner sees it."""
    return {
        "property_id": listing.id,
        "address": address_of(listing),
        "details": details_of(listing),
        "status": listing.status,
        "commission_share": listing.commission_share or 0,
        "photos": shown_photos(listing, to_owner=True),
        "description": listing.description,
        "facts": shown_facts(listing),
        "address_precision": listing.address_precision,
        "match_count": match_count,
        "created_at": listing.created_at,
        "updated_at": listing.updated_at,
    }


def _shown(listing: Property) -> dict:
    return property_row(listing, match_counts(session(), Side.PROPERTY, [listing.id]).get(listing.id, 0))
