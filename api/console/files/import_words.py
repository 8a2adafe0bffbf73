"""Words of the import pages: meanings of columns, intervals of fetches, reasons of refusals."""

from flask import request

from api.console.kit.access import visitor
from api.console.kit.i18n import translate, translate_fault
from api.console.kit.row_ids import id_in
from api.http.db import session
from models.core.errors import Fault
from models.market.towns.reading import TownError, read_town
from models.sources.formats.headers import NAMES
from models.sources.formats.lead_rows import LEAD_NAMES
from models.sources.photos import PhotoFault
from models.sources.sources import owned_source
from models.sources.tables import Source

#: Interval of fetches -> its label; None: only on request.
REFRESHES: dict[int | None, str] = {
    None: "Only on request",
    15: "Every 15 minutes",
    60: "Every hour",
    180: "Every 3 hours",
    720: "Twice a day",
    1440: "Once a day",
    10080: "Once a week",
}

#: Characters of a source's town.
LONGEST_TOWN = 100

#: Reasons why an address yields no photo.
PHOTO_FAULTS = {
    PhotoFault.NO_ANSWER: "Its site does not answer",
    PhotoFault.NOT_THERE: "There is nothing at this address",
    PhotoFault.PRIVATE: "It is on a private network",
    PhotoFault.TOO_LARGE: "The file is too large",
    PhotoFault.TOO_SLOW: "It loaded too slowly",
    PhotoFault.NOT_AN_IMAGE: "It is not a picture",
    PhotoFault.DAMAGED: "The picture is damaged",
    PhotoFault.TOO_MANY_PIXELS: "The picture has too many pixels",
    PhotoFault.NO_ROOM: "You have reached your limit of photos",
}

#: Field of a table's column -> its label.
FIELD_LABELS = {
    "id": "Your reference number",
    "deal": "Sale or rent",
    "type": "Kind of home",
    "price": "Price",
    "price_per_area": "Price per m²",
    "discount_price": "Discounted price",
    "currency": "Currency",
    "period": "Daily or monthly rent",
    "area": "Area",
    "living_area": "Living area",
    "kitchen_area": "Kitchen, m²",
    "land_area": "Plot",
    "rooms": "Rooms",
    "floor": "Floor",
    "total_floors": "Floors in the house",
    "year_built": "Year built",
    "city": "Town",
    "region": "Region",
    "district": "District",
    "okrug": "Administrative district",
    "metro": "Metro station",
    "metro_min": "Minutes to the metro station",
    "metro_walk": "Walk to the metro",
    "street": "Street",
    "house": "House number",
    "address": "Whole address",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "coordinates": "Latitude and longitude in one column",
    "title": "Headline",
    "description": "Description",
    "class": "Class",
    "condition": "Condition and repair",
    "market": "New building or resale",
    "photos": "Photos",
    "plan": "Plan",
    "material": "Walls",
    "wc": "Bathroom",
    "ceiling": "Ceiling height",
    "balcony": "Balcony",
    "view": "View",
    "lift": "Lift",
    "parking": "Parking",
    "status": "Sold, booked, on the market",
    "expires": "On the market until",
    "is_apartments": "Serviced apartment, yes or no",
    "is_penthouse": "Penthouse, yes or no",
    "studio": "Studio, yes or no",
    "furnished": "Furniture",
    "pets": "Pets",
    "children": "Children",
    "mortgage": "Mortgage",
    "commission": "Commission",
    "deposit": "Deposit",
    "utilities_included": "Utilities included",
    "building": "Residential complex",
}
assert FIELD_LABELS.keys() == NAMES.keys()

#: Field of a column of clients' requests -> its label.
LEAD_LABELS = {
    "id": "Your reference number",
    "client": "Client",
    "phone": "Client's phone",
    "email": "Client's e-mail",
    "contact": "Client's other contacts",
    "deal": "Purchase or rent",
    "city": "Town",
    "district": "Districts",
    "metro": "Metro stations",
    "budget": "Budget",
    "budget_min": "Budget from",
    "budget_max": "Budget to",
    "currency": "Currency",
    "area": "Area",
    "area_min": "Area from",
    "area_max": "Area to",
    "rooms": "Rooms",
    "type": "Kind of home",
    "class": "Class",
    "condition": "Condition and repair",
    "payment": "Payment method",
    "year_min": "Built in that year or later",
    "words": "Wishes in your own words",
    "notes": "Notes",
    "private_notes": "Private notes",
}
assert LEAD_LABELS.keys() == LEAD_NAMES.keys()

#: Subjects of a report's remarks other than columns.
REMARKED = {
    "phone": "Your phone number",
    "row": "The whole row",
    "category": "Category",
    "operation_type": "Sale or rent",
    "ceiling_height": "Ceiling height",
    "property_type": "Kind of home",
    "deal_type": "Sale or rent",
}


def field_label(name: str) -> str:
    """A report's field in the page's language; fields without a translation are returned unchanged."""
    label = FIELD_LABELS.get(name) or REMARKED.get(name) or LEAD_LABELS.get(name)
    return translate(label) if label else name.replace("_", " ")


def own_number(external_id: str | None) -> str:
    """
    The number of a row in its file; empty for a number derived from the row's content, which means nothing to people.

    >>> own_number("A-17"), own_number("row-0e562c2b5018e481ff12")
    ('A-17', '')
    """
    return "" if not external_id or external_id.startswith("row-") else external_id


def shown_reason(reason: str | None) -> str:
    """The sentence of a report's reason; releases before 0.2 stored English sentences without capital and full stop."""
    if isinstance(reason, Fault) and "field" in reason.facts:
        reason = Fault(str(reason), **{**reason.facts, "field": field_label(str(reason.facts["field"]))})
    sentence = translate_fault(reason) if reason else ""
    return (
        sentence[:1].upper()
        + sentence[1:]
        + ("" if not sentence or sentence.endswith((".", "?", "!", "…", ")")) else ".")
    )


def requested_source() -> Source | None:
    """The visitor's source in the address, for lists of its rows; raises NotFoundError."""
    source_id = id_in(request.args.get("source", ""))
    return None if source_id is None else owned_source(session(), visitor(), source_id)


def town_problem(town: str) -> Fault | None:
    """Why a text cannot be the town of a source; None if it can, or is empty."""
    if not town:
        return None
    if len(town) > LONGEST_TOWN:
        return Fault("text.too_long", max=LONGEST_TOWN)
    try:
        read_town(town)
    except TownError as error:
        return error.fault
    return None


def photo_fault(reason: PhotoFault) -> str:
    """Why an address yields no photo, in plain words."""
    return translate(PHOTO_FAULTS[reason])
