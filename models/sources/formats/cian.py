"""CIAN's feed, version 2, in all its dialects: `<object>` elements, in whichever root."""

import re

from models.core.enums import DealType, PropertyClass, PropertyType
from models.sources.formats import addresses, common, facts, offer_fields, values
from models.sources.formats.offer import Offer
from models.sources.formats.status import set_status
from models.sources.formats.tree import Node
from models.sources.formats.vocabulary import CLASSES, PHOTO_KINDS, entry, fold

#: The object of a category, without Sale or Rent -> its type, or the reason why it is refused.
CATEGORIES: dict[str, PropertyType | str] = {
    "flat": PropertyType.APARTMENT,
    "newbuildingflat": PropertyType.APARTMENT,
    "room": PropertyType.ROOM,
    "bed": PropertyType.ROOM,
    "house": PropertyType.HOUSE,
    "cottage": PropertyType.HOUSE,
    "houseshare": PropertyType.HOUSE,
    "townhouse": PropertyType.TOWNHOUSE,
    "duplex": PropertyType.TOWNHOUSE,
    "office": PropertyType.COMMERCIAL,
    "shoppingarea": PropertyType.COMMERCIAL,
    "warehouse": PropertyType.COMMERCIAL,
    "industry": PropertyType.COMMERCIAL,
    "building": PropertyType.COMMERCIAL,
    "business": PropertyType.COMMERCIAL,
    "freeappointmentobject": PropertyType.COMMERCIAL,
    "land": "import.land",
    "commercialland": "import.land",
    "garage": "import.garage",
}
_CATEGORY = re.compile(r"(?P<object>[a-z]+?)(?P<deal>sale|rent)")
#: Values of FlatRoomsCount that are not counts -> their meaning.
MANY_ROOMS, OPEN_PLAN, STUDIO = 6, 7, 9

FLAGS = {
    "hasinternet": "internet",
    "hasfurniture": "furnished",
    "haskitchenfurniture": "furnished",
    "hastv": "tv",
    "haswasher": "washing_machine",
    "hasdishwasher": "dishwasher",
    "hasfridge": "fridge",
    "hasconditioner": "air_conditioner",
    "petsallowed": "pets",
    "childrenallowed": "children",
    "hasramp": "",
}


def offer_of(node: Node) -> Offer:
    """One `<object>`."""
    offer = Offer(node.line)
    offer_fields.set_id(
        offer, node.text("externalid", "id", "external-id") or node.attribute("externalid", "internal-id", "id")
    )
    terms = node.node("bargainterms")
    _category(offer, node)
    offer.area = offer_fields.area(offer, "area", node.text("totalarea", "area", "roomarea"), core=True)
    offer.living_area = offer_fields.area(offer, "living_area", node.text("livingarea"))
    offer.kitchen_area = offer_fields.area(offer, "kitchen_area", node.text("kitchenarea"))
    land = node.node("land")
    if land is not None:
        offer_fields.land_area(offer, land.text("area"), land.text("areaunittype"))
    _rooms(offer, node)
    building = node.node("building")
    offer_fields.floors(
        offer, node.text("floornumber", "floor"), building.text("floorscount") if building else node.text("floorscount")
    )
    _location(offer, node)
    _price(offer, node, terms)
    _building(offer, node, building)
    _home(offer, node)
    _terms(offer, terms)
    offer.title = node.text("title")
    offer.description = values.prose(node.raw("description"))
    _photos(offer, node)
    booking = node.node("booking")
    words = node.texts("fl_status", "flstatus", "status", "salestatus")
    expires = None
    if booking is not None:
        words += booking.texts("status")
    publish = node.node("publishterms")
    if publish is not None:
        expires = publish.text("enddate", "dateend")
    set_status(offer, words, expires or node.text("enddate", "expiredate", "expire-date"), node.notes.now)
    return offer


def _category(offer: Offer, node: Node) -> None:
    category = node.text("category")
    low = fold(category or "").replace(" ", "")
    match = _CATEGORY.fullmatch(low)
    if match is None:
        offer.refuse("category", "import.unknown_category" if category else "import.missing", category or "")
        return
    offer.deal_type = DealType.SALE if match["deal"] == "sale" else DealType.RENT
    kind = match["object"]
    if kind == "dailyflat" or kind.startswith("daily"):
        kind = kind.removeprefix("daily")
        offer.per_day = True
        offer.facts["rent_term"] = "daily"
    if kind == "flatshare":
        offer.property_type = PropertyType.APARTMENT
        offer.facts["share"] = True
        return
    target = CATEGORIES.get(kind)
    if isinstance(target, PropertyType):
        apartments = values.flag(node.text("isapartments"))
        offer.property_type = PropertyType.APARTMENTS if apartments and target is PropertyType.APARTMENT else target
        if kind == "newbuildingflat":
            offer.market = "new"
        elif kind == "flat" and offer.deal_type is DealType.SALE:
            offer.market = "resale"
    else:
        offer.refuse("category", target or "import.unknown_category", category)


def _rooms(offer: Offer, node: Node) -> None:
    text = node.text("flatroomscount", "roomscount", "rooms", "roomsforsalecount")
    kind = node.text("roomtype", "roomstype", "flattype", "type")
    low = fold(text or "")
    if low == str(STUDIO):
        common.set_rooms(offer, None, studio=True)
    elif low == str(OPEN_PLAN):
        common.set_rooms(offer, None, open_plan=True)
    elif fold(kind or "") == str(OPEN_PLAN) and low == "1" and offer.market == "new":
        # One developer's feed marks its studios in this way.
        offer.guess("rooms", "import.studio_of_type_7", kind)
        common.set_rooms(offer, None, studio=True)
    else:
        word = kind if kind and not kind.isdecimal() else None
        studio = True if word and "студи" in fold(word) else None
        common.set_rooms(offer, text, studio=studio, kind=word if low == "0" else None)


def _location(offer: Offer, node: Node) -> None:
    addresses.set_address(offer, node.text("address"))
    offer.city = node.text("city", "locality-name", "locality")
    offer.region = node.text("region")
    addresses.set_district(offer, node.text("district", "sub-locality-name"), node.text("okrug"))
    coordinates = node.node("coordinates")
    if coordinates is not None:
        offer_fields.coordinates(
            offer, coordinates.text("lat", "latitude"), coordinates.text("lng", "lon", "longitude")
        )
    for group in node.nodes("undergrounds"):
        for station in group.nodes("undergroundinfoschema", "underground"):
            minutes = station.text("time")
            rides = fold(station.text("transporttype") or "") in ("transport", "car", "byCar".casefold())
            name = station.text("name", "undergroundname")
            offer_fields.add_station(offer, name, None if rides else minutes, minutes if rides else None)
            if name is None and station.text("id"):
                offer.guess("metro", "import.station_number", station.text("id"))


def _price(offer: Offer, node: Node, terms: Node | None) -> None:
    flat = node.node("price")  # a dialect: price/value in lower case
    others = [node.text("price_tot_sale", "discountprice", "promo-price")]
    value = currency = unit = period = None
    if terms is not None:
        value = terms.text("price")
        others += [terms.text("discountprice", "finalprice"), terms.text("price_tot_sale")]
        currency, period = terms.text("currency"), terms.text("paymentperiod", "period")
        price_type = fold(terms.text("pricetype") or "")
        unit = {"all": "всего", "squaremeter": "кв. м", "hectare": "га", "sotka": "сотка"}.get(
            price_type, price_type or None
        )
    if flat is not None and value is None:
        value = flat.text("value") or (None if flat.children else values.clean_text(flat.element.text))
        currency = currency or flat.text("currency")
        unit, period = unit or flat.text("unit"), period or flat.text("period")
    period = {"annual": "год", "monthly": "месяц"}.get(fold(period or ""), period)
    # A developers' feed without a currency is in roubles, the default of its schema.
    common.set_price(offer, value, others, currency=currency, unit=unit, period=period)


def _building(offer: Offer, node: Node, building: Node | None) -> None:
    complex_ = node.node("jkschema")
    deadline = building.node("deadline") if building is not None else None
    if complex_ is not None:
        name = complex_.text("name")
        if name:
            offer.attributes["building"] = name[:200]
        house = complex_.node("house")
        if house is not None:
            deadline = deadline or house.node("deadline")
            section = house.text("name")
            if section:
                offer.attributes["building_section"] = section[:100]
    if building is not None:
        offer.year_built = offer_fields.year(offer, building.text("buildyear"))
        facts.set_material(offer, building.text("materialtype"))
        facts.set_number(offer, "ceiling_height", building.text("ceilingheight"), 1.8, 20)
        parking = building.node("parking")
        facts.set_parking(offer, parking.text("type") if parking is not None else None)
        _lifts(offer, building)
        offer.property_class = entry(CLASSES, building.text("class", "classtype"))
    if deadline is not None:
        if offer.year_built is None:
            date = deadline.text("date")
            offer.year_built = offer_fields.year(offer, deadline.text("year") or (date[:4] if date else None))
        facts.set_completion(offer, deadline.text("quarter"), deadline.text("iscomplete"))
    quarter = node.text("ready_quarter", "ready-quarter")
    if quarter:
        offer.year_built = offer.year_built or offer_fields.year(offer, node.text("built_year", "built-year"))
        facts.set_completion(offer, quarter)
    if values.flag(node.text("iselite", "ispenthouse")) and offer.property_class is None:
        offer.property_class = PropertyClass.ELITE


def _lifts(offer: Offer, building: Node) -> None:
    passengers, cargo = building.text("passengerliftscount"), building.text("cargoliftscount")
    for kind, text in (("lift", passengers), ("cargo_lift", cargo)):
        if text is not None and text.isdecimal():
            offer.facts[kind] = int(text) > 0
    facts.set_flag(offer, "rubbish_chute", building.text("hasgarbagechute"))


def _home(offer: Offer, node: Node) -> None:
    facts.set_condition(offer, node.text("decoration"), node.text("repairtype"))
    facts.set_balcony(offer, *node.texts("balconiescount", "loggiascount", "hasbalcony"))
    facts.set_view(
        offer, {"yardandstreet": "both"}.get(fold(node.text("windowsviewtype") or ""), node.text("windowsviewtype"))
    )
    combined, separate = node.text("combinedwcscount"), node.text("separatewcscount")
    counts = {"combined": _count(combined), "separate": _count(separate)}
    if any(counts.values()):
        offer.facts["bathrooms"] = sum(counts.values())
        offer.facts["bathroom"] = "separate" if counts["separate"] else "combined"
        offer.attributes["wc"] = f"{sum(counts.values())} {'раздельный' if counts['separate'] else 'совмещенный'}"
    for tag, kind in FLAGS.items():
        if kind and node.has(tag):
            facts.set_flag(offer, kind, node.text(tag))


def _terms(offer: Offer, terms: Node | None) -> None:
    if terms is None:
        return
    facts.set_flag(offer, "mortgage", terms.text("mortgageallowed"))
    sale = fold(terms.text("saletype") or "")
    if sale in ("free", "alternative"):
        offer.facts["free_sale"] = sale == "free"
    elif sale in ("fz214", "dupt", "dzhsk") and offer.market is None:
        offer.market = "new"
    term = fold(terms.text("leasetermtype") or "")
    if term in ("longterm", "fewmonths") and not offer.per_day:
        offer.facts["rent_term"] = "long" if term == "longterm" else "months"
    facts.set_deposit(offer, terms.text("deposit"))
    facts.set_number(offer, "prepayment", terms.text("prepaymonths"), 0, 24)
    facts.set_commission(offer, terms.text("clientfee"))
    utilities = terms.node("utilitiesterms")
    if utilities is not None:
        facts.set_flag(offer, "utilities_included", utilities.text("includedinprice"))


def _photos(offer: Offer, node: Node) -> None:
    photos = []
    for layout in node.nodes("layoutphoto"):
        photos.append((layout.text("fullurl") or values.clean_text(layout.element.text), "plan"))
    for group in node.nodes("photos"):
        for photo in group.nodes("photoschema", "photo"):
            kind = entry(PHOTO_KINDS, photo.text("type", "tag") or photo.attribute("type", "tag")) or "photo"
            photos.append((photo.text("fullurl", "url") or values.clean_text(photo.element.text), kind))
    offer_fields.add_photos(offer, photos)


def _count(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 3 else 0
