"""Favourites with the tenant's own notes, and a comparison of some."""

from flask import Response, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.comparison import MAX_HOMES, compared, homes_of_address
from api.console.kit.formatting import public_address
from api.console.kit.forms import check_complete, pressed_button
from api.console.kit.pages import back, listed, page_blueprint
from api.http.db import session
from models.market.favorites import (
    MAX_NOTE,
    add_favorite,
    favorites_with_notes,
    remove_favorite,
    set_favorite_note,
)
from models.market.listings import listing_on_market
from models.market.preferences import preference_of
from models.market.properties import Property

blp = page_blueprint("favorites")

PER_PAGE = 30


@blp.get("/console/favorites")
@page_for()
def favorites() -> str:
    rows, pager = listed(favorites_with_notes(visitor()), PER_PAGE)
    return render_template(
        "console/favorites.html", kept=rows, address_of=public_address, longest=MAX_NOTE, maximum=MAX_HOMES, **pager
    )


@blp.post("/console/favorites/<int:listing_id>")
@page_for()
def change_favorite(listing_id: int) -> Response:
    do = pressed_button("keep", "note", "remove")
    if do == "remove":
        remove_favorite(session(), visitor(), listing_id)
        return back("/console/favorites", "removed")
    if do == "note":
        check_complete("note")
        set_favorite_note(session(), visitor(), listing_id, request.form["note"])
        return back("/console/favorites", "saved")
    add_favorite(session(), visitor(), listing_on_market(session(), listing_id))
    return back("/console/favorites", "kept")


@blp.get("/console/favorites/compare")
@page_for()
def compare() -> str:
    """Up to four favourites side by side by their facts and, in the tenant's market, by the preferences."""
    ids = homes_of_address()
    kept = session().execute(favorites_with_notes(visitor()).where(Property.id.in_(ids))).all() if ids else []
    homes = [listing for listing, _ in kept][:MAX_HOMES]
    preference = preference_of(session(), visitor())
    market = preference and (preference.city_key, preference.deal_type)
    fits = bool(homes) and all((listing.city_key, listing.deal_type) == market for listing in homes)
    scores, rows = compared(preference, homes) if preference is not None and fits else ([None] * len(homes), [])
    return render_template(
        "console/tenants/compare.html",
        homes=homes,
        notes=[note for _, note in kept],
        scores=scores,
        rows=rows,
        left_out=max(0, len(kept) - len(homes)),
        address_of=public_address,
    )
