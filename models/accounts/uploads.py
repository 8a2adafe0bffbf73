"""Uploaded files: names, owners and sizes. Their bytes are in a storage, not in a table."""

import secrets
from collections.abc import Iterable

from sqlalchemy import BigInteger, ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id
from models.core.errors import NotFoundError
from models.core.locks import lock_until_commit
from models.platform.storage import NAME

#: 192 random bits in a name: it cannot be guessed.
NAME_BYTES = 24


#: The purpose of files of listings: workers read them, and they are never served, because they contain phones.
FEED = "feed"
#: The purpose of photos fetched from the addresses in listings. They have a quota of their own.
FETCHED = "fetched_photo"
#: The purpose of documents of leads and properties: only their owner can download them, at an address of their own.
PRIVATE_DOCUMENT = "private_document"


#: The purpose of photos in the form of a property that is not saved yet.
UNSAVED_PHOTO = "unsaved_photo"


class Upload(Base):
    """One stored file. Its name is its address; it is random and independent of the owner and the original name."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_owner", "owner_id", "id"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    #: Its purpose as a word: "avatar", "licenses", "property".
    purpose: Mapped[str] = mapped_column(String(50))
    content_type: Mapped[str] = mapped_column(String(50))
    size: Mapped[int] = mapped_column(BigInteger)  #: Bytes, as stored.
    created_at: Mapped[CreatedAt]


def add_upload(session: Session, owner: User, *, purpose: str, content_type: str, ending: str, size: int) -> Upload:
    """Record a file that will be stored under the new row's `name`."""
    upload = Upload(
        name=f"{secrets.token_urlsafe(NAME_BYTES)}.{ending}",
        owner_id=owner.id,
        purpose=purpose,
        content_type=content_type,
        size=size,
    )
    session.add(upload)
    session.flush()
    return upload


def upload_named(session: Session, name: str) -> Upload:
    """The served file with this name; raises NotFoundError."""
    query = select(Upload).where(Upload.name == name, Upload.purpose.not_in([FEED, PRIVATE_DOCUMENT]))
    upload = session.scalar(query) if NAME.fullmatch(name) else None
    if upload is None:
        raise NotFoundError("file")
    return upload


def has_room(session: Session, owner: User, size: int, quota: int, *, fetched: bool = False) -> bool:
    """
    Whether another file of *size* bytes fits into the *quota* of the owner's uploads, or, if *fetched*, of the files
    fetched for the owner.

    Keeps others from adding files of the same quota until the transaction ends, so that files stored at the same moment
    do not exceed it. A transaction that also locks the owner's row locks it first.
    """
    name = f"uploads:{owner.id}:{'fetched' if fetched else 'sent'}"
    lock_until_commit(session, name)
    return bytes_of(session, owner, fetched=fetched) + size <= quota


def bytes_of(session: Session, owner: User, *, fetched: bool = False) -> int:
    """The total size in bytes of the owner's uploads, or, if *fetched*, of the files fetched for the owner."""
    condition = Upload.purpose == FETCHED if fetched else Upload.purpose != FETCHED
    query = select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.owner_id == owner.id, condition)
    return int(session.scalar(query) or 0)


def delete_uploads(session: Session, owner: User, names: Iterable[str] | None = None) -> list[str]:
    """
    Delete the rows of the owner's files (of all without *names*); returns the names whose bytes must be deleted too.
    """
    statement = delete(Upload).where(Upload.owner_id == owner.id).returning(Upload.name)
    if names is not None:
        statement = statement.where(Upload.name.in_(list(names)))
    return list(session.scalars(statement))


def known_names(session: Session, names: Iterable[str]) -> set[str]:
    """Those of *names* that have a row."""
    return set(session.scalars(select(Upload.name).where(Upload.name.in_(list(names)))))
