"""Tables: sources of listings, and the result of each import."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.errors import Fault


class SourceState(StrEnum):
    """Whether a source's address is fetched on schedule."""

    ACTIVE = "active"
    PAUSED = "paused"


class SourceContent(StrEnum):
    """The kind of rows in a source."""

    LISTINGS = "listings"
    #: Clients' requests, from tables.
    LEADS = "leads"


class ImportState(StrEnum):
    """The state of an import."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    #: Its offers are stored, but so many listings are missing that a person has to decide whether they are gone.
    WAITING = "waiting"
    #: The server answered that nothing has changed.
    UNCHANGED = "unchanged"
    FAILED = "failed"


#: States that an import leaves automatically.
OPEN_IMPORTS = (ImportState.QUEUED, ImportState.RUNNING)

#: The reason of an import that was killed.
INTERRUPTED = Fault("import.interrupted")

#: The shortest and longest interval between fetches of an address.
SHORTEST_REFRESH, LONGEST_REFRESH = 15, 7 * 24 * 60  # minutes


class Source(Base):
    """The origin of an owner's listings: a feed's address, or a sequence of uploaded files.

    A listing is identified by (source, external id), so a source never changes the listings of another.
    """

    __tablename__ = "sources"
    __table_args__ = (
        CheckConstraint(
            f"refresh_minutes BETWEEN {SHORTEST_REFRESH} AND {LONGEST_REFRESH}", name="refresh_is_between_bounds"
        ),
        Index("uq_sources_owner_name", "owner_id", "name", unique=True),
        Index("ix_sources_due", "next_fetch_at", postgresql_where=text("address IS NOT NULL AND state = 'active'")),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[SourceContent] = mapped_column(
        enum_column(SourceContent, "content_is_known"), default=SourceContent.LISTINGS, server_default="listings"
    )
    #: One of :data:`models.sources.formats.feed.KINDS`; null until it is recognised from a file.
    kind: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(2000))
    #: The name in the storage of the last uploaded file.
    file: Mapped[str | None] = mapped_column(String(60))
    #: The town of listings without a town.
    city: Mapped[str | None] = mapped_column(String(100))
    #: For tables: a column's name -> its field, or "" to skip the column.
    mapping: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: Each file contains all listings, so missing ones are off the market.
    is_complete: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    state: Mapped[SourceState] = mapped_column(
        enum_column(SourceState, "state_is_known"), default=SourceState.ACTIVE, server_default="active"
    )
    #: The interval between fetches of the address; null: it is fetched only on request.
    refresh_minutes: Mapped[int | None] = mapped_column(Integer)
    next_fetch_at: Mapped[datetime | None]
    #: Failed fetches since the last successful one.
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    #: The server's validators of the content, for conditional requests.
    etag: Mapped[str | None] = mapped_column(String(500))
    last_modified: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[CreatedAt]


class Import(Base):
    """One import of a source and its report."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_source", "source_id", "id"),
        Index("ix_imports_open", "id", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState, "state_is_known"), default=ImportState.QUEUED)
    #: A dry run changes nothing; the report states what would change.
    is_dry_run: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: "command", "upload", "schedule" or "request".
    asked_by: Mapped[str] = mapped_column(String(20))
    #: The origin of the content: a file's name or an address.
    file_name: Mapped[str | None] = mapped_column(String(300))
    #: While it runs: the share of the file that has been read, 0 to 1; null if unknown.
    progress: Mapped[float | None] = mapped_column(Float)
    started_at: Mapped[datetime | None]
    #: Unfinished attempts of workers: one in progress, or those of workers that died. See
    #: :mod:`models.sources.import_attempts`.
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    finished_at: Mapped[datetime | None]
    #: Why it failed or waits for a person: a code of the catalogue; in rows from before 0.2, an English sentence.
    reason: Mapped[str | None] = mapped_column(Text)
    #: The facts of the code's sentence, as :meth:`models.core.errors.Fault.as_json` stores them.
    reason_facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: new, changed, unchanged, returned, withdrawn, off_market, refused, guessed, held: numbers of offers.
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: See :class:`models.sources.report.Report`.
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: Properties that are missing from the feed and wait for a person's decision.
    held_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]


def reason_values(reason: Fault | None) -> dict[str, Any]:
    """The columns of an import with the reason why it failed or waits."""
    stored = reason.as_json() if reason is not None else {"code": None, "facts": None}
    return {"reason": stored["code"], "reason_facts": stored["facts"] or None}


def reason_fault(import_: Import) -> Fault | None:
    """The reason why an import failed or waits."""
    return Fault.from_json({"code": import_.reason, "facts": import_.reason_facts or {}}) if import_.reason else None


def lock_name(source_id: int) -> str:
    """The name of the lock that an import of the source holds while it runs."""
    return f"import-source-{source_id}"
