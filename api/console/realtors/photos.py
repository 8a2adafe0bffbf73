"""A property's photos: upload, order, cover, kind."""

from flask import Response, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import translate_error, translate_fault
from api.console.kit.pages import back, page_blueprint
from api.console.kit.sent_files import check_files, short_name
from api.console.kit.undo_tokens import read_photo, undo_of_photo
from api.console.realtors.home_parts import KIND_NAMES, photos_for
from api.http.db import session
from api.http.tasks import rescore_property
from api.http.uploads import read_pictures, store_image, takes_uploads
from models.core.enums import SUPPLY_ROLES
from models.core.errors import Fault, InvalidValueError, TooLargeFileError
from models.market.photos import (
    KINDS,
    MAX_PHOTOS,
    PhotoChange,
    add_photos,
    change_photo,
    remaining_photos,
    restore_photo,
)
from models.market.properties import Property, owned_property

blp = page_blueprint("photos")

for_owners = page_for(*SUPPLY_ROLES)

MAX_FILES = 40  #: Files of one request.
PURPOSE = "property"


@blp.get("/console/properties/<int:property_id>/photos")
@for_owners
def photos(property_id: int) -> str:
    return _page(owned_property(session(), visitor(), property_id), [])


@blp.post("/console/properties/<int:property_id>/photos")
@for_owners
@takes_uploads
def add(property_id: int) -> Response | str | tuple[str, int]:
    """Store the pictures among the files; refused files are named with the reason beside the field."""
    files = [each for each in request.files.getlist("photos") if each.filename]
    owned_property(session(), visitor(), property_id)
    good, refused = check_files(
        files, lambda each: read_pictures([each], visitor()), maximum=MAX_FILES, too_many="photo.too_many_at_once"
    )
    listing = owned_property(session(), visitor(), property_id, lock=True)
    room = remaining_photos(listing)
    refused += [(short_name(each), translate_fault(Fault("photo.no_room", max=MAX_PHOTOS))) for each in good[room:]]
    links = []
    for each in good[:room]:
        try:
            links.append(store_image(each, visitor(), PURPOSE))
        except TooLargeFileError as error:  # the user's quota is exhausted
            refused.append((short_name(each), translate_error(error)))
    add_photos(session(), listing, links)
    rescore_property(listing)
    if refused or not files:
        page = _page(listing, refused or [("", translate_fault(Fault("photo.none")))], len(links))
        return page if links else (page, 400)
    return back(f"/console/properties/{property_id}/photos", "photos_added")


@blp.post("/console/properties/<int:property_id>/photos/change")
@for_owners
def change(property_id: int) -> Response:
    """Move a photo, set its kind, or remove it; removal can be undone."""
    action, link = request.form.get("do", ""), request.form.get("photo", "")
    if action not in list(PhotoChange):
        raise InvalidValueError("do", "photo.choose_change")
    listing = owned_property(session(), visitor(), property_id, lock=True)
    undo = None
    if action == PhotoChange.REMOVE and link in listing.photos:
        undo = undo_of_photo(listing.id, listing.photos.index(link), listing.photo_kinds.get(link, "photo"), link)
    change_photo(session(), listing, link, PhotoChange(action))
    rescore_property(listing)
    done = "photo_removed" if action == PhotoChange.REMOVE else "saved"
    return back(f"/console/properties/{property_id}/photos", done, undo=undo)


def undo_photo(token: str) -> str | None:
    """Restore the token's photo; returns where to see it. None: not a photo's token."""
    named = read_photo(token)
    if named is None:
        return None
    listing = owned_property(session(), visitor(), named.property_id, lock=True)
    kind = PhotoChange(named.kind) if named.kind in KINDS else PhotoChange.PHOTO
    restore_photo(session(), listing, named.link, named.position, kind)
    rescore_property(listing)
    return f"/console/properties/{listing.id}/photos"


def _page(listing: Property, refused: list[tuple[str, str]], added: int = 0) -> str:
    return render_template(
        "console/realtors/photos.html",
        listing=listing,
        photos=photos_for(listing, to_owner=True),
        kinds=KIND_NAMES,
        refused=refused,
        added=added,
        room=remaining_photos(listing),
    )
