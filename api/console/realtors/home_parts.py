"""Parts of a home's pages: photos, map, price history, views and likes."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api.console.kit import charts
from api.console.kit.formatting import precision_for_visitor, price_of
from api.console.kit.home_map import HomeMap, map_of
from api.console.kit.i18n import translate
from api.http.db import session
from api.http.photos import photo_pairs
from models.core.base import database_now
from models.market.photos import KINDS, PhotoChange
from models.market.price_history import price_history
from models.market.properties import Property

#: Kind of a photo -> its label.
KIND_NAMES = {
    PhotoChange.PHOTO: "Photo",
    PhotoChange.PLAN: "Floor plan",
    PhotoChange.FLOOR_PLAN: "Plan of the storey",
    PhotoChange.FACADE: "The building",
}


@dataclass(frozen=True)
class Photo:
    """One photo: the listing's address of it, the address to show, and its kind."""

    link: str
    shown: str
    kind: PhotoChange
    name: str  #: The label of the kind; empty for an ordinary photo.
    is_seen: bool  #: Whether a page may show it: one of ours, or one with an https address.


@dataclass(frozen=True)
class HomeParts:
    """Everything that is shown of a home in addition to its fields."""

    photos: list[Photo]
    map: HomeMap | None
    prices: list[dict[str, Any]]  #: See :func:`models.market.price_history.price_history`.
    chart: Markup | None  #: The chart of prices, if there are several in one currency.


def photos_for(listing: Property, *, to_owner: bool = False) -> list[Photo]:
    """The photos of a home in order; *to_owner* includes those that cannot be shown."""
    photos = []
    for link, shown in photo_pairs(listing, to_owner=to_owner):
        kind_stored = listing.photo_kinds.get(link)
        kind = PhotoChange(kind_stored) if kind_stored in KINDS else PhotoChange.PHOTO
        name = "" if kind is PhotoChange.PHOTO else translate(KIND_NAMES[kind])
        photos.append(Photo(link, shown, kind, name, shown.startswith(("https://", "/media/"))))
    return photos if to_owner else [photo for photo in photos if photo.is_seen]


def parts_of(listing: Property, *, in_contact: bool = False) -> HomeParts:
    """The parts of a home's page; the map is as precise as the visitor may see it."""
    prices = price_history(session(), listing)
    precision = precision_for_visitor(listing, in_contact=in_contact)
    return HomeParts(photos_for(listing), map_of(listing, precision), prices, _chart(listing, prices))


def _chart(listing: Property, prices: list[dict[str, Any]]) -> Markup | None:
    if len(prices) < 2 or len({each["currency"] for each in prices}) > 1:
        return None
    currency = prices[0]["currency"]
    return charts.steps(
        [(each["at"], each["price"]) for each in prices],
        translate("How the price changed; the table below has the figures"),
        lambda price: price_of(listing, price, currency, short=True),
        database_now(session()),
    )
