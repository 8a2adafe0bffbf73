"""The portal's form of a property: its fields, their conversion to columns, and back.

A field is answered exactly as it was sent. Most facts have a column of their own. Free texts ("хочу купить") and more
precise numbers are also stored in `attributes` under the form's names, and are answered until the derived column is
changed through another contract.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.exchange.schemas import FIRST_YEAR, LAST_YEAR, MAX_FLOORS
from api.http.blueprint import Body, names_of
from api.http.fields import (
    LARGEST_AREA,
    MAX_ROOMS,
    FormMoney,
    FormNumber,
    FormWhole,
    Number,
    Text,
    moment,
    plain,
    shown_currency,
    words,
)
from api.http.file_fields import File
from api.http.photos import shown_photos
from models.core.amount_words import Unit
from models.core.base import MAX_MONEY
from models.core.enums import Origin
from models.core.errors import InvalidValueError
from models.core.free_text import condition_of, currency_of, deal_type_of, is_studio, property_type_of
from models.market.places import city_of_address
from models.market.properties import Property
from models.market.shown_addresses import EXACT, precision_of, shown_address
from models.market.towns.reading import TownError, read_town

#: The precision with which a number of the form is stored, independent of its column's rounding.
DECIMALS = 6
MAX_IMAGES = 50

#: Fields with a single file: field -> whether it may be a PDF.
SINGLE_FILES = {
    "layout": False,
    "building_layout": False,
    "territory_layout": False,
    "document_file1": True,
    "document_file2": True,
    "document_file3": True,
}

#: Fields that only the owner sees, such as title deeds.
PRIVATE = ("document_file1", "document_file2", "document_file3", "commission_amount", "commission_type")


def _words(longest: int = 2000) -> Text:
    return Text(longest, empty=True)


def _area() -> FormNumber:
    return FormNumber(Decimal("0.01"), LARGEST_AREA, unit=Unit.AREA, decimals=DECIMALS)


class PropertyForm(Body):
    """The text parts of the form."""

    deal_format = Text(100, required=True, metadata=words("deal-word", "sale, rent, хочу продать, хочу сдать, ..."))
    type = Text(100, required=True, metadata=words("property-word", "apartment, house, квартира, дом, ..."))
    subtype = Text(100, required=True)
    condition = Text(100, required=True)
    entry_year = FormWhole(FIRST_YEAR, LAST_YEAR, required=True)
    entry_quarter = FormWhole(1, 4, required=True)
    purpose = Text(200, required=True)
    location = Text(500, required=True, metadata={"format": "address", "description": "The town between commas."})
    price = FormMoney(required=True)
    currency = Text(50, required=True, metadata=words("currency-word", "USD, EUR, рубли, тенге, ..."))
    title = Text(300, required=True)
    description = Text(20_000, required=True)
    floor = FormWhole(-10, MAX_FLOORS)
    total_area = _area()
    living_area = _area()
    ceiling_height = FormNumber(Decimal("0.5"), 100, unit=Unit.METRES, decimals=DECIMALS)
    rooms = FormWhole(0, MAX_ROOMS)
    bedrooms = FormWhole(0, MAX_ROOMS)
    bathrooms = FormWhole(0, MAX_ROOMS)
    features = _words()
    equipment = _words()
    building_floors = FormWhole(1, MAX_FLOORS)
    building_living_area = _area()
    apartments = FormWhole(0, 100_000)
    lifts_per_entrance = FormWhole(0, 100)
    building_features = _words()
    building_name = _words(300)
    developer = _words(300)
    materials = _words()
    territory_area = _area()
    territory_features = _words()
    nearby_places = _words()
    views = _words()
    video_title = _words(300)
    video_url = Text(2000, validate=validate.URL(schemes={"http", "https"}, require_tld=False))
    services = _words()
    commission_amount = FormNumber(0, MAX_MONEY, decimals=DECIMALS)
    commission_type = _words(100)
    documents = _words()

    @validates_schema
    def check_words(self, data: dict, **kwargs: Any) -> None:
        """Refuse unknown words in fields that need known ones; the error names the field."""
        for name, read in (("deal_format", deal_type_of), ("type", property_type_of), ("currency", currency_of)):
            try:
                read(data[name])
            except InvalidValueError as error:
                raise ValidationError(error.fault, name) from None

    @validates_schema
    def check_town(self, data: dict, **kwargs: Any) -> None:
        try:
            read_town(town_of(data["location"]))
        except TownError as error:
            raise ValidationError(error.fault, "location") from None

    @validates_schema
    def check_numbers(self, data: dict, **kwargs: Any) -> None:
        if data.get("floor", 0) > data.get("building_floors", MAX_FLOORS):
            raise ValidationError("floor.above_building", "floor")
        if _is_share(data) and data.get("commission_amount", 0) > 100:
            raise ValidationError("commission.share_above_all", "commission_amount")
        if data.get("living_area", 0) > data.get("total_area", LARGEST_AREA):
            raise ValidationError("area.living_above_total", "living_area")


class WholePropertyForm(PropertyForm):
    """The form with its files, all parts of one multipart body."""

    images = fields.List(File(), required=True, validate=validate.Length(min=1, max=MAX_IMAGES))
    layout = File()
    building_layout = File()
    territory_layout = File()
    document_file1 = File()
    document_file2 = File()
    document_file3 = File()

    @validates_schema
    def check_images(self, data: dict, **kwargs: Any) -> None:
        if not any(data["images"]):
            raise ValidationError("picture.none", "images")


def _shown(field: fields.Field) -> fields.Field:
    """
    The field of an answer for a field of the form: null if the property came through another contract and the value is
    unknown.
    """
    if isinstance(field, FormWhole):
        return fields.Integer(allow_none=True)
    return Number(0, MAX_MONEY, allow_none=True) if isinstance(field, FormNumber) else fields.String(allow_none=True)


#: A base class created at run time, which type checkers cannot analyse.
ShownForm: Any = Body.from_dict(
    {name: _shown(asked) for name, asked in PropertyForm().fields.items()}, name="ShownForm"
)


def columns_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """A property's columns, apart from files, from a validated form."""
    studio = is_studio(form["type"]) or is_studio(form["subtype"])
    return {
        **_worded(form),
        "title": form["title"],
        "description": form["description"],
        "location": form["location"],
        "city": town_of(form["location"]),
        "price": form["price"],
        "rooms": form.get("rooms", 0 if studio else None),
        "floor": form.get("floor"),
        "total_floors": form.get("building_floors"),
        "year_built": form["entry_year"],
        "attributes": {name: _plain(form[name]) for name in names_of(PropertyForm) if name in form},
        "search_text": "\n".join(form[name] for name in _SEARCHED if form.get(name)),
    }


def town_of(location: str) -> str:
    """The part of an address that names the town, cut to the column's length."""
    return city_of_address(location)[:100]


def _worded(form: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are less specific than the form's words."""
    share = form.get("commission_amount") if _is_share(form) else None
    return {
        "deal_type": deal_type_of(form["deal_format"]),
        "property_type": property_type_of(form["type"], form["subtype"]),
        "condition": condition_of(form["condition"]),
        "currency": currency_of(form["currency"]),
        "area": _hundredths(form.get("total_area")),
        "commission_share": _hundredths(share),
    }


#: Further texts for the engine besides title and description.
_SEARCHED = (
    "subtype",
    "purpose",
    "features",
    "equipment",
    "building_features",
    "building_name",
    "developer",
    "materials",
    "territory_features",
    "nearby_places",
    "views",
    "services",
)

#: Fields that are fully represented by their column.
_EXACT = {
    "title": "title",
    "description": "description",
    "location": "location",
    "price": "price",
    "floor": "floor",
    "building_floors": "total_floors",
    "entry_year": "year_built",
    "rooms": "rooms",
}

#: Fields whose column is less specific than the value sent: the column, and how to show it once it differs.
_WORDED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "deal_format": ("deal_type", str.lower),
    "type": ("property_type", str.lower),
    "condition": ("condition", str.lower),
    "currency": ("currency", shown_currency),
    "total_area": ("area", plain),
    "commission_amount": ("commission_share", plain),
}


def form_row(listing: Property, *, private: bool) -> dict[str, Any]:
    """A property of any contract in the form's fields; unknown ones are null.

    Args:
        private: Include the fields for the owner, which are documents and commission.
    """
    sent = listing.attributes if listing.origin is Origin.PORTAL else {}
    row: dict[str, Any] = {"id": listing.id, "owner_id": listing.owner_id}
    row |= {name: sent.get(name) for name in (*names_of(PropertyForm), *SINGLE_FILES)}
    row |= {name: _plain(getattr(listing, column)) for name, column in _EXACT.items()}
    row["location"] = listing.location or _address(listing)
    precision = EXACT if private else precision_of(listing, EXACT)
    if precision is not EXACT:
        row["location"] = ", ".join(shown_address(listing, precision))
    made = _worded(sent) if sent else {}
    for name, (column, shown) in _WORDED.items():
        present = getattr(listing, column)
        if not sent or made[column] != present:
            row[name] = None if present is None else shown(present)
    row |= {
        "images": shown_photos(listing, to_owner=private),
        "city": listing.city,
        "is_active": listing.is_active,
        "created_at": moment(listing.created_at),
        "updated_at": moment(listing.updated_at),
    }
    return row if private else {name: value for name, value in row.items() if name not in PRIVATE}


def _is_share(form: Mapping[str, Any]) -> bool:
    kind = (form.get("commission_type") or "").casefold()
    return "%" in kind or "percent" in kind or "процент" in kind


def _address(listing: Property) -> str:
    return ", ".join(filter(None, (listing.city, listing.district, listing.street, listing.house_number)))


def _hundredths(value: Decimal | float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value
