"""An owner's first page, with views and likes of each listing; one listing compared with its market."""

from flask import render_template

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import listed, page_blueprint, wants_part
from api.http.db import session
from models.core.enums import SUPPLY_ROLES, InquiryStatus
from models.deals.inquiries import Inquiry
from models.deals.inquiry_pages import inquiries_with_listings
from models.deals.owner_board import (
    FIRST_ENTRIES,
    MarketPrices,
    demand_of_tenants,
    figures_of,
    list_appearances,
    market_prices,
)
from models.market.properties import owned_property, properties_of

blp = page_blueprint("owner_listings")

for_owners = page_for(*SUPPLY_ROLES)
PER_PAGE = 20
#: The number of inquiries on the first page.
NEW_INQUIRIES = 5


@blp.get("/console/owner/listings")
@for_owners
def board() -> str:
    """The visitor's listings, and the inquiries that await an answer."""
    rows, pager = listed(properties_of(visitor()), PER_PAGE)
    waiting = inquiries_with_listings(visitor(), to_me=True).where(Inquiry.status == InquiryStatus.NEW)
    inquiries = session().execute(waiting.limit(NEW_INQUIRIES)).all()
    return render_template(
        "console/owners/board_part.html" if wants_part() else "console/owners/board.html",
        listings=rows,
        figures=figures_of(session(), [listing.id for listing in rows]),
        inquiries=inquiries,
        demand=demand_of_tenants(session(), [(inquiry.tenant_id, listing) for inquiry, listing, _ in inquiries]),
        **pager,
    )


@blp.get("/console/owner/listings/<int:listing_id>")
@for_owners
def listing_page(listing_id: int) -> str:
    """A listing's views and likes, its positions in lists, and prices of comparable homes."""
    listing = owned_property(session(), visitor(), listing_id)
    prices = market_prices(session(), listing)
    is_known = isinstance(prices, MarketPrices)
    return render_template(
        "console/owners/listing.html",
        listing=listing,
        figures=figures_of(session(), [listing.id])[listing.id],
        appearances=list_appearances(session(), listing),
        first_entries=FIRST_ENTRIES,
        prices=prices if is_known else None,
        comparables=prices.count if isinstance(prices, MarketPrices) else prices,
    )
