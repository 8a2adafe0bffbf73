"""Lists of the console as files: what the API's exports give, for browsers that have a cookie instead of a token."""

from flask import Response

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import page_blueprint
from api.exchange.exports import lead_file, match_file, property_file, recommendation_file
from api.http.table_files import TableFormat
from models.core.enums import SUPPLY_ROLES
from models.core.errors import NotFoundError

blp = page_blueprint("exports")

for_owners = page_for(*SUPPLY_ROLES)

LISTS = {"leads": lead_file, "properties": property_file, "matches": match_file}


@blp.get("/console/export/<what>.<kind>")
@for_owners
def whole_list(what: str, kind: str) -> Response:
    if what not in LISTS:
        raise NotFoundError("page")
    return LISTS[what](visitor(), _format(kind))


@blp.get("/console/export/leads/<int:lead_id>.<kind>")
@for_owners
def recommendations(lead_id: int, kind: str) -> Response:
    return recommendation_file(visitor(), _format(kind), lead_id)


def _format(kind: str) -> TableFormat:
    if kind not in list(TableFormat):
        raise NotFoundError("page")
    return TableFormat(kind)
