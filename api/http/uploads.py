"""Uploads: the functions that an operation calls to store a file of a request.

    @signed_in
    @takes_uploads
    @blp.arguments(Form, location="multipart")
    def put(self, form): ...
        read_pictures([form["avatar"]], current_user())
        url = store_image(form["avatar"], current_user(), "avatar")

All pictures of a request are decoded first, before any query, so that a request that waits for its turn to decode holds
no database connection. A file is stored while its request runs and removed again if the request fails. A deleted file
is removed after the request's writes are committed. A crash in between leaves bytes without a row, which
`worker.tasks.remove_orphans` deletes.
"""

import logging
from collections.abc import Iterable
from typing import BinaryIO, cast

from flask import request
from limits import parse
from werkzeug.datastructures import FileStorage

from api.http.db import after_commit, session
from api.http.limits import limits
from api.http.operations import View, facts_of_request, with_facts
from api.http.request_state import current
from api.http.services import services
from models.accounts.uploads import FEED, PRIVATE_DOCUMENT, add_upload, delete_uploads, has_room
from models.accounts.users import User
from models.core.errors import BusyError, InvalidFileError, TooLargeFileError, WrongFileTypeError
from models.platform import images
from models.platform.images import CleanFile
from models.platform.office_files import office_ending
from models.platform.storage import Storage

log = logging.getLogger(__name__)


#: The limits of one file, and of one request with all its files.
LARGEST_FILE = 20 << 20  # bytes
LARGEST_REQUEST = 64 << 20  # bytes
#: The total of one user's files, so that no user fills the disk alone.
QUOTA = 2 << 30  # bytes
#: Pixels of all pictures of one request as they were sent; decoding them takes some seconds.
MAX_PIXELS_OF_REQUEST = 400_000_000
#: The rate limit of pictures by one user.
PICTURES_OF_USER = parse("300 per 10 minutes")
PICTURES = "picture.wrong_type"
DOCUMENTS = "document.wrong_type"
PRIVATE_DOCUMENTS = "document.wrong_private_type"
#: A private document of a lead or a property.
MAX_PRIVATE_DOCUMENT = 10 << 20  # bytes

PREFIX = "/media/"


def takes_uploads(view: View) -> View:
    """Allow a request body as large as uploads need."""
    return with_facts(view, largest_body=LARGEST_REQUEST)


def read_pictures(
    pictures: Iterable[FileStorage | None], owner: User, *, documents: Iterable[FileStorage | None] = ()
) -> None:
    """
    Decode the pictures among a request's files; :func:`store_image` and :func:`store_document` store them afterwards.

    Call this before the request writes anything. It ends the request's transaction, which so far has only identified
    the caller, so that no connection is held meanwhile. With an Idempotency-Key the transaction is kept open, because
    the key is claimed in it.

    Raises:
        WrongFileTypeError, TooLargeFileError, InvalidFileError, BusyError: Answered 415, 413, 400 and 503.
        TooManyError: The user has recently sent too many pictures.
    """
    _end_transaction()
    accepted = [(upload, PICTURES) for upload in pictures] + [(upload, DOCUMENTS) for upload in documents]
    for upload, kinds in accepted:
        if upload is None or (kinds is DOCUMENTS and _is_pdf(upload)):
            continue
        _read(upload, owner, kinds)


def store_image(upload: FileStorage, owner: User, purpose: str) -> str:
    """
    Store a picture (JPEG, PNG, WebP or HEIC, recognised by its content), encoded again without metadata; returns the
    URL to GET it from.

    Args:
        upload: The file as it was sent; errors name its `name` as their field.
        purpose: A word that is stored with the file: "avatar", "property".
    Raises:
        WrongFileTypeError, TooLargeFileError, InvalidFileError: Answered 415, 413 and 400.
    """
    return _store(_read(upload, owner, PICTURES), upload, owner, purpose)


def store_document(upload: FileStorage, owner: User, purpose: str) -> str:
    """Store a PDF unchanged, or a picture as :func:`store_image` does; returns the URL to GET it from."""
    is_pdf = not hasattr(upload, "clean") and _is_pdf(upload)
    file = CleanFile(upload.stream.read(), "pdf") if is_pdf else _read(upload, owner, DOCUMENTS)
    return _store(file, upload, owner, purpose)


def read_private_documents(files: Iterable[FileStorage], owner: User) -> None:
    """Like :func:`read_pictures`, for :func:`store_private_document`; Office documents are accepted as well."""
    _end_transaction()
    for upload in files:
        _check_size(upload, MAX_PRIVATE_DOCUMENT)
        if not _is_pdf(upload) and office_ending(upload.stream) is None:
            _read(upload, owner, PRIVATE_DOCUMENTS)


def store_private_document(upload: FileStorage, owner: User) -> str:
    """
    Store a PDF, .docx or .xlsx unchanged, or a picture as :func:`store_image` does. The type is recognised by its
    content.

    Returns:
        Its name in the storage; the file is not served under this name.
    """
    _check_size(upload, MAX_PRIVATE_DOCUMENT)
    if hasattr(upload, "clean"):
        file = _read(upload, owner, PRIVATE_DOCUMENTS)
        return _keep(file.content, file.content_type, file.ending, upload, owner, PRIVATE_DOCUMENT)
    office = None if _is_pdf(upload) else office_ending(upload.stream)
    kind, ending = ("application/pdf", "pdf") if office is None else ("application/octet-stream", office)
    upload.stream.seek(0)
    return _keep(upload.stream.read(), kind, ending, upload, owner, PRIVATE_DOCUMENT)


def store_feed(upload: FileStorage, owner: User) -> str:
    """
    Store a file of listings unchanged, for a worker to read; returns its name in the storage. The file is not served.
    """
    _check_size(upload, LARGEST_REQUEST)
    return _keep(upload.stream.read(), "application/octet-stream", "feed", upload, owner, FEED)


def remove_feed(name: str, owner: User) -> None:
    """Remove a file that :func:`store_feed` stored, once the request's writes are committed."""
    _remove(delete_uploads(session(), owner, [name]))


def remove_uploads(urls: Iterable[str], owner: User) -> None:
    """
    Remove those of *urls* that are the owner's uploads, once the request's writes are committed; ignore the others.
    """
    _remove(delete_uploads(session(), owner, [url.removeprefix(PREFIX) for url in urls if url.startswith(PREFIX)]))


def remove_all_uploads(owner: User) -> None:
    """Remove every file of the owner, once the request's writes are committed."""
    _remove(delete_uploads(session(), owner))


def commit_uploads() -> None:
    """Keep the files that the request has stored so far, whatever its answer: a refused form shows them again."""
    session().commit()
    _clear_uncommitted()


def storage() -> Storage:
    """The application's storage."""
    return services().storage


def limit_body() -> None:
    """
    Before a request is processed: set its operation's own limit of the body, larger for uploads, smaller for sign-in.
    """
    largest = facts_of_request().largest_body
    if largest:
        request.max_content_length = largest


def remove_uncommitted_files(_error: BaseException | None = None) -> None:
    """At a request's end: remove the files that it stored but whose rows were not committed."""
    state = current()
    names, state.uncommitted_files = state.uncommitted_files or [], None
    for name in names:
        _discard(name)


def _clear_uncommitted() -> None:
    current().uncommitted_files = None


def _end_transaction() -> None:
    """End the request's transaction, which so far only identified the caller, so that decoding holds no connection."""
    state = current()
    if state.session is not None and state.idempotency is None:
        state.session.commit()


def _check_size(upload: FileStorage, maximum: int = LARGEST_FILE) -> int:
    size = upload.stream.seek(0, 2)
    upload.stream.seek(0)
    if size == 0:
        raise InvalidFileError(_field(upload), "file.empty")
    if size > maximum:
        raise TooLargeFileError(_field(upload), "file.too_large", mebibytes=maximum >> 20)
    return size


def _is_pdf(upload: FileStorage) -> bool:
    size, stream = _check_size(upload), upload.stream
    head = stream.read(1024)
    stream.seek(max(0, size - 2048))
    is_pdf = images.is_pdf(head, stream.read())
    stream.seek(0)
    return is_pdf


def _read(upload: FileStorage, owner: User, accepted: str) -> CleanFile:
    """The picture of an upload, decoded once."""
    kept = vars(upload)  # the picture stays with its upload, so that it is decoded once
    if "clean" not in kept:
        _check_size(upload)
        _check_pixels(upload)  # before decoding: a page goes on with the next file after a refusal
        limits().count_call(PICTURES_OF_USER, "pictures", f"user:{owner.id}")
        kept["clean"] = clean = _image(upload, accepted)
        current().pixels += clean.pixels
        _check_pixels(upload)
    return cast(CleanFile, kept["clean"])


def _check_pixels(upload: FileStorage) -> None:
    """Raise TooLargeFileError if the pictures of this request are too many in all."""
    if current().pixels > MAX_PIXELS_OF_REQUEST:
        maximum = MAX_PIXELS_OF_REQUEST // 1_000_000
        raise TooLargeFileError(_field(upload), "picture.too_many_in_all", megapixels=maximum)


def _image(upload: FileStorage, accepted: str) -> CleanFile:
    try:
        return images.clean_image(cast(BinaryIO, upload.stream))
    except images.NotAnImageError:
        raise WrongFileTypeError(_field(upload), accepted) from None
    except images.DamagedImageError:
        raise InvalidFileError(_field(upload), "picture.damaged") from None
    except images.TooManyPixelsError:
        raise TooLargeFileError(
            _field(upload),
            "picture.too_many_pixels",
            megapixels=images.MAX_PIXELS // 1_000_000,
            webp_megapixels=images.MAX_WEBP_PIXELS // 1_000_000,
        ) from None


def _store(file: CleanFile, upload: FileStorage, owner: User, purpose: str) -> str:
    return PREFIX + _keep(file.content, file.content_type, file.ending, upload, owner, purpose)


def _keep(content: bytes, content_type: str, ending: str, upload: FileStorage, owner: User, purpose: str) -> str:
    size = len(content)
    if not has_room(session(), owner, size, QUOTA):
        raise TooLargeFileError(_field(upload), "file.quota_spent", gibibytes=QUOTA >> 30)
    row = add_upload(session(), owner, purpose=purpose, content_type=content_type, ending=ending, size=size)
    state = current()
    if state.uncommitted_files is None:
        state.uncommitted_files = []
        after_commit(_clear_uncommitted)
    state.uncommitted_files.append(row.name)
    storage().put(row.name, content)
    return row.name


def _remove(names: list[str]) -> None:
    def discard_all() -> None:
        for name in names:
            _discard(name)

    if names:
        after_commit(discard_all)


def _discard(name: str) -> None:
    """Remove a file without a row. If the storage is unavailable, `worker.tasks.remove_orphans` does it later."""
    try:
        storage().remove(name)
    except BusyError:
        log.warning("file_left_for_later")


def _field(upload: FileStorage) -> str:
    return upload.name or "file"
