"""Up to four homes of a lead side by side, by criterion and wish."""

from flask import render_template

from api.console.kit.access import page_for, visitor
from api.console.kit.comparison import MAX_HOMES, compared, homes_of_address
from api.console.kit.pages import page_blueprint
from api.http.db import session
from models.core.enums import SUPPLY_ROLES
from models.deals.selections import offered_homes
from models.market.leads import owned_lead

blp = page_blueprint("compare")


@blp.get("/console/leads/<int:lead_id>/compare")
@page_for(*SUPPLY_ROLES)
def compare(lead_id: int) -> str:
    """The homes in the address; more than four are left out."""
    lead = owned_lead(session(), visitor(), lead_id)
    offered = offered_homes(session(), lead, homes_of_address())
    homes = [listing for listing in offered if listing.owner_id != lead.owner_id][:MAX_HOMES]
    scores, rows = compared(lead, homes)
    return render_template(
        "console/compare.html",
        lead=lead,
        homes=homes,
        scores=scores,
        rows=rows,
        left_out=max(0, len(offered) - len(homes)),
    )
