"""A property as an `<offer>` of YRL, by the rules that portals document. Reading it back gives the same property.

:func:`missing_of` lists what a portal requires and a property lacks. Such an offer is left out, since portals block
feeds with faulty ones.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from models.core.enums import Condition, DealType, PropertyClass, PropertyType, Role
from models.market.properties import Property
from models.market.shown_addresses import EXACT, precision_of, shown_location, shown_street
from models.sources.formats.vocabulary import CONDITIONS, fold
from models.sources.formats.yrl import FLAGS

NAMESPACE = "http://webmaster.yandex.ru/schemas/feed/realty/2010-06"
CURRENCIES = frozenset({"RUB", "RUR", "USD", "EUR", "KZT"})
CATEGORIES = {
    PropertyType.APARTMENT: "квартира",
    PropertyType.APARTMENTS: "квартира",
    PropertyType.ROOM: "комната",
    PropertyType.HOUSE: "дом",
    PropertyType.TOWNHOUSE: "таунхаус",
    PropertyType.COMMERCIAL: "коммерческая",
}
FLATS = (PropertyType.APARTMENT, PropertyType.APARTMENTS, PropertyType.ROOM)
CLASSES = {PropertyClass.ECONOMY: "эконом", PropertyClass.COMFORT: "комфорт", PropertyClass.BUSINESS: "бизнес"}
FINISHES = {
    Condition.ROUGH: "черновая отделка",
    Condition.PRE_FINISHING: "предчистовая",
    Condition.FINISHING: "с отделкой",
    Condition.DESIGN: "дизайнерский",
}
RENOVATIONS = {"euro": "евро", "cosmetic": "косметический", "design": "дизайнерский", "rough": "черновая отделка"}
PHOTO_TAGS = {"plan": "plan", "floor_plan": "floorplan", "facade": "housemain"}
SELLERS = {Role.DEVELOPER: "застройщик", Role.LANDLORD: "владелец"}
#: Kind of fact -> its first tag.
TAGS = {kind: tag for tag, kind in reversed(FLAGS.items())}
#: Characters that XML 1.0 cannot contain.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Seller:
    """The seller of the offers."""

    name: str | None
    organization: str | None
    phone: str | None
    role: Role


def missing_of(listing: Property, seller: Seller) -> list[str]:
    """Fields that portals require and this property lacks; empty if it can be published."""
    required = {
        "phone": seller.phone,
        "area": listing.area,
        "address": _address(listing),
        "currency": listing.currency in CURRENCIES,
        "photos": listing.photos or listing.deal_type is not DealType.RENT,
    }
    if listing.property_type in FLATS:
        required |= {"rooms": listing.rooms is not None, "floor": listing.floor is not None}
    return [name for name, value in required.items() if not value]


def feed(offers: Iterable[Property], seller: Seller, generated: datetime, base: str) -> Iterator[str]:
    """
    The feed of those of *offers* that can be published, as a stream of pieces.

    Args:
        base: The address of this system, without a trailing slash, for pictures that it stores.
    """
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<realty-feed xmlns="{NAMESPACE}">\n'
    yield f"<generation-date>{_moment(generated)}</generation-date>\n"
    for listing in offers:
        if not missing_of(listing, seller):
            yield offer_of(listing, seller, base)
    yield "</realty-feed>\n"


def offer_of(listing: Property, seller: Seller, base: str) -> str:
    """One `<offer>`."""
    parts = [
        *_head(listing),
        *_location(listing),
        *_seller(seller),
        *_deal(listing),
        *_home(listing),
        *_building(listing),
    ]
    parts += [_tag("description", listing.description)]
    for url in listing.photos:
        tag = PHOTO_TAGS.get(listing.photo_kinds.get(url, ""))
        mark = f' tag="{tag}"' if tag else ""
        parts.append(f"<image{mark}>{escape(_clean(base + url if url.startswith('/') else url))}</image>")
    return f"<offer internal-id={quoteattr(str(listing.id))}>{''.join(parts)}</offer>\n"


def _head(listing: Property) -> list[str]:
    return [
        _tag("type", "аренда" if listing.deal_type is DealType.RENT else "продажа"),
        _tag("property-type", None if listing.property_type is PropertyType.COMMERCIAL else "жилая"),
        _tag("category", CATEGORIES[listing.property_type]),
        _tag("creation-date", _moment(listing.created_at)),
        _tag("last-update-date", _moment(listing.updated_at)),
        _tag("title", listing.title),
    ]


def _location(listing: Property) -> list[str]:
    stations = [
        f"<metro>{_tag('name', each['name'])}"
        f"{_tag('time-on-transport' if each.get('by_transport') else 'time-on-foot', each.get('minutes'))}</metro>"
        for each in listing.stations or ([{"name": listing.metro_station}] if listing.metro_station else [])
    ]
    inner = [
        _tag("country", listing.attributes.get("country")),
        _tag("locality-name", listing.city),
        _tag("sub-locality-name", listing.district),
        _tag("address", _address(listing)),
        # Portals would read a point in the street as the house, which must stay hidden.
        *(() if precision_of(listing, EXACT) is not EXACT else _point(listing)),
        *stations,
    ]
    return [f"<location>{''.join(inner)}</location>"]


def _seller(seller: Seller) -> list[str]:
    inner = [
        _tag("name", seller.name),
        _tag("phone", seller.phone),
        _tag("category", SELLERS.get(seller.role, "агентство")),
        _tag("organization", seller.organization),
    ]
    return [f"<sales-agent>{''.join(inner)}</sales-agent>"]


def _deal(listing: Property) -> list[str]:
    period = None
    if listing.deal_type is DealType.RENT:
        period = "день" if listing.facts.get("rent_term") == "daily" else "месяц"
    price = f"{_tag('value', listing.price)}{_tag('currency', listing.currency)}{_tag('period', period)}"
    new = listing.facts.get("new_building")
    return [f"<price>{price}</price>", _tag("new-flat", None if new is None else int(bool(new)))]


def _home(listing: Property) -> list[str]:
    facts, kept = listing.facts, listing.attributes
    finish = RENOVATIONS.get(facts.get("renovation", ""))
    if listing.condition and (finish is None or CONDITIONS.get(fold(finish)) is not listing.condition):
        finish = FINISHES[listing.condition]
    bathroom = {"combined": "совмещенный", "separate": "раздельный"}.get(facts.get("bathroom", ""))
    balcony = facts.get("balcony")
    is_studio = listing.rooms == 0
    return [
        _size("area", listing.area),
        _size("living-space", facts.get("living_area")),
        _size("kitchen-space", facts.get("kitchen_area")),
        _size("lot-area", kept.get("land_area")),
        _tag("rooms", None if is_studio else listing.rooms),
        _tag("rooms-offered", listing.rooms if listing.property_type is PropertyType.ROOM else None),
        _tag("studio", 1 if is_studio else None),
        _tag("apartments", 1 if listing.property_type is PropertyType.APARTMENTS else None),
        _tag("floor", listing.floor),
        _tag("floors-total", listing.total_floors),
        _tag("renovation", finish),
        _tag("bathroom-unit", kept.get("wc") or bathroom),
        _tag("balcony", None if balcony is None else "балкон" if balcony else "нет"),
        *(_tag(tag, "да" if facts[kind] else "нет") for kind, tag in TAGS.items() if isinstance(facts.get(kind), bool)),
    ]


def _building(listing: Property) -> list[str]:
    elite = listing.property_class is PropertyClass.ELITE
    return [
        _tag("building-name", listing.attributes.get("building")),
        _tag("building-type", listing.attributes.get("house_type")),
        _tag("built-year", listing.year_built),
        _tag("ceiling-height", listing.facts.get("ceiling_height")),
        _tag("building-class", CLASSES.get(listing.property_class) if listing.property_class else None),
        _tag("is-elite", 1 if elite else None),
    ]


def _point(listing: Property) -> list[str]:
    return [_tag("latitude", listing.latitude), _tag("longitude", listing.longitude)]


def _address(listing: Property) -> str:
    precision = precision_of(listing, EXACT)
    if precision is EXACT:
        return listing.location or ", ".join(filter(None, (listing.street, listing.house_number)))
    return shown_street(listing, precision) or ", ".join(shown_location(listing, precision))


def _size(name: str, value: Any) -> str:
    return "" if value is None else f"<{name}>{_tag('value', value)}<unit>кв. м</unit></{name}>"


def _tag(name: str, value: Any) -> str:
    """An element; nothing for an empty value, because portals treat empty elements as errors."""
    text = f"{value.normalize():f}" if isinstance(value, Decimal) else "" if value is None else str(value)
    text = _clean(text).strip()
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
