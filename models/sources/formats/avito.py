"""Avito's autoload, formatVersion 3 and 1: `<Ad>` elements under `<Ads>`."""

from models.core.enums import DealType, PropertyType
from models.sources.formats import addresses, common, facts, offer_fields, values
from models.sources.formats.offer import Offer
from models.sources.formats.status import set_status
from models.sources.formats.tree import Node
from models.sources.formats.vocabulary import CLASSES, DEALS, MARKETS, entry, fold

#: A word of MultimediaOptions and similar tags -> its kind of fact.
OPTIONS = {
    "кондиционер": "air_conditioner",
    "wi fi": "internet",
    "интернет": "internet",
    "телевизор": "tv",
    "холодильник": "fridge",
    "стиральная машина": "washing_machine",
    "посудомоечная машина": "dishwasher",
    "мебель": "furnished",
    "спальные места": "furnished",
    "можно с питомцами": "pets",
    "можно с детьми": "children",
    "можно в ипотеку": "mortgage",
    "ипотека": "mortgage",
    "продажа доли": "share",
    "аукцион": "auction",
    "консьерж": "concierge",
    "закрытая территория": "closed_yard",
    "мусоропровод": "rubbish_chute",
}


def offer_of(node: Node) -> Offer:
    """One `<Ad>`."""
    offer = Offer(node.line)
    offer_fields.set_id(offer, node.text("id"))
    _deal_and_type(offer, node)
    offer.area = offer_fields.area(offer, "area", node.text("square", "totalarea", "area"), core=True)
    offer.living_area = offer_fields.area(offer, "living_area", node.text("livingspace", "livingarea"))
    offer.kitchen_area = offer_fields.area(offer, "kitchen_area", node.text("kitchenspace", "kitchenarea"))
    land = node.node("landarea")
    if land is not None:
        unit = node.text("landareaunit") or land.attribute("unit") or "сот"
        offer_fields.land_area(offer, values.clean_text(land.element.text), unit)
    common.set_rooms(offer, node.text("rooms"))
    offer_fields.floors(offer, node.text("floor"), node.text("floors"))
    _location(offer, node)
    period = "сутки" if offer.per_day else None
    common.set_price(
        offer, node.text("price"), [node.text("discountprice")], currency=node.text("currency"), period=period
    )
    _home(offer, node)
    _terms(offer, node)
    offer.title = node.text("title")
    offer.description = values.prose(node.raw("description"))
    photos = []
    for group in node.nodes("images"):
        for image in group.nodes("image"):
            photos.append((image.attribute("url") or values.clean_text(image.element.text), "photo"))
    offer_fields.add_photos(offer, photos)
    set_status(offer, node.texts("sale_status", "objectstatus"), node.text("dateend"), node.notes.now)
    return offer


def _deal_and_type(offer: Offer, node: Node) -> None:
    deal = node.text("operationtype")
    offer.deal_type = entry(DEALS, deal)
    if offer.deal_type is None:
        wanted = fold(deal or "") in ("куплю", "сниму")
        reason = "import.wanted_not_offered" if wanted else "import.neither_sale_nor_rent"
        offer.refuse("operation_type", reason if deal else "import.missing", deal or "")
    category, kind = node.text("category"), node.text("objecttype")
    house = fold(category or "") in ("дома, дачи, коттеджи", "коммерческая недвижимость")
    if house and fold(category or "").startswith("дома"):
        # ObjectType is more precise here: a townhouse is not a house.
        common.set_type(offer, kind or "дом")
    else:
        common.set_type(offer, category)
    status = fold(node.text("status") or "")
    if offer.property_type is PropertyType.APARTMENT and status.startswith("апарт"):
        offer.property_type = PropertyType.APARTMENTS
    share = node.text("sharesale", "ownershiptype")
    if share and "дол" in fold(share):
        offer.facts["share"] = True
    offer.market = entry(MARKETS, node.text("markettype"))
    lease = fold(node.text("leasetype") or "")
    if "посуточн" in lease:
        offer.per_day = True
        offer.facts["rent_term"] = "daily"
    elif lease and offer.deal_type is DealType.RENT:
        offer.facts["rent_term"] = "long"


def _location(offer: Offer, node: Node) -> None:
    offer.region = node.text("region")
    offer.city = node.text("city")
    addresses.set_district(offer, node.text("district"))
    addresses.set_address(offer, node.text("address"))
    street = node.text("street")
    if street:
        bare = street.rpartition(",")
        offer.street = offer.street or (bare[0] or street)[:200]
        offer.house_number = offer.house_number or (bare[2].strip()[:50] if bare[0] else None)
        offer.address = offer.address or street[:500]
    offer_fields.coordinates(offer, node.text("latitude"), node.text("longitude"))
    for name in node.texts("subway", "metro"):
        offer_fields.add_station(offer, name, None, None)


def _home(offer: Offer, node: Node) -> None:
    offer.year_built = offer_fields.year(offer, node.text("builtyear", "yearofconstruction"))
    facts.set_material(offer, node.text("housetype", "wallstype"))
    facts.set_condition(offer, node.text("renovation"), node.text("decoration"))
    facts.set_bathroom(offer, node.text("bathroom"))
    facts.set_number(offer, "ceiling_height", node.text("ceilingheight"), 1.8, 20)
    offer.property_class = entry(CLASSES, node.text("class", "houseclass"))
    view = " ".join(_options(node, "viewfromwindows"))
    facts.set_view(offer, view or None)
    facts.set_balcony(offer, *(_options(node, "balconyorloggia") or _options(node, "balconyorloggiamulti") or []))
    layout = " ".join(fold(text) for text in _options(node, "roomtype"))
    if "изол" in layout and "смеж" in layout:
        offer.facts["rooms_layout"] = "mixed"
    elif "изол" in layout or "смеж" in layout:
        offer.facts["rooms_layout"] = "isolated" if "изол" in layout else "adjoining"
    for tag, fact in (("passengerelevator", "lift"), ("freightelevator", "cargo_lift")):
        text = node.text(tag)
        if text:
            offer.facts[fact] = fold(text) not in ("нет", "0")
    facts.set_parking(offer, " ".join(_options(node, "parking")) or None)
    tags = ("multimedia", "appliances", "comfort", "furniture", "inhouse", "courtyard", "additionally", "saleoptions")
    for tag in tags:
        for option in _options(node, tag) + _options(node, f"{tag}options"):
            kind = OPTIONS.get(fold(option))
            if kind:
                offer.facts[kind] = True
    name = node.text("newdevelopmentname", "developmentname")
    if name:
        offer.attributes["building"] = name[:200]


def _terms(offer: Offer, node: Node) -> None:
    rights = fold(node.text("propertyrights") or "")
    if rights in ("собственник", "посредник"):
        offer.facts["from_owner"] = rights == "собственник"
    elif rights == "застройщик" and offer.market is None:
        offer.market = "new"
    deal = fold(node.text("dealtype") or "")
    if deal.startswith(("прямая", "альтернат")):
        offer.facts["free_sale"] = deal.startswith("прямая")
    facts.set_commission(offer, node.text("leasecommissionsize"))
    deposit = fold(node.text("leasedeposit") or "")
    if deposit.startswith("без"):
        offer.facts["deposit"] = 0.0
    elif deposit:
        months = deposit.replace("½", "0.5").replace("1,5", "1.5").split()[0]
        facts.set_deposit(offer, months)
    for tag, kind in (("petsallowed", "pets"), ("childrenallowed", "children"), ("smokingallowed", "smoking")):
        facts.set_flag(offer, kind, node.text(tag))


def _options(node: Node, name: str) -> list[str]:
    """`<SaleOptions><Option>…</Option></SaleOptions>`, or one text separated by bars."""
    options: list[str] = []
    for group in node.nodes(name):
        options += group.texts("option", "item")
        if not group.children and group.element.text:
            options += [part.strip() for part in group.element.text.split("|") if part.strip()]
    return options
