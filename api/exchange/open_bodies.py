"""
The bodies of leads and properties that the console accepts: fields that the exchange requires may be left out here.
"""

from decimal import Decimal

from marshmallow import fields, validate

from api.exchange.schemas import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_FLOORS,
    OFFERED_TYPES,
    WANTED_TYPES,
    Address,
    Details,
    LeadBody,
    LeadLocation,
    PropertyBody,
    Requirements,
    Span,
)
from api.http.blueprint import one_of
from api.http.fields import LARGEST_AREA, MAX_ROOMS, Number, Text, Whole, money
from models.core.enums import Condition, PaymentMethod, PropertyClass, PropertyType


class OpenBudget(Span):
    """A budget with either end optional."""

    min = money(allow_none=True)
    max = money(allow_none=True)


class OpenArea(Span):
    min = Number(0, LARGEST_AREA, allow_none=True)
    max = Number(0, LARGEST_AREA, allow_none=True)


class OpenLocation(LeadLocation):
    districts = fields.List(Text(100), validate=validate.Length(max=200))
    metro_stations = fields.List(Text(100), validate=validate.Length(max=400))


class OpenRequirements(Requirements):
    """What a client looks for; only the town is required."""

    location = fields.Nested(OpenLocation, required=True)
    budget = fields.Nested(OpenBudget)
    area = fields.Nested(OpenArea)
    rooms = fields.List(Whole(0, MAX_ROOMS), validate=validate.Length(max=MAX_ROOMS))
    property_type = one_of(PropertyType, only=WANTED_TYPES)
    property_class = one_of(PropertyClass)
    condition = one_of(Condition)
    payment_method = one_of(PaymentMethod)


class OpenLeadBody(LeadBody):
    requirements = fields.Nested(OpenRequirements, required=True)


class OpenAddress(Address):
    district = Text(100)
    street = Text(200)
    house_number = Text(50)


class OpenDetails(Details):
    """A home's facts; the price is required, because a home without one cannot be compared with a budget."""

    area = Number(Decimal("0.01"), LARGEST_AREA)
    rooms = Whole(0, MAX_ROOMS)
    floor = Whole(-10, MAX_FLOORS)
    total_floors = Whole(1, MAX_FLOORS)
    year_built = Whole(FIRST_YEAR, LAST_YEAR)
    property_type = one_of(PropertyType, load_default=PropertyType.APARTMENT, only=OFFERED_TYPES)
    property_class = one_of(PropertyClass)
    condition = one_of(Condition)


class OpenPropertyBody(PropertyBody):
    address = fields.Nested(OpenAddress, required=True)
    details = fields.Nested(OpenDetails, required=True)
    commission_share = Number(0, 100)
