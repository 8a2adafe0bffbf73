"""Settings of the lists of a realtor's own rows: the last choice of columns, order and page size, and saved views."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, page_blueprint
from api.console.kit.request_cleaning import address_in
from api.http.db import session
from models.core.enums import SUPPLY_ROLES, Side
from models.core.errors import InvalidValueError
from models.market.base_views import delete_view, last_choice, save_view, store_last_choice, views_of

blp = page_blueprint("base_views")

PATHS = {Side.LEAD: "/console/leads", Side.PROPERTY: "/console/properties"}

#: Parameters of an address that select or sort rows.
FILTERS = ("q", "status", "town", "deal", "rooms", "from", "to", "tag", "sort", "size", "source", "page")

#: Column -> its label; columns that nobody has chosen yet come last.
COLUMNS: dict[Side, dict[str, str]] = {
    Side.LEAD: {
        "wishes": "What they want",
        "contacts": "Contacts",
        "tags": "Tags",
        "list": "Best score",
        "matches": "Matches",
        "changed": "Last change",
    },
    Side.PROPERTY: {
        "price": "Price",
        "metre": "Price per square metre",
        "commission": "Commission",
        "tags": "Tags",
        "list": "Best score",
        "matches": "Matches",
        "changed": "Last change",
    },
}
USUAL = {
    Side.LEAD: ("wishes", "tags", "list", "matches"),
    Side.PROPERTY: ("price", "commission", "tags", "list", "matches"),
}


def choice_of(side: Side) -> dict[str, Any]:
    """The order, size and columns of a list: those in the address, which are remembered, otherwise the last choice.

    Returns:
        "sort" and "size" as texts, which may be unknown, and "columns", names of COLUMNS.
    """
    last = last_choice(session(), visitor(), side)
    kept = {
        "sort": request.args.get("sort", last.get("sort", ""))[:20],
        "size": request.args.get("size", last.get("size", ""))[:5],
        "columns": last.get("columns", list(USUAL[side])),
    }
    if "cols" in request.args:
        kept["columns"] = [name for name in COLUMNS[side] if name in request.args.getlist("col")]
    if kept != last and {"sort", "size", "cols"} & set(request.args):
        store_last_choice(session(), visitor(), side, kept)
    return kept


def views_for(side: Side) -> list[tuple[str, str]]:
    """The visitor's saved views: (name, address)."""
    return [(view.name, f"{PATHS[side]}?{urlencode(view.query)}") for view in views_of(session(), visitor(), side)]


@blp.post("/console/leads/views")
@page_for(*SUPPLY_ROLES)
def lead_views() -> Response:
    return _change(Side.LEAD)


@blp.post("/console/properties/views")
@page_for(*SUPPLY_ROLES)
def property_views() -> Response:
    return _change(Side.PROPERTY)


def _change(side: Side) -> Response:
    """Save the list's filters under a name, or delete the view of that name."""
    query = {name: value[:300] for name, value in address_in("was", 2000) if name in FILTERS and name != "page"}
    choice, name = request.form.get("do", ""), request.form.get("name", "")
    if choice == "save":
        save_view(session(), visitor(), side, name, query)
    elif choice == "drop":
        delete_view(session(), visitor(), side, name)
    else:
        raise InvalidValueError("do", "several.choose")
    return back(PATHS[side], "view_saved" if choice == "save" else "view_dropped", **query)
