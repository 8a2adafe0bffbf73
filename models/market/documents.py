"""Private documents of a lead or a property: contracts, plans, scans.

They belong to the user who uploaded them. If the row is reassigned, they are kept in case it returns, and nobody sees
them meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, delete, exists, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from models.accounts.uploads import PRIVATE_DOCUMENT, Upload
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, database_now, rows_changed
from models.core.enums import Side
from models.core.errors import ConflictError, NotFoundError
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, owned_property

MAX_DOCUMENTS = 30  # of one lead or property
MAX_TITLE = 200  # characters
#: How long a deleted document can be restored.
UNDO_FOR = timedelta(hours=1)


class Document(Base):
    """One file of one row. Its bytes are an upload that only this row's owner can download."""

    __tablename__ = "documents"
    __table_args__ = (
        CheckConstraint("(lead_id IS NULL) <> (property_id IS NULL)", name="belongs_to_one_row"),
        Index("ix_documents_lead", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
        Index("ix_documents_property", "property_id", postgresql_where=text("property_id IS NOT NULL")),
    )

    id: Mapped[Id]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    property_id: Mapped[int | None] = mapped_column(ForeignKey("properties.id", ondelete="CASCADE"))
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), unique=True)
    #: The file's original name.
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    #: When it was deleted. It can be restored for :data:`UNDO_FOR`, but is not shown; afterwards it is deleted
    #: permanently.
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


def owned_row(session: Session, user: User, side: Side, row_id: int, *, lock: bool = False) -> Lead | Property:
    """The user's lead or property; raises NotFoundError."""
    owned = owned_lead if side is Side.LEAD else owned_property
    return owned(session, user, row_id, lock=lock)


def documents_of(session: Session, user: User, side: Side, row_id: int) -> Sequence[tuple[Document, Upload]]:
    """The user's documents of a row with their files, the latest first."""
    query = (
        select(Document, Upload)
        .join(Upload, Upload.id == Document.upload_id)
        .where(_key(side) == row_id, Document.deleted_at.is_(None), Upload.owner_id == user.id)
        .order_by(Document.id.desc())
    )
    return [(document, upload) for document, upload in session.execute(query)]


def remaining_documents(session: Session, owner_id: int, side: Side, row_id: int) -> int:
    """How many more documents the row's owner may add. Those of former owners, which nobody sees, do not count."""
    query = select(func.count()).select_from(Document).join(Upload, Upload.id == Document.upload_id)
    own = query.where(_key(side) == row_id, Document.deleted_at.is_(None), Upload.owner_id == owner_id)
    return max(0, MAX_DOCUMENTS - (session.scalar(own) or 0))


def add_document(session: Session, side: Side, row_id: int, upload_name: str, title: str) -> Document:
    """
    Add a newly stored file to a row that the caller has locked.

    Raises:
        ConflictError: The row has :data:`MAX_DOCUMENTS` documents of this owner.
    """
    upload = session.scalars(select(Upload).where(Upload.name == upload_name)).one()
    if not remaining_documents(session, upload.owner_id, side, row_id):
        raise ConflictError("documents.too_many")
    key = "lead_id" if side is Side.LEAD else "property_id"
    made = Document(upload_id=upload.id, title=clean_title(title), **{key: row_id})
    session.add(made)
    session.flush()
    return made


def clean_title(name: str) -> str:
    """A file's name for showing and downloading: without folders and forbidden characters.

    >>> clean_title("C:\\\\Документы\\\\Договор 5.pdf"), clean_title("../../etc/passwd"), clean_title("\\r\\n")
    ('Договор 5.pdf', 'passwd', 'document')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable()).strip(" .")[-MAX_TITLE:] or "document"


def owned_document(
    session: Session, user: User, document_id: int, *, deleted: bool = False, lock: bool = True
) -> Document:
    """The user's document of their own row; with *deleted*, among deleted ones instead. Raises NotFoundError."""
    is_own = exists().where(Lead.id == Document.lead_id, Lead.owner_id == user.id) | exists().where(
        Property.id == Document.property_id, Property.owner_id == user.id
    )
    state = Document.deleted_at.is_not(None) if deleted else Document.deleted_at.is_(None)
    query = select(Document).where(Document.id == document_id, Document.id.in_(document_ids_of(user)), is_own, state)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    document = session.scalar(query)
    if document is None:
        raise NotFoundError("document")
    return document


def delete_document(session: Session, user: User, document_id: int) -> Document:
    """Delete a document; for :data:`UNDO_FOR` it can be restored. Raises NotFoundError."""
    document = owned_document(session, user, document_id)
    document.deleted_at = database_now(session)
    session.flush()
    return document


def restore_document(session: Session, user: User, document_id: int) -> Document:
    """Restore a deleted document.

    Raises:
        NotFoundError: It has been deleted permanently, or is not the user's.
        ConflictError: Its row has :data:`MAX_DOCUMENTS` other documents by now.
    """
    side, row_id = side_of(owned_document(session, user, document_id, deleted=True, lock=False))
    owned_row(session, user, side, row_id, lock=True)  # as for adding, so that simultaneous calls keep the limit
    document = owned_document(session, user, document_id, deleted=True)
    if not remaining_documents(session, user.id, side, row_id):
        raise ConflictError("documents.too_many")
    document.deleted_at = None
    session.flush()
    return document


def side_of(document: Document) -> tuple[Side, int]:
    """The side of the row to which a document belongs."""
    if document.lead_id is not None:
        return Side.LEAD, document.lead_id
    assert document.property_id is not None
    return Side.PROPERTY, document.property_id


def purge_deleted_documents(session: Session) -> int:
    """
    Permanently delete documents that were deleted long enough ago, and the files of documents whose rows no longer
    exist; returns the number of files.

    Their bytes then have no row and are removed like those of any other such file.
    """
    long_ago = func.now() - UNDO_FOR
    session.execute(delete(Document).where(Document.deleted_at < long_ago))
    named = exists().where(Document.upload_id == Upload.id)
    expired = delete(Upload).where(Upload.purpose == PRIVATE_DOCUMENT, ~named, Upload.created_at < long_ago)
    return rows_changed(session.execute(expired))


def erase_documents(session: Session, user: User) -> None:
    """Delete all documents of a user; the files go with the user's other files."""
    session.execute(delete(Document).where(Document.id.in_(document_ids_of(user))))


def document_ids_of(user: User) -> Select[int]:
    """Select the ids of a user's documents, of whichever row."""
    return select(Document.id).join(Upload, Upload.id == Document.upload_id).where(Upload.owner_id == user.id)


def _key(side: Side) -> InstrumentedAttribute[int | None]:
    return Document.lead_id if side is Side.LEAD else Document.property_id
