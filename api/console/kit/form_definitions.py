"""The controls of the forms of leads and properties, by the paths of the exchange's bodies."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from api.console.kit.forms import Control
from api.exchange.schemas import OFFERED_TYPES, PLACE_SCOPES, WANTED_TYPES, address_of, details_of, requirements_of
from models.core.enums import AddressPrecision, Condition, ContactSharing, DealType, PaymentMethod, PropertyClass
from models.market.leads import Lead
from models.market.properties import Property

ROOMS = tuple(range(0, 7))
#: The texts of a choice that is left open: for a lead, for a property.
ANY, NOT_STATED = "Any", "Not stated"

LEAD_GROUPS: list[tuple[str, list[Control]]] = [
    (
        "Client",
        [
            Control("client_name", "Client's name", required=False),
            Control(
                "client_contacts",
                "Contacts",
                required=False,
                hint="Hidden until a match shares contacts.",
            ),
            Control(
                "client_contacts_shared",
                "Show the contacts",
                "choice",
                required=False,
                choices=tuple(ContactSharing),
                none="Default",
            ),
            Control(
                "notes",
                "Notes",
                "long",
                required=False,
                wide=True,
                hint="Visible to realtors who are offered this lead.",
            ),
            Control(
                "private_notes",
                "Private notes",
                "long",
                required=False,
                wide=True,
                hint="Visible only to you.",
            ),
        ],
    ),
    (
        "What they want",
        [
            Control("deal_type", "Deal", "choice", choices=tuple(DealType)),
            Control("requirements.property_type", "Type", "choice", False, WANTED_TYPES, none=ANY),
            Control("requirements.location.city", "City", "town"),
            Control(
                "requirements.location.districts",
                "Districts",
                "list",
                required=False,
                hint="Separate several with commas. Leave empty for anywhere in the city.",
            ),
            Control(
                "requirements.location.metro_stations",
                "Metro stations",
                "list",
                required=False,
                hint="Separate several with commas.",
            ),
            Control(
                "requirements.location.scope",
                "Near these places",
                "choice",
                required=False,
                choices=PLACE_SCOPES,
                words="scope.",
                none="Neighbouring places count a little less",
            ),
            Control(
                "requirements.location.radius_km",
                "No farther than",
                "number",
                required=False,
                unit="km",
                hint="From the places above; leave empty for the usual distance.",
            ),
            Control(
                "requirements.rooms",
                "Rooms",
                "checks",
                required=False,
                choices=ROOMS,
                hint="Leave all unticked for any number.",
            ),
        ],
    ),
    (
        "Price and size",
        [
            Control("requirements.budget.min", "Budget from", "money", required=False),
            Control("requirements.budget.max", "Budget to", "money", required=False),
            Control("requirements.area.min", "Area from", "number", required=False, unit="m²"),
            Control("requirements.area.max", "Area to", "number", required=False, unit="m²"),
            Control("requirements.payment_method", "Payment", "choice", False, tuple(PaymentMethod), none=ANY),
        ],
    ),
    (
        "Quality",
        [
            Control("requirements.property_class", "Class", "choice", False, tuple(PropertyClass), none=ANY),
            Control("requirements.condition", "Condition", "choice", False, tuple(Condition), none=ANY),
            Control(
                "requirements.additional_requirements",
                "Wishes in your own words",
                "long",
                required=False,
                wide=True,
                hint="Floor, kitchen, pets, commission: what we understand becomes a wish; the rest is compared with "
                "descriptions.",
                understand="lead",
            ),
        ],
    ),
]

PROPERTY_GROUPS: list[tuple[str, list[Control]]] = [
    (
        "Address",
        [
            Control("address.city", "City", "town"),
            Control("address.district", "District", required=False),
            Control("address.street", "Street", required=False),
            Control("address.house_number", "House", required=False),
            Control("address.metro_station", "Metro station", required=False),
            Control(
                "address_precision",
                "What others see of the address",
                "choice",
                False,
                tuple(AddressPrecision),
                none="Default",
                words="address ",
                hint="By default realtors see the house and others the street. People you share contacts with see "
                "the whole address, and so do programs that realtors connect.",
            ),
        ],
    ),
    (
        "Property details",
        [
            Control("deal_type", "Deal", "choice", choices=tuple(DealType), words="offer "),
            Control("details.property_type", "Type", "choice", choices=OFFERED_TYPES),
            Control("details.price", "Price", "money"),
            Control("details.area", "Area", "number", required=False, unit="m²"),
            Control("details.rooms", "Rooms", "rooms", required=False, hint="0 is a studio."),
            Control("details.floor", "Floor", "whole", required=False),
            Control("details.total_floors", "Floors in the house", "whole", required=False),
            Control("details.year_built", "Year built", "whole", required=False),
            Control("details.property_class", "Class", "choice", False, tuple(PropertyClass), none=NOT_STATED),
            Control("details.condition", "Condition", "choice", False, tuple(Condition), none=NOT_STATED),
        ],
    ),
    (
        "Offer",
        [
            Control(
                "commission_share",
                "Commission",
                "number",
                required=False,
                unit="%",
                hint="Share of the price (or of a month’s rent) that you pay to the client’s realtor.",
            ),
            Control("photos", "Photos", "lines", required=False, wide=True, hint="Links to pictures, one per line."),
            Control("description", "Description", "long", required=False, wide=True, understand="property"),
        ],
    ),
]


def with_choices(controls: list[Control], path: str, choices: tuple) -> list[Control]:
    """The controls, with other choices for one of them."""
    return [replace(control, choices=choices) if control.path == path else control for control in controls]


def with_labels(controls: list[Control], path: str, labels: Mapping[str, str]) -> list[Control]:
    """The controls, with these choices for one of them, each shown by its label."""
    choices = tuple(labels)
    return [
        replace(control, choices=choices, labels=labels) if control.path == path else control for control in controls
    ]


def all_of(groups: list[tuple[str, list[Control]]]) -> list[Control]:
    return [control for _, controls in groups for control in controls]


def lead_values(lead: Lead) -> dict[str, Any]:
    """The form's values of an existing lead."""
    body = {
        "client_name": lead.client_name,
        "client_contacts": lead.client_contacts,
        "client_contacts_shared": lead.client_contacts_shared,
        "notes": lead.notes,
        "private_notes": lead.private_notes,
        "deal_type": lead.deal_type,
        "requirements": requirements_of(lead)
        | {
            # For an open end of a range, the exchange has 0 and a form has an empty text.
            "budget": {"min": lead.budget_min, "max": lead.budget_max},
            "area": {"min": lead.area_min, "max": lead.area_max},
        },
    }
    return texts_of(all_of(LEAD_GROUPS), body)


def property_values(listing: Property) -> dict[str, Any]:
    """The form's values of an existing property."""
    body = {
        "address": address_of(listing),
        "details": details_of(listing),
        "deal_type": listing.deal_type,
        "commission_share": listing.commission_share,
        "photos": listing.photos,
        "description": listing.description,
        "address_precision": listing.address_precision,
    }
    return texts_of(all_of(PROPERTY_GROUPS), body)


def texts_of(controls: list[Control], body: dict) -> dict[str, Any]:
    """The texts of a form's controls, by path, for a body of the API."""
    values: dict[str, Any] = {}
    for control in controls:
        value: Any = body
        for name in control.path.split("."):
            value = value.get(name) if value else None
        if control.kind == "checks":
            values[control.path] = [str(each) for each in value or []]
        elif control.kind in ("list", "lines"):
            values[control.path] = (", " if control.kind == "list" else "\n").join(value or [])
        elif isinstance(value, Decimal | float):
            values[control.path] = plain_text(value)
        else:
            values[control.path] = "" if value is None else str(value)
    return values


def plain_text(value: Decimal | float) -> str:
    """
    >>> plain_text(Decimal("2.50")), plain_text(15000000.0)
    ('2.5', '15000000')
    """
    return f"{value:f}".rstrip("0").rstrip(".") if value != int(value) else str(int(value))
