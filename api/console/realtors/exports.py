"""Exports of the console's lists: the API's files, for browsers with a cookie instead of a token."""

from flask import Response

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import page_blueprint
from api.console.realtors.own_base import requested_filter
from api.exchange.exports import filtered_file, match_file, recommendation_file
from api.http.table_files import TableFormat
from models.core.enums import SUPPLY_ROLES, Side
from models.core.errors import NotFoundError

blp = page_blueprint("exports")

for_owners = page_for(*SUPPLY_ROLES)

OWN_LISTS = {"leads": Side.LEAD, "properties": Side.PROPERTY}


@blp.get("/console/export/<list_name>.<kind>")
@for_owners
def whole_list(list_name: str, kind: str) -> Response:
    """All rows of an own list that pass the address's filter; or all matches."""
    if list_name in OWN_LISTS:
        side = OWN_LISTS[list_name]
        return filtered_file(visitor(), _format(kind), side, requested_filter(side))
    if list_name != "matches":
        raise NotFoundError("page")
    return match_file(visitor(), _format(kind))


@blp.get("/console/export/leads/<int:lead_id>.<kind>")
@for_owners
def recommendations(lead_id: int, kind: str) -> Response:
    return recommendation_file(visitor(), _format(kind), lead_id)


def _format(kind: str) -> TableFormat:
    if kind not in list(TableFormat):
        raise NotFoundError("page")
    return TableFormat(kind)
