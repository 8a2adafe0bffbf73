"""Read a text without storing anything: a client's message as a lead, a listing's text as a property."""

from dataclasses import replace
from typing import Any, TypeVar

from flask.views import MethodView
from marshmallow import fields
from sqlalchemy.orm import Session

from api.http.access import signed_in
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import Text
from api.http.market_places import market_places
from api.http.place_lexicon import MarketLexicon, keys_of
from api.http.readings import FactRow, WishRow
from api.http.town_of_text import town_of_text
from matching.reading.kinds import KIND_OF
from matching.reading.request_text import ListingReading, RequestReading, read_listing, read_request
from matching.reading.text_places import places_in_listing, places_in_request
from models.core.errors import DomainError
from models.market.places import city_of

blp = Blueprint("understand", __name__, description="Reading texts without storing them")

MAX_TEXT = 20_000


class UnderstandBody(Body):
    text = Text(MAX_TEXT, required=True)
    city = Text(
        100,
        allow_none=True,
        metadata={"description": "The town of the districts and stations; by default the town that the text is about."},
    )


class Piece(Body):
    """A span of words in the text."""

    start = fields.Integer()
    end = fields.Integer()
    quote = fields.String()


class Limits(Body):
    min = fields.Float(allow_none=True)
    max = fields.Float(allow_none=True)


class UnderstoodWish(WishRow):
    """A wish read from a text; nobody has struck it out yet."""

    class Meta(Body.Meta):
        exclude = ("struck",)


class UnderstoodLead(Body):
    """A client's message as a lead; fields that the text does not state are null or an empty list."""

    city = fields.String(allow_none=True)
    districts = fields.List(fields.String())
    metro_stations = fields.List(fields.String())
    refused_districts = fields.List(fields.String())
    refused_metro_stations = fields.List(fields.String())
    rooms = fields.List(fields.Integer())
    budget = fields.Nested(Limits)
    currency = fields.String(allow_none=True)
    area = fields.Nested(Limits)
    deal_type = fields.String(allow_none=True)
    property_type = fields.String(allow_none=True)
    property_class = fields.String(allow_none=True)
    condition = fields.String(allow_none=True)
    payment_method = fields.String(allow_none=True)
    mortgage_approved = fields.Boolean()
    wishes = fields.List(fields.Nested(UnderstoodWish))
    unread = fields.List(
        fields.Nested(Piece), metadata={"description": "The parts of the text from which nothing was read."}
    )


class UnderstoodProperty(Body):
    """A listing's text as a property."""

    city = fields.String(allow_none=True)
    district = fields.String(allow_none=True)
    metro_station = fields.String(allow_none=True)
    street = fields.String(allow_none=True)
    house_number = fields.String(allow_none=True)
    rooms = fields.Integer(allow_none=True)
    area = fields.Float(allow_none=True)
    floor = fields.Integer(allow_none=True)
    total_floors = fields.Integer(allow_none=True)
    year_built = fields.Integer(allow_none=True)
    price = fields.Float(allow_none=True)
    currency = fields.String(allow_none=True)
    deal_type = fields.String(allow_none=True)
    property_type = fields.String(allow_none=True)
    condition = fields.String(allow_none=True)
    facts = fields.List(fields.Nested(FactRow))
    unread = fields.List(
        fields.Nested(Piece), metadata={"description": "The parts of the text from which nothing was read."}
    )


@blp.route("/leads/understand")
class UnderstandLead(MethodView):
    """Read a client's message."""

    @signed_in
    @blp.arguments(UnderstandBody)
    @blp.response(200, UnderstoodLead)
    def post(self, body: dict[str, Any]) -> Any:
        """Read a client's message as a lead, without storing it

        Town, districts, stations, rooms, budget, area, payment and wishes, each with the words that it was read from.
        """
        text = body["text"]
        return lead_answer(understand_request(session(), text, body.get("city")), text)


@blp.route("/properties/understand")
class UnderstandProperty(MethodView):
    """Read a listing's text."""

    @signed_in
    @blp.arguments(UnderstandBody)
    @blp.response(200, UnderstoodProperty)
    def post(self, body: dict[str, Any]) -> Any:
        """Read a listing's text as a property, without storing it

        Address, rooms, area, floor, price and facts, each fact with the words that it was read from.
        """
        text = body["text"]
        return property_answer(understand_listing(session(), text, body.get("city")), text)


def understand_request(own_session: Session, text: str, city: str | None) -> RequestReading:
    """Read a client's message with the places of *city*, or else of the town that the text names or is about."""
    places = market_places(own_session)
    town = town_of_text(places, text, places_in_request) if city is None else None
    reading = read_request(text, MarketLexicon(places, keys_of(own_session, town if city is None else city)))
    return _in_town(reading, town, "towns")


def understand_listing(own_session: Session, text: str, city: str | None) -> ListingReading:
    """Read a listing's text with the places of *city*, or else of the town that the text names or is about."""
    places = market_places(own_session)
    town = town_of_text(places, text, places_in_listing) if city is None else None
    reading = read_listing(text, MarketLexicon(places, keys_of(own_session, town if city is None else city)))
    return _in_town(reading, town, "town")


Reading = TypeVar("Reading", RequestReading, ListingReading)


def _in_town(reading: Reading, town: str | None, span: str) -> Reading:
    """*reading* with the *town* that its text is about; the name of another town does not count as its source."""
    if town is None or town == reading.town:
        return reading
    return replace(reading, town=town, spans={name: where for name, where in reading.spans.items() if name != span})


def lead_answer(reading: RequestReading, text: str) -> dict[str, Any]:
    """A reading of a lead in the API's words."""
    budget, area = reading.budget, reading.area
    return {
        "city": reading.town,
        "districts": reading.districts,
        "metro_stations": reading.stations,
        "refused_districts": reading.refused_districts,
        "refused_metro_stations": reading.refused_stations,
        "rooms": reading.rooms,
        "budget": {"min": budget and budget.low, "max": budget and budget.high},
        "currency": _currency(budget.currency, reading.town) if budget else None,
        "area": {"min": area and area.low, "max": area and area.high},
        "deal_type": reading.deal_type,
        "property_type": reading.property_type,
        "property_class": reading.property_class,
        "condition": reading.condition,
        "payment_method": reading.payment_method,
        "mortgage_approved": reading.mortgage_approved,
        "wishes": [
            {
                "kind": wish.kind,
                "label": KIND_OF[wish.kind].label,
                "value": wish.value,
                "strength": wish.strength,
                "source": "text",
                "quote": text[wish.start : wish.end],
                "start": wish.start,
                "end": wish.end,
            }
            for wish in reading.wishes
        ],
        "unread": _pieces(text, reading.unread),
    }


def property_answer(reading: ListingReading, text: str) -> dict[str, Any]:
    """A reading of a property in the API's words."""
    same = (
        "district",
        "street",
        "house_number",
        "rooms",
        "area",
        "floor",
        "total_floors",
        "year_built",
        "price",
    )
    return {
        "city": reading.town,
        "metro_station": reading.station,
        **{name: getattr(reading, name) for name in (*same, "deal_type", "property_type", "condition")},
        "currency": _currency(reading.currency, reading.town) if reading.price is not None else None,
        "facts": [
            {
                "kind": fact.kind,
                "label": KIND_OF[fact.kind].label,
                "value": fact.value,
                "source": "text",
                "quote": text[fact.start : fact.end],
            }
            for fact in reading.facts
        ],
        "unread": _pieces(text, reading.unread),
    }


def _currency(named: str | None, town: str | None) -> str | None:
    """The currency that a text names, otherwise that of its town; None if neither is known."""
    try:
        return named or (city_of(town).currency if town else None)
    except DomainError:
        return None


def _pieces(text: str, spans: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "quote": text[start:end]} for start, end in spans]
