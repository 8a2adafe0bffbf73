"""
Photos in the form of a new property: several at once, in the chosen order.

A refused form keeps them: they are stored, and their addresses are in the form's field for addresses of pictures.
Photos of a form that is never saved are deleted (:func:`models.market.photos.delete_unsaved_photos`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from api.console.kit import forms
from api.console.kit.access import visitor
from api.console.kit.form_definitions import PROPERTY_GROUPS
from api.console.kit.i18n import translate, translate_error, translate_fault
from api.console.kit.sent_files import check_files, short_name
from api.console.realtors.photos import MAX_FILES
from api.http.uploads import read_pictures, store_image
from models.accounts.uploads import UNSAVED_PHOTO
from models.core.errors import Fault, TooLargeFileError
from models.market.photos import MAX_PHOTOS

#: The name of the field of files.
FIELD = "new_photos"


@dataclass
class SentPhotos:
    """The addresses of a new property's photos in their order, and the refused files, each with the reason."""

    links: list[str]
    refused: list[tuple[str, str]]


def stored_photos() -> SentPhotos:
    """
    Store the pictures among the form's files. Call this before any query.

    They follow the addresses of the form's own field, or are in the order of `photo_order`: "k1 f0 k0" is the second
    address, the first file, the first address.
    """
    kept = [line.strip() for line in request.form.get("photos", "").splitlines() if line.strip()]
    files = [each for each in request.files.getlist(FIELD) if each.filename]
    good, refused = check_files(
        files, lambda each: read_pictures([each], visitor()), maximum=MAX_FILES, too_many="photo.too_many_at_once"
    )
    room = max(0, MAX_PHOTOS - len(kept))
    refused += [(short_name(each), translate_fault(Fault("photo.no_room", max=MAX_PHOTOS))) for each in good[room:]]
    links = {f"k{index}": link for index, link in enumerate(kept)}
    for each in good[:room]:
        try:
            links[f"f{files.index(each)}"] = store_image(each, visitor(), UNSAVED_PHOTO)
        except TooLargeFileError as error:  # the user's quota is exhausted
            refused.append((short_name(each), translate_error(error)))
    order = dict.fromkeys(request.form.get("photo_order", "")[:1000].split())
    kept_links = [name for name in order if name in links]
    return SentPhotos([links[name] for name in (*kept_links, *(name for name in links if name not in order))], refused)


def show_with_photos(filled: forms.Filled, *, cancel: str, refused: Sequence[tuple[str, str]] = ()) -> str:
    """The page of the form of a new property."""
    text = filled.values.get("photos") or ""
    return forms.show(
        PROPERTY_GROUPS,
        filled,
        title=translate("New property"),
        cancel=cancel,
        menu_path="/console/properties",
        action="/console/properties/new",
        creates=True,
        change="/edit",
        template="console/realtors/new_property.html",
        refused=refused,
        kept=[line.strip() for line in text.splitlines() if line.strip().startswith(("/media/", "https://"))],
        field=FIELD,
    )
