"""Prospects, which the contract calls leads: create, list, read, change status, convert."""

from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from api.exchange.open_bodies import OpenBudget
from api.exchange.schemas import WANTED_TYPES, AreaSpan
from api.http.api_keys import niche_scope, with_api_key
from api.http.blueprint import Blueprint, Body, names_of, one_of
from api.http.db import session
from api.http.fields import MAX_ROOMS, FormWhole, IdText, Moment, Phone, Text, Town, Whole, money
from api.http.tasks import rescore_lead, score_prospect
from api.http.warnings import Warnings, warn_of_town
from api.leadgen.announce import announce_change, announce_prospect
from api.leadgen.schemas import ROWS, Amount, ListArgs, rows_of, window
from models.accounts.users import normal_phone
from models.core.enums import Condition, DealType, PaymentMethod, PropertyClass, PropertyType
from models.leadgen.campaigns import Platform
from models.leadgen.conversion import convert
from models.leadgen.events import EventKind
from models.leadgen.messages import Message, Sender, add_message, messages_of
from models.leadgen.prospects import (
    Prospect,
    ProspectStatus,
    add_prospect,
    change_status,
    get_prospect,
    prospects_window,
    touches_of,
)

blp = Blueprint("leadgen-leads", __name__, description="Contacts won by advertising")


class ProspectBody(Body):
    ad_id = fields.UUID(allow_none=True, metadata={"description": "The ad that won the lead."})
    name = Text(200, required=True)
    phone = Phone(allow_none=True)
    source = one_of(Platform, required=True)
    platform_user_id = Text(200, allow_none=True)
    budget = money(allow_none=True)
    notes = Text(5000, empty=True, allow_none=True)


class ProspectArgs(ListArgs):
    status = one_of(ProspectStatus)
    source = one_of(Platform)
    niche_id = fields.UUID()
    campaign_id = fields.UUID()


class ProspectStatusBody(Body):
    status = one_of(ProspectStatus, required=True)
    revenue = money(metadata={"description": "With `won`: the revenue of the deal; by default the lead's budget."})


class MessageBody(Body):
    message = Text(10_000, required=True)
    sender = one_of(Sender, required=True)
    platform = one_of(Platform, required=True)


class MessageArgs(Body):
    """All messages unless `page` or `limit` is given."""

    page = FormWhole(1, 1_000_000, metadata={"description": "From 1."})
    limit = FormWhole(1, ROWS, metadata={"description": f"Messages a page, {ROWS} if only a page is named."})


class ClientPlaces(Body):
    city = Town(required=True)
    districts = fields.List(Text(100), validate=validate.Length(max=200))
    metro_stations = fields.List(Text(100), validate=validate.Length(max=400))


class ClientRequirements(Body):
    """The client's requirements in the exchange's form; all but the city may be left out."""

    location = fields.Nested(ClientPlaces, required=True)
    budget = fields.Nested(OpenBudget)
    area = fields.Nested(AreaSpan)
    rooms = fields.List(Whole(0, MAX_ROOMS), validate=validate.Length(max=MAX_ROOMS))
    property_type = one_of(PropertyType, only=WANTED_TYPES)
    property_class = one_of(PropertyClass)
    condition = one_of(Condition)
    payment_method = one_of(PaymentMethod)
    additional_requirements = Text(5000, empty=True, allow_none=True)


class ConvertBody(Body):
    realtor_id = IdText(required=True)
    requirements = fields.Nested(ClientRequirements, required=True)
    deal_type = one_of(DealType, load_default=DealType.SALE)
    notes = Text(5000, empty=True, allow_none=True)


class ProspectRow(Body):
    id = fields.UUID()
    ad_id = fields.UUID(allow_none=True)
    campaign_id = fields.UUID(allow_none=True)
    niche_id = fields.UUID(allow_none=True)
    name = fields.String()
    phone = fields.String(allow_none=True)
    source = fields.String()
    platform_user_id = fields.String(allow_none=True)
    budget = Amount()
    notes = fields.String(allow_none=True)
    status = fields.String()
    revenue = Amount(metadata={"description": "The revenue of the deal, while the lead is won."})
    quality_score = fields.Integer(allow_none=True, metadata={"description": "0 to 100; null until it is computed."})
    lead_id = IdText(allow_none=True, metadata={"description": "The exchange lead into which this one was converted."})
    created_at = Moment()


class ProspectAdded(ProspectRow):
    duplicate = fields.Boolean(
        metadata={"description": "The niche has a lead of this person: a touch was added to it."}
    )
    touches = fields.Integer(metadata={"description": "Contacts so far, the first included."})


class MessageRow(Body):
    id = fields.UUID()
    message = fields.String()
    sender = fields.String()
    platform = fields.String()
    created_at = Moment()


class MessageAdded(MessageRow):
    lead_id = fields.UUID(attribute="prospect_id")


class Conversation(Body):
    lead_id = fields.UUID()
    messages = fields.List(fields.Nested(MessageRow))


class Quality(Body):
    method = fields.String(metadata={"description": "rules; or model: a model fitted to the niche's outcomes."})
    reasons = fields.List(fields.Dict(), metadata={"description": "The points that each criterion added to the score."})


class ProspectDetail(ProspectRow):
    touches = fields.Integer()
    quality = fields.Nested(Quality, allow_none=True)
    conversations = fields.List(fields.Nested(MessageRow))


class Converted(Body):
    lead_id = IdText(attribute="id")
    realtor_id = IdText(attribute="owner_id")
    created_at = Moment()
    warnings = Warnings()


@blp.route("/api/leads")
class Prospects(MethodView):
    """List and add leads."""

    @with_api_key
    @blp.arguments(ProspectBody)
    @blp.response(201, ProspectAdded)
    @blp.alt_response(
        200, schema=ProspectAdded, description="The niche has a lead of this person: a touch was added to it."
    )
    def post(self, body: dict[str, Any]) -> Any:
        """Add a lead, or a touch to the niche's lead with the same phone or platform user

        A second contact of a person adds no second lead: the answer is 200, `duplicate` is true, and the lead has one
        more touch.
        """
        if body.get("phone"):
            body["phone"] = normal_phone(body["phone"])
        added = add_prospect(session(), body, scope=niche_scope())
        prospect = added.prospect
        if added.new:
            announce_prospect(EventKind.LEAD_CREATED, prospect, source=prospect.source)
        score_prospect(prospect.id)
        answer = row_of(prospect) | {"duplicate": not added.new, "touches": touches_of(session(), prospect)}
        return answer, 201 if added.new else 200

    @with_api_key
    @blp.arguments(ProspectArgs, location="query")
    @blp.response(200, ProspectRow(many=True))
    def get(self, args: dict[str, Any]) -> Any:
        """List leads, newest first

        In pages of 100 by default, filtered by status, source, niche and campaign.
        """
        return prospects_window(session(), **window(args), **filters_of(args))


@blp.route("/api/leads/<uuid:lead_id>")
class ProspectById(MethodView):
    """Read one lead."""

    @with_api_key
    @blp.response(200, ProspectDetail)
    def get(self, lead_id: UUID) -> Any:
        """Read a lead with its conversation and the reasons behind its score

        `quality_score` is computed soon after a lead has changed; until then it is the earlier one.
        """
        prospect = get_prospect(session(), lead_id, scope=niche_scope())
        scored = prospect.quality_method is not None
        return row_of(prospect) | {
            "touches": touches_of(session(), prospect),
            "quality": {"method": prospect.quality_method, "reasons": prospect.quality_reasons} if scored else None,
            "conversations": session().scalars(messages_of(lead_id)).all(),
        }


@blp.route("/api/leads/<uuid:lead_id>/status")
class ProspectStatusById(MethodView):
    """Change a lead's status."""

    @with_api_key
    @blp.arguments(ProspectStatusBody)
    @blp.response(200, ProspectRow)
    def patch(self, body: dict[str, Any], lead_id: UUID) -> Any:
        """Move a lead to another status

        A move that is not allowed is refused with 409, which names the allowed ones. Only `won` accepts `revenue`.
        """
        prospect = get_prospect(session(), lead_id, lock=True, scope=niche_scope())
        if change_status(session(), prospect, body["status"], body.get("revenue")):
            announce_prospect(EventKind.LEAD_STATUS, prospect, status=prospect.status)
        else:
            announce_change()  # the revenue may have changed
        return prospect


@blp.route("/api/leads/<uuid:lead_id>/messages")
class Messages(MethodView):
    """Read and add messages of a conversation."""

    @with_api_key
    @blp.arguments(MessageBody)
    @blp.response(201, MessageAdded)
    def post(self, body: dict[str, Any], lead_id: UUID) -> Any:
        """Add a message to a lead's conversation

        The quality is computed again, because it depends on the conversation.
        """
        words = (body["message"], body["sender"], body["platform"])
        message: Message = add_message(session(), lead_id, *words, scope=niche_scope())
        announce_change()
        score_prospect(lead_id)
        return message

    @with_api_key
    @blp.arguments(MessageArgs, location="query")
    @blp.response(200, Conversation)
    def get(self, args: dict[str, Any], lead_id: UUID) -> Any:
        """Read a lead's whole conversation, oldest first

        Whole, unless `page` or `limit` is given.
        """
        get_prospect(session(), lead_id, scope=niche_scope())
        query = messages_of(lead_id)
        messages = rows_of(query, {"page": 1, "limit": ROWS} | args) if args else session().scalars(query).all()
        return {"lead_id": lead_id, "messages": messages}


@blp.route("/api/leads/<uuid:lead_id>/convert")
class Conversion(MethodView):
    """Convert a lead to a lead of the exchange."""

    @with_api_key
    @blp.arguments(ConvertBody)
    @blp.response(201, Converted)
    def post(self, body: dict[str, Any], lead_id: UUID) -> Any:
        """Convert a lead into an exchange lead of a realtor; possible once

        The realtor gets a lead of the exchange with the client's name and phone, and soon after its recommendations.
        """
        prospect = get_prospect(session(), lead_id, lock=True, scope=niche_scope())
        lead = convert(session(), prospect, body["realtor_id"], _columns(body))
        warn_of_town("requirements.location.city", lead.city, lead.currency)
        rescore_lead(lead)
        announce_change()
        return lead


def filters_of(args: dict[str, Any]) -> dict[str, Any]:
    """Return the filters among a list's arguments, and the niche to which the caller is restricted."""
    filters = {name: args.get(name) for name in ("status", "source", "niche_id", "campaign_id")}
    return filters | {"scope": niche_scope()}


def row_of(prospect: Prospect, schema: type[Schema] = ProspectRow) -> dict[str, Any]:
    """Return a prospect's columns that *schema* names."""
    return {name: getattr(prospect, name) for name in names_of(schema)}


def _columns(body: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a lead from its requirements."""
    requirements = dict(body["requirements"])
    location, budget, area = requirements.pop("location"), requirements.pop("budget", {}), requirements.pop("area", {})
    spans = {
        "budget_min": budget.get("min"),
        "budget_max": budget.get("max"),
        "area_min": area.get("min"),
        "area_max": area.get("max"),
    }
    return location | requirements | spans | {"deal_type": body["deal_type"], "notes": body.get("notes")}
