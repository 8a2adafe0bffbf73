"""A tenant's preferences: what the feed is made of."""

from typing import Any

from flask import jsonify
from flask.views import MethodView
from marshmallow import ValidationError, fields, validate, validates_schema

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, or_null
from api.http.db import session
from api.http.fields import MOST_MONEY, Number, Text, money
from api.http.tasks import rescore_lead
from api.swipe.listing_words import DEAL_TYPES, PROPERTY_TYPES, deal_word, type_of, type_word
from models.market.leads import Lead
from models.market.preferences import preference_of, save_preference

blp = Blueprint("preferences", __name__, description="What the feed is made of")


class PreferenceBody(Body):
    city = Text(100, required=True)
    deal_type = fields.String(required=True, validate=validate.OneOf(DEAL_TYPES))
    property_type = fields.String(required=True, validate=validate.OneOf(PROPERTY_TYPES))
    price_min = money(required=True)
    price_max = money(required=True)

    @validates_schema
    def check_order(self, data: dict, **kwargs: Any) -> None:
        if data["price_min"] > data["price_max"]:
            raise ValidationError("price_min must not be above price_max.", "price_min")


class Preference(Body):
    id = fields.Integer()
    user_id = fields.Integer()
    city = fields.String()
    deal_type = fields.String()
    property_type = fields.String(allow_none=True)
    price_min = Number(0, MOST_MONEY, allow_none=True)
    price_max = Number(0, MOST_MONEY, allow_none=True)


@blp.route("/preferences")
class Preferences(MethodView):
    """What the caller looks for."""

    @signed_in
    @blp.response(200, Preference, description="The preferences, or null.")
    @blp.doc(**or_null(Preference))
    def get(self) -> Any:
        """Read my preferences; null if I have set none

        There is one set to a user.
        """
        found = preference_of(session(), current_user())
        return row(found) if found else jsonify(None)

    @signed_in
    @blp.arguments(PreferenceBody)
    @blp.response(200, Preference)
    def post(self, body: dict[str, Any]) -> Any:
        """Set or replace my preferences; the feed is ranked anew

        The next listing of the feed follows the new preferences at once.
        """
        found = save_preference(session(), current_user(), columns(body))
        rescore_lead(found)
        return row(found)


def columns(body: dict) -> dict[str, Any]:
    return {
        "city": body["city"],
        "deal_type": DEAL_TYPES[body["deal_type"]],
        "property_type": type_of(body["property_type"]),
        "budget_min": body["price_min"],
        "budget_max": body["price_max"],
    }


def row(found: Lead) -> dict[str, Any]:
    return {
        "id": found.id,
        "user_id": found.owner_id,
        "city": found.city,
        "deal_type": deal_word(found.deal_type),
        "property_type": found.property_type and type_word(found.property_type),
        "price_min": found.budget_min,
        "price_max": found.budget_max,
    }
