"""Fetch the photos that listings name by address: host by host, one at a time, with pauses for hosts that misbehave.

A task works on one host for some seconds and then queues itself again, so that it blocks neither the host nor the
queue. No two tasks request the same host at once, even on different machines.
"""

import io
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from matching.homes.photos import SIDE, photo_hash
from models.accounts.uploads import FETCHED, add_upload, has_room
from models.accounts.users import User
from models.core.errors import BusyError
from models.platform import images
from models.platform.settings import Settings
from models.platform.storage import Storage
from models.sources.photos import (
    BATCH,
    MAX_ATTEMPTS,
    FetchedPhoto,
    PhotoFault,
    PhotoState,
    claim_photo,
    due_hosts,
    properties_to_regroup,
    record_photos,
)
from worker.celery_app.task_context import client
from worker.jobs.fetch import FetchError, Limits, fetch_feed

log = logging.getLogger(__name__)

#: Limits of one photo; uploads have the same limit of size.
LARGEST_PHOTO = 20 << 20  # bytes
LONGEST_PHOTO = 20.0  # seconds
READ_SECONDS = 10.0
#: The limit of all fetched photos of one owner: enough for a feed of 10,000 homes with ten photos of 200 kB.
QUOTA = 20 << 30  # bytes
#: How long a task works on a host, and how long it pauses after each answer.
TASK_SECONDS = 15.0
REST_SECONDS = 0.2
#: After this many temporary errors in a row, the host is paused for a while.
MAX_FAILURES = 3
HOST_PAUSE = timedelta(minutes=10)

#: Statuses of temporary errors; all other errors are final.
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_CAUSES = {
    "fetch.not_public": PhotoFault.PRIVATE,
    "fetch.too_large": PhotoFault.TOO_LARGE,
    "fetch.too_slow": PhotoFault.TOO_SLOW,
    "fetch.took_too_long": PhotoFault.TOO_SLOW,
}
_ACCEPT = "image/webp, image/jpeg, image/png, image/*;q=0.8"


class PhotoError(Exception):
    """An address yields no photo, temporarily or permanently."""

    def __init__(self, reason: PhotoFault, *, is_final: bool, pause: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason, self.is_final, self.pause = reason, is_final, pause


def find_photos(factory: sessionmaker[Session]) -> list[int]:
    """Find the photos of listings that were written; for each host with due photos, the id of one of them."""
    count = BATCH
    while count == BATCH:
        with factory() as session:
            count = record_photos(session)
            session.commit()
    with factory() as session:
        return due_hosts(session)


def fetch_photos(factory: sessionmaker[Session], settings_: Settings, photo_id: int) -> int | None:
    """Fetch due photos from the host of this one, for some seconds.

    Returns:
        The id of the host's photo to continue with; None if nothing is due or another task works on the host.
    """
    with factory() as session:
        host = session.scalar(select(FetchedPhoto.host).where(FetchedPhoto.id == photo_id))
    if host is None:
        return None
    with _only_one(factory, host) as is_mine:
        if not is_mine:
            return None
        try:
            return _fetch_from(factory, settings_, host)
        finally:
            images.decoder.end()


def _fetch_from(factory: sessionmaker[Session], settings_: Settings, host: str) -> int | None:
    ends, failures = time.monotonic() + TASK_SECONDS, 0
    while True:
        with factory() as session:
            photo = claim_photo(session, host)
            if photo is not None:
                session.refresh(photo)  # before the commit, after which its owner may delete it
            session.commit()
            if photo is None:
                return None
            session.expunge(photo)
        if time.monotonic() > ends:
            _release(factory, photo)
            return photo.id
        try:
            _keep(factory, settings_, photo, _fetched(photo.address, settings_))
            failures = 0
        except PhotoError as error:
            _note(factory, photo, error)
            failures = 0 if error.is_final else failures + 1
            if error.pause or failures >= MAX_FAILURES:
                _pause_host(factory, host, error.pause or HOST_PAUSE)
                return None
        _regroup(factory, photo)
        time.sleep(REST_SECONDS)


def _regroup(factory: sessionmaker[Session], photo: FetchedPhoto) -> None:
    """Regroup the listings all of whose photos have been fetched; photos identify adverts of one home."""
    with factory() as session:
        for property_id in properties_to_regroup(session, photo):
            client().property_changed(property_id)


def _fetched(address: str, settings_: Settings) -> images.CleanFile:
    """The photo at an address, re-encoded; raises PhotoError."""
    limits = Limits(LARGEST_PHOTO, LONGEST_PHOTO, READ_SECONDS, settings_.feed_private_addresses)
    with tempfile.TemporaryDirectory(prefix="leadmatch-photo-") as folder:
        path = Path(folder) / "photo"
        try:
            fetch_feed(address, path, limits, accept=_ACCEPT)
        except FetchError as error:
            raise _photo_error(error) from None
        if not path.exists():  # 304, although the request was unconditional
            raise PhotoError(PhotoFault.NO_ANSWER, is_final=False)
        try:
            with path.open("rb") as file:
                return images.clean_image(file)
        except images.NotAnImageError:
            raise PhotoError(PhotoFault.NOT_AN_IMAGE, is_final=True) from None
        except images.DamagedImageError:
            # The photo may have been truncated in transit.
            raise PhotoError(PhotoFault.DAMAGED, is_final=False) from None
        except images.TooManyPixelsError:
            raise PhotoError(PhotoFault.TOO_MANY_PIXELS, is_final=True) from None
        except BusyError:
            raise PhotoError(PhotoFault.NO_ANSWER, is_final=False) from None


def _photo_error(error: FetchError) -> PhotoError:
    if error.fault == "fetch.answers":
        later = error.fault.facts["status"] in _LATER
        reason = PhotoFault.NO_ANSWER if later else PhotoFault.NOT_THERE
        return PhotoError(reason, is_final=not later, pause=error.pause)
    reason = _CAUSES.get(str(error.fault), PhotoFault.NO_ANSWER)
    return PhotoError(reason, is_final=reason in (PhotoFault.PRIVATE, PhotoFault.TOO_LARGE))


def _keep(factory: sessionmaker[Session], settings_: Settings, photo: FetchedPhoto, file: images.CleanFile) -> None:
    """Store a photo; raises PhotoError if the owner's quota is used up."""
    with factory() as session:
        # Locked, so that it is not deleted meanwhile; a file whose row is not committed is an orphan.
        row = session.get(FetchedPhoto, photo.id, with_for_update=True)
        owner = session.get(User, photo.owner_id)
        if row is None or owner is None or row.state is not PhotoState.WAITING:
            return
        if not has_room(session, owner, len(file.content), QUOTA, fetched=True):
            raise PhotoError(PhotoFault.NO_ROOM, is_final=True)
        size, kind = len(file.content), file.content_type
        upload = add_upload(session, owner, purpose=FETCHED, content_type=kind, ending=file.ending, size=size)
        try:
            Storage(settings_.media_url).put(upload.name, file.content)
        except BusyError:
            raise PhotoError(PhotoFault.NO_ANSWER, is_final=False) from None
        row.state, row.reason, row.upload_id, row.photo_hash = PhotoState.FETCHED, None, upload.id, _hash(file)
        session.commit()


def _hash(file: images.CleanFile) -> int:
    """The perceptual hash of a re-encoded picture."""
    with Image.open(io.BytesIO(file.content)) as picture:
        picture.draft("L", (SIDE * 4, SIDE * 4))  # a JPEG is decoded no larger than needed
        grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return photo_hash(np.asarray(grey, dtype=np.float64))


def _note(factory: sessionmaker[Session], photo: FetchedPhoto, error: PhotoError) -> None:
    is_over = error.is_final or photo.attempts >= MAX_ATTEMPTS
    state = PhotoState.REFUSED if is_over else PhotoState.WAITING
    statement = update(FetchedPhoto).where(FetchedPhoto.id == photo.id, FetchedPhoto.state == PhotoState.WAITING)
    with factory() as session:
        session.execute(statement.values(state=state, reason=error.reason))
        session.commit()
    log.info("photo_not_fetched", extra={"photo_id": photo.id, "kind": error.reason, "is_final": is_over})


def _release(factory: sessionmaker[Session], photo: FetchedPhoto) -> None:
    """Release a claim that was not used."""
    statement = update(FetchedPhoto).where(FetchedPhoto.id == photo.id, FetchedPhoto.state == PhotoState.WAITING)
    with factory() as session:
        session.execute(statement.values(attempts=FetchedPhoto.attempts - 1, next_try_at=func.now()))
        session.commit()


def _pause_host(factory: sessionmaker[Session], host: str, pause: timedelta) -> None:
    """Pause a host: its due photos wait, which does not count as an attempt."""
    due = (FetchedPhoto.host == host) & (FetchedPhoto.state == PhotoState.WAITING)
    later = func.now() + pause
    with factory() as session:
        session.execute(update(FetchedPhoto).where(due, FetchedPhoto.next_try_at < later).values(next_try_at=later))
        session.commit()


@contextmanager
def _only_one(factory: sessionmaker[Session], host: str) -> Iterator[bool]:
    """Hold the host's lock, which ends with the connection; False if another task holds it."""
    name = {"name": f"photos-of-{host}"}
    with factory() as session, session.connection().engine.connect() as connection:
        session.rollback()
        is_mine = bool(connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), name))
        connection.commit()
        try:
            yield is_mine
        finally:
            if is_mine:
                with suppress(DBAPIError):  # a lost connection has released the lock already
                    connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name)
                    connection.commit()
