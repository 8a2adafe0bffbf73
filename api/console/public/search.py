"""The public search: homes on the market by filters, words and order, without an account."""

import json
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request
from markupsafe import Markup

from api.console.kit.access import public_page, visitor_or_none
from api.console.kit.formatting import public_address
from api.console.kit.i18n import language, translate, word
from api.console.kit.pages import page_blueprint, page_number
from api.console.kit.place_names import suggested_places, suggested_towns
from api.console.kit.readings import describe_reading
from api.console.public.chips import chips_of
from api.console.public.search_request import (
    LONGEST,
    MAX_CHOICES,
    SearchRequest,
    address_of,
    criteria_of_address,
    is_listed,
    query_of,
)
from api.console.public.wishes_in_words import ReadWords, with_words
from api.http.db import session
from api.http.services import services
from api.swipe.listing_words import PROPERTY_TYPES
from models.accounts.tokens import REFUSED
from models.core.currencies import SIGNS
from models.core.errors import NotSignedInError
from models.market.known_places import PlaceKind
from models.market.search.criteria import MANY_ROOMS, WISHES, HomeOrder, SearchCriteria
from models.market.search.homes import search_homes
from models.market.search.prices import currency_of_search
from models.market.town_names import town_name

blp = page_blueprint("public_search")

PER_PAGE = 24
MAX_PLACES = 60

ORDERS = {
    HomeOrder.NEWEST: "Newest first",
    HomeOrder.CHEAPEST: "Cheapest first",
    HomeOrder.DEAREST: "Dearest first",
    HomeOrder.LARGEST: "Largest first",
    HomeOrder.CHEAPEST_PER_METRE: "Cheapest per m² first",
}


@blp.before_request
def check_public_access() -> None:
    """With PUBLIC_SEARCH=off these pages require sign-in."""
    if not services().settings.public_search and visitor_or_none() is None:
        raise NotSignedInError(REFUSED)


@blp.get("/homes")
@public_page
def homes() -> str | Response:
    """Homes on the market by the criteria in the address; words in the search box are converted to criteria first."""
    search_request, unused = criteria_of_address(), tuple(request.args.getlist("unused")[:MAX_CHOICES])
    if "say" in request.args:
        text = request.args["say"].replace("\0", "").strip()[:LONGEST]
        read = with_words(search_request.criteria, text)
        if not search_request.errors:
            return cast(Response, redirect(_address_after(read), 303))
        search_request, unused = replace(search_request, criteria=read.criteria), read.unused
    criteria = search_request.criteria
    shown = search_homes(session(), criteria, page_number(), PER_PAGE)
    pages = shown.pages(PER_PAGE)
    page = min(page_number(), pages)
    base = services().settings.public_url
    return render_template(
        "console/public/homes.html",
        results=shown,
        search_request=search_request,
        heading=heading_of_search(criteria),
        canonical=base + address_of(criteria, page),
        is_listed=is_listed(criteria) and not search_request.errors and shown.total > 0,
        listed_at=[f"{base}/homes/{each.id}" for each in shown.homes],
        page=page,
        pages=pages,
        item_list=item_list,
        chips=chips_of(criteria),
        unused=[each[:LONGEST] for each in unused],
        search_query=urlencode(query_of(criteria)),
        address_of=public_address,
        address_of_search=address_of,
        describe_reading=describe_reading,
        **_choices(search_request),
    )


def _address_after(read: ReadWords) -> str:
    """The address of the criteria read from words; words that no filter covers are listed in it and search nothing."""
    query = [*query_of(read.criteria), *(("unused", each) for each in read.unused)]
    return f"/homes?{urlencode(query)}" if query else "/homes"


def heading_of_search(criteria: SearchCriteria) -> str:
    """The search's heading: «Аренда: Москва»."""
    deal = word(f"offer {criteria.deal_type}") if criteria.deal_type else translate("Homes for sale and for rent")
    return f"{deal}: {town_name(criteria.city, criteria.city_key, language())}" if criteria.city_key else deal


def item_list(addresses: list[str]) -> Markup:
    """The homes of a page as https://schema.org/ItemList, for a script element with structured data."""
    items = [{"@type": "ListItem", "position": position, "url": url} for position, url in enumerate(addresses, 1)]
    return json_for_script({"@context": "https://schema.org", "@type": "ItemList", "itemListElement": items})


def json_for_script(data: Any) -> Markup:
    """JSON that cannot end the script element that contains it."""
    text = json.dumps(data, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - the characters that could end the element are escaped


def _choices(search: SearchRequest) -> dict[str, Any]:
    criteria = search.criteria
    return {
        "chosen_types": [kind for kind, codes in PROPERTY_TYPES.items() if set(codes) <= set(criteria.property_types)],
        "towns": suggested_towns(),
        "districts": _places(PlaceKind.DISTRICT, criteria, criteria.districts),
        "stations": _places(PlaceKind.STATION, criteria, criteria.metro_stations),
        "wishes": WISHES,
        "rooms": range(MANY_ROOMS + 1),
        "many_rooms": MANY_ROOMS,
        "orders": ORDERS,
        "currency": SIGNS.get(currency_of_search(criteria), currency_of_search(criteria)),
    }


def _places(kind: PlaceKind, criteria: SearchCriteria, chosen: tuple[str, ...]) -> list[str]:
    """The town's places with the most homes, and the chosen ones."""
    if not criteria.city_key:
        return list(chosen)
    names = suggested_places(kind, criteria.city, limit=MAX_PLACES)
    return sorted(dict.fromkeys([*chosen, *names]))
