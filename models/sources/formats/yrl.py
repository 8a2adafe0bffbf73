"""YRL, the feed of Yandex.Realty, in all its dialects (Domclick's and Profitbase's among them): `<offer>` elements."""

import re

from models.core.enums import PropertyClass, PropertyType
from models.sources.formats import addresses, common, facts, offer_fields, values
from models.sources.formats.offer import Offer
from models.sources.formats.status import set_status
from models.sources.formats.tree import Node
from models.sources.formats.vocabulary import CLASSES, DEALS, MARKETS, PHOTO_KINDS, entry, fold

_SQUARE_METRES = re.compile(r"кв|м2|м²|sq|m2|m²|meter|метр")
#: Tags of yes or no -> their kind of fact.
FLAGS = {
    "air-conditioner": "air_conditioner",
    "internet": "internet",
    "room-furniture": "furnished",
    "furniture": "furnished",
    "television": "tv",
    "washing-machine": "washing_machine",
    "dishwasher": "dishwasher",
    "refrigerator": "fridge",
    "built-in-tech": "appliances",
    "with-children": "children",
    "with-pets": "pets",
    "mortgage": "mortgage",
    "utilities-included": "utilities_included",
    "lift": "lift",
    "rubbish-chute": "rubbish_chute",
    "guarded-building": "guarded",
    "security": "guarded",
    "concierge": "concierge",
    "closed-territory": "closed_yard",
}


def offer_of(node: Node) -> Offer:
    """One `<offer>`."""
    offer = Offer(node.line)
    offer_fields.set_id(offer, node.attribute("internal-id", "internal_id", "id") or node.text("internal-id"))
    _deal_and_type(offer, node)
    _sizes(offer, node)
    common.set_rooms(
        offer,
        node.text("rooms", "rooms-count"),
        studio=values.flag(node.text("studio")),
        open_plan=values.flag(node.text("open-plan")),
        kind=node.text("rooms-type"),
    )
    if offer.property_type is PropertyType.ROOM and (offered := node.text("rooms-offered")):
        offer.rooms = offer_fields.whole(offer, "rooms", offered, offer_fields.ROOMS)
    offer_fields.floors(offer, node.text("floor"), node.text("floors-total", "floors_total"))
    _location(offer, node)
    _price(offer, node)
    _building(offer, node)
    _home(offer, node)
    _terms(offer, node)
    offer.title = node.text("title", "name")
    url = node.text("url")
    if url and url.startswith(("http://", "https://")):
        offer.attributes["url"] = url[:2000]
    offer.description = values.prose(node.raw("description"))
    _photos(offer, node)
    set_status(
        offer,
        node.texts("status", "fl_status", "fl-status", "sale-status", "object-status"),
        node.text("expire-date", "expiration-date"),
        node.notes.now,
    )
    return offer


def _deal_and_type(offer: Offer, node: Node) -> None:
    deal = node.text("type")
    offer.deal_type = entry(DEALS, deal)
    if offer.deal_type is None:
        offer.refuse("type", "import.neither_sale_nor_rent" if deal else "import.missing", deal or "")
    category = node.text("category")
    kind = node.text("property-type")
    apartments = values.flag(node.text("apartments", "is-apartments"))
    if node.text("garage-type") and category is None:
        category = "гараж"
    elif node.text("commercial-type") and category is None:
        category = "коммерческая"
    if fold(node.text("commercial-type") or "") in ("land", "участок", "земля", "земельный участок"):
        category = "участок"
    # Some feeds list garages and shops among flats, distinguished only by their property-type.
    if kind and fold(kind) in ("гараж", "garage", "машиноместо", "кладовая", "parking", "parking place", "участок"):
        category = kind
    common.set_type(offer, category or kind, apartments=apartments)
    # A developer's apartments and flats in one building differ only in this tag.
    market = values.flag(node.text("new-flat", "is-new-building"))
    status = entry(MARKETS, node.text("deal-status"))
    offer.market = "new" if market else status or ("resale" if market is False else None)


def _sizes(offer: Offer, node: Node) -> None:
    offer.area = offer_fields.area(offer, "area", _square_metres(offer, node, "area"), core=True)
    offer.living_area = offer_fields.area(offer, "living_area", _square_metres(offer, node, "living-space"))
    offer.kitchen_area = offer_fields.area(offer, "kitchen_area", _square_metres(offer, node, "kitchen-space"))
    lot = node.node("lot-area")
    if lot is not None:
        offer_fields.land_area(offer, lot.text("value") or _bare(lot), lot.text("unit"))
    rooms = node.nodes("room-space")
    if offer.property_type is PropertyType.ROOM and rooms:
        sizes = [offer_fields.area(offer, "area", room.text("value") or _bare(room)) for room in rooms]
        known = [size for size in sizes if size is not None]
        offer.area = sum(known[1:], known[0]) if known else offer.area


def _location(offer: Offer, node: Node) -> None:
    location = node.node("location")
    outer = node.text("address")  # a dialect: capitalised, outside `location`
    if location is None:
        addresses.set_address(offer, outer)
        return
    offer.region = location.text("region")
    country = location.text("country")
    if country:
        offer.attributes["country"] = country[:100]
    offer.city = location.text("locality-name", "locality", "city")
    addresses.set_district(
        offer,
        location.text("sub-locality-name", "sub-locality", "non-admin-sub-locality"),
        location.text("district") if offer.city else None,
    )
    if offer.city and location.text("district"):
        addresses.set_district(offer, location.text("district"))
    addresses.set_address(offer, location.text("address") or outer)
    offer_fields.coordinates(offer, location.text("latitude", "lat"), location.text("longitude", "lon", "lng"))
    for metro in location.nodes("metro"):
        offer_fields.add_station(
            offer,
            metro.text("name") or _bare(metro),
            metro.text("time-on-foot"),
            metro.text("time-on-transport"),
        )
    for name in ("direction", "distance", "railway-station"):
        text = location.text(name)
        if text:
            offer.attributes[name.replace("-", "_")] = text[:100]


def _price(offer: Offer, node: Node) -> None:
    price = node.node("price")
    discounts = [node.text("promo-price", "discount-price", "price-discount")]
    for name in ("discount", "promo"):
        inner = node.node(name)
        if inner is not None:
            discounts.append(inner.text("final-price", "price", "value"))
    for special in node.nodes("special-offers", "special-offer"):
        discounts.append(special.text("discount-price"))
        discounts += [each.text("discount-price", "price") for each in special.nodes("special-offer", "offer", "item")]
    if price is None:
        common.set_price(offer, node.text("price-total", "price_tot_sale"), discounts)
        return
    discount = price.node("discount")
    discounts.append(discount.text("final-price", "value") if discount is not None else None)
    discounts += [price.text("promo-price", "final-price", "discount-price"), node.text("price_tot_sale")]
    common.set_price(
        offer,
        price.text("value") or _bare(price),
        discounts,
        currency=price.text("currency") or price.attribute("currency"),
        unit=price.text("unit"),
        period=price.text("period"),
    )


def _building(offer: Offer, node: Node) -> None:
    offer.year_built = offer_fields.year(offer, node.text("built-year", "built_year"))
    facts.set_building_state(offer, node.text("building-state", "building_state"))
    facts.set_completion(offer, node.text("ready-quarter", "ready_quarter"))
    facts.set_material(offer, node.text("building-type"))
    facts.set_number(offer, "ceiling_height", node.text("ceiling-height"), 1.8, 20)
    facts.set_parking(offer, node.text("parking", "parking-type"))
    name = node.text("building-name")
    if name:
        offer.attributes["building"] = name[:200]
    for tag in ("building-section", "building-phase", "building-series"):
        text = node.text(tag)
        if text:
            offer.attributes[tag.replace("-", "_")] = text[:100]
    offer.property_class = entry(CLASSES, node.text("building-class", "class", "house-class"))
    if values.flag(node.text("is-elite")):
        offer.property_class = PropertyClass.ELITE


def _home(offer: Offer, node: Node) -> None:
    facts.set_condition(offer, node.text("renovation", "decoration"), node.text("quality"))
    facts.set_bathroom(offer, node.text("bathroom-unit"))
    facts.set_balcony(offer, *node.texts("balcony", "loggia"))
    facts.set_view(offer, node.text("window-view"))
    layout = fold(node.text("rooms-type") or "")
    if layout.startswith(("смеж", "adjoin")):
        offer.facts["rooms_layout"] = "adjoining"
    elif layout.startswith(("разд", "изол", "separate", "isolated")):
        offer.facts["rooms_layout"] = "isolated"
    for tag, kind in FLAGS.items():
        if node.has(tag):
            facts.set_flag(offer, kind, node.text(tag))


def _terms(offer: Offer, node: Node) -> None:
    agent = node.node("sales-agent")  # names and phones are not read here
    category = fold((agent.text("category") if agent is not None else None) or "")
    if category in ("владелец", "owner", "собственник"):
        offer.facts["from_owner"] = True
    elif category in ("агентство", "agency", "agent", "агент"):
        offer.facts["from_owner"] = False
    elif category in ("застройщик", "developer") and offer.market is None:
        offer.market = "new"
    facts.set_commission(offer, node.text("agent-fee", "commission"))
    if values.flag(node.text("rent-pledge")) is False:
        offer.facts["deposit"] = 0.0
    facts.set_deposit(offer, node.text("security-payment", "rent-deposit"))
    prepayment = node.text("prepayment")
    if prepayment:
        facts.set_number(offer, "prepayment", prepayment, 0, 1200)
        if "prepayment" in offer.facts:
            offer.facts["prepayment"] = round(offer.facts["prepayment"] / 100, 2)


def _photos(offer: Offer, node: Node) -> None:
    pictures = node.nodes("image", "photo", "picture")
    for group in node.nodes("images", "photos"):
        pictures += group.nodes("image", "photo")
    offer_fields.add_photos(
        offer,
        [
            (
                _bare(picture) or picture.attribute("url", "href"),
                entry(PHOTO_KINDS, picture.attribute("tag", "type")) or "photo",
            )
            for picture in pictures
        ],
    )
    plans = node.texts("image-plan", "plan", "planning")
    offer_fields.add_photos(offer, [(plan, "plan") for plan in plans])


def _square_metres(offer: Offer, node: Node, name: str) -> str | None:
    """`<area><value>54</value><unit>кв. м</unit></area>`, or `<area>54</area>`; another unit is noted."""
    inner = node.node(name)
    if inner is None:
        return None
    unit = inner.text("unit")
    if unit is not None and not _SQUARE_METRES.search(fold(unit)):
        offer.guess(name.replace("-", "_"), "import.unit_taken_for_metres", unit)
    return inner.text("value") or _bare(inner)


def _bare(node: Node) -> str | None:
    return None if node.children else values.clean_text(node.element.text)
