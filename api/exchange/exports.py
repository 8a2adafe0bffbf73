"""Download my leads, properties, recommendations and matches as CSV or XLSX tables.

Columns have the names that our own importer reads, so a downloaded file can be imported again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask import Response
from flask.views import MethodView
from sqlalchemy import Select
from sqlalchemy.orm import Session, sessionmaker

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, one_of
from api.http.db import session
from api.http.services import services
from api.http.table_files import XLSX, TableFormat, table_file
from models.accounts.users import User
from models.core.enums import AddressPrecision, Side, Status
from models.deals.match_board import BoardMatch, board_match, matches_for
from models.deals.recommendation_pages import recommended_page
from models.market.leads import Lead, leads_of, owned_lead
from models.market.own_base import BaseFilter, own_rows
from models.market.properties import Property, properties_of
from models.market.shown_addresses import EXACT, precision_of, shown_location, shown_street
from models.ranking.recommendations import LIST_LENGTH

blp = Blueprint("exports", __name__, description="Lists as files")

PAGE = 500  # rows in memory at once
SOLD = {Status.ACTIVE: "active", Status.ARCHIVED: "archived"}

Cells = dict[str, Callable[[Any], Any]]
#: Column -> the function that returns its cell.
PROPERTY_CELLS: Cells = {
    "id": lambda row: row.id,
    "status": lambda row: SOLD[row.status],
    "deal": lambda row: row.deal_type,
    "type": lambda row: row.property_type,
    "price": lambda row: row.price,
    "currency": lambda row: row.currency,
    "area": lambda row: row.area,
    "rooms": lambda row: row.rooms,
    "floor": lambda row: row.floor,
    "total_floors": lambda row: row.total_floors,
    "year_built": lambda row: row.year_built,
    "city": lambda row: row.city,
    "district": lambda row: row.district,
    "metro": lambda row: row.metro_station,
    "street": lambda row: row.street,
    "house": lambda row: row.house_number,
    "address": lambda row: row.location,
    "class": lambda row: row.property_class,
    "condition": lambda row: row.condition,
    "latitude": lambda row: row.latitude,
    "longitude": lambda row: row.longitude,
    "title": lambda row: row.title,
    "description": lambda row: row.description,
    "photos": lambda row: " ".join(row.photos),
}
LEAD_CELLS: Cells = {
    "id": lambda row: row.id,
    "client": lambda row: row.client_name,
    "contact": lambda row: row.client_contacts,
    "status": lambda row: SOLD[row.status],
    "deal": lambda row: row.deal_type,
    "city": lambda row: row.city,
    "district": lambda row: row.districts,
    "metro": lambda row: row.metro_stations,
    "budget_min": lambda row: row.budget_min,
    "budget_max": lambda row: row.budget_max,
    "currency": lambda row: row.currency,
    "area_min": lambda row: row.area_min,
    "area_max": lambda row: row.area_max,
    "rooms": lambda row: ["studio" if count == 0 else count for count in row.rooms],
    "type": lambda row: row.property_type,
    "class": lambda row: row.property_class,
    "condition": lambda row: row.condition,
    "payment": lambda row: row.payment_method,
    "year_min": lambda row: row.year_min,
    "words": lambda row: row.additional_requirements,
    "notes": lambda row: row.notes,
    "private_notes": lambda row: row.private_notes,
}
#: The cells with the location of another owner's property.
PLACE_CELLS: Cells = {
    "street": lambda row: row.street if _precision(row) is EXACT else shown_street(row, _precision(row)) or None,
    "house": lambda row: row.house_number if _precision(row) is EXACT else None,
    "address": lambda row: ", ".join(shown_location(row, _precision(row))) or None,
    "latitude": lambda row: row.latitude if _precision(row) is EXACT else None,
    "longitude": lambda row: row.longitude if _precision(row) is EXACT else None,
}
#: Both sides of a match as the other may see them, without contacts.
MATCH_CELLS: Cells = {
    "id": lambda board_match: board_match.match.id,
    "status": lambda board_match: board_match.match.status,
    "negotiation_status": lambda board_match: board_match.match.negotiation_status,
    "side": lambda board_match: board_match.side,
    "client": lambda board_match: board_match.match.lead.client_name if board_match.side is Side.LEAD else None,
    "lead_id": lambda board_match: board_match.match.lead_id,
    "property_id": lambda board_match: board_match.match.property_id,
    "address": lambda board_match: _street_of(board_match),
    "price": lambda board_match: board_match.match.property.price,
    "currency": lambda board_match: board_match.match.property.currency,
    "proposed_by_lead": lambda board_match: board_match.match.proposed_by_lead,
    "proposed_by_property": lambda board_match: board_match.match.proposed_by_property,
    "updated_at": lambda board_match: board_match.match.updated_at,
}


class ExportArgs(Body):
    format = one_of(TableFormat, load_default=TableFormat.CSV)


def _exported(path: str, summary: str, description: str, write: Callable[..., Response]) -> None:
    """Serve one list as a file at *path*."""

    class Export(MethodView):
        @signed_in
        @blp.arguments(ExportArgs, location="query")
        @blp.response(200, {"type": "string"}, content_type="text/csv", description="CSV")
        @blp.alt_response(200, schema={"type": "string", "format": "binary"}, content_type=XLSX)
        def get(self, args: dict[str, Any], **path_ids: int) -> Response:
            return write(current_user(), args["format"], **path_ids)

        get.__doc__ = f"{summary}\n\n{description}"

    Export.__name__ = f"Export{write.__name__.title().replace('_', '')}"
    blp.route(path)(Export)


def lead_file(user: User, kind: TableFormat) -> Response:
    """The user's leads as a file."""
    return table_file("leads", kind, list(LEAD_CELLS), _rows(LEAD_CELLS, _all(Lead, leads_of(user))))


def property_file(user: User, kind: TableFormat) -> Response:
    """The user's properties as a file."""
    return table_file(
        "properties", kind, list(PROPERTY_CELLS), _rows(PROPERTY_CELLS, _all(Property, properties_of(user)))
    )


def picked_file(user: User, kind: TableFormat, side: Side, ids: Sequence[int]) -> Response:
    """The given leads, or properties, of the user as a file, newest first."""
    if side is Side.LEAD:
        picked = _all(Lead, leads_of(user).where(Lead.id.in_(ids)))
        return table_file("leads", kind, list(LEAD_CELLS), _rows(LEAD_CELLS, picked))
    picked = _all(Property, properties_of(user).where(Property.id.in_(ids)))
    return table_file("properties", kind, list(PROPERTY_CELLS), _rows(PROPERTY_CELLS, picked))


def filtered_file(user: User, kind: TableFormat, side: Side, filters: BaseFilter) -> Response:
    """All of the user's leads, or properties, that pass the filter, in its order, as a file."""
    name, cells = ("leads", LEAD_CELLS) if side is Side.LEAD else ("properties", PROPERTY_CELLS)
    query = own_rows(user, side, filters).execution_options(yield_per=PAGE)
    return table_file(name, kind, list(cells), _rows(cells, _in_order(services().sessions, query)))


def recommendation_file(user: User, kind: TableFormat, lead_id: int) -> Response:
    """The properties recommended for one of the user's leads, best first; raises NotFoundError."""
    lead = owned_lead(session(), user, lead_id)
    page = recommended_page(session(), Side.LEAD, lead.id, page=1, limit=LIST_LENGTH)
    cells = {name: PLACE_CELLS.get(name, cell) for name, cell in PROPERTY_CELLS.items() if name != "status"}
    rows = [[entry.match_score, *row] for entry in page.entries for row in _rows(cells, [entry.row])]
    return table_file(f"recommendations-{lead.id}", kind, ["score", *cells], rows)


def match_file(user: User, kind: TableFormat) -> Response:
    """The user's matches as a file."""
    return table_file("matches", kind, list(MATCH_CELLS), _rows(MATCH_CELLS, _matches(user)))


def _precision(row: Any) -> AddressPrecision:
    return precision_of(row, EXACT)


def _street_of(board_match: BoardMatch) -> str:
    """The street of a match's property: complete for its owner, and for both sides once contacts are shared."""
    listing = board_match.match.property
    knows_all = board_match.side is Side.PROPERTY or board_match.match.contact_shared_at is not None
    if knows_all or _precision(listing) is EXACT:
        return ", ".join(filter(None, (listing.street, listing.house_number)))
    return shown_street(listing, _precision(listing))


def _rows(cells: Cells, rows: Iterable[Any]) -> Iterator[list[Any]]:
    return ([cell(each) for cell in cells.values()] for each in rows)


def _all(table: Any, query: Select) -> Iterator[Any]:
    """
    The rows of the query, by descending id, one page in memory at a time. The request's session is closed by the time
    they are read.
    """
    return _paged(services().sessions, table, query)


def _paged(factory: sessionmaker[Session], table: Any, query: Select) -> Iterator[Any]:
    last = None
    with factory() as own:
        while True:
            older = query if last is None else query.where(table.id < last)
            rows = own.scalars(older.limit(PAGE)).all()
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1].id
            own.expunge_all()


def _in_order(factory: sessionmaker[Session], query: Select) -> Iterator[Any]:
    """The rows of the query in its own order, one page in memory at a time."""
    with factory() as own:
        yield from own.scalars(query)


def _matches(user: User) -> Iterator[BoardMatch]:
    query = matches_for(user).execution_options(yield_per=PAGE)
    return _streamed(services().sessions, query, user)


def _streamed(factory: sessionmaker[Session], query: Select, user: User) -> Iterator[BoardMatch]:
    with factory() as own:
        for row in own.execute(query):
            yield board_match(user, row)


CELLS = "Cells that a spreadsheet would run as formulas are texts."
_exported("/exports/leads", "Download my leads", f"Streamed as CSV or XLSX, newest first. {CELLS}", lead_file)
_exported("/exports/properties", "Download my properties", f"Streamed, newest first, the archived ones too. {CELLS}",
          property_file)  # fmt: skip
_exported("/exports/leads/<int:lead_id>/recommendations", "Download what suits one of my leads",
          f"Its whole list, best first, without anybody's contacts. {CELLS}", recommendation_file)  # fmt: skip
_exported("/exports/matches", "Download my matches", f"Latest change first, without contacts. {CELLS}", match_file)
