"""The swipe contract's words, and a property in its form."""

from typing import Any

from api.http.fields import shown_currency
from api.http.photos import shown_photos
from models.core.enums import DealType, PropertyType
from models.market.properties import Property

DEAL_TYPES = {"rent": DealType.RENT, "sale": DealType.SALE}

#: Each of tinder's words: first the type that it creates, then the other types shown as that word.
PROPERTY_TYPES: dict[str, tuple[PropertyType, ...]] = {
    "flat": (PropertyType.APARTMENT, PropertyType.APARTMENTS),
    "house": (PropertyType.HOUSE, PropertyType.TOWNHOUSE),
    "room": (PropertyType.ROOM,),
    "commercial": (PropertyType.COMMERCIAL,),
}

_TYPE_WORDS = {code: word for word, codes in PROPERTY_TYPES.items() for code in codes}
_NOUNS = {
    PropertyType.APARTMENT: "квартира",
    PropertyType.APARTMENTS: "апартаменты",
    PropertyType.HOUSE: "дом",
    PropertyType.TOWNHOUSE: "таунхаус",
    PropertyType.ROOM: "комната",
    PropertyType.COMMERCIAL: "помещение",
}


def deal_word(deal_type: DealType) -> str:
    """
    >>> deal_word(DealType.SALE)
    'sale'
    """
    return deal_type.value.lower()


def type_word(property_type: PropertyType) -> str:
    """
    >>> type_word(PropertyType.TOWNHOUSE)
    'house'
    """
    return _TYPE_WORDS[property_type]


def type_of(word: str, current: PropertyType | None = None) -> PropertyType:
    """The property type of a word; *current* is kept if it is shown as the same word.

    >>> type_of("house"), type_of("house", PropertyType.TOWNHOUSE)
    (<PropertyType.HOUSE: 'HOUSE'>, <PropertyType.TOWNHOUSE: 'TOWNHOUSE'>)
    """
    codes = PROPERTY_TYPES[word]
    return current if current in codes else codes[0]


def title_of(listing: Property) -> str:
    """The title, or one generated from the facts, because other contracts have no titles."""
    if listing.title:
        return listing.title
    noun = _NOUNS[listing.property_type]
    if listing.rooms and listing.property_type in (PropertyType.APARTMENT, PropertyType.APARTMENTS):
        noun = f"{listing.rooms}-комн. {noun}"
    elif listing.rooms == 0:
        noun = "студия"
    size = f", {listing.area.normalize():f} м²" if listing.area else ""
    return f"{noun[:1].upper()}{noun[1:]}{size}, {listing.city}"


def listing_row(listing: Property) -> dict[str, Any]:
    """A property in the swipe contract's form: its fields, and additional ones for a card."""
    return {
        "id": listing.id,
        "title": title_of(listing),
        "city": listing.city,
        "deal_type": deal_word(listing.deal_type),
        "property_type": type_word(listing.property_type),
        "price": f"{listing.price:.2f}",
        "currency": shown_currency(listing.currency),
        "area": listing.area,
        "rooms": listing.rooms,
        "photos": shown_photos(listing),
        "is_active": listing.is_active,
        "owner_id": listing.owner_id,
        "created_at": listing.created_at,
        "updated_at": listing.updated_at,
    }
