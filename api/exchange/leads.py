"""
Leads of the exchange: create, list, read, replace, archive, restore. `POST /leads` accepts the swipe contract's
inquiries too.
"""

from typing import Any

from flask import jsonify
from flask.views import MethodView
from marshmallow import fields

from api.exchange.answers import ReadyPart, ShownRequirements
from api.exchange.replacements import read_replacement
from api.exchange.schemas import LeadBody, LeadCreated, StatusArgs, lead_columns, requirements_of
from api.http.access import current_user, sign_in, signed_in, signed_in_by_query
from api.http.blueprint import Blueprint, Body, read_json, refuse_unless_json, shown_word
from api.http.db import only_reads, session
from api.http.fields import IdText, Moment
from api.http.lost_updates import guards_updates, refuse_if_changed, tag_with_version
from api.http.paging import page_of
from api.http.polled_lists import unchanged_own_list
from api.http.readings import WishRow, shown_wishes
from api.http.tasks import rescore_lead
from api.http.warnings import Warnings, warn, warn_of_town
from api.swipe.inquiries import InquiryBody, InquiryRow, make_inquiry
from models.core.enums import ContactSharing, Origin, Side, Status
from models.core.errors import Fault
from models.deals.matches import match_counts
from models.deals.own_list_validators import OwnList
from models.market.clients import other_lead_of_client
from models.market.leads import Lead, archive_lead, create_lead, leads_of, owned_lead, replace_lead, restore_lead

blp = Blueprint("leads", __name__, description="Leads: the requirements of a realtor's clients")


class LeadRow(Body):
    lead_id = IdText()
    client_name = fields.String(allow_none=True)
    requirements = ReadyPart(ShownRequirements)
    wishes = ReadyPart(WishRow, many=True)
    client_contacts = fields.String(allow_none=True)
    client_contacts_shared = shown_word(ContactSharing)
    notes = fields.String(allow_none=True)
    private_notes = fields.String(allow_none=True)
    status = shown_word(Status)
    match_count = fields.Integer()
    created_at = Moment()
    updated_at = Moment()
    warnings = Warnings()


class LeadRows(Body):
    leads = fields.List(fields.Nested(LeadRow))
    total = fields.Integer()
    page = fields.Integer()


#: The path of the town in a body.
TOWN = "requirements.location.city"
#: Clients of the swipe contract and of the exchange post to the same path; the body distinguishes them.
EITHER_BODY = {"oneOf": [LeadBody, InquiryBody]}
# Created once, because nested schemas are costly to create.
LEAD_BODY, INQUIRY_BODY, INQUIRY_ROW = LeadBody(), InquiryBody(), InquiryRow()


@blp.route("/leads")
class Leads(MethodView):
    """List my leads; create a lead or an inquiry."""

    @signed_in
    @blp.response(201, LeadCreated)
    @blp.alt_response(403, description="An inquiry about one's own listing.")
    @blp.alt_response(404, description="There is no such listing on the market.")
    @blp.alt_response(200, schema=InquiryRow, description="The inquiry, for a body with `listing_id`.")
    @blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": EITHER_BODY}}})
    def post(self) -> Any:
        """Create a lead, or an inquiry about a listing

        With `requirements` it is a lead, with `listing_id` a tenant's inquiry.
        """
        schema, body = read_json(_schema_of)
        if schema is INQUIRY_BODY:
            return jsonify(INQUIRY_ROW.dump(make_inquiry(body)))
        lead = create_lead(session(), current_user(), Origin.EXCHANGE, lead_columns(body))
        warn_of_town(TOWN, lead.city, lead.currency)
        warn_of_client(lead)
        rescore_lead(lead)
        return lead

    @signed_in_by_query
    @only_reads
    @blp.arguments(StatusArgs, location="query")
    @blp.response(200, LeadRows)
    def get(self, args: dict[str, Any]) -> Any:
        """List my leads, newest first

        Archived ones included, unless `status` filters them out. `match_count` counts the matches that nobody has
        rejected.
        """
        unchanged = unchanged_own_list(OwnList.LEADS)
        if unchanged:
            return unchanged
        leads, total = page_of(leads_of(sign_in(), args.get("status")), args)
        counts = match_counts(session(), Side.LEAD, [lead.id for lead in leads])
        return {
            "leads": [lead_row(lead, counts.get(lead.id, 0)) for lead in leads],
            "total": total,
            "page": args["page"],
        }


@blp.route("/leads/<int:lead_id>")
class LeadById(MethodView):
    """Read or replace one of my leads."""

    @signed_in
    @only_reads
    @blp.response(200, LeadRow)
    def get(self, lead_id: int) -> Any:
        """Read one of my leads

        With the client's contacts, which others see only after a match has shared them.
        """
        lead = owned_lead(session(), current_user(), lead_id)
        tag_with_version(lead.version)
        return _shown(lead)

    @signed_in
    @guards_updates
    @blp.response(200, LeadRow)
    @blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": LeadBody}}})
    def put(self, lead_id: int) -> Any:
        """Replace one of my leads

        Fields that the body leaves out are emptied. The list of recommendations is updated within a moment. Fields that
        a lead of another contract lacks (its GET answers null) may stay null.
        """
        refuse_unless_json()
        lead = owned_lead(session(), current_user(), lead_id, lock=True)
        refuse_if_changed(lead.version)
        body = read_replacement(LEAD_BODY, lead_row(lead, 0))
        replace_lead(session(), lead, lead_columns(body, lead))
        warn_of_town(TOWN, lead.city, lead.currency)
        warn_of_client(lead)
        rescore_lead(lead)
        return _shown(lead)


@blp.route("/leads/<int:lead_id>/archive")
class LeadArchive(MethodView):
    """Archive a lead."""

    @signed_in
    @blp.response(200, LeadRow)
    def post(self, lead_id: int) -> Any:
        """Take one of my leads off the market

        It leaves every list of recommendations; its matches stay. Archiving again changes nothing.
        """
        lead = owned_lead(session(), current_user(), lead_id, lock=True)
        archive_lead(session(), lead)
        rescore_lead(lead)
        return _shown(lead)


@blp.route("/leads/<int:lead_id>/restore")
class LeadRestoring(MethodView):
    """Restore an archived lead."""

    @signed_in
    @blp.response(200, LeadRow)
    def post(self, lead_id: int) -> Any:
        """Put one of my archived leads back on the market

        Under the same id, with its likes and matches. Restoring again changes nothing.
        """
        lead = owned_lead(session(), current_user(), lead_id, lock=True)
        restore_lead(session(), lead)
        rescore_lead(lead)
        return _shown(lead)


def warn_of_client(lead: Lead) -> None:
    """Add a warning if the caller already has a lead of the same client."""
    other = other_lead_of_client(session(), lead)
    if other is not None:
        warn("client_contacts", Fault("warning.duplicate_of", lead=str(other)), (str(other),))


def _schema_of(raw: dict) -> Body:
    """
    Choose the schema of a body of `POST /leads`. A body that lacks the distinguishing fields is read as an inquiry if
    it has any field of one.
    """
    of_tinder = "listing_id" in raw or ("requirements" not in raw and not raw.keys().isdisjoint(INQUIRY_BODY.fields))
    return INQUIRY_BODY if of_tinder else LEAD_BODY


def lead_row(lead: Lead, match_count: int) -> dict:
    """A lead as its owner sees it."""
    return {
        "lead_id": lead.id,
        "client_name": lead.client_name,
        "requirements": requirements_of(lead),
        "wishes": shown_wishes(lead),
        "client_contacts": lead.client_contacts,
        "client_contacts_shared": lead.client_contacts_shared,
        "notes": lead.notes,
        "private_notes": lead.private_notes,
        "status": lead.status,
        "match_count": match_count,
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
    }


def _shown(lead: Lead) -> dict:
    return lead_row(lead, match_counts(session(), Side.LEAD, [lead.id]).get(lead.id, 0))
