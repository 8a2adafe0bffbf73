"""Requests of the portal: a user's wishes in free text, and the properties offered for them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from flask.views import MethodView
from marshmallow import ValidationError, fields, validates_schema

from api.accounts.portal_auth import Message
from api.exchange.answers import ReadyPart
from api.exchange.schemas import FIRST_YEAR, LAST_YEAR
from api.http.access import current_user, for_roles
from api.http.answered import answered_by
from api.http.blueprint import Blueprint, Body, PageArgs, names_of, shown_word
from api.http.db import session
from api.http.fields import (
    LARGEST_AREA,
    Moment,
    Number,
    Text,
    Town,
    Whole,
    YesNo,
    money,
    plain,
    shown_currency,
    words,
)
from api.http.home_adverts import AdvertsOfHome, PriceCut, of_home
from api.http.paging import PAGINATION, page_of, pagination
from api.http.readings import WishRow, shown_wishes, wish_columns, wishes_field
from api.http.tasks import rescore_lead
from api.http.warnings import Warnings, warn_of_town
from api.portal.properties import PortalProperty
from api.portal.property_form import PRIVATE, form_row
from models.core.enums import Origin, Role, Side, Status
from models.core.errors import Fault, InvalidValueError
from models.core.free_text import (
    condition_of,
    currency_of,
    deal_type_of,
    is_studio,
    payment_method_of,
    property_type_of,
    rooms_of,
)
from models.deals.recommendation_pages import recommended_page
from models.market.leads import Lead, archive_lead, canonical_lead, create_lead
from models.market.places import own_currency
from models.market.properties import Property
from models.market.requests import owned_request, requests_of

blp = Blueprint("portal-requests", __name__, description="Requests of buyers, and the offers for them")


class RequestBody(Body):
    """A request. Texts are free; words on which the search depends must be known."""

    city = Town(required=True)
    district = Text(100, empty=True, allow_none=True)
    deal_format = Text(100, required=True, metadata=words("deal-word", "хочу купить, хочу арендовать, buy, rent, ..."))
    type = Text(100, required=True, metadata=words("property-word", "квартира, дом, apartment, house, ..."))
    subtype = Text(100, empty=True, allow_none=True)
    condition = Text(100, empty=True, allow_none=True)
    construction_year = Whole(FIRST_YEAR, LAST_YEAR, allow_none=True)
    construction_quarter = Whole(1, 4, allow_none=True)
    total_rooms = Text(50, empty=True, allow_none=True, metadata=words("rooms-word", "студия, 1, 2, 1-3, 4+"))
    total_area_min = Number(0, LARGEST_AREA, allow_none=True)
    total_area_max = Number(0, LARGEST_AREA, allow_none=True)
    budget_min = money(allow_none=True)
    budget_max = money(allow_none=True)
    currency = Text(50, empty=True, allow_none=True, metadata=words("currency-word", "рубли, тенге, евро, USD, ..."))
    purchase_purpose = Text(200, empty=True, allow_none=True)
    urgency = Text(200, empty=True, allow_none=True)
    purchase_method = Text(200, empty=True, allow_none=True)
    mortgage_approved = YesNo(allow_none=True)
    wishes = Text(5000, empty=True, allow_none=True)
    read_wishes = wishes_field()

    @validates_schema
    def check_ranges(self, data: dict, **kwargs: Any) -> None:
        for low, high in (("total_area_min", "total_area_max"), ("budget_min", "budget_max")):
            if None not in (data.get(low), data.get(high)) and data[low] > data[high]:
                raise ValidationError(Fault("range.fields_reversed", low=low, high=high), low)

    @validates_schema
    def check_words(self, data: dict, **kwargs: Any) -> None:
        words: dict[str, Callable[[str], object]] = {
            "deal_format": deal_type_of,
            "type": property_type_of,
            "currency": currency_of,
            "total_rooms": rooms_of,
            "purchase_method": payment_method_of,
        }
        for name, read in words.items():
            try:
                if data.get(name) is not None:
                    read(data[name])
            except InvalidValueError as error:
                raise ValidationError(error.fault, name) from None


class RequestMade(Body):
    id = fields.Integer()
    message = fields.String()
    created_at = Moment()
    warnings = Warnings()


class RequestRow(RequestBody):
    id = fields.Integer()
    read_wishes = fields.List(
        fields.Nested(WishRow),
        metadata={"description": "The wishes read from `wishes`, and those that the client stated."},
    )
    status = shown_word(Status)
    created_at = Moment()
    updated_at = Moment()


class OfferedProperty(PortalProperty):
    """A portal property without the fields that only its owner sees."""

    class Meta(Body.Meta):
        exclude = PRIVATE


class Offer(Body):
    optional = ("price_cut", "group")

    property = ReadyPart(OfferedProperty)
    match_score = fields.Float(metadata={"description": "0 to 100"})
    price_cut = fields.Nested(PriceCut)
    group = fields.Nested(AdvertsOfHome, metadata={"description": "Present if several owners offer the home."})


class Offers(Body):
    offers = fields.List(fields.Nested(Offer))
    total = fields.Integer()
    page = fields.Integer()


@blp.route("/users/create_request")
class CreateRequest(MethodView):
    """Create a request."""

    @for_roles(Role.TENANT)
    @answered_by(RequestRow)
    @blp.arguments(RequestBody)
    @blp.response(201, RequestMade)
    def post(self, body: dict[str, Any]) -> Any:
        """Create a request

        Texts are kept unchanged; words on which the search depends must be known. Offers are ready within a moment.
        """
        lead = create_lead(
            session(),
            current_user(),
            Origin.PORTAL,
            {**request_columns(body), **wish_columns(body.get("wishes"), body.get("read_wishes"))},
        )
        warn_of_town("city", lead.city, lead.currency)
        rescore_lead(lead)
        return {"id": lead.id, "message": "Request created successfully", "created_at": lead.created_at}


@blp.route("/users/my_requests")
class MyRequests(MethodView):
    """List the caller's requests."""

    @for_roles(Role.TENANT)
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, RequestRow(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List my requests, newest first

        Closed ones included; `/my_requests` and `/users/my_requests` are the same.
        """
        leads, total = page_of(requests_of(current_user()), args)
        return [request_row(lead) for lead in leads], 200, pagination(total, args)


# The contract names both paths.
@blp.route("/my_requests")
class MyRequestsByTheirShortPath(MyRequests):
    """The same resource under its short path."""


@blp.route("/users/my_requests/<int:request_id>")
class RequestById(MethodView):
    """One of the caller's requests."""

    @for_roles(Role.TENANT)
    @blp.response(200, RequestRow)
    def get(self, request_id: int) -> Any:
        """Read one of my requests

        In the words that it was created with.
        """
        return request_row(owned_request(session(), current_user(), request_id))

    @for_roles(Role.TENANT)
    @blp.response(200, Message)
    def delete(self, request_id: int) -> Any:
        """Close a request

        It can still be read, and gets no more offers.
        """
        lead = owned_request(session(), current_user(), request_id, lock=True)
        archive_lead(session(), lead)
        rescore_lead(lead)
        return {"message": "Request closed successfully"}


@blp.route("/users/my_requests/<int:request_id>/offers")
class RequestOffers(MethodView):
    """The properties offered for a request."""

    @for_roles(Role.TENANT)
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, Offers)
    def get(self, args: dict[str, Any], request_id: int) -> Any:
        """List the properties offered for one of my requests, best first

        At most 100, in the same city and deal type, without their owners' documents and commissions.
        """
        lead = owned_request(session(), current_user(), request_id)
        recommended = recommended_page(session(), Side.LEAD, lead.id, **args)
        offers = [
            {"property": form_row(cast(Property, entry.row), private=False), "match_score": round(entry.match_score, 2)}
            | of_home(entry)
            for entry in recommended.entries
        ]
        return {"offers": offers, "total": recommended.total, "page": args["page"]}


def request_columns(body: dict) -> dict[str, Any]:
    """
    A lead's columns with the meaning of the texts; the original texts are stored beside them. Raises InvalidValueError.
    """
    rooms = rooms_of(body.get("total_rooms"))
    if not rooms and (is_studio(body["type"]) or is_studio(body.get("subtype"))):
        rooms = [0]
    return {
        "city": body["city"],
        "districts": [body["district"]] if (body.get("district") or "").strip() else [],
        "deal_type": deal_type_of(body["deal_format"]),
        "property_type": property_type_of(body["type"], body.get("subtype")),
        "condition": condition_of(body.get("condition")),
        "year_min": body.get("construction_year"),
        "rooms": rooms,
        "area_min": body.get("total_area_min"),
        "area_max": body.get("total_area_max"),
        "budget_min": body.get("budget_min"),
        "budget_max": body.get("budget_max"),
        "currency": currency_of(body.get("currency")),
        "payment_method": payment_method_of(body.get("purchase_method")),
        "additional_requirements": body.get("wishes"),
        "attributes": {
            name: _plain(body[name]) for name in names_of(RequestBody) if name in body and name != "read_wishes"
        },
    }


def _rooms(numbers: list[int]) -> str:
    """
    >>> _rooms([0, 1, 2])
    'студия, 1, 2'
    """
    return ", ".join(str(number) if number else "студия" for number in numbers)


#: Fields derived from a column: the column, and how to show it once it differs from the value sent.
_WORDED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "city": ("city", str),
    "district": ("districts", ", ".join),
    "deal_format": ("deal_type", str.lower),
    "type": ("property_type", str.lower),
    "condition": ("condition", str.lower),
    "construction_year": ("year_min", int),
    "total_rooms": ("rooms", _rooms),
    "total_area_min": ("area_min", plain),
    "total_area_max": ("area_max", plain),
    "budget_min": ("budget_min", plain),
    "budget_max": ("budget_max", plain),
    "currency": ("currency", shown_currency),
    "purchase_method": ("payment_method", str.lower),
    "wishes": ("additional_requirements", str),
}


#: A value that is equal to no column.
_UNREAD = object()


def request_row(lead: Lead) -> dict[str, Any]:
    """A request in the original words, until another contract changes the columns derived from them."""
    sent = lead.attributes
    row = {name: sent.get(name) for name in names_of(RequestBody) if name != "read_wishes"}
    made = _made_of(sent)
    if sent and not made.get("currency"):
        made["currency"] = own_currency(lead.city_key)
    for name, (column, shown) in _WORDED.items():
        present = getattr(lead, column)
        if made.get(column, _UNREAD) != present:
            row[name] = shown(present) if present or present == 0 else None
    if made.get("property_type") != lead.property_type:
        row["subtype"] = None
    return row | {
        "id": lead.id,
        "read_wishes": shown_wishes(lead),
        "status": lead.status,
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
    }


def _made_of(sent: dict[str, Any]) -> dict[str, Any]:
    """
    The columns that the original words yield now. A phrase that an earlier release accepted and this one refuses yields
    none.
    """
    if not sent:
        return {}
    refused: list[str] = []
    for name, read in (("total_rooms", rooms_of), ("purchase_method", payment_method_of), ("currency", currency_of)):
        try:
            read(sent.get(name))
        except InvalidValueError:
            refused.append(name)
    made = canonical_lead(
        session(), request_columns({name: value for name, value in sent.items() if name not in refused})
    )
    return {column: value for column, value in made.items() if column not in {_WORDED[name][0] for name in refused}}


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value
