"""
Operations on sources and their imports: their owner creates, changes and requests them; they are fetched when due.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import SUPPLY_ROLES, Status
from models.core.errors import ConflictError, NotFoundError
from models.market.properties import Property
from models.sources.errors import RoleOwnsNothingError, SourceNameTakenError, TooManySourcesError
from models.sources.import_events import record_end_of
from models.sources.source_fields import check_address, checked_fields, name_of, without_nul
from models.sources.tables import (
    INTERRUPTED,
    OPEN_IMPORTS,
    Import,
    ImportState,
    Source,
    SourceContent,
    SourceState,
    lock_name,
    reason_values,
)

MAX_SOURCES = 50  # of one owner
#: A failed fetch is tried again after the source's own interval, doubled with each failure, and at least daily.
LONGEST_PAUSE = timedelta(days=1)
#: An import without a worker for this long is queued again.
LOST_AFTER = timedelta(minutes=15)


def create_source(session: Session, owner: User, fields: Mapping[str, Any]) -> Source:
    """
    Add a source of the owner's.

    Args:
        fields: Columns of :class:`Source`; `name` may be left out if there is an address.
    Raises:
        NotAllowedError: The owner's role may not own properties.
        InvalidValueError: The address, kind or mapping is invalid.
        ConflictError: The owner already has a source with this name, or too many sources.
    """
    if owner.role not in SUPPLY_ROLES:
        raise RoleOwnsNothingError(role=owner.role)
    address = check_address(fields["address"]) if fields.get("address") else None
    content = fields.get("content") or SourceContent.LISTINGS
    named = {**fields, "name": fields.get("name") or name_of(address), "address": address, "content": content}
    if content is SourceContent.LEADS:
        named["is_complete"] = False  # only the realtor ends a client's request
    source = Source(owner_id=owner.id, **checked_fields(named, content))
    lock_sources(session, owner)
    count = session.scalar(select(func.count()).where(Source.owner_id == owner.id)) or 0
    if count >= MAX_SOURCES:
        raise TooManySourcesError(max=MAX_SOURCES)
    _check_name(session, source)
    if source.address and source.refresh_minutes:
        source.next_fetch_at = database_now(session)
    session.add(source)
    session.flush()
    return source


def lock_sources(session: Session, owner: User) -> None:
    """Keep others from creating sources of the owner until the transaction ends, so that names and limit hold."""
    session.execute(select(User.id).where(User.id == owner.id).with_for_update(key_share=True))


def change_source(session: Session, source: Source, fields: Mapping[str, Any]) -> None:
    """
    Set the given columns; a new address is fetched from the beginning, with the same ids of listings. Raises as
    create_source.
    """
    moved = "address" in fields and fields["address"] != source.address
    for name, value in checked_fields(fields, source.content).items():
        if name == "is_complete" and source.content is SourceContent.LEADS:
            continue
        setattr(source, name, value)
    if moved:
        source.etag = source.last_modified = None
        source.failures = 0
    if {"mapping", "city", "kind"} & fields.keys():
        source.etag = source.last_modified = None  # the same file would now be read differently
    if moved or "refresh_minutes" in fields or "state" in fields:
        source.next_fetch_at = database_now(session) if source.address and source.refresh_minutes else None
    if "name" in fields:
        _check_name(session, source)
    session.flush()


def delete_source(session: Session, source: Source) -> list[int]:
    """
    Remove a source with its history; its listings are archived. Returns the ids that left the market.

    Its leads stay on the market, because their clients still look for a home.
    """
    if open_import(session, source) is not None:
        raise ConflictError("import.going")
    statement = update(Property).where(Property.source_id == source.id, Property.status == Status.ACTIVE)
    ids = list(session.scalars(statement.values(status=Status.ARCHIVED).returning(Property.id)))
    session.execute(update(Property).where(Property.source_id == source.id).values(withdrawn_at=None))
    session.delete(source)
    session.flush()
    return ids


def source_named(session: Session, owner: User, name: str) -> Source | None:
    """The owner's source with this name."""
    return session.scalar(select(Source).where(Source.owner_id == owner.id, Source.name == without_nul(name).strip()))


def owned_source(session: Session, owner: User, source_id: int, *, lock: bool = False) -> Source:
    """One of the owner's sources; raises NotFoundError if it is absent or somebody else's."""
    query = select(Source).where(Source.id == source_id, Source.owner_id == owner.id)
    source = session.scalar(query.with_for_update() if lock else query)
    if source is None:
        raise NotFoundError("source")
    return source


def sources_of(owner: User, content: SourceContent | None = None) -> Select[Source]:
    """The owner's sources, or those with one kind of content, newest first."""
    query = select(Source).where(Source.owner_id == owner.id).order_by(Source.id.desc())
    return query.where(Source.content == content) if content else query


def imports_of(owner: User, source_id: int | None = None) -> Select[Import]:
    """The imports of the owner's sources, or of one, newest first."""
    query = select(Import).join(Source).where(Source.owner_id == owner.id).order_by(Import.id.desc())
    return query.where(Import.source_id == source_id) if source_id is not None else query


def owned_import(session: Session, owner: User, import_id: int) -> Import:
    """An import of one of the owner's sources; raises NotFoundError."""
    import_ = session.scalar(imports_of(owner).where(Import.id == import_id))
    if import_ is None:
        raise NotFoundError("import")
    return import_


def last_imports(session: Session, source_ids: Sequence[int]) -> dict[int, Import]:
    """A source's id -> its newest import that was not a dry run; otherwise its newest import."""
    newest = (
        select(Import)
        .where(Import.source_id.in_(source_ids))
        .ext(distinct_on(Import.source_id))
        .order_by(Import.source_id, Import.is_dry_run, Import.id.desc())
    )
    return {import_.source_id: import_ for import_ in session.scalars(newest)}


def failing_sources(session: Session, limit: int) -> list[tuple[Source, User, Import]]:
    """Active sources whose newest import failed or waits for a person, with their owners; the newest first."""
    newest = select(func.max(Import.id)).where(Import.source_id == Source.id, ~Import.is_dry_run).correlate(Source)
    query = (
        select(Source, User, Import)
        .join(User, User.id == Source.owner_id)
        .join(Import, Import.id == newest.scalar_subquery())
        .where(
            Source.state == SourceState.ACTIVE,
            User.is_active,
            Import.state.in_([ImportState.FAILED, ImportState.WAITING]),
        )
        .order_by(Import.id.desc())
        .limit(limit)
    )
    return [(source, owner, last) for source, owner, last in session.execute(query)]


def open_import(session: Session, source: Source) -> Import | None:
    """The source's import that waits or runs."""
    query = select(Import).where(Import.source_id == source.id, Import.state.in_(OPEN_IMPORTS), ~Import.is_dry_run)
    return session.scalar(query.order_by(Import.id).limit(1))


def request_import(
    session: Session, source: Source, asked_by: str, *, file_name: str | None = None, is_dry_run: bool = False
) -> Import:
    """
    Request an import of the source, from its address or its last file; a worker runs it.

    Raises:
        ConflictError: There is neither an address nor a file, or an import of the source is waiting or running.
    """
    if not source.address and not source.file and file_name is None:
        raise ConflictError("source.no_address")
    session.flush()
    session.refresh(source, with_for_update=True)  # serialises simultaneous requests
    _end_interrupted(session, source)
    if not is_dry_run and open_import(session, source) is not None:
        raise ConflictError("import.going")
    import_ = Import(
        source_id=source.id,
        asked_by=asked_by,
        file_name=without_nul(file_name or source.address or source.file or "")[:300],
        is_dry_run=is_dry_run,
    )
    session.add(import_)
    if asked_by == "request" and not is_dry_run and source.refresh_minutes and source.next_fetch_at:
        source.next_fetch_at = database_now(session) + timedelta(minutes=source.refresh_minutes)
    session.flush()
    return import_


def _end_interrupted(session: Session, source: Source) -> None:
    """Mark killed imports of the source as failed: nobody holds the lock that they would hold."""
    if session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(lock_name(source.id), 0)))):
        left = or_(
            Import.state == ImportState.RUNNING, (Import.state == ImportState.QUEUED) & (Import.asked_by == "command")
        )
        statement = update(Import).where(Import.source_id == source.id, left)
        ended = statement.values(state=ImportState.FAILED, finished_at=func.now(), **reason_values(INTERRUPTED))
        record_end_of(session, session.scalars(ended.returning(Import.id)).all())


def due_imports(session: Session, maximum: int = 100) -> list[int]:
    """
    The ids of imports to run now: new ones of sources that are due, and open ones whose message was lost.

    A repeated call requests nothing twice, because a due source gets its next time at once.
    """
    now = database_now(session)
    query = (
        select(Source)
        .join(User, User.id == Source.owner_id)
        .where(
            Source.address.is_not(None),
            Source.state == SourceState.ACTIVE,
            Source.next_fetch_at <= now,
            User.is_active,
        )
        .order_by(Source.next_fetch_at)
        .limit(maximum)
        .with_for_update(of=Source, skip_locked=True)
    )
    ids = []
    for source in session.scalars(query):
        source.next_fetch_at = now + timedelta(minutes=source.refresh_minutes) if source.refresh_minutes else None
        if open_import(session, source) is None:
            import_ = Import(source_id=source.id, asked_by="schedule", file_name=(source.address or "")[:300])
            session.add(import_)
            session.flush()
            ids.append(import_.id)
    # This runs every minute; an import that waits behind a long run is sent again only every LOST_AFTER.
    since = case((Import.state == ImportState.QUEUED, Import.created_at), else_=Import.started_at)
    minutes = func.floor(func.extract("epoch", now - since) / 60)
    every = int(LOST_AFTER.total_seconds() // 60)
    lost = select(Import.id).where(
        Import.state.in_(OPEN_IMPORTS), Import.asked_by != "command", minutes >= every, minutes % every == 0
    )
    return ids + list(session.scalars(lost.order_by(Import.id).limit(maximum)))


def record_fetch(
    session: Session,
    source: Source,
    *,
    failed: bool,
    etag: str | None = None,
    last_modified: str | None = None,
    pause: timedelta | None = None,
) -> None:
    """
    Record the outcome of a fetch of the source's address, and when the next one is due.

    Args:
        pause: The wait that the server requested (Retry-After).
    """
    now = database_now(session)
    if failed:
        source.failures += 1
        own = timedelta(minutes=source.refresh_minutes or 60)
        wait = min(max(LONGEST_PAUSE, own), own * 2 ** min(source.failures, 10))
        source.next_fetch_at = now + max(wait, pause or timedelta()) if source.refresh_minutes else None
    else:
        source.failures = 0
        # A truncated validator would never match the server's.
        source.etag = etag if etag and len(etag) <= 500 else None
        source.last_modified = last_modified if last_modified and len(last_modified) <= 100 else None
    session.flush()


def _check_name(session: Session, source: Source) -> None:
    query = select(Source.id).where(Source.owner_id == source.owner_id, Source.name == source.name)
    with session.no_autoflush:
        others = [other for other in session.scalars(query) if other != source.id]
    if others:
        raise SourceNameTakenError(name=source.name)
