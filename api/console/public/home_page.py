"""The public page of one home that is on the market."""

from typing import Any

from flask import render_template
from markupsafe import Markup

from api.console.kit.access import public_page, visitor_or_none
from api.console.kit.formatting import photos_of, public_address, title_of
from api.console.kit.home_map import map_of
from api.console.kit.i18n import word
from api.console.kit.pages import page_blueprint
from api.console.public.search import check_public_access, json_for_script
from api.console.public.search_request import address_of
from api.http.db import session
from api.http.services import services
from models.core.enums import AddressPrecision, DealType, PropertyType
from models.market.favorites import is_favorite
from models.market.listings import listing_on_market
from models.market.places import NO_CURRENCY
from models.market.price_history import price_history
from models.market.properties import Property
from models.market.search.adverts import first_advert_of_home
from models.market.search.criteria import SearchCriteria
from models.market.search.public_words import without_contacts
from models.market.shown_addresses import precision_of

blp = page_blueprint("home_page")
blp.before_request(check_public_access)

#: The terms of https://schema.org.
KINDS = {
    PropertyType.APARTMENT: "Apartment",
    PropertyType.APARTMENTS: "Apartment",
    PropertyType.HOUSE: "House",
    PropertyType.TOWNHOUSE: "House",
    PropertyType.ROOM: "Room",
    PropertyType.COMMERCIAL: "Place",
}


@blp.get("/homes/<int:property_id>")
@public_page
def home(property_id: int) -> str:
    """The public facts of a home, without its house number, its owner and their contacts."""
    listing = listing_on_market(session(), property_id)
    user = visitor_or_none()
    base = services().settings.public_url
    description = without_contacts(listing.description or "").strip()
    return render_template(
        "console/public/home.html",
        listing=listing,
        address_of=public_address,
        base=base,
        back_to=_back_to(listing),
        description=description,
        map=map_of(listing, precision_of(listing, AddressPrecision.STREET)),
        prices=price_history(session(), listing),
        canonical=f"{base}/homes/{first_advert_of_home(session(), listing)}",
        structured=structured(listing, description, base),
        is_kept=user is not None and is_favorite(session(), user, listing.id),
        is_own=user is not None and listing.owner_id == user.id,
    )


def _back_to(listing: Property) -> str:
    """The search of the home's market."""
    return address_of(SearchCriteria(city=listing.city, city_key=listing.city_key, deal_type=listing.deal_type))


def structured(listing: Property, description: str, base: str) -> Markup:
    """The home as https://schema.org/RealEstateListing, for a script element with structured data."""
    address = public_address(listing)
    about: dict[str, Any] = {
        "@type": KINDS[listing.property_type],
        "name": title_of(listing),
        "address": {
            "@type": "PostalAddress",
            "addressLocality": address[0],
            "streetAddress": ", ".join(address[1:]) or None,
        },
        "numberOfRooms": listing.rooms or None,
        "floorLevel": None if listing.floor is None else str(listing.floor),
        "yearBuilt": listing.year_built,
        "floorSize": listing.area and {"@type": "QuantitativeValue", "value": float(listing.area), "unitCode": "MTK"},
    }
    data = {
        "@context": "https://schema.org",
        "@type": "RealEstateListing",
        "url": f"{base}/homes/{listing.id}",
        "name": f"{title_of(listing)}, {', '.join(address)}",
        "description": description[:500] or None,
        "datePosted": f"{listing.created_at:%Y-%m-%d}",
        "image": [link if link.startswith("https:") else base + link for link in photos_of(listing)[:10]],
        "about": {name: value for name, value in about.items() if value is not None},
        "offers": {
            "@type": "Offer",
            "price": f"{listing.price:f}",
            "priceCurrency": None if listing.currency == NO_CURRENCY else listing.currency,
            "availability": "https://schema.org/InStock",
            "businessFunction": "http://purl.org/goodrelations/v1#"
            + ("LeaseOut" if listing.deal_type is DealType.RENT else "Sell"),
            "category": word(f"offer {listing.deal_type}"),
        },
    }
    return json_for_script({name: value for name, value in data.items() if value})
