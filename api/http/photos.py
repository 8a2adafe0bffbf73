"""Addresses of listings' photos in answers and pages: addresses of our own copies if FETCH_PHOTOS is on."""

from collections.abc import Iterable
from typing import Any

from api.http.db import session
from api.http.request_state import current
from api.http.services import services
from api.http.uploads import PREFIX
from models.market.properties import Property
from models.sources.photos import stored_addresses


def shown_photos(listing: Any, *, to_owner: bool = False) -> list[str]:
    """
    The addresses of a listing's photos, in its order.

    Without FETCH_PHOTOS, these are the addresses that the listing names. With it, they are those of the stored photos,
    uploaded or fetched. A photo that is broken or not fetched yet is left out; if *to_owner*, it keeps the address that
    the owner gave, so an owner who reads the listing and sends it back loses nothing.

    Args:
        listing: A property, or a row with its `photos`.
    """
    return [shown for _, shown in photo_pairs(listing, to_owner=to_owner)]


def photo_pairs(listing: Any, *, to_owner: bool = False) -> list[tuple[str, str]]:
    """Like :func:`shown_photos`, but with pairs: (the address in the listing, the one to show) of each photo."""
    if not listing.photos or not services().settings.fetch_photos:
        return [(link, link) for link in listing.photos]
    known = current().photos
    if any(link not in known for link in listing.photos):
        # Together with the photos of all listings that the request has read, in one query: the request probably shows a
        # list.
        loaded = [each for each in session().identity_map.values() if isinstance(each, Property)]
        _remember([listing, *(each for each in loaded if "photos" in each.__dict__)])
    pairs = [(link, known[link] or (link if to_owner else None)) for link in listing.photos]
    return [(link, shown) for link, shown in pairs if shown]


def look_up_photos(rows: Iterable[Any]) -> None:
    """Load the stored photos of a page's rows with one query; :func:`shown_photos` would query for each row."""
    if services().settings.fetch_photos:
        _remember(rows)


def _remember(rows: Iterable[Any]) -> None:
    known = current().photos
    links = {link for row in rows for link in row.photos if link not in known}
    outside = {link for link in links if not link.startswith(PREFIX)}
    known |= {link: link for link in links - outside}
    stored = stored_addresses(session(), outside)
    known |= {link: PREFIX + stored[link] if link in stored else None for link in outside}
