"""Schemas of the exchange contract's answers. Views build these parts ready; the schemas document them."""

from typing import Any

from marshmallow import fields

from api.http.blueprint import Body, shown_word
from api.http.fields import IdText, Number, ShownCurrency
from models.core.enums import Condition, DealType, PaymentMethod, PropertyClass, PropertyType


class ReadyPart(fields.Nested):
    """
    A part that its view has built exactly as the schema would; it is sent unchanged, because dumping by schemas is
    slow.
    """

    # marshmallow's Nested names the first parameter differently from its own Field.
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return value


class ShownLocation(Body):
    """Where a lead's client wants to live; the distance is present only if it is stated."""

    optional = ("scope", "radius_km", "latitude", "longitude")

    city = fields.String()
    districts = fields.List(fields.String())
    metro_stations = fields.List(fields.String())
    scope = fields.String(allow_none=True)
    radius_km = fields.Float(allow_none=True)
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)


class ShownStation(Body):
    name = fields.String()
    minutes = fields.Integer(allow_none=True)
    by_transport = fields.Boolean()


class ShownSpan(Body):
    min = fields.Float(allow_none=True)
    max = fields.Float(allow_none=True)


class ShownRequirements(Body):
    """What a client looks for; wishes left open are null or an empty list."""

    location = fields.Nested(ShownLocation)
    budget = fields.Nested(ShownSpan)
    currency = ShownCurrency()
    area = fields.Nested(ShownSpan)
    rooms = fields.List(fields.Integer())
    property_type = shown_word(PropertyType, allow_none=True)
    property_class = shown_word(PropertyClass, allow_none=True)
    condition = shown_word(Condition, allow_none=True)
    payment_method = shown_word(PaymentMethod, allow_none=True)
    additional_requirements = fields.String(allow_none=True)
    deal_type = shown_word(DealType)


class ShownAddress(Body):
    """An address; its parts are null if it came as one text, which is then in `location`."""

    optional = ("location",)

    city = fields.String()
    district = fields.String(allow_none=True)
    street = fields.String(allow_none=True)
    house_number = fields.String(allow_none=True)
    metro_station = fields.String(allow_none=True)
    stations = fields.List(fields.Nested(ShownStation))
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    location = fields.String()


class ShownDetails(Body):
    """A property's facts; what is unknown is null."""

    price = fields.Float()
    area = fields.Float(allow_none=True)
    rooms = fields.Integer(allow_none=True)
    floor = fields.Integer(allow_none=True)
    total_floors = fields.Integer(allow_none=True)
    year_built = fields.Integer(allow_none=True)
    property_type = shown_word(PropertyType)
    property_class = shown_word(PropertyClass, allow_none=True)
    condition = shown_word(Condition, allow_none=True)
    currency = ShownCurrency()
    deal_type = shown_word(DealType)


class PropertyData(Body):
    """A recommended property."""

    address = fields.Nested(ShownAddress)
    details = fields.Nested(ShownDetails)
    commission_share = Number(0, 100)
    photos = fields.List(fields.String())
    description = fields.String(allow_none=True)


class LeadData(Body):
    """A recommended lead."""

    client_name = fields.String(allow_none=True)
    requirements = fields.Nested(ShownRequirements)
    client_contacts = fields.String(allow_none=True, metadata={"description": "null until the match shares contacts."})
    notes = fields.String(allow_none=True)


class CommissionDetails(Body):
    proposed_share = Number(0, 100, metadata={"description": "Per cent."})


class MatchedProperty(Body):
    """The property of a match."""

    property_id = IdText()
    address = fields.Nested(ShownAddress)
    details = fields.Nested(ShownDetails)
    photos = fields.List(fields.String())


class MatchedLead(Body):
    """The lead of a match."""

    lead_id = IdText()
    client_name = fields.String(allow_none=True)
    requirements = fields.Nested(ShownRequirements)
    client_contacts = fields.String(allow_none=True, metadata={"description": "null until the match shares contacts."})
