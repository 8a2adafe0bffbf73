"""The photos of a property: add, reorder, choose the cover (the first), set what a photo shows."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.orm import Session

from models.core.errors import ConflictError, NotFoundError
from models.market.properties import Property

MAX_PHOTOS = 100  #: Of one property.


class PhotoChange(StrEnum):
    """A change of one photo."""

    COVER = "cover"
    EARLIER = "earlier"
    LATER = "later"
    REMOVE = "remove"
    #: What it shows; a plain photo has no kind.
    PHOTO = "photo"
    PLAN = "plan"
    FLOOR_PLAN = "floor_plan"
    FACADE = "facade"


#: What a photo may show.
KINDS = (PhotoChange.PHOTO, PhotoChange.PLAN, PhotoChange.FLOOR_PLAN, PhotoChange.FACADE)


def room_for_photos(listing: Property) -> int:
    """How many more photos may be added."""
    return max(0, MAX_PHOTOS - len(listing.photos))


def add_photos(session: Session, listing: Property, links: Sequence[str]) -> None:
    """Append photos to those of the property.

    Raises:
        ConflictError: There would be more than :data:`MAX_PHOTOS`.
    """
    if len(links) > room_for_photos(listing):
        raise ConflictError("photo.too_many")
    listing.photos = [*listing.photos, *links]
    session.flush()


def change_photo(session: Session, listing: Property, link: str, change: PhotoChange) -> None:
    """Change one of the property's photos; moving the first one forward changes nothing.

    Raises:
        NotFoundError: The property has no such photo.
    """
    if link not in listing.photos:
        raise NotFoundError("photo")
    photos, kinds = list(listing.photos), dict(listing.photo_kinds)
    place = photos.index(link)
    if change in KINDS:
        kinds.pop(link, None)
        if change is not PhotoChange.PHOTO:
            kinds[link] = change.value
    else:
        del photos[place]
        if change is PhotoChange.REMOVE:
            kinds.pop(link, None)
        else:
            after = {PhotoChange.COVER: 0, PhotoChange.EARLIER: max(0, place - 1), PhotoChange.LATER: place + 1}
            photos.insert(after[change], link)
    listing.photos, listing.photo_kinds = photos, kinds
    session.flush()


def put_photo_back(session: Session, listing: Property, link: str, place: int, kind: PhotoChange) -> None:
    """Undo a removal; a photo that is present stays where it is."""
    if link in listing.photos or not room_for_photos(listing):
        return
    photos = list(listing.photos)
    photos.insert(place, link)
    listing.photos = photos
    if kind in KINDS and kind is not PhotoChange.PHOTO:
        listing.photo_kinds = {**listing.photo_kinds, link: kind.value}
    session.flush()
