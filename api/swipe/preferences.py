"""A tenant's preferences: the basis of the feed."""

from typing import Any

from flask import jsonify
from flask.views import MethodView
from marshmallow import ValidationError, fields, validate, validates_schema

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, or_null
from api.http.db import session
from api.http.fields import LARGEST_AREA, MAX_ROOMS, Number, Text, Town, Whole, money
from api.http.readings import WishRow, shown_wishes, wish_columns, wishes_field
from api.http.tasks import rescore_lead
from api.http.warnings import Warnings, warn_of_town
from api.swipe.listing_words import DEAL_TYPES, PROPERTY_TYPES, deal_word, type_of, type_word
from models.core.base import MAX_MONEY
from models.market.leads import Lead
from models.market.preferences import lock_preference, preference_of, save_preference

blp = Blueprint("preferences", __name__, description="A tenant's preferences, which order the feed")


class PreferenceBody(Body):
    city = Town(required=True)
    deal_type = fields.String(required=True, validate=validate.OneOf(DEAL_TYPES))
    property_type = fields.String(required=True, validate=validate.OneOf(PROPERTY_TYPES))
    price_min = money(required=True)
    price_max = money(required=True)

    rooms = fields.List(Whole(0, MAX_ROOMS), allow_none=True, validate=validate.Length(max=MAX_ROOMS))
    districts = fields.List(Text(100), allow_none=True, validate=validate.Length(max=200))
    metro_stations = fields.List(Text(100), allow_none=True, validate=validate.Length(max=400))
    area_min = Number(0, LARGEST_AREA, allow_none=True)
    area_max = Number(0, LARGEST_AREA, allow_none=True)
    words = Text(5000, empty=True, allow_none=True, metadata={"description": "Further wishes as free text."})
    wishes = wishes_field()

    @validates_schema
    def check_order(self, data: dict, **kwargs: Any) -> None:
        if data["price_min"] > data["price_max"]:
            raise ValidationError("price.reversed", "price_min")
        low, high = data.get("area_min"), data.get("area_max")
        if low is not None and high is not None and low > high:
            raise ValidationError("area.reversed", "area_min")


class Preference(Body):
    id = fields.Integer()
    user_id = fields.Integer()
    city = fields.String()
    deal_type = fields.String()
    property_type = fields.String(allow_none=True)
    price_min = Number(0, MAX_MONEY, allow_none=True)
    price_max = Number(0, MAX_MONEY, allow_none=True)
    rooms = fields.List(fields.Integer())
    districts = fields.List(fields.String())
    metro_stations = fields.List(fields.String())
    area_min = Number(0, LARGEST_AREA, allow_none=True)
    area_max = Number(0, LARGEST_AREA, allow_none=True)
    words = fields.String(allow_none=True)
    wishes = fields.List(fields.Nested(WishRow))
    warnings = Warnings()


@blp.route("/preferences")
class Preferences(MethodView):
    """Read and set the caller's preferences."""

    @signed_in
    @blp.response(200, Preference, description="The preferences, or null.")
    @blp.doc(**or_null(Preference))
    def get(self) -> Any:
        """Read my preferences; null if I have set none

        Each user has one set.
        """
        lead = preference_of(session(), current_user())
        if lead is None:
            return jsonify(None)
        warn_of_town("city", lead.city, lead.currency)
        return row(lead)

    @signed_in
    @blp.arguments(PreferenceBody)
    @blp.response(200, Preference)
    def post(self, body: dict[str, Any]) -> Any:
        """Set or replace my preferences; the feed is ranked again

        The next listing of the feed follows the new preferences at once.
        """
        before = lock_preference(session(), current_user())
        lead = save_preference(session(), current_user(), columns(body, before))
        warn_of_town("city", lead.city, lead.currency)
        rescore_lead(lead)
        return row(lead)


def columns(body: dict, before: Lead | None = None) -> dict[str, Any]:
    """A preference's columns from its body; fields that the body leaves out are emptied."""
    return {
        "city": body["city"],
        "deal_type": DEAL_TYPES[body["deal_type"]],
        "property_type": type_of(body["property_type"]),
        "budget_min": body["price_min"],
        "budget_max": body["price_max"],
        "rooms": body.get("rooms") or [],
        "districts": body.get("districts") or [],
        "metro_stations": body.get("metro_stations") or [],
        "area_min": body.get("area_min"),
        "area_max": body.get("area_max"),
        "additional_requirements": body.get("words"),
        **wish_columns(body.get("words"), body.get("wishes"), before),
    }


def row(lead: Lead) -> dict[str, Any]:
    return {
        "id": lead.id,
        "user_id": lead.owner_id,
        "city": lead.city,
        "deal_type": deal_word(lead.deal_type),
        "property_type": lead.property_type and type_word(lead.property_type),
        "price_min": lead.budget_min or 0,
        "price_max": 0 if lead.budget_min is None and lead.budget_max is None else lead.budget_max,
        "rooms": lead.rooms,
        "districts": lead.districts,
        "metro_stations": lead.metro_stations,
        "area_min": lead.area_min,
        "area_max": lead.area_max,
        "words": lead.additional_requirements,
        "wishes": shown_wishes(lead),
    }
