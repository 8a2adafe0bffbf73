"""Shared by all formats: prices, rooms and types in feeds."""

import re
from collections.abc import Iterable
from decimal import Decimal

from models.core.enums import PropertyType
from models.core.errors import Fault
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.sources.formats import offer_fields, values
from models.sources.formats.kinds_in_words import kind_in
from models.sources.formats.offer import Offer
from models.sources.formats.vocabulary import SHARE, SHARES, TYPES, entry, fold

#: Flats without a number of rooms up to this area count as studios.
LARGEST_STUDIO = 45  # square metres
HOMES = frozenset({PropertyType.APARTMENT, PropertyType.APARTMENTS})

_STUDIO = re.compile(r"студи|studio|^ст\.?$")
_OPEN_PLAN = re.compile(r"своб\w*\.? план|open plan|свободная")
_PER_AREA = re.compile(r"кв|м2|м²|sq|метр|m2|squaremeter|squaremetre")


def set_price(
    offer: Offer,
    value: str | None,
    others: Iterable[str | None] = (),
    *,
    currency: str | None = None,
    unit: str | None = None,
    period: str | None = None,
) -> None:
    """
    Set the price of the whole object: the lowest stated price, multiplied by the area if it is a price per area.

    Args:
        value: The price as the feed states it.
        others: Discounted prices; one that is above 0 and below *value* counts.
    """
    amount = offer_fields.read(offer, "price", value, values.amount, core=True)
    offer.currency = offer_fields.read(offer, "currency", currency, values.currency, core=True) or (
        amount and amount[1]
    )
    price: Decimal | None = amount and amount[0]
    for text in others:
        other = offer_fields.read(offer, "price", text, values.amount)
        if other and other[0] > 0 and (price is None or other[0] < price):
            price = other[0]
    if price is None:
        if not any(fault.field == "price" for fault in offer.faults):
            offer.refuse("price", "import.missing")
        return
    if price <= 0:
        offer.refuse("price", "import.above_zero", value)
        return
    price = _whole_object(offer, price, fold(unit or ""))
    _set_period(offer, fold(period or ""))
    if fold(period or "") in ("год", "year", "в год"):
        price = round(price / 12, 2)
    if not Decimal("0.005") <= price < offer_fields.LARGEST_PRICE:
        offer.refuse("price", Fault("import.below_max", max=int(offer_fields.LARGEST_PRICE)), value)
        return
    offer.price = round(price, 2)


def _whole_object(offer: Offer, price: Decimal, unit: str) -> Decimal:
    size: Decimal | None
    if not unit or unit in ("всего", "all", "total", "за все"):
        return price
    if _PER_AREA.search(unit):
        size, code = offer.area or offer.land_area, "import.price_per_unknown_area"
    elif unit.startswith("сот"):
        size, code = offer.land_area and offer.land_area / 100, "import.price_per_unknown_plot"
    elif unit.startswith(("га", "гек", "hec")):
        size, code = offer.land_area and offer.land_area / 10_000, "import.price_per_unknown_plot"
    else:
        offer.guess("price", "import.unit_taken_for_whole_price", unit)
        return price
    if size is None:
        offer.refuse("price", Fault(code, unit=unit), price)
        return price
    return price * size


def _set_period(offer: Offer, period: str) -> None:
    if period in ("день", "day", "сутки", "в сутки", "daily", "посуточно"):
        offer.per_day = True
        offer.facts["rent_term"] = "daily"
    elif period not in ("", "месяц", "month", "в месяц", "monthly", "мес", "мес.", "год", "year", "в год"):
        offer.refuse("price", "import.unknown_period", period)


def set_type(offer: Offer, text: str | None, *, apartments: bool | None = None) -> None:
    """Set the type of the offer; land, garages and unknown words refuse the offer by name."""
    known = SHARE if text and fold(text) in SHARES else entry(TYPES, text) or (kind_in(text) if text else None)
    if known == SHARE:
        offer.property_type = PropertyType.APARTMENT
        offer.facts["share"] = True
    elif isinstance(known, PropertyType):
        offer.property_type = PropertyType.APARTMENTS if apartments and known is PropertyType.APARTMENT else known
    elif known is not None:
        offer.refuse("type", str(known), text)
    elif text is None:
        offer.refuse("type", "import.missing")
    else:
        offer.refuse("type", "import.unknown_type", text)


def set_rooms(
    offer: Offer,
    text: str | None,
    *,
    studio: bool | None = None,
    open_plan: bool | None = None,
    kind: str | None = None,
) -> None:
    """
    Set the number of rooms, 0 for a studio, from any of the notations of feeds.

    Args:
        text: A number, «Студия», «10 и более», «Свободная планировка»; missing for many studios.
        kind: A word for the layout of the rooms, which some feeds have for studios instead of a number.
    """
    low = fold(text or "")
    if open_plan or _OPEN_PLAN.search(low):
        offer.facts["free_plan"] = True
        offer.rooms = (
            None
            if low.isdecimal() is False or low == "0"
            else offer_fields.whole(offer, "rooms", text, offer_fields.ROOMS)
        )
        return
    if studio or _STUDIO.search(low) or _STUDIO.search(fold(kind or "")):
        _studio(offer)
        return
    digits = re.match(
        r"(\d+)(?:[\s,]*(?:и более|\+|и больше|к|комн\w*|к\.|ком\.|х?\s?комнатная|к квартира)?\.?)?$", low
    )
    if text is not None and digits:
        offer.rooms = offer_fields.whole(offer, "rooms", digits[1], offer_fields.ROOMS, core=True)
    elif text is not None:
        offer.rooms = _rooms_in_words(offer, text)
        if offer.rooms == 0:
            _studio(offer)
        return
    if offer.property_type not in HOMES:
        offer.rooms = offer.rooms or None
    elif offer.rooms == 0 or (text is None and kind is not None and studio is None):
        _studio(offer)
    elif text is None and studio is None and offer.area is not None and offer.area <= LARGEST_STUDIO:
        offer.guess("rooms", "import.rooms_taken_for_studio", f"{offer.area} m²")
        _studio(offer)


def _rooms_in_words(offer: Offer, text: str) -> int | None:
    """«двухкомнатная», «однушка», «евротрёшка»; a text that admits several numbers sets nothing."""
    try:
        rooms = read_rooms(text)
    except UnreadableError:
        rooms = []
    if fold(text).startswith("евро") and len(rooms) == 2:
        offer.facts["euro_layout"] = True  # its large kitchen is counted as a room in its name
        return rooms[-1]
    if len(rooms) == 1:
        return rooms[0]
    return offer_fields.whole(offer, "rooms", text, offer_fields.ROOMS, core=True)


def _studio(offer: Offer) -> None:
    offer.rooms = 0
    offer.facts["studio"] = True
