"""Request and response schemas that several resources of the exchange contract share."""

from decimal import Decimal
from operator import attrgetter
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate, validates_schema

from api.http.blueprint import Body, PageArgs, one_of
from api.http.currency_field import Currency
from api.http.fields import (
    LARGEST_AREA,
    MAX_ROOMS,
    IdText,
    Moment,
    Number,
    Text,
    Town,
    Whole,
    money,
    plain,
    shown_currency,
)
from api.http.file_fields import PhotoAddress
from api.http.readings import (
    MAX_RADIUS_KM,
    MAX_STATIONS,
    Coordinates,
    StationBody,
    fact_columns,
    wish_columns,
    wishes_field,
)
from api.http.warnings import Warnings
from models.accounts.users import User, shown_name
from models.core.enums import (
    AddressPrecision,
    Condition,
    ContactSharing,
    DealType,
    PaymentMethod,
    PropertyClass,
    PropertyType,
    Status,
)
from models.deals.recommendation_pages import Owner
from models.market.leads import Lead
from models.market.properties import Property

MAX_FLOORS = 300
#: How strictly a lead is limited to its places.
PLACE_SCOPES = ("only", "near")
FIRST_YEAR, LAST_YEAR = 1500, 2100

#: The property types of an exchange lead; a lead for an APARTMENT is offered APARTMENTS too.
WANTED_TYPES = (PropertyType.APARTMENT, PropertyType.HOUSE, PropertyType.TOWNHOUSE)
OFFERED_TYPES = (*WANTED_TYPES, PropertyType.APARTMENTS)


def deal_type_field() -> fields.Field:
    """
    The deal type. Answers show it nested, requests have it at the top level; the top level wins if both are present.
    """
    return one_of(DealType, allow_none=True, metadata={"description": "SALE by default."})


class Span(Body):
    """A range from min to max."""

    @validates_schema
    def check_order(self, data: dict, **kwargs: Any) -> None:
        if data.get("min") is not None and data.get("max") is not None and data["min"] > data["max"]:
            raise ValidationError("range.reversed", "min")


class Budget(Span):
    min = money(required=True)
    max = money(required=True)


class AreaSpan(Span):
    min = Number(0, LARGEST_AREA, required=True)
    max = Number(0, LARGEST_AREA, required=True)


class LeadLocation(Coordinates):
    """
    Where the client wants to live. A point with a radius, and *scope*, state how far from the named places a home may
    be.
    """

    city = Town(required=True)
    districts = fields.List(Text(100), required=True, validate=validate.Length(max=200))
    metro_stations = fields.List(Text(100), required=True, validate=validate.Length(max=400))
    scope = fields.String(
        allow_none=True,
        validate=validate.OneOf(PLACE_SCOPES),
        metadata={
            "description": "only: nothing outside the named places; near: their neighbourhood is nearly as good."
        },
    )
    radius_km = Number(Decimal("0.1"), MAX_RADIUS_KM, allow_none=True)


class Requirements(Body):
    """What a client looks for. Empty lists leave a wish open."""

    location = fields.Nested(LeadLocation, required=True)
    budget = fields.Nested(Budget, required=True)
    area = fields.Nested(AreaSpan, required=True)
    rooms = fields.List(Whole(0, MAX_ROOMS), required=True, validate=validate.Length(max=MAX_ROOMS))
    property_type = one_of(PropertyType, required=True, only=WANTED_TYPES)
    property_class = one_of(PropertyClass, required=True)
    condition = one_of(Condition, required=True)
    payment_method = one_of(PaymentMethod, required=True)
    additional_requirements = Text(5000, empty=True, allow_none=True)
    currency = Currency()
    deal_type = deal_type_field()


class LeadBody(Body):
    client_name = Text(200, empty=True, allow_none=True)
    requirements = fields.Nested(Requirements, required=True)
    wishes = wishes_field()
    client_contacts = Text(500, empty=True, allow_none=True)
    client_contacts_shared = one_of(
        ContactSharing,
        load_default=ContactSharing.AFTER_AGREEMENT,
        metadata={"description": "Whether a match shares the client's contacts with the other realtor; if not, never."},
    )
    notes = Text(5000, empty=True, allow_none=True)
    private_notes = Text(5000, empty=True, allow_none=True, metadata={"description": "Only you can see them."})
    deal_type = deal_type_field()


class Address(Coordinates):
    city = Town(required=True)
    district = Text(100, required=True)
    street = Text(200, required=True)
    house_number = Text(50, required=True)
    metro_station = Text(100, empty=True, allow_none=True)
    stations = fields.List(fields.Nested(StationBody), allow_none=True, validate=validate.Length(max=MAX_STATIONS))


class Details(Body):
    price = money(required=True)
    area = Number(Decimal("0.01"), LARGEST_AREA, required=True)
    rooms = Whole(0, MAX_ROOMS, required=True)
    floor = Whole(-10, MAX_FLOORS, required=True)
    total_floors = Whole(1, MAX_FLOORS, required=True)
    year_built = Whole(FIRST_YEAR, LAST_YEAR, allow_none=True)
    property_type = one_of(PropertyType, required=True, only=OFFERED_TYPES)
    property_class = one_of(PropertyClass, required=True)
    condition = one_of(Condition, required=True)
    currency = Currency()
    deal_type = deal_type_field()

    @validates_schema
    def check_floor(self, data: dict, **kwargs: Any) -> None:
        floor, floors = data.get("floor"), data.get("total_floors")
        if floor is not None and floors is not None and floor > floors:
            raise ValidationError("floor.above_total", "floor")


class PropertyBody(Body):
    address = fields.Nested(Address, required=True)
    details = fields.Nested(Details, required=True)
    commission_share = Number(0, 100, required=True, metadata={"description": "Per cent."})
    photos = fields.List(PhotoAddress(), allow_none=True, validate=validate.Length(max=100))
    description = Text(20_000, empty=True, allow_none=True)
    deal_type = deal_type_field()
    address_precision = one_of(
        AddressPrecision,
        allow_none=True,
        metadata={
            "description": "How much of the address strangers see on pages, in selections and in feeds for portals. "
            "null: what is usual there. Left out of a replacement, it stays."
        },
    )


class StatusArgs(PageArgs):
    status = one_of(Status)


class RealtorInfo(Body):
    realtor_id = IdText()
    name = fields.String(allow_none=True)
    agency = fields.String(allow_none=True)


class ContactInfo(RealtorInfo):
    """Includes the contacts; they are null until the match shares them."""

    telegram = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


class LeadCreated(Body):
    lead_id = IdText(attribute="id")
    created_at = Moment()
    warnings = Warnings()


class PropertyCreated(Body):
    property_id = IdText(attribute="id")
    created_at = Moment()
    warnings = Warnings()


# Schemas are costly to create, so these are created once and not for every row of a page.
ADDRESS_FIELDS = ("city", "district", "street", "house_number", "metro_station")
DETAILS_FIELDS = tuple(Details().fields)
_address, _details = attrgetter(*ADDRESS_FIELDS), attrgetter(*DETAILS_FIELDS)


def lead_columns(body: dict, before: Lead | None = None) -> dict[str, Any]:
    """
    A lead's columns from its body. PUT replaces *before*, so fields that the body leaves out become null. The console's
    bodies may leave out everything but the town.
    """
    wishes = body["requirements"]
    return {
        "client_name": body.get("client_name"),
        "client_contacts": body.get("client_contacts"),
        "client_contacts_shared": body["client_contacts_shared"],
        "notes": body.get("notes"),
        "private_notes": body.get("private_notes"),
        "deal_type": body.get("deal_type") or wishes.get("deal_type") or DealType.SALE,
        "currency": wishes.get("currency"),
        "city": wishes["location"]["city"],
        "districts": wishes["location"].get("districts") or [],
        "metro_stations": wishes["location"].get("metro_stations") or [],
        "place_scope": wishes["location"].get("scope"),
        "radius_km": wishes["location"].get("radius_km"),
        "latitude": wishes["location"].get("latitude"),
        "longitude": wishes["location"].get("longitude"),
        "budget_min": wishes.get("budget", {}).get("min"),
        "budget_max": wishes.get("budget", {}).get("max"),
        "area_min": wishes.get("area", {}).get("min"),
        "area_max": wishes.get("area", {}).get("max"),
        "rooms": wishes.get("rooms") or [],
        "property_type": wishes.get("property_type"),
        "property_class": wishes.get("property_class"),
        "condition": wishes.get("condition"),
        "payment_method": wishes.get("payment_method"),
        "additional_requirements": wishes.get("additional_requirements"),
        **wish_columns(wishes.get("additional_requirements"), body.get("wishes"), before),
    }


def property_columns(body: dict, before: Property | None = None) -> dict[str, Any]:
    """
    A property's columns from its body. PUT replaces *before*, so fields that the body leaves out become null. An
    address that came as one text through another contract is dropped unless its parts are unchanged: the body's parts
    are the address now.
    """
    address = {name: body["address"].get(name) for name in ADDRESS_FIELDS}
    is_same_place = before is not None and tuple(address.values()) == _address(before)
    address["location"] = before.location if before is not None and is_same_place else None
    details = {name: body["details"].get(name) for name in DETAILS_FIELDS}
    return {
        **address,
        **details,
        "latitude": body["address"].get("latitude"),
        "longitude": body["address"].get("longitude"),
        "stations": body["address"].get("stations") or [],
        **fact_columns(before.title if before else None, body.get("description"), before.search_text if before else ""),
        "commission_share": body.get("commission_share"),
        "photos": body.get("photos") or [],
        "description": body.get("description"),
        "deal_type": body.get("deal_type") or body["details"].get("deal_type") or DealType.SALE,
        # Clients of this contract do not know the field, so a replacement must not reveal more than the owner chose.
        "address_precision": body.get("address_precision", before.address_precision if before is not None else None),
    }


def requirements_of(lead: Lead) -> dict[str, Any]:
    """
    A lead's wishes in the exchange contract's form; open wishes are null or an empty list, and a range from 0 to 0 is
    no range.
    """
    return {
        "location": _location_of(lead),
        "budget": _range(lead.budget_min, lead.budget_max),
        "currency": shown_currency(lead.currency),
        "area": _range(lead.area_min, lead.area_max),
        "rooms": lead.rooms,
        "property_type": lead.property_type,
        "property_class": lead.property_class,
        "condition": lead.condition,
        "payment_method": lead.payment_method,
        "additional_requirements": lead.additional_requirements,
        "deal_type": lead.deal_type,
    }


def _range(low: Decimal | None, high: Decimal | None) -> dict[str, Any]:
    return {"min": _plain(low or Decimal(0)), "max": _plain(Decimal(0) if low is None and high is None else high)}


def _location_of(lead: Lead) -> dict[str, Any]:
    """Where a lead's client wants to live; the distance is present only if it is stated."""
    around = {
        "scope": lead.place_scope,
        "radius_km": _plain(lead.radius_km),
        "latitude": _plain(lead.latitude),
        "longitude": _plain(lead.longitude),
    }
    named = {"city": lead.city, "districts": lead.districts, "metro_stations": lead.metro_stations}
    return named | {name: value for name, value in around.items() if value is not None}


def address_of(listing: Property) -> dict[str, Any]:
    """A property's address; `location` is present if the address came as one text."""
    address = dict(zip(ADDRESS_FIELDS, _address(listing), strict=True))
    stations: Any = listing.stations  # JSON text, in a page of a list (models.deals.list_queries.as_shown)
    stations = orjson.loads(stations) if isinstance(stations, str) else stations
    address["stations"] = [{"minutes": None, "by_transport": False} | station for station in stations]
    address["latitude"], address["longitude"] = _plain(listing.latitude), _plain(listing.longitude)
    if listing.location:
        address["location"] = listing.location
    return address


def details_of(listing: Property) -> dict[str, Any]:
    """A property's facts in the exchange contract's form; unknown facts are null."""
    facts = dict(zip(DETAILS_FIELDS, _details(listing), strict=True))
    facts["price"], facts["area"] = _plain(facts["price"]), _plain(facts["area"])
    facts["currency"] = shown_currency(facts["currency"])
    return facts


def realtor_info(owner: User | Owner, *, contacts_shared: bool = False, with_contacts: bool = False) -> dict[str, Any]:
    """
    The owner of the other side; a private person's name is short unless *contacts_shared*. *with_contacts* adds their
    contacts, which are null unless *contacts_shared*.
    """
    name = shown_name(owner.name, owner.role, in_contact=contacts_shared)
    info: dict[str, Any] = {"realtor_id": str(owner.id), "name": name, "agency": owner.agency_name}
    if with_contacts:
        assert isinstance(owner, User)  # an Owner has none
        info["telegram"] = owner.telegram if contacts_shared else None
        info["phone"] = owner.phone if contacts_shared else None
    return info


def _plain(value: Decimal | None) -> int | float | None:
    return None if value is None else plain(value)
