"""Ranked lists of recommendations, as stored, and a realtor's likes and dislikes."""

from dataclasses import replace
from typing import Any

from flask.views import MethodView
from marshmallow import fields
from sqlalchemy import Connection

from api.exchange.answers import CommissionDetails, LeadData, PropertyData
from api.exchange.schemas import RealtorInfo, address_of, details_of, realtor_info, requirements_of
from api.http.access import claims, current_user, signed_in, signed_in_by_query
from api.http.blueprint import Blueprint, Body, PageArgs, one_of, shown_word
from api.http.db import only_reads, session
from api.http.explanations import explain_pairs
from api.http.fields import IdText, Number, Text
from api.http.home_adverts import AdvertsOfHome, PriceCut, of_home
from api.http.json_provider import ready
from api.http.photos import look_up_photos, shown_photos
from api.http.polled_lists import polled
from api.http.shown_lists import count_shown
from models.accounts.users import short_name
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side
from models.deals.match_table import Match
from models.deals.matches import act
from models.deals.recommendation_pages import Recommended, ShownPage, rows_to_explain, shown_page
from models.deals.similar_units import group_alike
from models.market.leads import shown_contacts
from models.ranking.recommendations import LIST_LENGTH

blp = Blueprint("recommendations", __name__, description="Ranked lists in both directions, and likes")


class CriterionShare(Body):
    """One criterion's share of a score."""

    criterion = fields.String()
    stated = fields.Boolean(metadata={"description": "Whether the lead states a wish; if not, the value is a prior."})
    known = fields.Boolean(
        metadata={"description": "Whether the property states anything about the subject of the wish."}
    )
    value = fields.Float(metadata={"description": "0 to 1"})
    weight = fields.Float(metadata={"description": "Its share of all weights, which add up to 1."})
    points = fields.Float(metadata={"description": "Its contribution to match_score."})


class WishAnswer(Body):
    """The outcome of one wish."""

    kind = fields.String()
    label = fields.String()
    value = fields.Raw()
    strength = fields.String()
    outcome = fields.String(metadata={"description": "met, partly, not_met or not_told."})
    fact = fields.Raw(allow_none=True, metadata={"description": "The property's fact; null if it states none."})
    quote = fields.String(allow_none=True, metadata={"description": "The words of the listing that state the fact."})
    points = fields.Float(metadata={"description": "Its contribution to match_score; part of the criterion `wish`."})


class PlaceAnswer(Body):
    """How near the property lies to the lead's wanted places."""

    relation = fields.String(metadata={"description": "wanted, near, elsewhere or unknown."})
    kind = fields.String(metadata={"description": "district, metro or spot."})
    wanted = fields.String()
    place = fields.String()
    km = fields.Float(allow_none=True)


class PropertyRecommendation(Body):
    optional = ("explored", "alike", "criteria", "wishes", "adjustment", "place", "price_cut", "group")

    property_id = IdText()
    property_data = fields.Nested(PropertyData)
    realtor_info = fields.Nested(RealtorInfo)
    match_score = fields.Float(metadata={"description": "0 to 100"})
    commission_details = fields.Nested(CommissionDetails)
    explored = fields.Boolean(
        metadata={
            "description": "Present only if true: a new property that is in few lists, added after the end of this one."
        }
    )
    price_cut = fields.Nested(PriceCut)
    group = fields.Nested(AdvertsOfHome, metadata={"description": "Present if several owners offer the home."})
    alike = fields.List(
        IdText(), metadata={"description": "With `grouped`: similar units of the same building, which rank lower."}
    )
    criteria = fields.List(fields.Nested(CriterionShare))
    wishes = fields.List(fields.Nested(WishAnswer))
    adjustment = fields.Float(
        metadata={"description": "match_score minus the points of the criteria: the deduction for contradicted wishes."}
    )
    place = fields.Nested(PlaceAnswer, allow_none=True)


class LeadRecommendation(Body):
    optional = ("criteria", "wishes", "adjustment", "place")

    lead_id = IdText()
    lead_data = fields.Nested(LeadData)
    realtor_info = fields.Nested(RealtorInfo)
    match_score = fields.Float(metadata={"description": "0 to 100"})
    commission_details = fields.Nested(CommissionDetails)
    criteria = fields.List(fields.Nested(CriterionShare))
    wishes = fields.List(fields.Nested(WishAnswer))
    adjustment = fields.Float(
        metadata={"description": "match_score minus the points of the criteria: the deduction for contradicted wishes."}
    )
    place = fields.Nested(PlaceAnswer, allow_none=True)


class RecommendationRows(Body):
    total = fields.Integer()
    page = fields.Integer()


class PropertyRecommendations(RecommendationRows):
    recommendations = fields.List(fields.Nested(PropertyRecommendation))


class LeadRecommendations(RecommendationRows):
    recommendations = fields.List(fields.Nested(LeadRecommendation))


class RecommendationArgs(PageArgs):
    explain = fields.Boolean(
        load_default=False, metadata={"description": "Add `criteria`: the contribution of each criterion to the score."}
    )


class LeadListArgs(RecommendationArgs):
    grouped = fields.Boolean(
        load_default=False,
        metadata={
            "description": "One entry for similar units of a building: same rooms and type, prices within a tenth. "
            "`total` counts entries."
        },
    )


class ActionBody(Body):
    action = one_of(ActionKind, required=True)
    proposed_commission = Number(0, 100, allow_none=True, metadata={"description": "Per cent."})
    notes = Text(5000, empty=True, allow_none=True)


class ActionAnswer(Body):
    action = shown_word(ActionKind)
    match_id = IdText(allow_none=True, metadata={"description": "Null after a dislike if there is no match."})
    status = shown_word(MatchStatus, allow_none=True)
    negotiation_status = shown_word(NegotiationStatus, allow_none=True)


@blp.route("/leads/<int:lead_id>/property-recommendations")
class ForLead(MethodView):
    """Properties for one of my leads."""

    @signed_in_by_query
    @only_reads
    @blp.arguments(LeadListArgs, location="query")
    @blp.response(200, PropertyRecommendations)
    def get(self, args: dict[str, Any], lead_id: int) -> Any:
        """List the properties recommended for one of my leads, best first

        At most 100, of other owners in the same city and deal type. Those that I have liked or disliked are left out;
        `explain` adds the reasons behind each score.
        """
        explain = args.pop("explain")
        is_grouped = args.pop("grouped")
        with polled(Side.LEAD, lead_id, is_exact=not explain) as poll:
            if poll.unchanged:
                return poll.unchanged
            if is_grouped:
                recommended, alike = _grouped_page(poll.connection, lead_id, **args)
            else:
                recommended, alike = shown_page(poll.connection, session, claims(), Side.LEAD, lead_id, **args), None
            poll.has_read(recommended.entries)
        count_shown(Side.LEAD, lead_id, len(recommended.entries))
        look_up_photos(entry.row for entry in recommended.entries)
        entries = [_property_entry(entry) for entry in recommended.entries]
        for entry, others in zip(entries, alike or (), strict=bool(alike)):
            entry["alike"] = others
        if explain:
            _add_explanations(entries, [lead_id], [entry.row.id for entry in recommended.entries])
        return ready({"recommendations": entries, "total": recommended.total, "page": args["page"]})


@blp.route("/properties/<int:property_id>/lead-recommendations")
class ForProperty(MethodView):
    """Leads for one of my properties."""

    @signed_in_by_query
    @only_reads
    @blp.arguments(RecommendationArgs, location="query")
    @blp.response(200, LeadRecommendations)
    def get(self, args: dict[str, Any], property_id: int) -> Any:
        """List the leads recommended for one of my properties, best first

        At most 100, of other owners in the same city and deal type. Clients' contacts are null until a match shares
        them; `explain` adds the reasons behind each score.
        """
        explain = args.pop("explain")
        with polled(Side.PROPERTY, property_id, is_exact=not explain) as poll:
            if poll.unchanged:
                return poll.unchanged
            recommended = shown_page(poll.connection, session, claims(), Side.PROPERTY, property_id, **args)
            poll.has_read(recommended.entries)
        count_shown(Side.PROPERTY, property_id, len(recommended.entries))
        share = float(recommended.commission_share or 0)
        entries = [
            _lead_entry(entry, share, entry.row.id in recommended.contacts_shared) for entry in recommended.entries
        ]
        if explain:
            _add_explanations(entries, [entry.row.id for entry in recommended.entries], [property_id])
        return ready({"recommendations": entries, "total": recommended.total, "page": args["page"]})


@blp.route("/leads/<int:lead_id>/property-recommendations/<int:property_id>/action")
class LeadSideAction(MethodView):
    """A lead owner's like or dislike of a property."""

    @signed_in
    @blp.arguments(ActionBody)
    @blp.response(200, ActionAnswer)
    @blp.alt_response(403, description="Both sides of the pair are the caller's own.")
    def post(self, body: dict[str, Any], lead_id: int, property_id: int) -> Any:
        """Like or dislike a property for one of my leads

        A like creates a match, or accepts the match that the other side began. If the commissions are equal, or the
        later side names none, the commission is agreed and contacts are shared. A dislike rejects the match.
        """
        return _act(Side.LEAD, body, lead_id, property_id)


@blp.route("/properties/<int:property_id>/lead-recommendations/<int:lead_id>/action")
class PropertySideAction(MethodView):
    """A property owner's like or dislike of a lead."""

    @signed_in
    @blp.arguments(ActionBody)
    @blp.response(200, ActionAnswer)
    @blp.alt_response(403, description="Both sides of the pair are the caller's own.")
    def post(self, body: dict[str, Any], property_id: int, lead_id: int) -> Any:
        """Like or dislike a lead for one of my properties

        As from the lead's side: a like creates or accepts a match, equal commissions are agreed and contacts are
        shared, a dislike rejects the match.
        """
        return _act(Side.PROPERTY, body, lead_id, property_id)


def _act(side: Side, body: dict, lead_id: int, property_id: int) -> dict:
    match: Match | None = act(
        session(),
        current_user(),
        side,
        lead_id=lead_id,
        property_id=property_id,
        kind=body["action"],
        proposed_commission=body.get("proposed_commission"),
        notes=body.get("notes"),
    )
    return {
        "action": body["action"],
        "match_id": match and match.id,
        "status": match and match.status,
        "negotiation_status": match and match.negotiation_status,
    }


def _grouped_page(reading: Connection, lead_id: int, *, page: int, limit: int) -> tuple[ShownPage, list[list[str]]]:
    """
    A page of a lead's list with one entry for each group of similar units, and the ids of the other units of each
    group.
    """
    whole = shown_page(reading, session, claims(), Side.LEAD, lead_id, page=1, limit=LIST_LENGTH)
    groups = group_alike(whole.entries)
    shown = groups[(page - 1) * limit : page * limit]
    best_of_groups = replace(whole, entries=[group.best for group in shown], total=len(groups))
    return best_of_groups, [[str(other.row.id) for other in group.others] for group in shown]


def _property_entry(entry: Recommended) -> dict:
    listing: Any = entry.row  # a property's columns
    share = float(listing.commission_share or 0)
    return {
        "property_id": str(listing.id),
        "property_data": {
            "address": address_of(listing),
            "details": details_of(listing),
            "commission_share": share,
            "photos": shown_photos(listing),
            "description": listing.description,
        },
        "realtor_info": realtor_info(entry.owner),
        "match_score": round(entry.match_score, 2),
        "commission_details": {"proposed_share": share},
    } | (({"explored": True} if entry.explored else {}) | of_home(entry))


def _lead_entry(entry: Recommended, share: float, contacts_shared: bool) -> dict:
    lead: Any = entry.row  # a lead's columns
    return {
        "lead_id": str(lead.id),
        "lead_data": {
            "client_name": lead.client_name if contacts_shared else short_name(lead.client_name),
            "requirements": requirements_of(lead),
            "client_contacts": shown_contacts(lead, in_contact=contacts_shared),
            "notes": lead.notes,
        },
        "realtor_info": realtor_info(entry.owner, contacts_shared=contacts_shared),
        "match_score": round(entry.match_score, 2),
        "commission_details": {"proposed_share": share},
    }


def _add_explanations(entries: list[dict], lead_ids: list[int], property_ids: list[int]) -> None:
    """Add the reasons for the scores to *entries*: a page that its query has shown to belong to the caller."""
    leads = rows_to_explain(session(), Side.LEAD, lead_ids)
    properties = rows_to_explain(session(), Side.PROPERTY, property_ids)
    for entry, explanation in zip(entries, explain_pairs(session(), leads, properties), strict=True):
        entry.update(explanation)
