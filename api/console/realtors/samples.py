"""Sample data: a realtor without rows of their own adds it to try the console, and removes it with one button."""

from flask import Response

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, page_blueprint
from api.http.db import session
from api.http.tasks import rescore_lead, rescore_properties
from api.http.uploads import remove_uploads
from models.core.enums import SUPPLY_ROLES
from models.market.sample_keys import is_sample_key
from models.upkeep.samples import add_samples, has_samples, remove_samples

blp = page_blueprint("samples")

for_realtors = page_for(*SUPPLY_ROLES)


@blp.app_template_global("is_sample")
def is_sample(row: object) -> bool:
    """Whether a lead or property (or a row with its columns) is a sample."""
    return is_sample_key(getattr(row, "city_key", None))


@blp.app_template_global("has_samples")
def _has_samples() -> bool:
    return has_samples(session(), visitor())


@blp.post("/console/samples")
@for_realtors
def add() -> Response:
    """Add the sample data, whose lists are computed at once; if it already exists, nothing changes."""
    leads, properties = add_samples(session(), visitor())
    for lead in leads:
        rescore_lead(lead)
    rescore_properties([listing.id for listing in properties])
    return back("/console/leads", "samples_added" if leads else None)


@blp.post("/console/samples/remove")
@for_realtors
def remove() -> Response:
    """Remove the sample data with everything that refers to it; without sample data nothing changes."""
    user = visitor()
    remove_uploads(remove_samples(session(), user), user)
    return back("/console/leads", "samples_removed")
