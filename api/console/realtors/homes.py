"""The read-only page of a home for realtors who see it in a list, a match or a selection."""

from typing import cast

from flask import Response, redirect, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import page_blueprint
from api.console.kit.row_ids import id_in
from api.console.kit.score_reasons import render_reasons
from api.console.realtors.home_parts import parts_of
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from models.accounts.users import User
from models.core.enums import SUPPLY_ROLES
from models.core.errors import NotFoundError
from models.deals.home_views import home_for, match_about, record_view
from models.market.leads import Lead, owned_lead

blp = page_blueprint("homes")


@blp.get("/console/homes/<int:property_id>")
@page_for(*SUPPLY_ROLES)
def home_page(property_id: int) -> str | Response:
    """One home; `?lead=ID` names the visitor's lead for which it is viewed, and adds the score for it.

    The owner's contacts are never on this page; after an agreement they are on the page of the match.
    """
    listing = home_for(session(), visitor(), property_id)
    if listing.owner_id == visitor().id:
        return cast(Response, redirect(f"/console/properties/{property_id}", 303))
    record_view(session(), listing, visitor())
    lead = _lead()
    explanation = None
    match = match_about(session(), visitor(), listing)
    in_contact = match is not None and match.contact_shared_at is not None
    if lead is not None and (lead.city_key, lead.deal_type) == (listing.city_key, listing.deal_type):
        explanation = explanations_of_pairs(session(), [lead], [listing])[0]
    return render_template(
        "console/realtors/home.html",
        listing=listing,
        owner=session().get_one(User, listing.owner_id),
        parts=parts_of(listing, in_contact=in_contact),
        in_contact=in_contact,
        lead=lead,
        match=match,
        score=explanation and explanation.score,
        reasons=explanation and lead and render_reasons(lead, listing, explanation, level=2),
    )


def _lead() -> Lead | None:
    """The visitor's lead in the address; None for others' leads."""
    lead_id = id_in(request.args.get("lead", ""))
    if lead_id is None:
        return None
    try:
        return owned_lead(session(), visitor(), lead_id)
    except NotFoundError:
        return None
