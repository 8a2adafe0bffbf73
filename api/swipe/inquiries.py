"""Inquiries, which the swipe contract calls leads: the caller's own, and those about the caller's listings.

They are created by `POST /leads`, which also accepts the exchange's body: see :mod:`api.exchange.leads`.
"""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, for_roles, signed_in
from api.http.blueprint import Blueprint, Body, PageArgs, one_of, shown_word
from api.http.db import session
from api.http.fields import IdNumber, Moment
from api.http.paging import PAGINATION, page_of, pagination
from models.core.enums import SUPPLY_ROLES, InquiryStatus
from models.deals.inquiries import Inquiry, create_inquiry, inquiries_by, inquiries_for, move_inquiry
from models.market.listings import listing_on_market

blp = Blueprint("inquiries", __name__, description="Tenants' interest in listings")


class InquiryBody(Body):
    """The swipe contract's lead. It is created as new; only the listing's owner changes the status."""

    listing_id = IdNumber(required=True)
    owner_id = IdNumber(allow_none=True)
    status = one_of(InquiryStatus, only=[InquiryStatus.NEW], load_default=InquiryStatus.NEW)


class InquiryRow(Body):
    id = fields.Integer()
    tenant_id = fields.Integer()
    listing_id = fields.Integer(attribute="property_id")
    owner_id = fields.Integer()
    status = shown_word(InquiryStatus)
    created_at = Moment()


class ForMeArgs(PageArgs):
    status = one_of(InquiryStatus)


class StatusBody(Body):
    status = one_of(InquiryStatus, required=True)


@blp.route("/leads/my")
class MyInquiries(MethodView):
    """The caller's inquiries."""

    @signed_in
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, InquiryRow(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List my inquiries, newest first

        They are created by likes in the feed and by POST /leads.
        """
        return _page(inquiries_by(current_user()), args)


@blp.route("/leads/for-me")
class InquiriesForMe(MethodView):
    """Inquiries about the caller's listings."""

    @for_roles(*SUPPLY_ROLES)
    @blp.arguments(ForMeArgs, location="query")
    @blp.response(200, InquiryRow(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List the inquiries about my listings, newest first

        `status` filters by status.
        """
        return _page(inquiries_for(current_user(), args.get("status")), args)


@blp.route("/inquiries/<int:inquiry_id>")
class InquiryById(MethodView):
    """The status of an inquiry."""

    @signed_in
    @blp.arguments(StatusBody)
    @blp.response(200, InquiryRow)
    def patch(self, body: dict[str, Any], inquiry_id: int) -> Any:
        """Change the status of an inquiry about my listing: new, in_progress, closed

        Only forward. The tenant gets a notification.
        """
        return move_inquiry(session(), current_user(), inquiry_id, body["status"])


def make_inquiry(body: dict) -> Inquiry:
    """Create the inquiry of a body loaded by :class:`InquiryBody`."""
    listing = listing_on_market(session(), body["listing_id"])
    return create_inquiry(session(), current_user(), listing, owner_id=body.get("owner_id"))


def _page(query: Any, args: dict) -> tuple[list[Inquiry], int, dict]:
    rows, total = page_of(query, args)
    return rows, 200, pagination(total, args)
