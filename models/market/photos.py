"""The photos of a property: add, reorder, choose the cover (the first), set what a photo shows."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import any_, delete, exists, func, literal, update
from sqlalchemy.orm import Session

from models.accounts.uploads import UNSAVED_PHOTO, Upload
from models.accounts.users import User
from models.core.base import rows_changed
from models.core.errors import ConflictError, NotFoundError
from models.market.properties import Property

MAX_PHOTOS = 100  #: Of one property.
#: How long photos of an unsaved form are kept: a day longer than browsers keep the form's draft.
UNSAVED_KEPT = timedelta(days=8)
#: The purpose of the photos of properties.
SAVED_PHOTO = "property"
#: The beginning of the addresses of our own photos.
PREFIX = "/media/"


class PhotoChange(StrEnum):
    """A change of one photo."""

    COVER = "cover"
    EARLIER = "earlier"
    LATER = "later"
    REMOVE = "remove"
    #: The kind of its content; an ordinary photo has none.
    PHOTO = "photo"
    PLAN = "plan"
    FLOOR_PLAN = "floor_plan"
    FACADE = "facade"


#: The kinds of a photo's content.
KINDS = (PhotoChange.PHOTO, PhotoChange.PLAN, PhotoChange.FLOOR_PLAN, PhotoChange.FACADE)


def remaining_photos(listing: Property) -> int:
    """How many more photos may be added."""
    return max(0, MAX_PHOTOS - len(listing.photos))


def add_photos(session: Session, listing: Property, links: Sequence[str]) -> None:
    """Append photos to the property's photos.

    Raises:
        ConflictError: There would be more than :data:`MAX_PHOTOS`.
    """
    if len(links) > remaining_photos(listing):
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
    position = photos.index(link)
    if change in KINDS:
        kinds.pop(link, None)
        if change is not PhotoChange.PHOTO:
            kinds[link] = change.value
    else:
        del photos[position]
        if change is PhotoChange.REMOVE:
            kinds.pop(link, None)
        else:
            after = {PhotoChange.COVER: 0, PhotoChange.EARLIER: max(0, position - 1), PhotoChange.LATER: position + 1}
            photos.insert(after[change], link)
    listing.photos, listing.photo_kinds = photos, kinds
    session.flush()


def restore_photo(session: Session, listing: Property, link: str, position: int, kind: PhotoChange) -> None:
    """Undo a removal; a photo that is already present is not moved."""
    if link in listing.photos or not remaining_photos(listing):
        return
    photos = list(listing.photos)
    photos.insert(position, link)
    listing.photos = photos
    if kind in KINDS and kind is not PhotoChange.PHOTO:
        listing.photo_kinds = {**listing.photo_kinds, link: kind.value}
    session.flush()


def record_saved_photos(session: Session, owner: User, links: Sequence[str]) -> None:
    """Record that photos of a form now belong to a property."""
    names = [link.removeprefix(PREFIX) for link in links if link.startswith(PREFIX)]
    is_saved = (Upload.owner_id == owner.id) & Upload.name.in_(names) & (Upload.purpose == UNSAVED_PHOTO)
    session.execute(update(Upload).where(is_saved).values(purpose=SAVED_PHOTO))


def delete_unsaved_photos(session: Session) -> int:
    """
    Delete the rows of photos whose form was not saved within :data:`UNSAVED_KEPT`; returns how many.

    A photo that a property of its owner contains is kept. The bytes of the others then have no row and are removed as
    orphans.
    """
    shown = exists().where(
        Property.owner_id == Upload.owner_id, literal(PREFIX).concat(Upload.name) == any_(Property.photos)
    )
    old = Upload.created_at < func.now() - UNSAVED_KEPT
    return rows_changed(session.execute(delete(Upload).where(Upload.purpose == UNSAVED_PHOTO, old, ~shown)))
