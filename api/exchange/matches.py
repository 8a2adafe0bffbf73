"""Matches of a lead or a property, and their completion."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.exchange.answers import MatchedLead, MatchedProperty, ReadyPart
from api.exchange.schemas import ContactInfo, address_of, details_of, realtor_info, requirements_of
from api.http.access import current_user, sign_in, signed_in, signed_in_by_query
from api.http.blueprint import Blueprint, Body, PageArgs, one_of, shown_word
from api.http.db import session
from api.http.fields import IdText, Moment, Number
from api.http.paging import page_of
from api.http.photos import shown_photos
from api.http.polled_lists import unchanged_own_list
from api.http.tasks import rescore_pair
from models.accounts.users import User, short_name
from models.core.enums import MatchStatus, NegotiationStatus, Side
from models.deals.completion import complete, object_to_completion
from models.deals.match_table import Match
from models.deals.matches import matches_of
from models.deals.own_list_validators import OwnList
from models.market.leads import owned_lead, shown_contacts
from models.market.properties import owned_property

blp = Blueprint("matches", __name__, description="Mutual interest in a pair, with negotiation and completion")


class MatchArgs(PageArgs):
    status = one_of(MatchStatus)


class Timeline(Body):
    created_at = Moment()
    contact_shared_at = Moment(allow_none=True)
    completed_at = Moment(allow_none=True)
    objection_until = Moment(allow_none=True, metadata={"description": "The other owner may object until then."})


class LeadCommission(Body):
    proposed_by_lead = Number(0, 100, allow_none=True)
    proposed_by_property = Number(0, 100, allow_none=True)
    negotiation_status = shown_word(NegotiationStatus)


class MatchRow(Body):
    match_id = IdText()
    status = shown_word(MatchStatus)
    commission = fields.Nested(LeadCommission)
    realtor_info = fields.Nested(ContactInfo)
    timeline = fields.Nested(Timeline)


class LeadMatchRow(MatchRow):
    property = ReadyPart(MatchedProperty)


class PropertyMatchRow(MatchRow):
    lead = ReadyPart(MatchedLead)


class LeadMatches(Body):
    matches = fields.List(fields.Nested(LeadMatchRow))
    total = fields.Integer()
    page = fields.Integer()


class PropertyMatches(Body):
    matches = fields.List(fields.Nested(PropertyMatchRow))
    total = fields.Integer()
    page = fields.Integer()


class Completed(Body):
    match_id = IdText(attribute="id")
    status = shown_word(MatchStatus)
    completed_at = Moment(allow_none=True)
    objection_until = Moment(allow_none=True)


@blp.route("/leads/<int:lead_id>/matches")
class MatchesOfLead(MethodView):
    """Matches of one of my leads."""

    @signed_in_by_query
    @blp.arguments(MatchArgs, location="query")
    @blp.response(200, LeadMatches)
    def get(self, args: dict[str, Any], lead_id: int) -> Any:
        """List the matches of one of my leads, newest first

        `status` filters by status. The other realtor's phone and Telegram are null until the match shares contacts.
        """
        unchanged = unchanged_own_list(OwnList.MATCHES_OF_LEAD, lead_id)
        if unchanged:
            return unchanged
        lead = owned_lead(session(), sign_in(), lead_id)
        rows, total = page_of(matches_of(Side.LEAD, lead.id, args.get("status")), args)
        shown = [_common(match, owner) | {"property": _property(match)} for match, owner in rows]
        return {"matches": shown, "total": total, "page": args["page"]}


@blp.route("/properties/<int:property_id>/matches")
class MatchesOfProperty(MethodView):
    """Matches of one of my properties."""

    @signed_in_by_query
    @blp.arguments(MatchArgs, location="query")
    @blp.response(200, PropertyMatches)
    def get(self, args: dict[str, Any], property_id: int) -> Any:
        """List the matches of one of my properties, newest first

        `status` filters by status. The client's and the other realtor's contacts are null until the match shares them.
        """
        unchanged = unchanged_own_list(OwnList.MATCHES_OF_PROPERTY, property_id)
        if unchanged:
            return unchanged
        listing = owned_property(session(), sign_in(), property_id)
        rows, total = page_of(matches_of(Side.PROPERTY, listing.id, args.get("status")), args)
        shown = [_common(match, owner) | {"lead": _lead(match)} for match, owner in rows]
        return {"matches": shown, "total": total, "page": args["page"]}


@blp.route("/matches/<int:match_id>/complete")
class MatchCompletion(MethodView):
    """Completion of a match."""

    @signed_in
    @blp.response(200, Completed)
    def post(self, match_id: int) -> Any:
        """Complete one of my accepted matches

        Either owner may complete an accepted match. Both rows leave the market, their other open matches are closed
        (REJECTED), and everybody concerned is notified. The other owner may object until `objection_until`. Completing
        a completed match again changes nothing.
        """
        return _rescored(complete(session(), current_user(), match_id))


@blp.route("/matches/<int:match_id>/object")
class MatchObjection(MethodView):
    """An objection to the completion of a match."""

    @signed_in
    @blp.response(200, Completed)
    @blp.alt_response(403, description="The caller completed the match.")
    def post(self, match_id: int) -> Any:
        """Object to the completion of one of my matches

        Within a week after the other owner has completed it. That undoes the completion: the match is accepted again,
        both rows are back on the market, and the matches that it closed are open again. Objecting again changes
        nothing.
        """
        return _rescored(object_to_completion(session(), current_user(), match_id))


def _rescored(match: Match) -> Match:
    rescore_pair(match)
    return match


def _common(match: Match, owner: User) -> dict:
    return {
        "match_id": match.id,
        "status": match.status,
        "commission": match,
        "realtor_info": realtor_info(owner, with_contacts=True, contacts_shared=match.contact_shared_at is not None),
        "timeline": match,
    }


def _property(match: Match) -> dict:
    listing = match.property
    return {
        "property_id": str(listing.id),
        "address": address_of(listing),
        "details": details_of(listing),
        "photos": shown_photos(listing),
    }


def _lead(match: Match) -> dict:
    lead, in_contact = match.lead, match.contact_shared_at is not None
    return {
        "lead_id": str(lead.id),
        "client_name": lead.client_name if in_contact else short_name(lead.client_name),
        "requirements": requirements_of(lead),
        "client_contacts": shown_contacts(lead, in_contact=in_contact),
    }
