"""Local copies of photos to which listings link: those to fetch, those stored, and those that are not pictures.

An address is fetched once for its owner, however many listings contain it. If a worker is killed, the row is attempted
again, and a file without a row is removed with the orphans; nothing else remains.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    any_,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.accounts.uploads import Upload
from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.errors import InvalidValueError
from models.core.locks import lock_until_commit
from models.market.advert_groups import AdvertKeys
from models.market.properties import Property
from models.platform.prepared_statements import COMPILED_ONCE
from models.sources.source_fields import check_address

#: The number of listings whose photos are checked in one transaction.
BATCH = 1_000
#: The number of attempts before an address counts as broken.
MAX_ATTEMPTS = 4
#: The wait until the next attempt, by the number of attempts so far: long enough that two never overlap.
PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=1))
#: The maximum number of broken addresses listed for a source.
MAX_BROKEN = 200


class PhotoState(StrEnum):
    """The state of fetching an address."""

    WAITING = "waiting"
    FETCHED = "fetched"
    REFUSED = "refused"


class PhotoFault(StrEnum):
    """Why an address yields no photo."""

    NO_ANSWER = "no_answer"
    NOT_THERE = "not_there"
    PRIVATE = "private"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_ROOM = "no_room"


class FetchedPhoto(Base):
    """One address of a photo in an owner's listings."""

    __tablename__ = "fetched_photos"
    __table_args__ = (
        Index("uq_fetched_photos_digest_owner", "digest", "owner_id", unique=True),
        Index("ix_fetched_photos_owner", "owner_id"),
        Index("ix_fetched_photos_due", "next_try_at", postgresql_where=text("state = 'waiting'")),
        Index("uq_fetched_photos_upload", "upload_id", unique=True),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  #: The :func:`digest_of` its address.
    address: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(255))
    state: Mapped[PhotoState] = mapped_column(
        enum_column(PhotoState, "state_is_known"), default=PhotoState.WAITING, server_default="waiting"
    )
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    next_try_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reason: Mapped[PhotoFault | None] = mapped_column(enum_column(PhotoFault, "reason_is_known"))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    #: :func:`matching.homes.photos.photo_hash` of the fetched picture.
    photo_hash: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]


class PhotoCheck(Base):
    """The version in which a property was last checked for photos to fetch."""

    __tablename__ = "photo_checks"
    __table_args__ = ({"info": {"derived": True}},)

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]


#: Listings on the market that were written since they were last checked.
_UNSEEN = text(
    """
    SELECT p.id, p.owner_id, p.version, p.photos
    FROM properties AS p LEFT JOIN photo_checks AS c ON c.property_id = p.id
    WHERE p.status = 'ACTIVE'
    AND CASE WHEN c.version IS NULL THEN cardinality(p.photos) > 0 ELSE c.version <> p.version END
    ORDER BY p.id LIMIT :maximum
    """
)
#: Rows whose address is no longer in any listing of their owner, neither directly nor as the address of our copy.
_UNUSED = """
    WITH named AS MATERIALIZED (SELECT owner_id, unnest(photos) AS address FROM properties {of_properties})
    SELECT f.id, f.upload_id FROM fetched_photos AS f LEFT JOIN uploads AS u ON u.id = f.upload_id
    WHERE NOT EXISTS (SELECT FROM named AS n WHERE n.owner_id = f.owner_id AND n.address = f.address)
    AND NOT EXISTS (SELECT FROM named AS n WHERE n.owner_id = f.owner_id AND n.address = '/media/' || u.name)
    {of_photos}
    """


def digest_of(address: str) -> bytes:
    """The digest by which an address is looked up."""
    return hashlib.sha256(address.encode()).digest()


def record_photos(session: Session) -> int:
    """
    In the caller's transaction, record the photos to fetch for a batch of written listings, and delete those that their
    owners no longer use. Returns the number of listings; fewer than :data:`BATCH` means that none is left.
    """
    # One worker at a time: another must not delete a photo that one has just found in a listing.
    lock_until_commit(session, "note-photos")
    rows = session.execute(_UNSEEN, {"maximum": BATCH}).all()
    if not rows:
        return 0
    addresses = [
        {"owner_id": row.owner_id, "digest": digest_of(address), "address": address, "host": host}
        for row in rows
        for address in dict.fromkeys(row.photos)
        if (host := _host_of(address))
    ]
    if addresses:
        session.execute(insert(FetchedPhoto).on_conflict_do_nothing(), addresses)
    checked = insert(PhotoCheck)
    session.execute(
        checked.on_conflict_do_update(
            index_elements=[PhotoCheck.property_id], set_={"version": checked.excluded.version}
        ),
        [{"property_id": row.id, "version": row.version} for row in rows],
    )
    delete_unused_photos(session, sorted({row.owner_id for row in rows}))
    return len(rows)


def delete_unused_photos(session: Session, owner_ids: Sequence[int] | None = None) -> int:
    """
    Delete the photos (of all owners without *owner_ids*) that are no longer in any listing; returns their number.

    Their files are removed with the next sweep of orphans.
    """
    if owner_ids is None:
        query = text(_UNUSED.format(of_properties="", of_photos=""))
    else:
        of_owners = _UNUSED.format(
            of_properties="WHERE owner_id = ANY(:owners)", of_photos="AND f.owner_id = ANY(:owners)"
        )
        query = text(of_owners).bindparams(owners=list(owner_ids))
    rows = session.execute(query).all()
    session.execute(delete(FetchedPhoto).where(FetchedPhoto.id.in_([row.id for row in rows])))
    session.execute(delete(Upload).where(Upload.id.in_([row.upload_id for row in rows if row.upload_id])))
    return len(rows)


def due_hosts(session: Session) -> list[int]:
    """For each host with due photos, the id of one of them."""
    due = (FetchedPhoto.state == PhotoState.WAITING) & (FetchedPhoto.next_try_at <= func.now())
    return list(session.scalars(select(func.min(FetchedPhoto.id)).where(due).group_by(FetchedPhoto.host)))


def claim_photo(session: Session, host: str) -> FetchedPhoto | None:
    """
    The next due photo of the host, in the caller's transaction; None if there is none.

    The attempt counts from now on, and the next one is due some minutes later, so that a photo that kills its worker is
    abandoned after :data:`MAX_ATTEMPTS`.
    """
    due = (FetchedPhoto.host == host) & (FetchedPhoto.state == PhotoState.WAITING)
    query = select(FetchedPhoto).where(due, FetchedPhoto.next_try_at <= func.now())
    query = query.order_by(FetchedPhoto.next_try_at, FetchedPhoto.id).limit(1).with_for_update(skip_locked=True)
    while (photo := session.scalar(query)) is not None:
        if photo.attempts < MAX_ATTEMPTS:
            photo.next_try_at = func.now() + PAUSES[photo.attempts]
            photo.attempts += 1
            session.flush()
            return photo
        photo.state, photo.reason = PhotoState.REFUSED, photo.reason or PhotoFault.DAMAGED
        session.flush()
    return None


def stored_addresses(session: Session, addresses: Iterable[str]) -> dict[str, str]:
    """
    Those of the addresses whose photos are stored here -> the stored file's name.

    The owner for whom they were fetched does not matter, because an address shows everybody the same picture.
    """
    digests = [digest_of(address) for address in addresses]
    query = select(FetchedPhoto.address, Upload.name).join(Upload, Upload.id == FetchedPhoto.upload_id)
    rows = session.execute(query.where(FetchedPhoto.digest.in_(digests))) if digests else ()
    return {row.address: row.name for row in rows}


def photo_hashes(session: Session, property_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Property id -> the distinct hashes of its stored photos, ascending, without plans and façades."""
    hashes: dict[int, tuple[int, ...]] = {}
    parameters = {"property_ids": list(property_ids)}
    for property_id, value in session.execute(_hashes_query(), parameters, execution_options=COMPILED_ONCE):
        hashes[property_id] = (*hashes.get(property_id, ()), value)
    return hashes


@cache
def _hashes_query() -> Select[Any, int]:
    """Each distinct (property, hash) of :property_ids, built once."""
    ids = bindparam("property_ids", type_=ARRAY(BigInteger))
    address = func.unnest(Property.photos).label("address")
    named = select(Property.id, Property.owner_id, Property.photo_kinds, address).where(Property.id == any_(ids))
    photo = named.subquery()
    return (
        select(photo.c.id, FetchedPhoto.photo_hash)
        .join(FetchedPhoto, (FetchedPhoto.owner_id == photo.c.owner_id) & (FetchedPhoto.address == photo.c.address))
        .where(FetchedPhoto.photo_hash.is_not(None), photo.c.photo_kinds[photo.c.address].is_(None))
        .distinct()
        .order_by(photo.c.id, FetchedPhoto.photo_hash)
    )


def properties_to_regroup(session: Session, photo: FetchedPhoto) -> list[int]:
    """
    Ids of the listings with this photo whose photos have all been fetched or refused and that may share a home with
    another advert. Only for these can the photos decide.
    """
    waiting = select(FetchedPhoto.id).where(
        FetchedPhoto.owner_id == Property.owner_id,
        FetchedPhoto.address == func.any(Property.photos),
        FetchedPhoto.state == PhotoState.WAITING,
    )
    keys, other_keys = aliased(AdvertKeys), aliased(AdvertKeys)
    alike = select(other_keys.property_id).where(
        keys.property_id == Property.id, other_keys.keys.overlap(keys.keys), other_keys.property_id != keys.property_id
    )
    query = select(Property.id).where(
        Property.owner_id == photo.owner_id,
        literal(photo.address) == func.any(Property.photos),
        ~waiting.exists(),
        alike.exists(),
    )
    return list(session.scalars(query.order_by(Property.id)))


def photos_of_source(session: Session, source_id: int) -> dict[str, Any]:
    """
    Progress of the photos of a source's listings: the number in each state, and the first :data:`MAX_BROKEN` broken
    ones as {"property_id", "external_id", "address", "reason"}.
    """
    named = (
        select(Property.id, Property.external_id, Property.owner_id, func.unnest(Property.photos).label("address"))
        .where(Property.source_id == source_id)
        .subquery()
    )
    same = (FetchedPhoto.owner_id == named.c.owner_id) & (FetchedPhoto.address == named.c.address)
    counts = select(FetchedPhoto.state, func.count(FetchedPhoto.id.distinct())).join(named, same)
    broken = (
        select(named.c.id, named.c.external_id, FetchedPhoto.address, FetchedPhoto.reason)
        .join(named, same)
        .where(FetchedPhoto.state == PhotoState.REFUSED)
        .order_by(named.c.id, FetchedPhoto.id)
        .limit(MAX_BROKEN)
    )
    counted = {state.value: count for state, count in session.execute(counts.group_by(FetchedPhoto.state))}
    return {state.value: counted.get(state.value, 0) for state in PhotoState} | {
        "broken": [
            {"property_id": row.id, "external_id": row.external_id, "address": row.address, "reason": row.reason}
            for row in session.execute(broken)
        ]
    }


def _host_of(address: str) -> str:
    """The host of a web address; empty if it is not one."""
    try:
        host = urlsplit(check_address(address)).hostname or ""
    except InvalidValueError:
        return ""
    return host if len(host) <= 255 else ""
